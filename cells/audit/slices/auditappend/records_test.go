package auditappend

import (
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/meta"
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/contract"
)

func TestEverySubscribedContractHasARecordAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	var subscribed []string
	for _, s := range meta.AuditAppend.Subscribes {
		subscribed = append(subscribed, s.Contract)
	}
	slices.Sort(subscribed)
	if diff := cmp.Diff(subscribed, slices.Sorted(maps.Keys(records))); diff != "" {
		t.Errorf("records (-subscribed +listed):\n%s", diff)
	}
}

// leftOut are the members that entries do not keep on purpose. A member that a contract gains later is in neither list and fails the test, so that
// somebody decides.
var leftOut = map[string][]string{
	configapi.ChangedV1.ID: {"value"},   // it may be a secret
	auditapi.QueriedV1.ID:  {"actorId"}, // it is the actor
}

func TestTheRecordsKnowEveryMemberOfTheirPayloads(t *testing.T) {
	t.Parallel()
	knows(t, accessapi.UserCreatedV1)
	knows(t, accessapi.SessionCreatedV1)
	knows(t, accessapi.SessionRevokedV1)
	knows(t, configapi.ChangedV1)
	knows(t, configapi.RolledBackV1)
	knows(t, auditapi.QueriedV1)
	knows(t, auditapi.IntegrityVerifiedV1)
}

func knows[P any](t *testing.T, h contract.Event[P]) {
	t.Helper()
	text, err := fs.ReadFile(h.Files, contract.Folder(h.ID)+"/"+h.Payload)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(leftOut[h.ID])
	for _, m := range records[h.ID].keep {
		want = append(want, m.name)
	}
	slices.Sort(want)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(schema.Properties)), want); diff != "" {
		t.Errorf("%s (-schema +record):\n%s", h.ID, diff)
	}
	for _, pointer := range h.Sensitive {
		if slices.ContainsFunc(records[h.ID].keep, func(m member) bool { return "/"+m.name == pointer && m.hide == nil }) {
			t.Errorf("%s: %s is sensitive and kept", h.ID, pointer)
		}
	}
}
