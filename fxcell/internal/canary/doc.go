// Package canary pins what Uber Fx really does, one test per fact that the framework is built on.
//
// It has no code of its own. A test that fails after an upgrade of Fx or dig means that Fx changed, not that the test is wrong: its comment names the
// decision of the framework that has to be thought over before the upgrade is taken. The tests depend on Fx, dig and the standard library alone, so
// that a fault of the framework cannot hide a change of Fx.
//
// Facts that end the process (a stack overflow, a panic in a hook, exit codes) run in a child process: the test binary again, see TestMain.
package canary
