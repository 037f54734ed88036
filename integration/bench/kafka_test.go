package main

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"fxcell.dev/fxcell/fxcelltest"
)

func TestEveryLaneOverKafkaDeliversAllOnceAndInOrder(t *testing.T) {
	t.Parallel()
	o := options{server: fxcelltest.Server(t, variable), duration: time.Second, events: 2000, rounds: 1, grace: 90 * time.Second}
	fxcelltest.Server(t, "TESTENV_KAFKA_BROKERS") // where there is one, another one can be started
	s, err := connect(t.Context(), o.server)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close(t.Context())
	for _, j := range all() {
		for _, l := range lanes {
			if j.link == noKafka || !goes(l.name, j) {
				continue
			}
			f, err := measure(t.Context(), s, l.name, j, o)
			if err != nil {
				t.Fatalf("%s of %s: %v", j.id, l.name, err)
			}
			t.Log(line(l.name, f))
			check(t, f, l.ordered)
		}
	}
	if s.broker.pid == 0 {
		t.Error("the broker's process is not known: its CPU is not counted")
	}
}

func TestDelayMakesAnswersLateAndQuestionsNot(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const by = 50 * time.Millisecond
	d, err := newDelay(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	d.to(l.Addr().String())
	arrived := make(chan time.Time, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.ReadFull(c, make([]byte, 1))
		arrived <- time.Now()
		_, _ = c.Write(bytes.Repeat([]byte("x"), 1<<20))
		_, _ = io.Copy(io.Discard, c)
		_, _ = c.Close(), l.Close()
	}()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", d.address())
	if err != nil {
		t.Fatal(err)
	}
	asked := time.Now()
	if _, err := c.Write([]byte("?")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	answered, at := time.Now(), <-arrived
	if late := answered.Sub(at); late < by || late > by*10 {
		t.Errorf("an answer of 1 MiB came after %v, want one delay of %v, and not one for each part", late, by)
	}
	if at.Sub(asked) >= by && testing.Short() {
		t.Errorf("the question took %v, want no delay", at.Sub(asked))
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}
