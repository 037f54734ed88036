// Package app is the port by which adapters give a program verbs of their own, such as migrate.
package app

import (
	"context"
	"io"
)

// Command is a verb of the program: core migrate up. Adapters feed it into the group fxcell.commands. It runs on the assembly that was built but not
// started, so it opens and closes what it needs.
type Command struct {
	Name  string // one word, unique in the program
	Short string // what it does, for the help: one line
	// Run runs the verb with the words after its name. What it writes to out is its answer; an error ends the program with exit code 1.
	Run func(ctx context.Context, args []string, out io.Writer) error
}
