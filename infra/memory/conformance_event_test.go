package memory

import (
	"testing"

	"fxcell.dev/fxcell/event/eventtest"
)

func TestInboxKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	eventtest.RunInbox(t, func(t *testing.T) eventtest.InboxSubject {
		t.Helper()
		b := setup(t, 0)
		return eventtest.InboxSubject{Tx: b.engine, Inbox: newTestInbox(t, b, 0)}
	})
}

func TestParkingKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	eventtest.RunParking(t, func(t *testing.T) eventtest.ParkingSubject {
		t.Helper()
		return eventtest.ParkingSubject{Tx: newTransactor(), Parking: newTestParking(t, 0)}
	})
}
