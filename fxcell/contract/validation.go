package contract

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/log"
)

// Validation says what becomes of a response or a published payload that does not fit its contract's schema, which is a fault of the program. What
// comes in is always validated, whatever Validation says: requests, and the events that a slice is given. So a payload that got out in spite of a
// misfit is parked by whoever subscribes to it, until somebody has looked at it.
type Validation string

// The ways to validate what goes out.
const (
	Enforce Validation = "enforce" // it does not go out: the request fails with a 500, the publish and with it its transaction with an error
	Report  Validation = "report"  // it goes out as it is, is counted, and told in the log once a minute and contract
	Off     Validation = "off"     // nobody looks
)

// Config is the section contracts, which every assembly has.
type Config struct {
	// Validation is enforce, report or off; when empty, enforce in an assembly of mode Demo and report in one of mode Durable.
	Validation Validation
}

func (c Config) withDefaults(mode durability.Mode) Config {
	if c.Validation == "" {
		c.Validation = Report
		if mode == durability.Demo {
			c.Validation = Enforce
		}
	}
	return c
}

var errValidation = errors.New("fxcell/contract: contracts.validation must be enforce, report or off: set it in the file or FXCELL_CONTRACTS__VALIDATION")

// Validate reports the fault of a Config that has its defaults.
func (c Config) Validate() error {
	switch c.Validation {
	case Enforce, Report, Off:
		return nil
	default:
		return errValidation
	}
}

// silence is how long a contract is not told of again.
const silence = time.Minute

// Validator decides on misfits for all contracts of an assembly. A nil one enforces. It is safe for concurrent use.
type Validator struct {
	validation Validation
	misfits    metric.Int64Counter

	mu   sync.Mutex
	told map[string]*telling // by contract
}

// NewValidator returns a validator for an assembly of that mode. It counts misfits in meter as fxcell.contract.misfits, by contract and by what does
// not fit (response or payload).
func NewValidator(mode durability.Mode, c Config, meter metric.Meter) (*Validator, error) {
	c = c.withDefaults(mode)
	if err := c.Validate(); err != nil {
		return nil, err
	}
	misfits, err := meter.Int64Counter("fxcell.contract.misfits", metric.WithUnit("{misfit}"),
		metric.WithDescription("Responses and published payloads that do not fit their contract's schema."))
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return &Validator{validation: c.Validation, misfits: misfits, told: map[string]*telling{}}, nil
}

// Validation returns what becomes of misfits.
func (v *Validator) Validation() Validation {
	if v == nil {
		return Enforce
	}
	return v.validation
}

// off says that there is no use in a schema for what goes out.
func (v *Validator) off() bool { return v.Validation() == Off }

// judge returns what is left of the error of an encoding: all of it, or nothing when it is a misfit that is only reported.
func (v *Validator) judge(ctx context.Context, logger *zap.Logger, contract string, err error) error {
	misfit, ok := errors.AsType[*MisfitError](err)
	if !ok || v == nil {
		return err
	}
	v.misfits.Add(ctx, 1, metric.WithAttributes(attribute.String("contract", contract), attribute.String("what", misfit.What)))
	if v.validation == Enforce {
		return err
	}
	if n := v.tell(contract); n > 0 {
		log.For(ctx, logger).Warn("sent what does not fit its contract",
			zap.String("contract", contract), zap.Int64("misfits", n), zap.Error(misfit))
	}
	return nil
}

// tell returns how many misfits of the contract the log is to be told of, 0 when it is not yet time.
func (v *Validator) tell(contract string) int64 {
	v.mu.Lock()
	t, ok := v.told[contract]
	if !ok {
		t = &telling{}
		v.told[contract] = t
	}
	v.mu.Unlock()
	return t.tell(silence)
}
