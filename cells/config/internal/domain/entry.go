package domain

import (
	"time"

	"github.com/google/uuid"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// KeptVersions is how many versions of a setting are kept, the newest ones.
const KeptVersions = 1000

// Entry is one version of a setting. The newest one is the setting. It is a value: nothing that it holds changes.
type Entry struct {
	Rules

	ID         string // of the setting, the same in all its versions
	Key        string
	Value      secret.Text
	Version    int64
	RollbackOf int64     // the version whose value this one took up again, or 0
	CreatedAt  time.Time // of the setting
	UpdatedAt  time.Time // of this version
}

// Draft is a setting to be. An empty Type means TypeString.
type Draft struct {
	Rules

	Key   string
	Value secret.Text
}

// Create makes the first version of a setting. Its number comes from the store: a key that was in use before goes on counting.
func Create(d Draft, now time.Time) (Entry, error) {
	if !ValidKey(d.Key) {
		return Entry{}, problem.BadInput(problem.Fault{
			Pointer: "/key", Rule: "pattern", Message: "must be 1 to 128 of a-z, 0-9, dot, underscore and hyphen, a letter or digit first",
		})
	}
	if d.Type == "" {
		d.Type = TypeString
	}
	if err := d.Check(d.Value); err != nil {
		return Entry{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Entry{}, err
	}
	now = stamp(now)
	return Entry{Rules: d.Rules, ID: id.String(), Key: d.Key, Value: d.Value, CreatedAt: now, UpdatedAt: now}, nil
}

// Change is what an update asks for. What is nil or empty stays as it is.
type Change struct {
	Value     secret.Text
	Sensitive *bool
	Type      Type
	Schema    string
}

// Change makes the next version. A sensitive setting stays sensitive: else whoever may write could have its value shown.
func (e Entry) Change(c Change, now time.Time) (Entry, error) {
	if c.Sensitive != nil {
		if e.Sensitive && !*c.Sensitive {
			return Entry{}, problem.New(configapi.ErrSensitive, "To make the setting plain, delete it and create it anew.").
				With(problem.Fault{Pointer: "/sensitive", Rule: "sensitive", Message: "cannot become false"})
		}
		e.Sensitive = *c.Sensitive
	}
	if c.Type != "" {
		e.Type = c.Type
	}
	if c.Schema != "" {
		e.Schema = c.Schema
	}
	return e.next(c.Value, 0, now)
}

// RollBack makes the next version with the value of an earlier one. The rules stay those of now, and the value has to fit them.
func (e Entry) RollBack(to Entry, now time.Time) (Entry, error) {
	return e.next(to.Value, to.Version, now)
}

func (e Entry) next(value secret.Text, rollbackOf int64, now time.Time) (Entry, error) {
	if err := e.Check(value); err != nil {
		return Entry{}, err
	}
	e.Value, e.RollbackOf, e.Version, e.UpdatedAt = value, rollbackOf, e.Version+1, stamp(now)
	return e, nil
}

// Publication is a version that was published. It is a value.
type Publication struct {
	ID          string
	ConfigID    string // Entry.ID
	Key         string
	Version     int64
	Value       secret.Text
	Sensitive   bool
	Revision    int64 // its place among all publications, from 1
	PublishedAt time.Time
}

// Publish makes the publication of a version, whose value has to fit its rules still. The revision comes from the store.
func (e Entry) Publish(now time.Time) (Publication, error) {
	if err := e.Check(e.Value); err != nil {
		return Publication{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Publication{}, err
	}
	return Publication{
		ID: id.String(), ConfigID: e.ID, Key: e.Key, Version: e.Version, Value: e.Value, Sensitive: e.Sensitive, PublishedAt: stamp(now),
	}, nil
}

// stamp keeps of a time what every store keeps.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
