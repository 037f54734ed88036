package kafka

import (
	"errors"
	"slices"

	"github.com/IBM/sarama"
)

// verdict is what an answer means for a batch.
type verdict int

const (
	kept      verdict = iota
	refused           // by what it holds, for good
	forgotten         // the broker does not know the producer, or what it has sent: as another one it may go on
	transient
)

// refusals are the answers that another try cannot change. Rights are not among them: somebody may grant them.
var refusals = []sarama.KError{
	sarama.ErrMessageSizeTooLarge, sarama.ErrMessageSetSizeTooLarge, sarama.ErrInvalidMessageSize, sarama.ErrInvalidTimestamp,
	sarama.ErrUnsupportedForMessageFormat, sarama.ErrPolicyViolation, errInvalidRecord,
}

// errInvalidRecord is how brokers refuse a record by its content; the driver has no name for it.
const errInvalidRecord sarama.KError = 87

var strangers = []sarama.KError{
	sarama.ErrOutOfOrderSequenceNumber, sarama.ErrUnknownProducerID, sarama.ErrInvalidProducerEpoch, sarama.ErrInvalidProducerIDMapping,
	sarama.ErrProducerFenced,
}

func verdictOf(err error) verdict {
	var answer sarama.KError
	switch {
	case err == nil, errors.Is(err, sarama.ErrDuplicateSequenceNumber):
		return kept
	case !errors.As(err, &answer):
		return transient
	case slices.Contains(refusals, answer):
		return refused
	case slices.Contains(strangers, answer):
		return forgotten
	default:
		return transient
	}
}
