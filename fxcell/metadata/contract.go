package metadata

import (
	"slices"
	"strings"
	"time"

	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/metadata/internal/strict"
)

// Lifecycle is how far a contract has come.
type Lifecycle string

// The lifecycle of a contract.
const (
	LifecycleDraft      Lifecycle = "draft"
	LifecycleActive     Lifecycle = "active"
	LifecycleDeprecated Lifecycle = "deprecated"
)

// Anyone stands for every consumer; it is then the only one in the list.
const Anyone = "*"

// AtLeastOnce is how events are delivered.
const AtLeastOnce = "at-least-once"

// Contract is a contract.yaml.
type Contract struct {
	Source

	ID               string
	Kind             Kind
	OwnerCell        string // the provider where the file names none
	ConsistencyLevel level.Level
	Lifecycle        Lifecycle
	Successor        string    // of a deprecated contract: the contract to use instead
	Sunset           time.Time // of a deprecated contract: the day it may go, in UTC
	Summary          string
	Description      string

	Provider  string   // server, publisher, handler or provider
	Consumers []string // clients, subscribers, invokers or readers: cells, actors or Anyone
	HTTP      *HTTP    // of http contracts only
	Event     *Event   // of event contracts only

	SchemaRefs        SchemaRefs
	Replayable        bool   // of events and projections
	DeliverySemantics string // of events: AtLeastOnce, which the file may leave out
	IdempotencyKey    string // of events: how the file names the event's id, empty where it does not
}

// SchemaRefs are the contract's schema files, relative to its folder, empty where it has none.
type SchemaRefs struct {
	Request, Response, Payload, Headers string

	Extra map[string]string // further names that the file gives, nil for none
}

// DecodeContract reads a contract.yaml. Where the file's name has folders, they must end as the id says: http/config/write/v1
// for http.config.write.v1. The error joins an *Error per fault; the contract is zero then.
func DecodeContract(file string, data []byte) (Contract, error) {
	return decode(file, data, readContract)
}

func readContract(src Source, o *strict.Object) Contract {
	c := Contract{Source: src}
	id, kind := o.Need("id", wantContract), o.Need("kind", "one of http, event, command, projection")
	c.ID, c.Kind = readContractID(id), strict.Enum(kind, kinds()...)
	checkContractFolder(id, c.ID, src.File)
	if word, _, ok := strings.Cut(c.ID, "."); ok && c.Kind != "" && word != string(c.Kind) {
		kind.Failf("is %s, but the id starts with %s", c.Kind, word)
	}
	owner := o.Field("ownerCell")
	c.OwnerCell = readID(owner)
	c.ConsistencyLevel = readLevel(o.Need("consistencyLevel", wantLevel))
	readLifecycle(&c, o)
	c.Summary = o.Field("summary").Text()
	c.Description = o.Field("description").Text()
	readEndpoints(&c, o.Need("endpoints", "who provides the contract and who uses it").Object())
	if !owner.Given() {
		c.OwnerCell = c.Provider
	}
	checkOwner(owner, &c)
	readEvent(&c, o)
	readDelivery(&c, o)
	readSchemaRefs(&c, o)
	return c
}

func checkContractFolder(v strict.Value, id, file string) {
	names, want := folders(file), strings.Split(id, ".")
	if id == "" || len(names) == 0 {
		return
	}
	tail := names[max(len(names)-len(want), 0):]
	if !slices.Equal(tail, want) {
		v.Failf("%s must lie in a folder …/%s, this one is %s", id, strings.Join(want, "/"), strings.Join(tail, "/"))
	}
}

// checkOwner holds the owner against the cell in whose folder the file lies: cells/<cell>/<cell>api/ and then the id.
func checkOwner(v strict.Value, c *Contract) {
	names := folders(c.File)
	i := len(names) - len(strings.Split(c.ID, ".")) - 3
	if c.ID == "" || c.OwnerCell == "" || i < 0 || names[i] != "cells" || !strings.HasSuffix(names[i+2], "api") {
		return
	}
	if cell := names[i+1]; cell != c.OwnerCell {
		v.Failf("is %s, but the contract lies in the folder of %s", c.OwnerCell, cell)
	}
}

func readLifecycle(c *Contract, o *strict.Object) {
	c.Lifecycle = strict.Enum(o.Need("lifecycle", "one of draft, active, deprecated"),
		LifecycleDraft, LifecycleActive, LifecycleDeprecated)
	if c.Lifecycle == LifecycleDeprecated {
		successor := o.Need("successor", "the contract to use instead of a deprecated one")
		c.Successor = readContractID(successor)
		c.Sunset = o.Need("sunset", "the day a deprecated contract may go, such as 2027-01-31").Date()
		if c.Successor != "" && c.Successor == c.ID {
			successor.Failf("is the contract itself")
		}
		return
	}
	for _, name := range []string{"successor", "sunset"} {
		if v := o.Field(name); v.Given() && c.Lifecycle != "" {
			v.Failf("is for deprecated contracts, this one is %s", c.Lifecycle)
		}
	}
}

// readEndpoints reads the two ends of the contract's kind and faults those of other kinds.
func readEndpoints(c *Contract, o *strict.Object) {
	own, known := ruleOf(c.Kind)
	for _, r := range kindRules {
		switch {
		case r.kind == c.Kind:
			c.Provider = readID(o.Need(r.provider, "the cell or actor that provides the contract"))
			c.Consumers = readConsumers(o.Field(r.consumer))
		case known:
			foreign(o.Field(r.provider), r.kind, own.provider)
			foreign(o.Field(r.consumer), r.kind, own.consumer)
		default:
			readID(o.Field(r.provider))
			readConsumers(o.Field(r.consumer))
		}
	}
	readHTTP(c, o)
	o.Done()
}

func foreign(v strict.Value, kind Kind, instead string) {
	if v.Given() {
		v.Failf("belongs to %s contracts: use %s", kind, instead)
	}
}

func readConsumers(v strict.Value) []string {
	out := strict.Distinct(v, func(item strict.Value) string {
		return item.Like(func(s string) bool { return s == Anyone || idPattern.MatchString(s) },
			"the id of a cell or actor, or *")
	}, strict.Exactly)
	if len(out) > 1 && slices.Contains(out, Anyone) {
		v.Failf("has * beside other names: it stands for all of them")
	}
	return out
}
