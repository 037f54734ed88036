package kafka

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"fxcell.dev/fxcell/secret"
)

// Config is the section kafka: which brokers, and what is promised of their topics.
type Config struct {
	Brokers  []string // host:port of some of the brokers; they name the others
	ClientID string   `koanf:"client_id"` // how the brokers see this app; fxcell when empty

	TLS      TLSConfig
	SASL     SASLConfig
	Topics   TopicsConfig
	Producer ProducerConfig
	Groups   GroupsConfig

	StartTimeout   time.Duration // how long the start waits for the first broker; 10s when zero
	DialTimeout    time.Duration // for a new connection; 5s when zero
	RequestTimeout time.Duration // for the answer of a broker; 30s when zero
}

// TLSConfig is what kafka.tls says about the connections.
type TLSConfig struct {
	Mode     string // disable or verify-full; when empty verify-full, disable where every broker is on this machine
	RootCert string `koanf:"rootcert"` // the PEM file of the brokers' authority; the machine's own when empty
	Cert     string // the PEM file of this app's certificate, for brokers that ask for one
	Key      string // the PEM file of its key
}

// SASLConfig is what kafka.sasl says about who this app is.
type SASLConfig struct {
	Mechanism string // plain, scram-sha-256 or scram-sha-512; nobody in particular when empty
	User      string
	Password  secret.Text
}

// ProducerConfig is what kafka.producer says about publishing.
type ProducerConfig struct {
	MaxMessageBytes int           // an event that is larger is refused for good; 1000000 when zero, as brokers do
	Compression     string        // none, gzip, snappy, lz4 or zstd; none when empty
	Backoff         time.Duration // after the first try to send that failed, doubled up to 5s; 50ms when zero
}

// Defaults of settings that are zero.
const (
	defaultClientID        = "fxcell"
	defaultStartTimeout    = 10 * time.Second
	defaultDialTimeout     = 5 * time.Second
	defaultRequestTimeout  = 30 * time.Second
	defaultMaxMessageBytes = 1000000
	defaultBackoff         = 50 * time.Millisecond
)

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	c.ClientID = cmp.Or(c.ClientID, defaultClientID)
	c.StartTimeout = cmp.Or(c.StartTimeout, defaultStartTimeout)
	c.DialTimeout = cmp.Or(c.DialTimeout, defaultDialTimeout)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, defaultRequestTimeout)
	c.Topics = c.Topics.withDefaults()
	c.Groups = c.Groups.withDefaults()
	c.Producer.MaxMessageBytes = cmp.Or(c.Producer.MaxMessageBytes, defaultMaxMessageBytes)
	c.Producer.Compression = cmp.Or(c.Producer.Compression, "none")
	c.Producer.Backoff = cmp.Or(c.Producer.Backoff, defaultBackoff)
	if c.TLS.Mode == "" && len(c.Brokers) > 0 {
		c.TLS.Mode = tlsVerify
		if !slices.ContainsFunc(c.Brokers, func(b string) bool { return !local(b) }) {
			c.TLS.Mode = tlsDisable
		}
	}
	return c
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var faults []error
	_, compresses := codecs[c.Producer.Compression]
	for _, n := range []struct {
		key   string
		wrong bool
		what  string
	}{
		{"brokers", len(c.Brokers) == 0, "is required"},
		{"client_id", strings.ContainsFunc(c.ClientID, unprintable), "must be printable ASCII without spaces"},
		{"start_timeout", c.StartTimeout < time.Millisecond, "must be at least 1ms"},
		{"dial_timeout", c.DialTimeout < time.Millisecond, "must be at least 1ms"},
		{"request_timeout", c.RequestTimeout < 100*time.Millisecond, "must be at least 100ms"},
		{"producer.max_message_bytes", c.Producer.MaxMessageBytes < 1024, "must be at least 1024"},
		{"producer.compression", !compresses, "must be one of none, gzip, snappy, lz4, zstd"},
		{"producer.backoff", c.Producer.Backoff < time.Millisecond, "must be at least 1ms"},
	} {
		if n.wrong {
			faults = append(faults, fault(n.key, n.what))
		}
	}
	for i, b := range c.Brokers {
		if !isAddress(b) { // it is not shown: somebody may have put a password there
			faults = append(faults, fault("brokers", fmt.Sprintf("is wrong: number %d is not of the form host:port", i+1)))
		}
	}
	return errors.Join(append(faults, c.tlsFault(), c.saslFault(), c.Topics.fault(), c.Groups.fault())...)
}

func isAddress(broker string) bool {
	host, port, err := net.SplitHostPort(broker)
	n, wrong := strconv.ParseUint(port, 10, 16)
	return err == nil && wrong == nil && host != "" && n > 0 && !strings.ContainsAny(host, "/@ ")
}

// local reports whether a broker is on this machine.
func local(broker string) bool {
	host, _, err := net.SplitHostPort(broker)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// fault says what is wrong with a setting, and how it is set.
func fault(key, what string) error {
	return fmt.Errorf("infra/kafka: kafka.%s %s: set it in the file or FXCELL_KAFKA__%s", key, what, strings.ToUpper(strings.ReplaceAll(key, ".", "__")))
}
