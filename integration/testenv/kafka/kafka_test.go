package kafka

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// exchange sends a request without its size, and returns the answer behind the number of the question.
func exchange(t *testing.T, brokers string, request []byte) *reader {
	t.Helper()
	c, err := net.Dial("tcp", brokers) //nolint:noctx // of this machine
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil { //nolint:gosec // it is short
		t.Fatal(err)
	}
	var size uint32
	if err := binary.Read(c, binary.BigEndian, &size); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, size)
	if _, err := io.ReadFull(c, answer); err != nil {
		t.Fatal(err)
	}
	r := &reader{rest: answer}
	r.number()
	return r
}

// create makes a topic of one partition by CreateTopics, version 2, and returns Kafka's number of an error, 0 for none.
func create(t *testing.T, brokers, topic string) int16 {
	t.Helper()
	request := []byte{0, 19, 0, 2, 0, 0, 0, 2, 0xff, 0xff, 0, 0, 0, 1}
	request = append(binary.BigEndian.AppendUint16(request, uint16(len(topic))), topic...) //nolint:gosec // it is short
	request = append(request, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x75, 0x30, 0)
	r := exchange(t, brokers, request)
	r.number() // the throttle
	r.number() // one topic
	if got := r.text(); got != topic {
		t.Fatalf("the answer is about %q, want %q", got, topic)
	}
	return int16(binary.BigEndian.Uint16(r.take(2))) //nolint:gosec // as it was written
}

// listens reports whether somebody listens at the address.
func listens(address string) bool {
	c, err := net.Dial("tcp", address) //nolint:noctx // of this machine
	return err == nil && c.Close() == nil
}

const existsAlready = 36

func TestBrokerIsReadyForTopicsAndKeepsThemAcrossACrash(t *testing.T) {
	t.Parallel()
	began := time.Now()
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: started in %v", s.Text, time.Since(began))
	brokers := s.Brokers
	if got := create(t, brokers, "orders"); got != 0 {
		t.Errorf("the topic was answered by error %d", got)
	}
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	if listens(brokers) {
		t.Error("somebody listens after the crash")
	}
	began = time.Now()
	if err := s.Restart(); err != nil || s.Brokers != brokers {
		t.Fatalf("%v, at %s, want %s", err, s.Brokers, brokers)
	}
	t.Logf("restarted in %v", time.Since(began))
	if got := create(t, brokers, "orders"); got != existsAlready {
		t.Errorf("the topic was answered by error %d, want %d: it is there", got, existsAlready)
	}
	if got := create(t, brokers, "payments"); got != 0 {
		t.Errorf("another topic was answered by error %d", got)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if listens(brokers) {
		t.Error("somebody listens after the end")
	}
}

func TestJavaThatIsTooOldIsNamed(t *testing.T) {
	home := t.TempDir()
	write(t, home+"/bin/java", "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
	t.Setenv("JAVA_HOME", home)
	_, err := find(t.Context())
	if err == nil || !strings.Contains(err.Error(), "install Java 17 or newer") || !strings.Contains(err.Error(), "is Java 11.0.2") {
		t.Errorf("%v, want the version that is too old, and what is needed", err)
	}
}
