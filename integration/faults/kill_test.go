package faults

import (
	"sync/atomic"
	"testing"
	"time"
)

// kills is how often a process is killed while it works.
const kills = 6

// A process is killed again and again while it writes, and nothing that it has promised is lost, and nothing is done twice.
func TestNothingIsLostOverKills(t *testing.T) { //nolint:paralleltest // each takes the whole machine
	p := deploy(t, server(t))
	seed := uint64(time.Now().UnixNano())
	r := p.launch()
	p.setUp(r.public)
	token := p.login(r.public)
	var base atomic.Value
	base.Store(r.public)
	began := time.Now()
	l := drive(t, 8, seed, token, func() string { return base.Load().(string) }) //nolint:forcetypeassert // it is a string
	for landed := 0; landed < kills || time.Since(began) < 30*time.Second; {
		promised := l.promises()
		p.await("that clients write", func() bool { return l.promises() > promised+100 })
		p.await("a moment with requests in flight and events to hand on", func() bool { return l.inFlight.Load() > 0 && p.behind() > 0 })
		inFlight, unknown := l.inFlight.Load(), l.unknown.Load()
		r.kill()
		behind := p.behind()
		p.await("that clients notice", func() bool { return l.unknown.Load() > unknown })
		if inFlight > 0 && behind > 0 {
			landed++
			t.Logf("kill %d: %d requests in flight, %d rows past the head, %d writes promised", landed, inFlight, behind, promised)
		}
		restarted := time.Now()
		r = p.launch()
		base.Store(r.public)
		t.Logf("serves again after %v", time.Since(restarted).Round(time.Millisecond))
	}
	l.halt()
	t.Logf("seed %d, %v of load", seed, time.Since(began).Round(time.Second))
	p.check(l, r.public, token) // the token is from before the first kill
}
