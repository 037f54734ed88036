package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/secret"
)

// opens opens a cluster, and closes it again.
func opens(t *testing.T, cfg Config, topics ...string) (*observer.ObservedLogs, error) {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	c, err := newCluster(cfg, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	c.wanted = topics
	err = c.open(t.Context())
	return logs, errors.Join(err, c.close(context.WithoutCancel(t.Context())))
}

func TestBrokersThatDoNotAnswerAreNamed(t *testing.T) {
	t.Parallel()
	began := time.Now()
	_, err := opens(t, Config{
		Brokers: []string{"127.0.0.1:1", "127.0.0.1:2"}, StartTimeout: 300 * time.Millisecond,
		SASL: SASLConfig{Mechanism: "plain", User: "app", Password: secret.NewText("hunter2")},
	})
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || !strings.Contains(err.Error(), "127.0.0.1:2") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("open = %v, want both brokers named and no password", err)
	}
	if took := time.Since(began); took < 300*time.Millisecond || took > 5*time.Second {
		t.Errorf("open took %v, want it to wait for kafka.start_timeout", took)
	}
}

func TestOneBrokerThatAnswersIsEnough(t *testing.T) {
	t.Parallel()
	f := fakeBrokers(t, 1)
	if _, err := opens(t, Config{Brokers: append([]string{"127.0.0.1:1"}, f.ListenAddrs()...)}); err != nil {
		t.Errorf("open = %v, want it open by the second", err)
	}
}

func TestAnOldBrokerIsRefused(t *testing.T) {
	t.Parallel()
	f := fakeBrokers(t, 1, kfake.MaxVersions(kversion.V2_7_0()))
	_, err := opens(t, Config{Brokers: f.ListenAddrs()})
	if !errors.Is(err, errOld) || !strings.Contains(err.Error(), f.ListenAddrs()[0]) || !strings.Contains(err.Error(), "upgrade it") {
		t.Errorf("open = %v, want the broker named and the cure", err)
	}
	f = fakeBrokers(t, 1, kfake.MaxVersions(kversion.V2_8_0()))
	if _, err := opens(t, Config{Brokers: f.ListenAddrs(), Topics: TopicsConfig{Partitions: 1}}, "order"); err != nil {
		t.Errorf("open = %v of the oldest broker that is accepted", err)
	}
}

func TestPasswordsAreProved(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			f := fakeBrokers(t, 1, kfake.EnableSASL(), kfake.Superuser(mechanism, "app", "hunter2"))
			cfg := Config{Brokers: f.ListenAddrs(), SASL: SASLConfig{strings.ToLower(mechanism), "app", secret.NewText("hunter2")}}
			if _, err := opens(t, cfg, "order"); err != nil {
				t.Errorf("open = %v with the right password", err)
			}
			cfg.SASL.Password, cfg.StartTimeout = secret.NewText("hunter3"), time.Second
			if _, err := opens(t, cfg); err == nil || strings.Contains(err.Error(), "hunter") {
				t.Errorf("open = %v with a wrong password, want an error without it", err)
			}
		})
	}
}

func TestBrokersProveThemselves(t *testing.T) {
	t.Parallel()
	served, root := certificate(t)
	f := fakeBrokers(t, 1, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{served}, MinVersion: tls.VersionTLS12}))
	cfg := Config{Brokers: f.ListenAddrs(), TLS: TLSConfig{Mode: "verify-full", RootCert: root}, StartTimeout: time.Second}
	if _, err := opens(t, cfg, "order"); err != nil {
		t.Errorf("open = %v with the brokers' authority", err)
	}
	_, another := certificate(t)
	cfg.TLS.RootCert = another
	if _, err := opens(t, cfg); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("open = %v with another authority, want the certificate refused", err)
	}
	cfg.TLS.RootCert = filepath.Join(t.TempDir(), "none.pem")
	if _, err := opens(t, cfg); err == nil || !strings.Contains(err.Error(), "kafka.tls.rootcert") {
		t.Errorf("open = %v without the file, want the setting named", err)
	}
}

// certificate returns one for this machine, and the file of its authority: itself.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestMissingTopicsAreMade(t *testing.T) {
	t.Parallel()
	f := fakeBrokers(t, 3)
	cfg := Config{Brokers: f.ListenAddrs(), Topics: TopicsConfig{Prefix: "shop.", Partitions: 5, Replication: 3, Retention: time.Hour}}
	for range 2 { // the second time they are there
		if _, err := opens(t, cfg, "order", "mail"); err != nil {
			t.Fatalf("open = %v", err)
		}
	}
	for _, name := range []string{"shop.order", "shop.mail"} {
		made := f.TopicInfo(name)
		if made == nil || len(f.PartitionInfos(name)) != 5 {
			t.Fatalf("topic %s has %d partitions, want 5", name, len(f.PartitionInfos(name)))
		}
		if got := made.Configs["retention.ms"]; got == nil || *got != "3600000" {
			t.Errorf("topic %s has retention.ms %v, want an hour", name, got)
		}
		if got := made.Configs["min.insync.replicas"]; got == nil || *got != "2" {
			t.Errorf("topic %s has min.insync.replicas %v, want 2 of 3", name, got)
		}
	}
}

func TestTopicsThatAreLessThanDeclaredAreRefused(t *testing.T) {
	t.Parallel()
	retention := map[string]string{"retention.ms": "1000"}
	for name, c := range map[string]struct {
		topics TopicsConfig
		want   string // of the error; none when empty
		logs   string
	}{
		"as declared":        {TopicsConfig{Partitions: 3, Retention: time.Second}, "", ""},
		"more partitions":    {TopicsConfig{Partitions: 2, Retention: time.Second}, "", ""},
		"fewer partitions":   {TopicsConfig{Partitions: 4}, "topic order has 3 partitions, kafka.topics.partitions says 4", ""},
		"fewer replicas":     {TopicsConfig{Partitions: 3, Replication: 5}, "replicas, kafka.topics.replication says 5", ""},
		"another retention":  {TopicsConfig{Partitions: 3, Retention: time.Hour}, "", "a topic keeps its events for another time than kafka.topics.retention says"},
		"nothing to be made": {TopicsConfig{Partitions: 3, Create: "check"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fakeBrokers(t, 3)
			if err := f.CreateTopic("order", 3, retention); err != nil {
				t.Fatal(err)
			}
			logs, err := opens(t, Config{Brokers: f.ListenAddrs(), Topics: c.topics}, "order")
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("open = %v, want %q", err, c.want)
			}
			if c.logs != "" && logs.FilterMessage(c.logs).Len() != 1 {
				t.Errorf("logs = %v, want %q", logs.All(), c.logs)
			}
		})
	}
	f := fakeBrokers(t, 1)
	if _, err := opens(t, Config{Brokers: f.ListenAddrs(), Topics: TopicsConfig{Create: "check"}}, "order"); err == nil || !strings.Contains(err.Error(), "topic order is missing") {
		t.Errorf("open = %v, want the missing topic named", err)
	}
}
