package postgres

import (
	"strings"
	"testing"

	"fxcell.dev/fxcell/event/eventtest"
)

func TestParkingKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	dsn(t)
	eventtest.RunParking(t, func(t *testing.T) eventtest.ParkingSubject {
		t.Helper()
		h := newHouse(t)
		return eventtest.ParkingSubject{Tx: h.tx, Parking: parking{h.sql}}
	})
}

func TestHeldKeysAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO fxcell.outbox_dead SELECT 'r', n, n, 'e', 't', n, '', '', now(), '', '', '', '', '', '', '', '', '', 1, '', false
		FROM generate_series(1, 2000) n`)
	var plan []string
	err := h.sql.Select(t.Context(), &plan, `EXPLAIN SELECT FROM fxcell.outbox_dead
		WHERE reader = 'r' AND topic = 't' AND hashtextextended(key, 0) = hashtextextended('17', 0) AND key = '17'`)
	if text := strings.Join(plan, "\n"); err != nil || !strings.Contains(text, "outbox_dead_key") {
		t.Errorf("the plan is %v\n%s", err, text)
	}
}
