package postgres

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/event/eventtest"
)

func TestParkingKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	eventtest.RunParking(t, func(*testing.T) eventtest.ParkingSubject {
		return eventtest.ParkingSubject{Tx: h.tx, Parking: apartParking{parking{h.sql}, rand.Text()}}
	})
}

// apartParking is a parking place that is empty at first: its readers have names of their own.
type apartParking struct {
	event.Parking

	prefix string
}

func (a apartParking) Park(ctx context.Context, p event.Parked) error {
	p.Reader = a.prefix + p.Reader
	return a.Parking.Park(ctx, p)
}

func (a apartParking) Holds(ctx context.Context, reader, topic, key string) (bool, error) {
	return a.Parking.Holds(ctx, a.prefix+reader, topic, key)
}

func (a apartParking) List(ctx context.Context, reader string) ([]event.Parked, error) {
	all, err := a.Parking.List(ctx, a.prefix+reader)
	for i := range all {
		all[i].Reader = strings.TrimPrefix(all[i].Reader, a.prefix)
	}
	return all, err
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
