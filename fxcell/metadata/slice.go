package metadata

import (
	"strings"
	"time"

	"fxcell.dev/fxcell/metadata/internal/strict"
)

// Role is what a slice does with a contract.
type Role string

// The roles, two per kind of contract: the provider's and the consumer's.
const (
	RoleServe     Role = "serve"
	RoleCall      Role = "call"
	RolePublish   Role = "publish"
	RoleSubscribe Role = "subscribe"
	RoleHandle    Role = "handle"
	RoleInvoke    Role = "invoke"
	RoleProvide   Role = "provide"
	RoleRead      Role = "read"
)

// Mode is how a subscription takes its events.
type Mode string

// The modes of a subscription.
const (
	ModeEach     Mode = "each"     // one event in the consumer's transaction
	ModeBatch    Mode = "batch"    // many events in one transaction
	ModeExternal Mode = "external" // no transaction around the handler, at least once
)

// Slice is a slice.yaml.
type Slice struct {
	Source

	ID             string
	BelongsToCell  string
	ContractUsages []Usage
	Verify         SliceVerify
	AllowedFiles   []string
}

// Usage is what the slice does with one contract.
type Usage struct {
	Contract string
	Role     Role
	Mode     Mode // of a subscription, each where the file names none; empty for other roles
}

// SliceVerify lists the checks of a slice and those that it may miss for a while.
type SliceVerify struct {
	Unit, Contract []string
	Waivers        []Waiver
}

// Waiver excuses the checks of one contract through the day ExpiresAt, in UTC.
type Waiver struct {
	Contract, Owner, Reason string
	ExpiresAt               time.Time
}

// DecodeSlice reads a slice.yaml. Where the file's name has folders, they must be cells/<cell>/slices/<slice>; the cell
// that the file leaves out is theirs. The error joins an *Error per fault; the slice is zero then.
func DecodeSlice(file string, data []byte) (Slice, error) {
	return decode(file, data, readSlice)
}

func readSlice(src Source, o *strict.Object) Slice {
	s := Slice{Source: src}
	id := o.Need("id", "the name of the slice's folder")
	s.ID = readID(id)
	checkFolder(id, s.ID, src.File, 0)
	s.BelongsToCell = readCellOfSlice(o, src.File)
	s.ContractUsages = readUsages(o.Field("contractUsages"))
	s.Verify = readSliceVerify(o.Field("verify").Object())
	s.AllowedFiles = strict.Distinct(o.Field("allowedFiles"), readText, strict.Exactly)
	return s
}

// readCellOfSlice takes the cell from the folders where the file does not repeat it.
func readCellOfSlice(o *strict.Object, file string) string {
	names := folders(file)
	if len(names) < 3 || names[len(names)-2] != "slices" {
		return readID(o.Need("belongsToCell", "the id of the slice's cell"))
	}
	folder := names[len(names)-3]
	v := o.Field("belongsToCell")
	cell := readID(v)
	if cell != "" && cell != folder {
		v.Failf("%q is not the cell whose folder the slice lies in, %s", cell, folder)
	}
	return folder
}

func readUsages(v strict.Value) []Usage {
	seen := map[Usage]int{}
	var out []Usage
	for i, item := range v.List() {
		u := readUsage(item)
		key := Usage{Contract: u.Contract, Role: u.Role}
		if u.Contract == "" || u.Role == "" {
			continue
		}
		if first, ok := seen[key]; ok {
			item.Failf("%s of %s stands at [%d] already", u.Role, u.Contract, first)
			continue
		}
		seen[key] = i
		out = append(out, u)
	}
	return out
}

func readUsage(v strict.Value) Usage {
	o := v.Object()
	contract, role, mode := o.Need("contract", wantContract), o.Need("role", "one of "+roleList()), o.Field("mode")
	u := Usage{
		Contract: readContractID(contract),
		Role:     strict.Enum(role, roles()...),
		Mode:     strict.Enum(mode, ModeEach, ModeBatch, ModeExternal),
	}
	o.Done()
	kind, _, _ := strings.Cut(u.Contract, ".")
	if r, ok := ruleOf(Kind(kind)); ok && u.Role != "" && u.Role != r.provide && u.Role != r.consume {
		role.Failf("%q is no role for %s contracts: use %s or %s", u.Role, kind, r.provide, r.consume)
	}
	if mode.Given() && u.Role != "" && u.Role != RoleSubscribe {
		mode.Failf("only a subscription has a mode")
	}
	if u.Role == RoleSubscribe && !mode.Given() {
		u.Mode = ModeEach
	}
	return u
}

func readSliceVerify(o *strict.Object) SliceVerify {
	v := SliceVerify{
		Unit:     strict.Distinct(o.Field("unit"), readText, strict.Exactly),
		Contract: strict.Distinct(o.Field("contract"), readText, strict.Exactly),
		Waivers:  strict.Each(o.Field("waivers"), readWaiver),
	}
	o.Done()
	return v
}

func readWaiver(v strict.Value) Waiver {
	o := v.Object()
	w := Waiver{
		Contract:  readContractID(o.Need("contract", wantContract)),
		Owner:     o.Need("owner", "who ends the exception").Text(),
		Reason:    o.Need("reason", "why the check is missing").Text(),
		ExpiresAt: o.Need("expiresAt", "the last day it holds, such as 2027-01-31").Date(),
	}
	o.Done()
	return w
}
