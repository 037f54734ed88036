package fxcell

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"fxcell.dev/fxcell/app"
	"fxcell.dev/fxcell/secret/keyring"
)

// keygen is the verb that every program has.
func (p program) keygen() app.Command {
	return app.Command{
		Name:  "keygen",
		Short: "make a key-encryption key: print it, or keep it in a file (keygen --help)",
		Run:   p.runKeygen,
	}
}

const keygenUsage = `Usage: %[1]s keygen | %[1]s keygen FILE | %[1]s keygen --add FILE

Without a file the key is printed. FILE must not be there yet; only you may open it then. With --add the key is written in front of those that are
in FILE: it wraps what is wrapped from then on, and the others unwrap what they have wrapped.
`

// runKeygen prints what is set in the environment on stdout, and what a person should know on stderr.
func (p program) runKeygen(_ context.Context, args []string, out io.Writer) error {
	set := flag.NewFlagSet("keygen", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	add := set.Bool("add", false, "")
	set.Usage = func() {}
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, err = fmt.Fprintf(out, keygenUsage, p.name)
		return err
	case err != nil:
		return fmt.Errorf("keygen: %w: see %s keygen --help", err, p.name)
	case set.NArg() > 1 || *add && set.NArg() == 0:
		return fmt.Errorf("keygen: want one file: see %s keygen --help", p.name)
	}
	key := keyring.Generate(time.Now().UTC().Format("20060102-") + strings.ToLower(rand.Text()[:10]))
	if set.NArg() == 0 {
		return p.printKey(key, out)
	}
	file, err := filepath.Abs(set.Arg(0))
	if err != nil {
		return fmt.Errorf("keygen: %w", err)
	}
	if err := p.keep(key, file, *add); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "FXCELL_KEYFILE__FILE="+file)
	return err
}

// printKey writes the key itself, so that it can be caught: FXCELL_KEYFILE__KEYS="$(core keygen)".
func (p program) printKey(key keyring.Key, out io.Writer) error {
	if _, err := fmt.Fprintln(out, key.Written().Reveal()); err != nil {
		return fmt.Errorf("keygen: %w", err)
	}
	say(p.stderr, fmt.Sprintf(`%[1]s: this is key %[2]s. Keep it secret, and keep it: without it nothing that it wraps can be read.
%[1]s: set it in the environment as FXCELL_KEYFILE__KEYS; a new one goes in front of those that are there, parted by a space.
%[1]s: "%[1]s keygen FILE" writes one to a file instead, which only you may open.`, p.name, key.ID()))
	return nil
}

// keep writes the key to a file.
func (p program) keep(key keyring.Key, file string, add bool) error {
	if !add {
		err := keyring.Create(file, key)
		switch {
		case errors.Is(err, fs.ErrExist):
			return fmt.Errorf(`keygen: %[1]s is there already and stays as it is: "%[2]s keygen --add %[1]s" adds a key to it, which wraps from then on`, file, p.name)
		case err != nil:
			return fmt.Errorf("keygen: %w", err)
		}
		say(p.stderr, fmt.Sprintf(`%[1]s: made key %[2]s in %[3]s, which only you may open. Keep a copy: without it nothing that it wraps can be read.
%[1]s: set this, or keyfile.file in the configuration:`, p.name, key.ID(), file))
		return nil
	}
	err := keyring.Add(file, key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf(`keygen: there is no file %[1]s to add to: "%[2]s keygen %[1]s" makes it`, file, p.name)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("keygen: somebody else adds a key now, or was interrupted: remove the file if nobody does: %w", err)
	case err != nil:
		return fmt.Errorf("keygen: %w", err)
	}
	say(p.stderr, fmt.Sprintf(`%[1]s: added key %[2]s to %[3]s: it wraps from the next start on, the others still unwrap. Copy the file to every machine before you restart one.
%[1]s: the setting stays:`, p.name, key.ID(), file))
	return nil
}
