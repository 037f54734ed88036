package domain

import (
	"errors"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// Mask stands in answers for the value of a sensitive setting. No sensitive setting can have it for a value, so nobody who reads a setting and
// writes it back loses the value.
const Mask = "[redacted]"

// Shown returns the setting as answers show it.
func (e Entry) Shown() configapi.Entry {
	return configapi.Entry{
		ID: e.ID, Key: e.Key, Value: shown(e.Value, e.Sensitive), Sensitive: e.Sensitive, Type: string(e.Type), Version: e.Version,
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
}

// Shown returns the publication as answers show it.
func (p Publication) Shown() configapi.PublishResponse {
	return configapi.PublishResponse{
		ID: p.ID, ConfigID: p.ConfigID, Version: p.Version, Value: shown(p.Value, p.Sensitive), Sensitive: p.Sensitive,
		Revision: p.Revision, PublishedAt: p.PublishedAt,
	}
}

func shown(value secret.Text, sensitive bool) string {
	if sensitive {
		return Mask
	}
	return value.Reveal()
}

// The actions of event.config.changed.v1 and event.config.rollback.v1.
const (
	actionCreated    = "created"
	actionUpdated    = "updated"
	actionDeleted    = "deleted"
	actionPublished  = "published"
	actionRolledBack = "rollback"
)

// Created is the event of a new setting.
func (e Entry) Created() configapi.Changed { return e.written(actionCreated) }

// Updated is the event of a new version.
func (e Entry) Updated() configapi.Changed { return e.written(actionUpdated) }

func (e Entry) written(action string) configapi.Changed {
	return configapi.Changed{Action: action, Key: e.Key, Version: e.Version, Value: told(e.Value, e.Sensitive)}
}

// Deleted is the event of a setting that is no more. Its version is the last one.
func (e Entry) Deleted() configapi.Changed {
	return configapi.Changed{Action: actionDeleted, Key: e.Key, Version: e.Version}
}

// RolledBack is the event of a version that took up the value of an earlier one.
func (e Entry) RolledBack() configapi.RolledBack {
	return configapi.RolledBack{Action: actionRolledBack, Key: e.Key, TargetVersion: e.RollbackOf, NewVersion: e.Version}
}

// Published is the event of the publication.
func (p Publication) Published() configapi.Changed {
	return configapi.Changed{
		Action: actionPublished, Key: p.Key, Version: p.Version, Value: told(p.Value, p.Sensitive), ConfigID: p.ConfigID, Revision: p.Revision,
	}
}

func told(value secret.Text, sensitive bool) *string {
	if sensitive {
		return nil
	}
	return new(value.Reveal())
}

// Stale is the problem of a condition that does not hold.
func Stale() *problem.Error {
	return problem.New(configapi.ErrStale, "Read the setting again and decide anew.")
}

// ProblemOf turns what a store says into what a caller is told; any other error stays as it is, and so does a problem that wraps what a store
// says.
func ProblemOf(err error) error {
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, db.ErrNotFound):
		return problem.New(configapi.ErrNotFound, "No setting has this key.").Wrap(err)
	case errors.Is(err, db.ErrUnique):
		return problem.New(configapi.ErrExists, "Change the setting instead, or choose another key.").Wrap(err)
	case errors.Is(err, db.ErrStale):
		return Stale().Wrap(err)
	default:
		return err
	}
}
