package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
)

var (
	errOther   = errors.New("another cluster answers")
	errFenced  = errors.New("the cluster does not know the broker yet")
	errGarbled = errors.New("it is no answer of Kafka's")
)

// request is Kafka's Metadata, version 2, for no topic: the cluster's name and the brokers that clients are sent to.
var request = []byte{
	0, 0, 0, 14, // what follows
	0, 3, 0, 2, // Metadata, version 2
	0, 0, 0, 1, // the number of the question
	0xff, 0xff, // no name of a client
	0, 0, 0, 0, // no topic
}

// most is the longest answer that is read.
const most = 1 << 16

// answers returns nil when the broker of that folder is in the service of its cluster. It could accept connections before.
func answers(ctx context.Context, dir, address string, _ int) error {
	want, err := cluster(dir)
	if err != nil {
		return err
	}
	answer, err := ask(ctx, address)
	if err != nil {
		return err
	}
	id, brokers, err := parse(answer)
	switch {
	case err != nil:
		return err
	case id != want:
		return fmt.Errorf("%w: %s", errOther, id)
	}
	if !slices.Contains(brokers, address) {
		return errFenced
	}
	return nil
}

func ask(ctx context.Context, address string) ([]byte, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return nil, err
		}
	}
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	var size uint32
	if err := binary.Read(c, binary.BigEndian, &size); err != nil {
		return nil, err
	}
	if size > most {
		return nil, errGarbled
	}
	answer := make([]byte, size)
	_, err = io.ReadFull(c, answer)
	return answer, err
}

// parse returns the cluster's name and the addresses of its brokers.
func parse(answer []byte) (id string, brokers []string, err error) {
	r := reader{rest: answer}
	r.number() // of the question
	for n := r.number(); n > 0 && !r.broken; n-- {
		r.number() // of the broker
		host, port := r.text(), r.number()
		r.text() // the rack
		brokers = append(brokers, net.JoinHostPort(host, strconv.FormatInt(int64(port), 10)))
	}
	id = r.text()
	if r.broken {
		return "", nil, errGarbled
	}
	return id, brokers, nil
}

// reader takes an answer apart; broken says that it was too short.
type reader struct {
	rest   []byte
	broken bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.broken = true
		return make([]byte, n)
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) number() int32 { return int32(binary.BigEndian.Uint32(r.take(4))) } //nolint:gosec // as it was written

// text reads a string; one that is null is empty.
func (r *reader) text() string {
	n := int16(binary.BigEndian.Uint16(r.take(2))) //nolint:gosec // as it was written
	return string(r.take(int(max(n, 0))))
}
