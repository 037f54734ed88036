package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
)

// codecs are what producer.compression can be.
var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4,
	"zstd": sarama.CompressionZSTD,
}

// newClientConfig returns what every client is told: who we are, how connections are made and how long anything may take. It reads the files of
// kafka.tls. Who makes a producer or a group of it adds what those are about.
func newClientConfig(cfg Config) (*sarama.Config, error) {
	cfg = cfg.WithDefaults()
	c := sarama.NewConfig()
	c.ClientID = cfg.ClientID
	c.Version = sarama.V4_0_0_0 // an upper bound: the versions of requests are agreed on with each broker
	c.ApiVersionsRequest = true
	c.Net.DialTimeout, c.Net.ReadTimeout, c.Net.WriteTimeout = cfg.DialTimeout, cfg.RequestTimeout, cfg.RequestTimeout
	c.Net.KeepAlive = 15 * time.Second
	c.Metadata.AllowAutoTopicCreation = false // by a typo a topic would come to be with the broker's partitions
	c.Metadata.Full = false                   // the brokers may be another app's too
	c.Metadata.RefreshFrequency = time.Minute
	c.Admin.Timeout = cfg.RequestTimeout
	made, err := cfg.TLS.config()
	if err != nil {
		return nil, err
	}
	c.Net.TLS.Enable, c.Net.TLS.Config = made != nil, made
	cfg.SASL.apply(c)
	return c, nil
}

// What TLSConfig.Mode can be.
const (
	tlsDisable = "disable"
	tlsVerify  = "verify-full"
)

func (c Config) tlsFault() error {
	var faults []error
	if c.TLS.Mode != tlsDisable && c.TLS.Mode != tlsVerify && c.TLS.Mode != "" {
		faults = append(faults, fault("tls.mode", "must be disable or verify-full"))
	}
	for _, file := range []struct{ key, name string }{{"rootcert", c.TLS.RootCert}, {"cert", c.TLS.Cert}, {"key", c.TLS.Key}} {
		if file.name != "" && c.TLS.Mode == tlsDisable {
			faults = append(faults, fault("tls."+file.key, "is of no use with tls.mode disable"))
		}
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		faults = append(faults, fault("tls.cert", "and kafka.tls.key need each other"))
	}
	return errors.Join(faults...)
}

// config returns nil where connections are not encrypted.
func (c TLSConfig) config() (*tls.Config, error) {
	if c.Mode == tlsDisable {
		return nil, nil
	}
	made := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.RootCert != "" {
		pem, err := os.ReadFile(c.RootCert)
		if err != nil {
			return nil, fmt.Errorf("read kafka.tls.rootcert: %w", err)
		}
		made.RootCAs = x509.NewCertPool()
		if !made.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka.tls.rootcert: %s holds no certificate", c.RootCert)
		}
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("read kafka.tls.cert and kafka.tls.key: %w", err)
		}
		made.Certificates = []tls.Certificate{pair}
	}
	return made, nil
}
