package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	port "fxcell.dev/fxcell/health"
)

// Status is how an app is, or one of its checks.
type Status string

// How an app is.
const (
	Starting Status = "starting"
	Ready    Status = "ready"
	Degraded Status = "degraded" // ready, but a check that is not critical fails
	Unready  Status = "unready"  // a critical check fails
	Draining Status = "draining" // it stops
)

// How a check is.
const (
	Passing Status = "passing"
	Failing Status = "failing"
)

// Result is what one check said.
type Result struct {
	Name     string `json:"name"`
	Critical bool   `json:"critical"`
	Status   Status `json:"status"`
	Reason   string `json:"reason,omitzero"` // for operators only
}

// Report is how an app is, and why.
type Report struct {
	Status Status   `json:"status"`
	Checks []Result `json:"checks,omitzero"` // sorted by name; none unless the app has started and is not stopping
}

// Checker asks the checks of an app. It is safe for concurrent use.
type Checker struct {
	config Config
	log    *zap.Logger
	checks []port.Check // sorted by name

	mu      sync.Mutex
	life    Status // Starting, Ready or Draining
	running map[string]*attempt
	failing map[string]bool
}

// New returns a checker without checks, of an app that is starting. Zero fields of c take their defaults.
func New(c Config, log *zap.Logger) (*Checker, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Checker{config: c, log: log, life: Starting, running: map[string]*attempt{}, failing: map[string]bool{}}, nil
}

// Watch gives the checker its checks, before the app starts. Two of one name are refused, as is one that cannot be asked.
func (c *Checker) Watch(checks []port.Check) error {
	c.checks = slices.Clone(checks)
	slices.SortFunc(c.checks, func(a, b port.Check) int { return strings.Compare(a.Name, b.Name) })
	var errs []error
	for i, check := range c.checks {
		switch {
		case check.Name == "" || check.Probe == nil:
			errs = append(errs, fmt.Errorf("modules/health: the check %q has no name or no probe", check.Name))
		case i > 0 && c.checks[i-1].Name == check.Name:
			errs = append(errs, fmt.Errorf("modules/health: two checks are named %s: a check's name is unique in an app", check.Name))
		}
	}
	return errors.Join(errs...)
}

// Ready says that everything has started.
func (c *Checker) Ready() { c.become(Ready) }

// Drain says that the app stops: from now on it is not ready, whatever the checks say.
func (c *Checker) Drain() { c.become(Draining) }

func (c *Checker) become(s Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.life = s
}

// Life returns Starting, Ready or Draining, without asking any check.
func (c *Checker) Life() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.life
}

// Stop drains, ends the probes that are under way and waits for them until ctx ends.
func (c *Checker) Stop(ctx context.Context) error {
	c.Drain()
	var errs []error
	for name, a := range c.underWay() {
		a.cancel()
		select {
		case <-a.done:
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("modules/health: the probe of %s does not end: %w", name, ctx.Err()))
		}
	}
	return errors.Join(errs...)
}

// Report asks all checks at once and waits for them, no longer than the configured timeout. While the app starts or stops it asks none.
func (c *Checker) Report(ctx context.Context) Report {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	attempts, life := c.ask(ctx)
	report := Report{Status: life}
	for i, a := range attempts {
		result := Result{Name: c.checks[i].Name, Critical: c.checks[i].Critical, Status: Passing}
		if err := c.await(ctx, a); err != nil {
			result.Status, result.Reason = Failing, strings.ToValidUTF8(err.Error(), "?")
			report.Status = worse(report.Status, result.Critical)
			c.note(result, err)
		} else {
			c.note(result, nil)
		}
		report.Checks = append(report.Checks, result)
	}
	return report
}

func worse(s Status, critical bool) Status {
	if critical || s == Unready {
		return Unready
	}
	return Degraded
}

// note logs when a check begins to fail and when it passes again.
func (c *Checker) note(r Result, err error) {
	c.mu.Lock()
	changed := c.failing[r.Name] != (err != nil)
	c.failing[r.Name] = err != nil
	c.mu.Unlock()
	if !changed {
		return
	}
	if err == nil {
		c.log.Info("health check passes again", zap.String("check", r.Name))
		return
	}
	fields := []zap.Field{zap.String("check", r.Name), zap.Bool("critical", r.Critical), zap.Error(err)}
	if p, ok := errors.AsType[*panicError](err); ok {
		fields = append(fields, zap.String("stack", p.stack))
	}
	c.log.Warn("health check fails", fields...)
}
