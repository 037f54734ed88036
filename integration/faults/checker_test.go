package faults

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/lib/pq"
)

// trail is what the database holds of the audit chain. It is read as it lies there: nothing of the product's code has a part in it.
type trail struct {
	entries int
	writes  map[written]int
	events  map[string]bool
}

// check holds the audit chain in the database against the settings there and against what clients were promised: every write that lasted stands in the
// chain once, in the order of its key, and every write that was promised has lasted.
func (p *product) check(l *load, base, token string) {
	p.Helper()
	p.settled()
	t := p.readTrail()
	lasted := p.lasted()
	for w := range lasted {
		if n := t.writes[w]; n != 1 && !slices.Contains(p.poisoned, w.key) {
			p.Errorf("%v has lasted and stands in the chain %d times", w, n)
		}
	}
	for w := range t.writes {
		if _, ok := lasted[w]; !ok {
			p.Errorf("%v stands in the chain and has not lasted", w)
		}
	}
	for w, value := range l.promised {
		if kept, ok := lasted[w]; !ok || kept != forgotten && kept != value {
			p.Errorf("%v was promised with %q; what has lasted is %q", w, value, kept)
		}
	}
	p.checkLog(t)
	p.checkInbox()
	verdict := data[struct {
		Valid          bool
		EntriesChecked int
	}](p.T, p.must(base, http.StatusOK, request{method: http.MethodGet, path: "/api/v1/audit/integrity", token: token}))
	if !verdict.Valid || verdict.EntriesChecked < t.entries {
		p.Errorf("the product's own check says %+v of %d entries", verdict, t.entries)
	}
	p.Logf("checked: %d writes promised, %d lasted, %d entries in the chain, %d requests without an answer, refused by status %v",
		len(l.promised), len(lasted), t.entries, l.unknown.Load(), l.refused)
}

// auditReader is the slice whose reader appends to the chain.
const auditReader = "cells/audit/auditappend"

// behind is how many ids of the log lie past the position of its reader.
func (p *product) behind() int64 {
	p.Helper()
	return value[int64](p, `SELECT coalesce((SELECT max(id) FROM fxcell.outbox), 0) - coalesce((SELECT head FROM fxcell.outbox_reader WHERE reader = $1), 0)`, p.reader)
}

// missing is how many events of the log do not stand in the chain.
func (p *product) missing() int {
	p.Helper()
	return value[int](p, `SELECT count(*) FROM fxcell.outbox o
WHERE NOT EXISTS (SELECT 1 FROM audit.entries e WHERE e.chain = 'audit' AND e.event_id = o.headers->>'id')
  AND NOT EXISTS (SELECT 1 FROM fxcell.outbox_dead d WHERE d.event_id = o.headers->>'id')`)
}

// settled waits until the reader has passed the whole log, and what it handed on has arrived.
func (p *product) settled() {
	p.Helper()
	p.await("that the reader catches up", func() bool { return p.behind() <= 0 })
	p.await("that the reader closes its gaps", func() bool {
		return value[bool](p, `SELECT gaps = '{}' FROM fxcell.outbox_reader WHERE reader = $1`, p.reader)
	})
	p.await("that every event has arrived", func() bool { return p.missing() == 0 })
}

// forgotten stands for the value of a version that is older than those that a setting keeps: its number is all that is left of it.
const forgotten = "forgotten"

// lasted is every version of every setting with its value.
func (p *product) lasted() map[written]string {
	p.Helper()
	rows, err := p.db.QueryContext(p.Context(), `SELECT s.key, n, coalesce(convert_from(v.value, 'UTF8'), $1)
FROM config.settings s CROSS JOIN LATERAL generate_series(1, s.version) AS n LEFT JOIN config.versions v ON v.key = s.key AND v.version = n`, forgotten)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	all := map[written]string{}
	for rows.Next() {
		var w written
		var value string
		if err := rows.Scan(&w.key, &w.version, &value); err != nil {
			p.Fatal(err)
		}
		all[w] = value
	}
	if err := rows.Err(); err != nil {
		p.Fatal(err)
	}
	return all
}

// readTrail reads the chain and holds it against itself: no seq is missing, each entry names the MAC of the one before, the head is the last one, and
// the versions of a key grow.
func (p *product) readTrail() trail {
	p.Helper()
	rows, err := p.db.QueryContext(p.Context(), `SELECT seq, event_id, sealed, mac FROM audit.entries WHERE chain = 'audit' ORDER BY seq`)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	t := trail{writes: map[written]int{}, events: map[string]bool{}}
	last := map[string]int64{}
	before := make([]byte, 32)
	for rows.Next() {
		var seq int64
		var event string
		var sealed, mac []byte
		if err := rows.Scan(&seq, &event, &sealed, &mac); err != nil {
			p.Fatal(err)
		}
		t.entries++
		if seq != int64(t.entries) {
			p.Fatalf("entry %d of the chain has seq %d", t.entries, seq)
		}
		if t.events[event] {
			p.Errorf("event %s stands in the chain twice", event)
		}
		t.events[event] = true
		fields := split(sealed)
		if len(fields) != 8 || !bytes.Equal(fields[3], before) {
			p.Fatalf("seq %d does not name the entry before it", seq)
		}
		before = mac
		if w, ok := p.writeOf(fields[7]); ok {
			t.writes[w]++
			if w.version <= last[w.key] {
				p.Errorf("%v stands behind version %d in the chain", w, last[w.key])
			}
			last[w.key] = w.version
		}
	}
	if err := rows.Err(); err != nil {
		p.Fatal(err)
	}
	if size := value[int](p, `SELECT size FROM audit.heads WHERE chain = 'audit'`); size != t.entries {
		p.Errorf("the head counts %d entries, there are %d", size, t.entries)
	}
	if head := value[[]byte](p, `SELECT last FROM audit.heads WHERE chain = 'audit'`); !bytes.Equal(head, before) {
		p.Error("the head is not that of the last entry")
	}
	return t
}

// writeOf reads a write of a setting out of an entry.
func (p *product) writeOf(entry []byte) (written, bool) {
	p.Helper()
	var e struct {
		EventType string
		Data      struct {
			Action  string
			Key     string
			Version int64
		}
		EventTime time.Time
	}
	if err := json.Unmarshal(entry, &e); err != nil {
		p.Fatalf("%v in %s", err, entry)
	}
	return written{e.Data.Key, e.Data.Version}, e.EventType == "event.config.changed.v1" && (e.Data.Action == "created" || e.Data.Action == "updated")
}

// split takes the fields of a sealed entry apart: each stands behind its length, 8 bytes, the highest first.
func split(b []byte) [][]byte {
	var fields [][]byte
	for len(b) >= 8 {
		size := binary.BigEndian.Uint64(b)
		if size > uint64(len(b)-8) {
			return nil
		}
		fields, b = append(fields, b[8:8+size]), b[8+size:]
	}
	return fields
}

// checkLog holds the chain against the log of events: all of it stands in the chain, but for what the test has let be parked.
func (p *product) checkLog(t trail) {
	p.Helper()
	rows, err := p.db.QueryContext(p.Context(), `SELECT headers->>'id', kind, key FROM fxcell.outbox`)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, kind, key string
		if err := rows.Scan(&id, &kind, &key); err != nil {
			p.Fatal(err)
		}
		if t.events[id] == slices.Contains(p.poisoned, key) {
			p.Errorf("event %s (%s) of key %s is in the log; in the chain: %v", id, kind, key, t.events[id])
		}
	}
	if err := rows.Err(); err != nil {
		p.Fatal(err)
	}
	if n := value[int](p, `SELECT count(*) FROM fxcell.outbox_dead WHERE key <> ALL ($1)`, pq.Array(p.poisoned)); n != 0 {
		p.Errorf("%d events were parked", n)
	}
}

// checkInbox holds the inbox against the log, where a broker is between the two: the reader has noted the last event of every key. The trail itself
// cannot tell whether it did, because an entry is appended once whatever comes twice: an effect that is not so would be doubled.
func (p *product) checkInbox() {
	p.Helper()
	if p.reader == auditReader {
		return // its position moves with the effects
	}
	const statement = `SELECT count(*) FROM (SELECT topic, key, max(id) AS last FROM fxcell.outbox WHERE key <> '' AND key <> ALL ($2) GROUP BY topic, key) o
LEFT JOIN fxcell.inbox i ON i.reader = $1 AND i.topic = o.topic AND i.key = o.key WHERE i.last_id IS DISTINCT FROM o.last`
	if n := value[int](p, statement, auditReader, pq.Array(p.poisoned)); n != 0 {
		p.Errorf("the inbox does not know the last event of %d keys", n)
	}
}
