package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// metric is a line of the table.
type metric struct {
	name, what string
	more       bool // more is better
	target     string
	met        func(r row) bool // nil when there is no target
}

// row is what the lanes show of a metric.
type row struct {
	ours, best float64
	lanes      map[string]float64
}

// times reports whether ours is at least n times as good as v, of a metric of which more is better.
func (r row) times(n, v float64) bool { return r.ours >= n*v }

func below(limit float64) func(row) bool { return func(r row) bool { return r.ours <= limit } }

var metrics = []metric{
	{"P1 ev/s", "drain, events/s", true, "≥ 4x the best, ≥ 15x watermill-sql and river", func(r row) bool {
		return r.times(4, r.best) && r.times(15, r.lanes["watermill-sql"]) && r.times(15, r.lanes["river"])
	}},
	{"P1 CPU", "drain, CPU s per 100k", false, "≤ 0.5", below(0.5)},
	{"P1 WAL", "drain, WAL bytes per event", false, "≤ 5", below(5)},
	{"P1 dead tuples", "drain, dead tuples", false, "0", below(0)},
	{"P2 ev/s", "8 writers flat out, events/s delivered", true, "≥ 1.5x the best", func(r row) bool { return r.times(1.5, r.best) }},
	{"P2 p50", "the same, commit to handler, p50 ms", false, "", nil},
	{"P2 p99", "the same, commit to handler, p99 ms", false, "≤ 5", below(5)},
	{"P2 reordered", "the same, out of key order", false, "0", below(0)},
	{"P2 WAL", "the same, WAL bytes per event", false, "≤ 680", below(680)},
	{"P2 CPU", "P3: CPU of the same, s per 100k", false, "≤ 25, or ≤ 0.65x the best", func(r row) bool { return r.ours <= 25 || r.ours <= 0.65*r.best }},
	{"P2 server CPU", "of it the server's", false, "", nil},
	{"P4a p50", "500/s, same process, p50 ms", false, "", nil},
	{"P4a p99", "500/s, same process, p99 ms", false, "≤ 1.5", below(1.5)},
	{"P4b p50", "500/s, across processes, p50 ms", false, "", nil},
	{"P4b p99", "500/s, across processes, p99 ms", false, "≤ 4", below(4)},
	{"P4c p50", "500/s, through Kafka, p50 ms", false, "", nil},
	{"P4c p99", "500/s, through Kafka, p99 ms", false, "", nil},
	{"P4c CPU", "the same, CPU s per 100k, without the broker's", false, "", nil},
	{"P4c broker CPU", "the same, the broker's", false, "", nil},
	{"P4c+2ms p50", "500/s, through Kafka that answers after 2 ms, p50 ms", false, "", nil},
	{"P4c+2ms p99", "500/s, through Kafka that answers after 2 ms, p99 ms", false, "≤ 10", below(10)},
	{"P4c+2ms CPU", "the same, CPU s per 100k, without the broker's", false, "", nil},
	{"P4c+2ms broker CPU", "the same, the broker's", false, "", nil},
	{"P5 delivered", "unrelated transaction open, % delivered", true, "100", func(r row) bool { return r.ours >= 100 }},
	{"P5 idle", "idle, % of a core", false, "≤ 0.1", below(0.1)},
	{"P5b ev/s", "drain to Kafka, events/s acknowledged", true, "≥ 15x the best", func(r row) bool { return r.times(15, r.best) }},
	{"P5b CPU", "the same, CPU s per 100k, without the broker's", false, "", nil},
	{"P5b broker CPU", "the same, the broker's", false, "", nil},
	{
		"P5b+2ms ev/s", "drain to Kafka that answers after 2 ms, events/s acknowledged", true, "≥ 100x the best",
		func(r row) bool { return r.times(100, r.best) },
	},
	{"P5b+2ms CPU", "the same, CPU s per 100k, without the broker's", false, "", nil},
	{"P5b+2ms broker CPU", "the same, the broker's", false, "", nil},
}

// report writes the table.
func report(out io.Writer, environment string, all map[string]figures) error {
	var b strings.Builder
	names := slices.DeleteFunc(laneNames(), func(n string) bool { return all[n] == nil })
	fmt.Fprintf(&b, "%s.\n\nLast columns: the first lane of ours against the best peer, then what it is to reach.\n\n| |", environment)
	for _, n := range names {
		fmt.Fprintf(&b, " %s |", n)
	}
	b.WriteString(" ratio to the best peer | target | |\n|---|" + strings.Repeat("---|", len(names)+3) + "\n")
	for _, m := range metrics {
		writeRow(&b, m, names, all)
	}
	if noisy := noisy(names, all); len(noisy) > 0 {
		fmt.Fprintf(&b, "\nOthers took more than a tenth of the machine in: %s. Run it again.\n", strings.Join(noisy, ", "))
	}
	if wrong := wrong(names, all); len(wrong) > 0 {
		fmt.Fprintf(&b, "\nWhat is wrong: %s.\n", strings.Join(wrong, ", "))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// wrong names what was not delivered once, and what came out of an order that is promised.
func wrong(names []string, all map[string]figures) []string {
	var faults []string
	for _, l := range lanes {
		if !slices.Contains(names, l.name) {
			continue
		}
		for _, metric := range slices.Sorted(maps.Keys(all[l.name])) {
			job, what, _ := strings.Cut(metric, " ")
			if n := all[l.name][metric]; n > 0 && (what == "undelivered" || what == "repeated" || what == "reordered" && l.ordered) {
				faults = append(faults, fmt.Sprintf("%s of %s has %s events %s", job, l.name, number(n), what))
			}
		}
	}
	return faults
}

// noisy names the jobs that others disturbed.
func noisy(names []string, all map[string]figures) []string {
	var jobs []string
	for _, n := range names {
		for _, metric := range slices.Sorted(maps.Keys(all[n])) {
			if job, ok := strings.CutSuffix(metric, " foreign"); ok && all[n][metric] > 0.1 {
				jobs = append(jobs, fmt.Sprintf("%s of %s %.0f %%", job, n, all[n][metric]*100))
			}
		}
	}
	return jobs
}

func writeRow(b *strings.Builder, m metric, names []string, all map[string]figures) {
	r := row{ours: math.NaN(), best: math.NaN(), lanes: map[string]float64{}}
	cells := make([]string, 0, len(names)+1)
	for _, l := range lanes {
		if !slices.Contains(names, l.name) {
			continue
		}
		v, ok := all[l.name][m.name]
		if !ok {
			v = math.NaN()
		}
		cells = append(cells, number(v))
		r.lanes[l.name] = v
		switch {
		case l.ours && math.IsNaN(r.ours):
			r.ours = v
		case l.ours || math.IsNaN(v):
		case math.IsNaN(r.best), m.more && v > r.best, !m.more && v < r.best:
			r.best = v
		}
	}
	if !slices.ContainsFunc(cells, func(c string) bool { return c != absent }) {
		return // not run
	}
	ratio, verdict := absent, ""
	if v := r.ours / r.best; !math.IsNaN(v) && !math.IsInf(v, 0) {
		ratio = number(v) + "x"
	}
	if m.met != nil && !math.IsNaN(r.ours) {
		verdict = "missed"
		if m.met(r) {
			verdict = "met"
		}
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", m.what, strings.Join(cells, " | "), ratio, m.target, verdict)
}

// absent is a figure that there is none of.
const absent = "–"

// number writes three digits that matter.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return absent
	case math.Abs(v) >= 100 || v == 0:
		return fmt.Sprintf("%.0f", v)
	case math.Abs(v) >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// line is what a job measured, for those who watch.
func line(name string, f figures) string {
	parts := []string{fmt.Sprintf("%-20s", name)}
	for _, m := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, m+" "+number(f[m]))
	}
	return strings.Join(parts, "  ")
}
