package metadata_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/metadata"
)

// tree returns the files of a small product, each without faults.
func tree() fstest.MapFS {
	files := fstest.MapFS{}
	for name, data := range map[string]string{
		cellFile: cellYAML, sliceFile: sliceYAML, routeFile: routeYAML, eventFile: eventYAML,
		assemblyFile: assemblyYAML, actorsFile: actorsYAML,
		"cells/access/cell.yaml":              strings.Replace(cellYAML, "id: config", "id: access", 1),
		"cells/config/module.go":              "package config",
		"cells/config/testdata/bad/cell.yaml": "}",
		"cells/.git/cell.yaml":                "}",
		"cells/_old/cell.yaml":                "}",
		"docs/cell.yaml":                      "}",
	} {
		files[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return files
}

// names returns the places of all that was loaded.
func names(p metadata.Project) []string {
	var out []string
	for _, c := range p.Cells {
		out = append(out, "cell "+c.String())
	}
	for _, s := range p.Slices {
		out = append(out, "slice "+s.String())
	}
	for _, c := range p.Contracts {
		out = append(out, "contract "+c.String())
	}
	for _, a := range p.Assemblies {
		out = append(out, "assembly "+a.String())
	}
	for _, a := range p.Actors {
		out = append(out, "actor "+a.String())
	}
	return out
}

func TestLoadReadsEveryKindOfFileInOrder(t *testing.T) {
	t.Parallel()
	p, err := metadata.Load(tree(), ".")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"cell cells/access/cell.yaml:1:1", "cell cells/config/cell.yaml:1:1",
		"slice " + sliceFile + ":1:1",
		"contract " + eventFile + ":1:1", "contract " + routeFile + ":1:1",
		"assembly " + assemblyFile + ":1:1",
		"actor cells/actors.yaml:1:3", "actor cells/actors.yaml:2:3",
	}
	if diff := cmp.Diff(want, names(p)); diff != "" {
		t.Errorf("project (-want +got):\n%s", diff)
	}
}

func TestProjectFindsByID(t *testing.T) {
	t.Parallel()
	p, err := metadata.Load(tree(), "")
	if err != nil {
		t.Fatal(err)
	}
	cell, ok1 := p.Cell("access")
	slice, ok2 := p.Slice("config", "configwrite")
	contract, ok3 := p.Contract("event.config.changed.v1")
	assembly, ok4 := p.Assembly("core")
	actor, ok5 := p.Actor("partner")
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		t.Errorf("found cell %v, slice %v, contract %v, assembly %v, actor %v", ok1, ok2, ok3, ok4, ok5)
	}
	got := []string{cell.ID, slice.ID, contract.ID, assembly.ID, actor.ID}
	want := []string{"access", "configwrite", "event.config.changed.v1", "core", "partner"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if _, ok := p.Slice("access", "configwrite"); ok {
		t.Error("a slice is found in a cell that is not its own")
	}
}

func TestLoadBelowAFolder(t *testing.T) {
	t.Parallel()
	below := fstest.MapFS{}
	for name, file := range tree() {
		below["a/product/"+name] = file
	}
	p, err := metadata.Load(below, "a/product")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Contracts[1].String(), "a/product/"+routeFile+":1:1"; got != want {
		t.Errorf("contract at %s, want %s", got, want)
	}
}

func TestLoadJoinsTheFaultsOfAllFilesInOrder(t *testing.T) {
	t.Parallel()
	files := tree()
	for name, data := range map[string]string{
		cellFile:                                 "id: config\ntype: coer\nconsistencyLevel: L2\nowner: {team: a}\n",
		actorsFile:                               "- {id: a}\n",
		routeFile:                                strings.Replace(routeYAML, "    policy: role:config-editor\n", "", 1),
		"cells/config/configapi/http/slice.yaml": "",
		"cells/config/httpapi/http/config/write/contract.yml": "",
		"cells/config/contract.yaml":                          "",
		"cells/sub/config/cell.yaml":                          "",
		"cells/other/otherapi/event/config/changed/v1/contract.yaml": strings.NewReplacer(
			"ownerCell: config", "ownerCell: other").Replace(eventYAML),
		"apps/core/assembly.yaml": "",
	} {
		files[name] = &fstest.MapFile{Data: []byte(data)}
	}
	p, err := metadata.Load(files, ".")
	want := `apps/core/assembly.yaml:1:1: is read only at apps/<id>/assembly/assembly.yaml
cells/actors.yaml:1:3: [0].type: is required: external
cells/config/cell.yaml:2:7: type: "coer" is none of core, edge, support: did you mean core?
cells/config/cell.yaml:4:1: owner.role: is required: what the team is to the cell
cells/config/configapi/http/config/write/v1/contract.yaml:10:3: endpoints.http.policy: is required: public, ` +
		`authenticated, role:a[,b], self-or-role:{param}:role[,role] or service
cells/config/configapi/http/slice.yaml:1:1: is read only at cells/<cell>/slices/<slice>/slice.yaml
cells/config/contract.yaml:1:1: is read only at cells/<cell>/<cell>api/<kind>/<words>/<version>/contract.yaml
cells/config/httpapi/http/config/write/contract.yml:1:1: must be named contract.yaml
cells/other/otherapi/event/config/changed/v1/contract.yaml:1:5: id: event.config.changed.v1 is the id of the contract in ` +
		`cells/config/configapi/event/config/changed/v1/contract.yaml too
cells/sub/config/cell.yaml:1:1: is read only at cells/<cell>/cell.yaml`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(errText(err), "\n")); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if got := len(metadata.Faults(err)); got != 10 {
		t.Errorf("%d faults, want 10", got)
	}
	if len(p.Cells) != 1 || len(p.Slices) != 1 || len(p.Assemblies) != 1 {
		t.Errorf("loaded %v, want what has no faults", names(p))
	}
}

func TestLoadOfAnotherFolderIsAnError(t *testing.T) {
	t.Parallel()
	_, err := metadata.Load(fstest.MapFS{"docs/a.md": {}}, ".")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(errText(err), "metadata: . has no folder cells") {
		t.Errorf("error %v, want one that names the folder", err)
	}
}

func TestLoadStopsReadingAtTheLimit(t *testing.T) {
	t.Parallel()
	files := tree()
	files[cellFile] = &fstest.MapFile{Data: make([]byte, 4*metadata.MaxFileBytes)}
	_, err := metadata.Load(files, ".")
	if got, want := errText(err), cellFile+":1:1: has more than 256 KiB: metadata files are small"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

// unreadable fails to open one file and one folder.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	if name == sliceFile {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.MapFS.Open(name)
}

func (u unreadable) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "apps/core" {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrPermission}
	}
	return u.MapFS.ReadDir(name)
}

func TestLoadReportsWhatItCannotReadAndGoesOn(t *testing.T) {
	t.Parallel()
	p, err := metadata.Load(unreadable{tree()}, ".")
	want := "metadata: look into apps/core: readdir apps/core: permission denied\n" +
		"metadata: read " + sliceFile + ": open " + sliceFile + ": permission denied"
	if got := errText(err); got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	if !errors.Is(err, fs.ErrPermission) || len(p.Cells) != 2 || len(p.Slices) != 0 {
		t.Errorf("error %v, loaded %v", err, names(p))
	}
}
