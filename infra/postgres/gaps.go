package postgres

import (
	"math"
	"strconv"
	"strings"
)

// place is a position on the log: everything up to head was read, but for the gaps. Ids are taken in order and become visible when their transaction
// commits, so what is missing between two rows may come yet, or never.
type place struct {
	head int64
	gaps []gap // in order, apart from one another
}

// gap is a run of ids that no read has shown.
type gap struct {
	lo, hi  int64
	holders *holders // of the time after the gap was seen; nil when nobody was asked yet
}

// holders are the transactions that held the lock on the sequence at one moment. Taking an id takes that lock first and keeps it to the end of the
// transaction, so whoever may still fill a gap that was seen before that moment is among them.
type holders struct{ who map[string]bool }

// over reports whether all have ended. A commit is visible before its lock is gone, so that a read that begins now shows what they wrote.
func (h *holders) over() bool { return h != nil && len(h.who) == 0 }

// ask notes who holds the lock on the sequence now: the gaps that were new remember them all, the others forget who has ended.
func (p place) ask(now []string) {
	still := make(map[string]bool, len(now))
	for _, who := range now {
		still[who] = true
	}
	fresh := &holders{who: still}
	asked := map[*holders]bool{fresh: true}
	for i := range p.gaps {
		g := &p.gaps[i]
		if g.holders == nil {
			g.holders = fresh
		}
		if asked[g.holders] {
			continue
		}
		asked[g.holders] = true
		for who := range g.holders.who {
			if !still[who] {
				delete(g.holders.who, who)
			}
		}
	}
}

// whole is how far a read goes that no limit has cut.
const whole = math.MaxInt64

// pass returns the place after a read that showed the rows with ids, in order, and covered everything up to and with the id covered. A gap whose
// holders were over before the read is dead as far as the read covered it, and no further.
func (p place) pass(ids []int64, covered int64) place {
	next := place{head: p.head, gaps: make([]gap, 0, len(p.gaps)+1)}
	for _, g := range p.gaps {
		for len(ids) > 0 && ids[0] <= g.hi {
			next.keep(gap{g.lo, ids[0] - 1, g.holders}, covered)
			g.lo = ids[0] + 1
			ids = ids[1:]
		}
		next.keep(g, covered)
	}
	for _, id := range ids {
		if id > next.head+1 {
			next.gaps = append(next.gaps, gap{lo: next.head + 1, hi: id - 1})
		}
		next.head = id
	}
	return next
}

// keep adds what is left of a gap.
func (p *place) keep(g gap, covered int64) {
	if g.holders.over() {
		if covered >= g.hi {
			return
		}
		g.lo = max(g.lo, covered+1)
	}
	if g.lo <= g.hi {
		p.gaps = append(p.gaps, g)
	}
}

// bounds returns the first and the last ids of the gaps.
func (p place) bounds() (lo, hi []int64) {
	lo, hi = make([]int64, len(p.gaps)), make([]int64, len(p.gaps))
	for i, g := range p.gaps {
		lo[i], hi[i] = g.lo, g.hi
	}
	return lo, hi
}

// ranges returns the gaps as an int8multirange.
func (p place) ranges() string {
	if len(p.gaps) == 0 {
		return "{}"
	}
	var s strings.Builder
	for i, g := range p.gaps {
		s.WriteByte("{,"[min(i, 1)])
		s.WriteByte('[')
		s.WriteString(strconv.FormatInt(g.lo, 10))
		s.WriteByte(',')
		s.WriteString(strconv.FormatInt(g.hi, 10))
		s.WriteByte(']')
	}
	s.WriteByte('}')
	return s.String()
}
