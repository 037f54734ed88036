package kafka

import (
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/secret"
)

func TestValidateNamesEveryFaultAndItsCure(t *testing.T) {
	t.Parallel()
	err := Config{
		Brokers: []string{"kafka-0", "user:hunter2@kafka-1:9092", "kafka-2:0"}, ClientID: "a b", StartTimeout: -1, DialTimeout: -1, RequestTimeout: 1,
		TLS: TLSConfig{Mode: "maybe", Cert: "cert.pem"}, SASL: SASLConfig{Mechanism: "magic"},
		Topics:   TopicsConfig{Prefix: "a/", Partitions: -1, Replication: -1, Retention: 1, Create: "perhaps"},
		Producer: ProducerConfig{MaxMessageBytes: 1, Compression: "zip", Backoff: -1},
	}.Validate()
	for _, want := range []string{
		"number 1 is not of the form host:port", "number 2 is", "number 3 is", "kafka.client_id", "kafka.start_timeout", "kafka.dial_timeout",
		"kafka.request_timeout", "kafka.tls.mode must be disable or verify-full: set it in the file or FXCELL_KAFKA__TLS__MODE", "kafka.tls.cert",
		"kafka.sasl.mechanism", "kafka.sasl.user", "kafka.sasl.password", "kafka.topics.prefix", "kafka.topics.partitions", "kafka.topics.replication",
		"kafka.topics.retention", "kafka.topics.create", "kafka.producer.max_message_bytes", "kafka.producer.compression", "kafka.producer.backoff",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v\nwant %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Validate tells a password: %v", err)
	}
}

func TestValidateJudgesCombinations(t *testing.T) {
	t.Parallel()
	password := secret.NewText("hunter2")
	far, near := []string{"kafka-0.example.org:9092"}, []string{"127.0.0.1:9092", "localhost:9093", "[::1]:9094"}
	for name, c := range map[string]struct {
		cfg  Config
		want string // part of the fault; none when empty
	}{
		"only brokers":                         {Config{Brokers: far}, ""},
		"nothing":                              {Config{}, "kafka.brokers is required"},
		"a password without a mechanism":       {Config{Brokers: far, SASL: SASLConfig{Password: password}}, "kafka.sasl.mechanism is required"},
		"plain, encrypted":                     {Config{Brokers: far, SASL: SASLConfig{"plain", "u", password}}, ""},
		"plain, readable, to another machine":  {Config{Brokers: far, TLS: TLSConfig{Mode: "disable"}, SASL: SASLConfig{"plain", "u", password}}, "readable"},
		"plain on this machine":                {Config{Brokers: near, SASL: SASLConfig{"plain", "u", password}}, ""},
		"scram, readable, to another machine":  {Config{Brokers: far, TLS: TLSConfig{Mode: "disable"}, SASL: SASLConfig{"scram-sha-512", "u", password}}, ""},
		"an authority without encryption":      {Config{Brokers: near, TLS: TLSConfig{RootCert: "a.pem"}}, "kafka.tls.rootcert is of no use"},
		"a key without a certificate":          {Config{Brokers: far, TLS: TLSConfig{Key: "a.pem"}}, "kafka.tls.cert and kafka.tls.key need each other"},
		"events for ever":                      {Config{Brokers: far, Topics: TopicsConfig{Retention: -1}}, ""},
		"a prefix that leaves no room for any": {Config{Brokers: far, Topics: TopicsConfig{Prefix: strings.Repeat("a", 101)}}, "kafka.topics.prefix"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.cfg.Validate()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Validate = %v, want %q", err, c.want)
			}
		})
	}
}

func TestDefaultsAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	c := Config{Brokers: []string{"kafka.example.org:9092"}}.WithDefaults()
	if c.TLS.Mode != tlsVerify || c.Topics.Partitions != 12 || c.Topics.retention() != "604800000" || c.Producer.MaxMessageBytes != 1000000 {
		t.Errorf("WithDefaults = %+v", c)
	}
	if c := (Config{Brokers: []string{"127.0.0.1:9092"}}).WithDefaults(); c.TLS.Mode != tlsDisable {
		t.Errorf("tls.mode = %s for brokers on this machine, want disable", c.TLS.Mode)
	}
	if got := (TopicsConfig{Retention: -time.Second}).retention(); got != "-1" {
		t.Errorf("retention = %s, want -1 for ever", got)
	}
}

func TestTopicsAreNamedAsBrokersAccept(t *testing.T) {
	t.Parallel()
	c := Config{Topics: TopicsConfig{Prefix: "shop."}}
	if name, err := c.topicName("order"); name != "shop.order" || err != nil || c.topicOf(name) != "order" {
		t.Errorf("topicName = %q, %v", name, err)
	}
	for _, topic := range []string{"", "a/b", "ä", "a b", strings.Repeat("a", 245)} {
		if name, err := c.topicName(topic); err == nil {
			t.Errorf("topicName(%q) = %q, want a fault", topic, name)
		}
	}
	if name, err := (Config{}).topicName(".."); err == nil {
		t.Errorf("topicName(..) = %q, want a fault", name)
	}
}
