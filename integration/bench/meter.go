package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is how many there are to a second of CPU in /proc.
const ticks = 100

// process is what /proc tells of one.
type process struct {
	parent int
	server bool    // it is one of PostgreSQL
	own    float64 // CPU seconds
	reaped float64 // those of its children that have ended
}

func statOf(pid int) (process, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	name, rest, ok := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 15 {
		return process{}, false
	}
	seconds := func(i int) float64 {
		n, _ := strconv.ParseFloat(f[i], 64)
		return n / ticks
	}
	parent, _ := strconv.Atoi(f[1])
	return process{parent, strings.Contains(name, "(postgres"), seconds(11) + seconds(12), seconds(13) + seconds(14)}, true
}

// cpu is CPU seconds: of the server, of the broker, of this process, of the whole machine.
type cpu struct{ server, broker, self, machine float64 }

// cpu is not a number for a server on another machine.
func (s *server) cpu() cpu {
	c := cpu{server: math.NaN(), machine: machineCPU()}
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		c.self = float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	}
	if s.broker != nil {
		p, _ := statOf(s.broker.pid)
		c.broker = p.own
	}
	for range 10 { // one that ends meanwhile would be missing, or be counted twice
		before, ok := statOf(s.postmaster)
		if s.postmaster == 0 || !ok {
			return c
		}
		c.server = before.own + before.reaped
		all, _ := filepath.Glob("/proc/[0-9]*")
		for _, dir := range all {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			if p, ok := statOf(pid); ok && p.parent == s.postmaster {
				c.server += p.own
			}
		}
		if after, ok := statOf(s.postmaster); ok && after.reaped == before.reaped {
			return c
		}
	}
	return c
}

func machineCPU() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return math.NaN()
	}
	line, _, _ := strings.Cut(string(text), "\n")
	total := 0.0
	for i, f := range strings.Fields(line) {
		if i == 0 || i == 4 || i == 5 || i > 7 { // its name, idle, waiting for the disk, guests
			continue
		}
		n, _ := strconv.ParseFloat(f, 64)
		total += n
	}
	return total / ticks
}

// usage is what was used while something ran.
type usage struct {
	elapsed time.Duration
	cpu     float64 // seconds, of the server and of this process, not of the broker
	server  float64 // those of the server
	broker  float64 // those of the broker, if there is one
	foreign float64 // share of the machine that others took
	wal     int64   // bytes
}

// meter starts to measure and returns what ends it.
func (s *server) meter(ctx context.Context) (func() (usage, error), error) {
	wal, err := s.written(ctx)
	if err != nil {
		return nil, err
	}
	before, started := s.cpu(), time.Now()
	return func() (usage, error) {
		after, elapsed := s.cpu(), time.Since(started)
		now, err := s.written(ctx)
		used := after.server - before.server + after.self - before.self
		broker := after.broker - before.broker
		others := max(0, after.machine-before.machine-used-broker) / elapsed.Seconds() / float64(runtime.NumCPU())
		return usage{elapsed, used, after.server - before.server, broker, others, now - wal}, err
	}, nil
}

// quiet waits until others take less than a twentieth of the machine for half a second, but not for ever.
func (s *server) quiet(ctx context.Context) error {
	for range 20 {
		end, err := s.meter(ctx)
		if err != nil {
			return err
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		u, err := end()
		if err != nil || u.foreign < 0.05 || math.IsNaN(u.foreign) {
			return err
		}
	}
	return nil
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// await waits until something holds, for as long as it may take, and reports whether it does.
func await(ctx context.Context, patience time.Duration, holds func() bool) (bool, error) {
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			return false, nil
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return false, err
		}
	}
	return true, nil
}
