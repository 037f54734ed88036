// Package metadatatest compares a cell's files with the Go values that stand for them.
package metadatatest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/metadata"
)

// Handle is a contract's handle, of any types.
type Handle interface {
	Describe() contract.Description
}

// Cell fails the test for every difference between the files of a cell and its Go values: cell.yaml, each slice.yaml, each contract.yaml. root is
// the module's folder, seen from the test.
func Cell(t *testing.T, root string, cell fxcell.CellMeta, slicesMeta []fxcell.SliceMeta, handles ...Handle) {
	t.Helper()
	project, err := metadata.Load(os.DirFS(root), ".")
	if err != nil {
		t.Fatal(err)
	}
	file, ok := project.Cell(cell.ID)
	if !ok {
		t.Fatalf("no cell.yaml has the id %q", cell.ID)
	}
	same(t, "cell.yaml", fxcell.CellMeta{ID: file.ID, Type: string(file.Type), Level: file.ConsistencyLevel}, cell)
	compareSlices(t, project, cell.ID, slicesMeta)
	compareContracts(t, project, cell.ID, handles)
}

func same(t *testing.T, what string, file, code any) {
	t.Helper()
	if diff := cmp.Diff(file, code, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: the file (-) and the code (+) differ\n%s", what, diff)
	}
}

func compareSlices(t *testing.T, project metadata.Project, cell string, code []fxcell.SliceMeta) {
	t.Helper()
	inFiles := map[string]fxcell.SliceMeta{}
	for _, s := range project.Slices {
		if s.BelongsToCell == cell {
			inFiles[s.ID] = sliceMeta(s)
		}
	}
	inCode := map[string]fxcell.SliceMeta{}
	for _, s := range code {
		inCode[s.ID] = s
	}
	sorted := cmpopts.SortSlices(strings.Compare)
	bySubscription := cmpopts.SortSlices(func(a, b fxcell.Subscribes) bool { return a.Contract < b.Contract })
	if diff := cmp.Diff(inFiles, inCode, cmpopts.EquateEmpty(), sorted, bySubscription); diff != "" {
		t.Errorf("slice.yaml: the files (-) and the code (+) differ\n%s", diff)
	}
}

func sliceMeta(s metadata.Slice) fxcell.SliceMeta {
	out := fxcell.SliceMeta{ID: s.ID, Cell: s.BelongsToCell}
	for _, u := range s.ContractUsages {
		switch u.Role {
		case metadata.RoleServe:
			out.Serves = append(out.Serves, u.Contract)
		case metadata.RolePublish:
			out.Publishes = append(out.Publishes, u.Contract)
		case metadata.RoleCall:
			out.Calls = append(out.Calls, u.Contract)
		case metadata.RoleSubscribe:
			out.Subscribes = append(out.Subscribes, fxcell.Subscribes{Contract: u.Contract, Mode: event.Mode(u.Mode)})
		case metadata.RoleHandle, metadata.RoleInvoke, metadata.RoleProvide, metadata.RoleRead:
		}
	}
	return out
}

func compareContracts(t *testing.T, project metadata.Project, cell string, handles []Handle) {
	t.Helper()
	inCode := map[string]contract.Description{}
	for _, h := range handles {
		d := h.Describe()
		inCode[d.ID] = d
	}
	for _, file := range project.Contracts {
		if file.OwnerCell != cell {
			continue
		}
		code, ok := inCode[file.ID]
		if !ok {
			t.Errorf("%s: no handle stands for it", file.ID)
			continue
		}
		delete(inCode, file.ID)
		compareContract(t, file, code)
	}
	for id := range inCode {
		t.Errorf("%s: a handle without a contract.yaml", id)
	}
}

func compareContract(t *testing.T, file metadata.Contract, code contract.Description) {
	t.Helper()
	want := contract.Description{ID: file.ID, Kind: string(file.Kind), Owner: file.OwnerCell, Level: file.ConsistencyLevel}
	if h := file.HTTP; h != nil {
		want.HTTP = &contract.HTTPDescription{
			Method: h.Method, Path: h.Path, Policy: h.Policy.String(), Status: h.SuccessStatus, Deadline: h.Deadline, BodyLimit: h.BodyLimit,
			List: h.List, Raw: h.Raw, NoContent: h.NoContent, ResponseHeaders: h.ResponseHeaders,
			Request: file.SchemaRefs.Request, Response: file.SchemaRefs.Response,
		}
		compareParameters(t, file.ID, h.Parameters, code.HTTP)
		compareErrors(t, file.ID, h.Responses, code.HTTP)
	}
	if e := file.Event; e != nil {
		topic := e.Topic
		if topic == "" {
			topic = file.OwnerCell
		}
		want.Event = &contract.EventDescription{
			Key: e.Key, Topic: topic, Retry: event.Retry(e.Retry), OnPoison: event.OnPoison(e.OnPoison), Sensitive: e.Sensitive,
			Payload: file.SchemaRefs.Payload,
		}
		compareKey(t, file.ID, e.Key, code.Event)
	}
	ignore := cmp.Options{
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(contract.HTTPDescription{}, "Parameters", "Errors"),
		cmpopts.IgnoreFields(contract.EventDescription{}, "KeyOf"),
	}
	if diff := cmp.Diff(want, code, ignore); diff != "" {
		t.Errorf("%s: contract.yaml (-) and the handle (+) differ\n%s", file.ID, diff)
	}
}

// compareKey sends a mark through the payload's member that the file names as key.
func compareKey(t *testing.T, id, pointer string, code *contract.EventDescription) {
	t.Helper()
	const mark = "00000000-0000-4000-8000-00000000f001"
	name := strings.TrimPrefix(pointer, "/")
	if code == nil || strings.Contains(name, "/") {
		t.Errorf("%s: the key %s is no member of the payload", id, pointer)
		return
	}
	got, err := code.KeyOf([]byte(`{"` + name + `":"` + mark + `"}`))
	if err != nil || got != mark {
		t.Errorf("%s: the handle's key is not %s: got %q, %v", id, pointer, got, err)
	}
}

type errorCode struct {
	Status int
	Name   string
}

func compareErrors(t *testing.T, id string, file []metadata.Response, code *contract.HTTPDescription) {
	t.Helper()
	if code == nil {
		return
	}
	var inFile, inCode []errorCode
	for _, r := range file {
		inFile = append(inFile, errorCode{r.Status, r.Code})
	}
	for _, c := range code.Errors {
		inCode = append(inCode, errorCode{c.Status, c.Name})
	}
	less := func(a, b errorCode) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(inFile, less)
	slices.SortFunc(inCode, less)
	same(t, id+" responses", inFile, inCode)
}
