// Package faults runs replicas of the product against real servers, breaks both, and asks the servers whether anything was lost. It holds tests only.
package faults
