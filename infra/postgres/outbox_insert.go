package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/lib/pq"

	"fxcell.dev/fxcell/event"
)

// insertStatements are the statements that insert up to 1, 2, 4, … rows: few enough that every connection keeps them prepared.
var insertStatements = func() (all [8]string) {
	for i := range all {
		all[i] = insertStatement(1 << i)
	}
	return all
}()

// insertLimit is how many rows one statement inserts.
const insertLimit = 1 << (len(insertStatements) - 1)

const insertArgs = 5 // of a row

// insertStatement returns the statement that inserts n rows; those whose topic is NULL fill it up and are left out.
//
// The lock of a key comes before the id: the next transaction with the key gets its ids after this one has ended, so that the ids of a key come in the
// order of its commits. OFFSET 0 keeps the planner from computing ids below the locks, the order by hash keeps transactions from waiting for each other
// in a circle, and the order by n gives ids in the order of the writes. A commit that writes events is never an asynchronous one: after a crash of the
// server its ids would be given again.
func insertStatement(n int) string {
	var s strings.Builder
	s.WriteString(`INSERT INTO fxcell.outbox (topic, key, kind, payload, headers)
SELECT topic, key, kind, payload, headers FROM (
  SELECT n, topic, key, kind, payload, headers, CASE WHEN key <> '' THEN pg_advisory_xact_lock(h) END
  FROM (SELECT v.*, hashtextextended(key, hashtextextended(topic, 0)) AS h FROM (VALUES `)
	for i := range n {
		if i > 0 {
			s.WriteString(", ")
		}
		a := i * insertArgs
		fmt.Fprintf(&s, "(%d, $%d::text, $%d::text, $%d::text, $%d::bytea, $%d::jsonb)", i, a+1, a+2, a+3, a+4, a+5)
	}
	s.WriteString(`) AS v (n, topic, key, kind, payload, headers) WHERE topic IS NOT NULL AND ` + synchronous + `) AS k
  ORDER BY h OFFSET 0) AS l
ORDER BY n`)
	return s.String()
}

// synchronous is always true, and makes the commit of the transaction wait for its own disk where it would not.
const synchronous = `(SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
  THEN set_config('synchronous_commit', 'local', true) END) IS DISTINCT FROM ''`

// lockStatement takes the locks of many keys at once, in the order of insertStatement.
const lockStatement = `SELECT count(*) FROM (SELECT pg_advisory_xact_lock(h) FROM (
  SELECT DISTINCT hashtextextended(key, hashtextextended(topic, 0)) AS h FROM unnest($1::text[], $2::text[]) AS u (topic, key) WHERE key <> ''
  ORDER BY h OFFSET 0) AS k OFFSET 0) AS l`

// insertEvents writes events into the log. More than one statement takes need all their locks before the first id.
func insertEvents(ctx context.Context, tx execer, events []event.Event) error {
	if len(events) > insertLimit {
		topics, keys := make([]string, len(events)), make([]string, len(events))
		for i, e := range events {
			topics[i], keys[i] = e.Topic, e.Key
		}
		if _, err := tx.ExecContext(ctx, lockStatement, pq.Array(topics), pq.Array(keys)); err != nil {
			return err
		}
	}
	for len(events) > 0 {
		n := min(len(events), insertLimit)
		if err := insertSome(ctx, tx, events[:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// execer runs a statement.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func insertSome(ctx context.Context, tx execer, events []event.Event) error {
	class := 0
	for 1<<class < len(events) {
		class++
	}
	args := make([]any, insertArgs<<class)
	for i, e := range events {
		headers, err := headersOf(e)
		if err != nil {
			return err
		}
		payload := e.Payload
		if payload == nil {
			payload = []byte{}
		}
		copy(args[i*insertArgs:], []any{e.Topic, e.Key, e.Contract, payload, headers})
	}
	_, err := tx.ExecContext(ctx, insertStatements[class], args...)
	return err
}
