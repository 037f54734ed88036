package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// world is where one job runs: a lane on a database of its own.
type world struct {
	server *server
	name   string
	lane   lane
	dsn    string
	o      options
	t      *tracker
	route  route // of a job through Kafka
	before int64 // events that were handled before anything was measured
}

// figures are what a job measured, by metric.
type figures map[string]float64

// job runs in a world.
type job struct {
	id      string
	run     func(ctx context.Context, w *world) (figures, error)
	link    link
	handled bool // the way through Kafka ends at a handler
}

// all are the jobs, in the order in which they are run.
func all() []job {
	return []job{
		{id: "P1", run: drain},
		{id: "P2", run: load},
		{id: "P4", run: latencyHere},
		{id: "P4", run: latencyAcross},
		{id: "P4c", run: latencyOverKafka("P4c"), link: direct, handled: true},
		{id: "P4c", run: latencyOverKafka("P4c+2ms"), link: late, handled: true},
		{id: "P5", run: besideATransaction},
		{id: "P5b", run: drainToKafka("P5b"), link: direct},
		{id: "P5b", run: drainToKafka("P5b+2ms"), link: late},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// drain reads what is committed already.
func drain(ctx context.Context, w *world) (figures, error) {
	if err := errors.Join(preload(ctx, w.lane, w.t, w.o.events), settle(ctx, w.dsn)); err != nil {
		return nil, err
	}
	end, err := w.server.meter(ctx)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	stop, err := w.lane.read(ctx, w.t.handle)
	if err != nil {
		return nil, err
	}
	f, err := w.finish(ctx, stop, end, "P1")
	if err != nil {
		return nil, err
	}
	_, _, lastAt := w.t.faults()
	f["P1 ev/s"] = float64(w.t.handled.Load()) / lastAt.Sub(started).Seconds()
	if err := w.lane.close(); err != nil {
		return nil, err
	}
	n, err := dead(ctx, w.dsn)
	f["P1 dead tuples"] = float64(n)
	return f, err
}

// finish waits for what is still to be handled, ends the reading, and returns what the job used. stop comes first: what was handled is recorded then.
func (w *world) finish(ctx context.Context, stop func() error, end func() (usage, error), id string) (figures, error) {
	if err := w.ended(ctx, stop, w.t); err != nil {
		return nil, err
	}
	u, err := end()
	if err != nil {
		return nil, err
	}
	return w.figures(u, id), nil
}

// ended waits until everything that is committed has come as far as is looked at, and ends the reading.
func (w *world) ended(ctx context.Context, stop func() error, t *tracker) error {
	_, err := await(ctx, w.o.grace, func() bool { return t.handled.Load() >= w.t.committed.Load() })
	return errors.Join(err, stop())
}

// figures are what a job used and how it delivered.
func (w *world) figures(u usage, id string) figures {
	events := float64(w.t.handled.Load() - w.before)
	reordered, repeated, _ := w.t.faults()
	f := figures{
		id + " CPU":         u.cpu * 1e5 / events,
		id + " server CPU":  u.server * 1e5 / events,
		id + " WAL":         float64(u.wal) / events,
		id + " undelivered": float64(w.t.committed.Load() - w.t.handled.Load()),
		id + " reordered":   float64(reordered),
		id + " repeated":    float64(repeated),
		id + " p50":         milliseconds(w.t.percentile(0.50)),
		id + " p99":         milliseconds(w.t.percentile(0.99)),
		id + " foreign":     u.foreign,
	}
	if w.server.broker != nil {
		f[id+" broker CPU"] = u.broker * 1e5 / events
	}
	return f
}

// load writes flat out beside the reader.
func load(ctx context.Context, w *world) (figures, error) {
	stop, err := w.lane.read(ctx, w.t.handle)
	if err != nil {
		return nil, err
	}
	end, err := w.server.meter(ctx)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	started := time.Now()
	if err := flatOut(ctx, w.lane, w.t, w.o.duration); err != nil {
		return nil, errors.Join(err, stop())
	}
	rate := float64(w.t.handled.Load()) / time.Since(started).Seconds()
	f, err := w.finish(ctx, stop, end, "P2")
	if err == nil {
		f["P2 ev/s"] = rate
	}
	return f, err
}

// calm is how many events a second P4 writes.
const calm = 500

func latencyHere(ctx context.Context, w *world) (figures, error) {
	stop, err := w.lane.read(ctx, w.t.handle)
	if err != nil {
		return nil, err
	}
	return w.latency(ctx, stop, "P4a")
}

func latencyAcross(ctx context.Context, w *world) (figures, error) {
	stop, err := readAcross(ctx, w.name, w.dsn, w.t)
	if err != nil {
		return nil, err
	}
	return w.latency(ctx, stop, "P4b")
}

func (w *world) latency(ctx context.Context, stop func() error, id string) (figures, error) {
	end, err := w.server.meter(ctx)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	if err := paced(ctx, w.lane, w.t, calm, w.o.duration); err != nil {
		return nil, errors.Join(err, stop())
	}
	return w.finish(ctx, stop, end, id)
}

// besideATransaction writes flat out while an unrelated transaction stays open. Afterwards nothing is written.
func besideATransaction(ctx context.Context, w *world) (figures, error) {
	stop, err := w.lane.read(ctx, w.t.handle)
	if err != nil {
		return nil, err
	}
	release, err := w.server.hold(ctx)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	if err := flatOut(ctx, w.lane, w.t, w.o.duration); err != nil {
		return nil, errors.Join(err, release(), stop())
	}
	caughtUp := func() bool { return w.t.handled.Load() >= w.t.committed.Load() }
	_, err = await(ctx, 2*time.Second, caughtUp)
	share := float64(w.t.handled.Load()) / float64(w.t.committed.Load())
	if err := errors.Join(err, release()); err != nil {
		return nil, errors.Join(err, stop())
	}
	if _, err = await(ctx, w.o.grace, caughtUp); err == nil {
		err = pause(ctx, time.Second) // for what comes behind the last event
	}
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	end, err := w.server.meter(ctx)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	if err := pause(ctx, w.o.duration); err != nil {
		return nil, errors.Join(err, stop())
	}
	u, err := end()
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	f, err := w.finish(ctx, stop, end, "P5")
	if err == nil {
		for _, metric := range []string{"P5 CPU", "P5 server CPU", "P5 WAL"} {
			delete(f, metric) // of the whole job they mean nothing
		}
		f["P5 delivered"], f["P5 idle"], f["P5 foreign"] = share*100, u.cpu/u.elapsed.Seconds()*100, u.foreign
	}
	return f, err
}

// measureAll runs every job in every lane, round by round, and returns the medians by lane.
func measureAll(ctx context.Context, s *server, o options, say func(string)) (map[string]figures, error) {
	rounds := map[string]map[string][]float64{}
	for n := range o.rounds {
		for _, j := range all() {
			for _, name := range o.lanes {
				if !slices.Contains(o.jobs, j.id) || !goes(name, j) {
					continue
				}
				f, err := measure(ctx, s, name, j, o)
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", j.id, name, err)
				}
				say(fmt.Sprintf("round %d  %s", n+1, line(name, f)))
				if rounds[name] == nil {
					rounds[name] = map[string][]float64{}
				}
				for metric, v := range f {
					rounds[name][metric] = append(rounds[name][metric], v)
				}
			}
		}
	}
	medians := map[string]figures{}
	for name, metrics := range rounds {
		medians[name] = figures{}
		for metric, values := range metrics {
			medians[name][metric] = median(values)
		}
	}
	return medians, nil
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// measure runs one job in one lane.
func measure(ctx context.Context, s *server, name string, j job, o options) (f figures, err error) {
	dsn, drop, err := s.database(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	w := &world{server: s, name: name, lane: newLane(name), dsn: dsn, o: o, t: newTracker()}
	if j.link != noKafka {
		if w.route, err = s.route(ctx, j.link, j.handled); err != nil {
			return nil, err
		}
		w.lane = newLaneOver(name, w.route)
	}
	if err := w.lane.open(ctx, dsn); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.lane.close()) }()
	if err := w.lane.prepare(ctx); err != nil {
		return nil, err
	}
	if o.quiet {
		if err := s.quiet(ctx); err != nil {
			return nil, err
		}
	}
	return j.run(ctx, w)
}
