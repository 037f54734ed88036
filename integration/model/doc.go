// Package model holds the protocol of the outbox log as a model that Spin searches to the last state, and the tests that run the search: the protocol
// breaks none of its promises, and it breaks one as soon as any of its parts is taken out.
package model
