package inspect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Detail says what the boxes of a graph are.
type Detail int

// The details of a graph.
const (
	Modules      Detail = iota // modules and slices, and what they take of each other
	Constructors               // each constructor, Invoke and decorator
)

// Graph is a picture of a wiring. It is the same for the same wiring: no places in files, no times, everything sorted.
type Graph struct {
	title  string
	frames []frame // outer ones first
	boxes  []box
	edges  []edge
}

// frame is drawn around boxes and other frames.
type frame struct{ id, label, within string }

type shape int

const (
	plain  shape = iota // a module, a constructor
	round               // an Invoke
	angled              // a decorator
)

type box struct {
	id, label, frame string
	shape            shape
	faint            bool // never built
}

type line int

const (
	takes     line = iota // one is given what the other provides
	contracts             // a contract is served or called
	events                // an event is published and subscribed
	decorates             // a value is decorated
	judges                // a value's durability is judged
)

type edge struct {
	from, to string
	line     line
	labels   []string
}

// Graph draws the wiring.
func (w *Wiring) Graph(d Detail) *Graph {
	p := &painter{wiring: w, ids: map[string]int{}, boxes: map[any]string{}, edges: map[edgeKey]map[string]bool{}}
	p.title = w.app.module() + " in mode " + w.app.Mode
	if d == Constructors {
		p.constructors()
	} else {
		p.modules()
	}
	return p.finish()
}

// painter collects a graph.
type painter struct {
	Graph

	wiring *Wiring
	ids    map[string]int
	boxes  map[any]string // scope or function → id of its box
	edges  map[edgeKey]map[string]bool
}

type edgeKey struct {
	from, to string
	line     line
}

var unsafe = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// id makes an identifier of a name, each only once.
func (p *painter) id(name string) string {
	id := strings.Trim(unsafe.ReplaceAllString(name, "_"), "_")
	p.ids[id]++
	if n := p.ids[id]; n > 1 {
		return p.id(id + "_" + strconv.Itoa(n))
	}
	return id
}

// connect adds an edge between two boxes; edges of one kind between the same boxes become one.
func (p *painter) connect(from, to any, l line, labels ...string) {
	a, b := p.boxes[from], p.boxes[to]
	if a == "" || b == "" || a == b {
		return
	}
	k := edgeKey{a, b, l}
	if p.edges[k] == nil {
		p.edges[k] = map[string]bool{}
	}
	for _, text := range labels {
		p.edges[k][text] = true
	}
}

func (p *painter) finish() *Graph {
	for k, labels := range p.edges {
		e := edge{from: k.from, to: k.to, line: k.line}
		for text := range labels {
			e.labels = append(e.labels, text)
		}
		slices.Sort(e.labels)
		p.Graph.edges = append(p.Graph.edges, e)
	}
	slices.SortFunc(p.Graph.edges, func(a, b edge) int {
		return strings.Compare(a.from+" "+a.to+" "+strconv.Itoa(int(a.line)), b.from+" "+b.to+" "+strconv.Itoa(int(b.line)))
	})
	slices.SortStableFunc(p.Graph.boxes, func(a, b box) int { return strings.Compare(a.id, b.id) })
	slices.SortStableFunc(p.frames, func(a, b frame) int { return strings.Compare(a.id, b.id) })
	return &p.Graph
}
