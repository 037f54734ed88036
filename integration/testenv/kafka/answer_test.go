package kafka

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil { //nolint:gosec // some are run
		t.Fatal(err)
	}
}

// metadata is an answer of a cluster "c-1" of the one broker a:9092, without the size.
var metadata = []byte{
	0, 0, 0, 1,
	0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 'a', 0, 0, 0x23, 0x84, 0xff, 0xff,
	0, 3, 'c', '-', '1',
	0, 0, 0, 1, 0, 0, 0, 0,
}

func TestAnswerNamesTheClusterAndItsBrokers(t *testing.T) {
	t.Parallel()
	id, brokers, err := parse(metadata)
	if err != nil || id != "c-1" || !slices.Equal(brokers, []string{"a:9092"}) {
		t.Errorf("%q, %v, %v", id, brokers, err)
	}
	for size := range len(metadata) - 8 {
		if _, _, err := parse(metadata[:size]); !errors.Is(err, errGarbled) {
			t.Errorf("of %d bytes: %v, want it refused", size, err)
		}
	}
}

// answering returns the address of a broker that sends this, and nothing else.
func answering(t *testing.T, text []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it waits for nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Read(make([]byte, len(request)))
		_, _ = c.Write(text)
		_ = c.Close()
	}()
	return l.Addr().String()
}

func TestPortThatIsOpenIsNotYetABroker(t *testing.T) {
	t.Parallel()
	sized := append([]byte{0, 0, 0, byte(len(metadata))}, metadata...)
	for _, c := range []struct {
		name, cluster string
		answer        []byte
		want          error
	}{
		{"a broker of another cluster", "c-2", sized, errOther},
		{"a cluster that does not know the broker", "c-1", sized, errFenced},
		{"an answer without an end", "c-1", []byte{0xff, 0xff, 0xff, 0xff}, errGarbled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, logs, meta), "version=1\ncluster.id="+c.cluster+"\n")
			if err := answers(t.Context(), dir, answering(t, c.answer), 0); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(metadata)
	f.Add([]byte{0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, answer []byte) {
		_, brokers, err := parse(answer)
		if err == nil && len(brokers) > len(answer) {
			t.Errorf("%d brokers out of %d bytes", len(brokers), len(answer))
		}
	})
}
