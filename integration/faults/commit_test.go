package faults

import (
	"testing"
	"time"
)

// cuts is how many commits of the test have to go without an answer.
const cuts = 40

// The server commits, and the answer does not arrive: nobody can know whether the write lasted, so the client is told that, and whatever lasted has one effect.
func TestACommitWhoseAnswerIsLostHasOneEffect(t *testing.T) { //nolint:paralleltest // each takes the whole machine
	p := deploy(t, server(t))
	x := p.between()
	r := p.launch()
	p.setUp(r.public)
	token := p.login(r.public)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := drive(t, 8, seed, token, func() string { return r.public })
	x.every.Store(20)
	p.await("enough commits without an answer", func() bool { return x.cut.Load() >= cuts })
	x.every.Store(0)
	promised := l.promises()
	p.await("that clients write to the end", func() bool { return l.promises() > promised+100 })
	l.halt()
	t.Logf("%d commits were done and not answered", x.cut.Load())
	p.check(l, r.public, token)
}
