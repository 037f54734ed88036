package kafka

import (
	"encoding/binary"
	"time"

	"github.com/IBM/sarama"

	"fxcell.dev/fxcell/event"
)

// What a batch and a record have around their content, at most.
const (
	batchOverhead  = 61
	recordOverhead = 6*binary.MaxVarintLen32 + binary.MaxVarintLen64 + 1
	headerOverhead = 2 * binary.MaxVarintLen32
)

// recordOf returns the event as brokers keep it. The key is the event's, so that a key's events are in one partition; an event without one has none.
func recordOf(e event.Event) *sarama.Record {
	headers := headersOf(e)
	r := &sarama.Record{Value: e.Payload, Headers: make([]*sarama.RecordHeader, len(headers))}
	if e.Key != "" {
		r.Key = []byte(e.Key)
	}
	if r.Value == nil {
		r.Value = []byte{} // a message without a value would be one that deletes
	}
	for i := range headers {
		r.Headers[i] = &headers[i]
	}
	return r
}

// sizeOf returns how many bytes a record takes at most.
func sizeOf(r *sarama.Record) int {
	size := recordOverhead + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		size += headerOverhead + len(h.Key) + len(h.Value)
	}
	return size
}

// batchOf returns the batch of letters that follows what a producer has sent to a partition. Its time is now: by that of the events a broker would
// drop at once what waited longer than it keeps events.
func batchOf(letters []*letter, as identity, sequence int32, codec sarama.CompressionCodec) *sarama.RecordBatch {
	now := time.Now()
	b := &sarama.RecordBatch{
		Version: 2, Codec: codec, CompressionLevel: sarama.CompressionLevelDefault, FirstTimestamp: now, MaxTimestamp: now,
		ProducerID: as.id, ProducerEpoch: as.epoch, FirstSequence: sequence, LastOffsetDelta: int32(len(letters) - 1),
		Records: make([]*sarama.Record, len(letters)),
	}
	for i, l := range letters {
		l.record.OffsetDelta = int64(i)
		b.Records[i] = l.record
	}
	return b
}
