package domain

import "time"

// Columns are what entries are found by. They repeat what the sealed bytes say, and the check of the trail holds them against those.
type Columns struct {
	Seq       int64
	Time      time.Time
	EventID   string
	EventType string
	ActorKind string
	ActorID   string
	Action    string
	Target    string
	Outcome   string
}

// Row is an entry as it is stored. What its slices point to never changes.
type Row struct {
	Columns

	Sealed []byte // Seal.Encode: the bytes that the MAC covers
	MAC    []byte
}

// Open decodes the row. It returns ErrSeal or ErrEntry for what was not sealed by Chain.Add; whether the MAC fits is not looked at.
func (r Row) Open() (Seal, Entry, error) {
	s, err := DecodeSeal(r.Sealed)
	if err != nil {
		return Seal{}, Entry{}, err
	}
	e, err := DecodeEntry(s.Payload)
	if err != nil {
		return Seal{}, Entry{}, err
	}
	return s, e, nil
}

// Agrees reports whether the columns say what the sealed bytes say.
func (r Row) Agrees(s Seal, e Entry) bool {
	sealed := columnsOf(s, e)
	same := r.Time.Equal(sealed.Time)
	sealed.Time = r.Time // compared above: the same instant has many forms
	return same && r.Columns == sealed
}

func columnsOf(s Seal, e Entry) Columns {
	return Columns{
		Seq: s.Seq, Time: s.Time, EventID: s.EventID, EventType: e.EventType, ActorKind: string(e.Actor.Kind), ActorID: e.Actor.ID,
		Action: e.Action, Target: e.Target, Outcome: e.Outcome,
	}
}
