package kafka

import (
	"errors"
	"fmt"
	"slices"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"
)

// What SASLConfig.Mechanism can be.
const (
	saslPlain    = "plain"
	saslScram256 = "scram-sha-256"
	saslScram512 = "scram-sha-512"
)

func (c Config) saslFault() error {
	s := c.SASL
	if s.Mechanism == "" {
		if s.User != "" || !s.Password.IsZero() {
			return fault("sasl.mechanism", "is required with a user or a password")
		}
		return nil
	}
	var faults []error
	if !slices.Contains([]string{saslPlain, saslScram256, saslScram512}, s.Mechanism) {
		faults = append(faults, fault("sasl.mechanism", "must be one of plain, scram-sha-256, scram-sha-512"))
	}
	if s.User == "" {
		faults = append(faults, fault("sasl.user", "is required by sasl.mechanism "+s.Mechanism))
	}
	if s.Password.IsZero() {
		faults = append(faults, fault("sasl.password", "is required by sasl.mechanism "+s.Mechanism))
	}
	if s.Mechanism == saslPlain && c.TLS.Mode == tlsDisable && slices.ContainsFunc(c.Brokers, func(b string) bool { return !local(b) }) {
		faults = append(faults, fault("sasl.mechanism", "plain would send the password readable to other machines: encrypt by kafka.tls.mode verify-full, or use scram-sha-512"))
	}
	return errors.Join(faults...)
}

func (s SASLConfig) apply(c *sarama.Config) {
	if s.Mechanism == "" {
		return
	}
	c.Net.SASL.Enable, c.Net.SASL.Handshake = true, true
	c.Net.SASL.User, c.Net.SASL.Password = s.User, s.Password.Reveal()
	switch s.Mechanism {
	case saslScram256:
		c.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA256
		c.Net.SASL.SCRAMClientGeneratorFunc = newConversation(scram.SHA256)
	case saslScram512:
		c.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA512
		c.Net.SASL.SCRAMClientGeneratorFunc = newConversation(scram.SHA512)
	default:
		c.Net.SASL.Mechanism = sarama.SASLTypePlaintext
	}
}

// conversation proves to a broker that we know the password, without telling it.
type conversation struct {
	hash scram.HashGeneratorFcn
	with *scram.ClientConversation
}

var _ sarama.SCRAMClient = (*conversation)(nil)

func newConversation(hash scram.HashGeneratorFcn) func() sarama.SCRAMClient {
	return func() sarama.SCRAMClient { return &conversation{hash: hash} }
}

// Begin implements sarama.SCRAMClient.
func (c *conversation) Begin(user, password, authzID string) error {
	client, err := c.hash.NewClient(user, password, authzID)
	if err != nil {
		return errors.New("kafka: kafka.sasl.user or kafka.sasl.password has characters that no broker takes") // the cause may quote them
	}
	c.with = client.NewConversation()
	return nil
}

// Step implements sarama.SCRAMClient.
func (c *conversation) Step(challenge string) (string, error) {
	answer, err := c.with.Step(challenge)
	if err != nil {
		return "", fmt.Errorf("kafka: scram: %w", err)
	}
	return answer, nil
}

// Done implements sarama.SCRAMClient.
func (c *conversation) Done() bool { return c.with.Done() }
