package postgres

import (
	"context"
	"database/sql/driver"
	"net"
	"time"

	"github.com/lib/pq"
)

// grace is how much longer than the server the client waits for an answer: then the server is gone, frozen, or cut off.
const grace = 5 * time.Second

// connector opens connections that keep their statements prepared, and that give up on a server that does not answer.
type connector struct {
	pq         *pq.Connector
	patience   time.Duration // for one answer; none when zero
	grace      time.Duration // for the answer to a cancellation
	statements int
}

var _ driver.Connector = (*connector)(nil)

func newConnector(cfg Config, t target) (*connector, error) {
	c, err := pq.NewConnectorConfig(cfg.driverConfig(t))
	if err != nil {
		return nil, err
	}
	c.Dialer(dialer{})
	out := &connector{pq: c, grace: grace, statements: max(cfg.PreparedStatements, 0)}
	if cfg.StatementTimeout > 0 {
		out.patience = cfg.StatementTimeout + grace
	}
	return out, nil
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	l := &line{}
	stop := context.AfterFunc(ctx, l.cut) // the driver's handshake does not keep to ctx
	inner, err := c.pq.Connect(context.WithValue(ctx, lineKey{}, l))
	if err != nil {
		stop()
		return nil, err
	}
	full, ok := inner.(pqConn)
	if !ok || !stop() {
		_ = inner.Close()
		return nil, driver.ErrBadConn
	}
	return &conn{pqConn: full, line: l, patience: c.patience, grace: c.grace, statements: newStatements(c.statements)}, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return c.pq.Driver() }

type lineKey struct{}

// dialer notes the connection that it makes in the line that ctx carries.
type dialer struct{}

var (
	_ pq.Dialer        = dialer{}
	_ pq.DialerContext = dialer{}
)

// DialContext implements pq.DialerContext.
func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	made, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if l, ok := ctx.Value(lineKey{}).(*line); ok && err == nil {
		l.use(made)
	}
	return made, err
}

// Dial implements pq.Dialer. The driver prefers DialContext.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer. The driver prefers DialContext.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}
