package kafka

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/IBM/sarama"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/event"
)

// loose returns a claim without a broker, what it marked and how its fetching was steered.
func loose(buffer int) (c *claim, marks *[]int64, flow *[]bool) {
	marks, flow = new([]int64), new([]bool)
	c = &claim{
		cfg:  Config{Groups: GroupsConfig{Buffer: buffer}},
		mark: func(offset int64) { *marks = append(*marks, offset) },
		flow: func(paused bool) { *flow = append(*flow, paused) },
	}
	c.open()
	return c, marks, flow
}

func recordAt(offset int64, size int) record {
	return record{event: event.Event{ID: fmt.Sprint(offset)}, offset: offset, bytes: size}
}

func TestClaimPausesWhatIsBehindAndResumesIt(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"by events": 1, "by bytes": bufferBytes / 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _, flow := loose(10)
			for i := range int64(9) {
				c.add(recordAt(i, size))
			}
			if len(*flow) != 0 {
				t.Fatalf("steered %v before anything was full", *flow)
			}
			c.add(recordAt(9, size))
			c.add(recordAt(10, size)) // was on its way
			if !slices.Equal(*flow, []bool{true}) {
				t.Fatalf("steered %v, want one pause", *flow)
			}
			for range 5 {
				_, _ = c.stream.Next(t.Context(), 1)
			}
			if len(*flow) != 1 {
				t.Fatalf("steered %v with more than half of it there", *flow)
			}
			_, _ = c.stream.Next(t.Context(), 1)
			if !slices.Equal(*flow, []bool{true, false}) {
				t.Errorf("steered %v, want a pause and its end", *flow)
			}
			_ = c.stream.Release(t.Context())
			if c.open(); !slices.Equal(*flow, []bool{true, false, true}) {
				t.Errorf("steered %v, want a pause again: nothing was passed", *flow)
			}
		})
	}
}

func TestClaimWakesItsStreamOnce(t *testing.T) {
	t.Parallel()
	c, _, _ := loose(10)
	c.add(recordAt(1, 1))
	c.add(recordAt(2, 1))
	<-c.stream.Wake()
	select {
	case <-c.stream.Wake():
		t.Error("woken twice, though both were there when it was woken first")
	default:
	}
}

func TestClaimTakesNothingFromBeforeItsReader(t *testing.T) {
	t.Parallel()
	c, _, _ := loose(10)
	c.from = 5
	fetched := make(chan *sarama.ConsumerMessage, 3)
	for _, offset := range []int64{3, 5, 9} {
		fetched <- &sarama.ConsumerMessage{Offset: offset}
	}
	close(fetched)
	c.take(t.Context(), fetched)
	b, err := c.stream.Next(t.Context(), 10)
	if len(b.Events) != 2 || err != nil {
		t.Errorf("Next = %d events, %v, want those at 5 and 9", len(b.Events), err)
	}
}

// A position never passes what was not advanced, whatever is read, advanced in or out of turn, released and read again.
func TestMarksAreTheContiguousPrefix(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c, marks, _ := loose(4)
		var offset, next int64 // the next to arrive, the first that is not advanced
		var open []event.Batch // of the stream in hand
		var want []int64
		at := func(e event.Event) (n int64) { _, _ = fmt.Sscan(e.ID, &n); return n }
		rt.Repeat(map[string]func(*rapid.T){
			"arrive": func(*rapid.T) {
				c.add(recordAt(offset, 1))
				offset += 2 // as a log that was compacted, or holds marks of transactions
			},
			"read": func(rt *rapid.T) {
				b, err := c.stream.Next(rt.Context(), rapid.IntRange(0, 3).Draw(rt, "limit"))
				if err != nil {
					rt.Fatalf("Next = %v", err)
				}
				first := next
				for _, o := range open {
					first += 2 * int64(len(o.Events))
				}
				for i, e := range b.Events {
					if at(e) != first+2*int64(i) {
						rt.Fatalf("read %s after %v, want %d", e.ID, open, first+2*int64(i))
					}
				}
				if len(b.Events) > 0 {
					open = append(open, b)
				}
			},
			"advance": func(rt *rapid.T) {
				if len(open) == 0 {
					return
				}
				turn := rapid.IntRange(0, len(open)-1).Draw(rt, "turn")
				err := c.stream.Advance(rt.Context(), open[turn])
				if (err == nil) != (turn == 0) {
					rt.Fatalf("Advance of batch %d = %v", turn, err)
				}
				if turn == 0 {
					next += 2 * int64(len(open[0].Events))
					want = append(want, next-1) // just behind the last one
					open = open[1:]
				}
			},
			"release": func(rt *rapid.T) {
				old := c.stream
				_ = old.Release(rt.Context())
				c.open()
				if len(open) > 0 {
					if err := c.stream.Advance(rt.Context(), open[0]); err == nil {
						rt.Fatal("a batch of the stream before was advanced")
					}
				}
				open = nil
			},
			"": func(rt *rapid.T) {
				if !slices.Equal(*marks, want) {
					rt.Fatalf("marked %v, want %v", *marks, want)
				}
			},
		})
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("k"), []byte(`{}`), headerVersion, "1.0", headerID, "1", headerType, "event.a.v1")
	f.Add([]byte{0xff}, []byte(nil), headerVersion, "1.0", headerID, "1", headerType, "event.a.v1")
	f.Add([]byte("k"), []byte(nil), headerType, "event.\x00", headerID, "1", headerSequence, "-1")
	f.Add([]byte("k"), []byte(nil), headerTime, "yesterday", headerSubject, "\xff", headerID, strings.Repeat("i", 600))
	f.Fuzz(func(t *testing.T, key, value []byte, k1, v1, k2, v2, k3, v3 string) {
		m := &sarama.ConsumerMessage{Topic: "suite", Partition: 1, Offset: 7, Key: key, Value: value}
		for _, h := range [][2]string{{k1, v1}, {k2, v2}, {k3, v3}} {
			m.Headers = append(m.Headers, &sarama.RecordHeader{Key: []byte(h[0]), Value: []byte(h[1])})
		}
		r := Config{}.read(m)
		probe := r.event
		probe.Contract = cmp.Or(probe.Contract, "unknown")
		if err := usable(probe); err != nil {
			t.Errorf("what was made of a message cannot be stored: %v", err)
		}
		if r.fault == nil && (r.event.ID == "" || r.event.Contract == "") {
			t.Errorf("an event without an id or a contract: %+v", r.event)
		}
		if r.fault != nil && (r.event.ID != "suite/1/7" || r.event.Key == "") {
			t.Errorf("what is kept of a message that is no event would be taken for another, or held up all without a key: %+v", r.event)
		}
	})
}
