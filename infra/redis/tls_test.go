package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
)

// authority writes a certificate for the address 127.0.0.1 and its key into a folder, as PEM files.
func authority(t *testing.T) (certificate, private string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, text, text, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certificate, private = filepath.Join(folder, "ca.pem"), filepath.Join(folder, "key.pem")
	for file, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, private: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, private
}

func TestServerIsVerifiedByItsAuthority(t *testing.T) {
	t.Parallel()
	certificate, private := authority(t)
	stranger, _ := authority(t)
	s := serve(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	plain := raw(t, open(t, Config{Addrs: []string{s.addr}}))
	for _, setting := range [][2]string{{"tls-cert-file", certificate}, {"tls-key-file", private}, {"tls-ca-cert-file", certificate}, {"tls-auth-clients", "no"}, {"tls-port", port}} {
		if err := plain.ConfigSet(t.Context(), setting[0], setting[1]).Err(); err != nil {
			t.Skipf("this redis-server speaks no TLS: %v", err)
		}
	}
	for name, c := range map[string]struct {
		cfg  Config
		want string // part of the error; none means that it opens
	}{
		"by its authority":          {Config{TLS: "verify-full", TLSRootCert: certificate}, ""},
		"by another authority":      {Config{TLS: "verify-full", TLSRootCert: stranger}, "certificate"},
		"by the machine's":          {Config{TLS: "verify-full"}, "certificate"},
		"without TLS, where it has": {Config{TLS: "disable"}, "redis: open " + addr},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.cfg.Addrs = []string{addr}
			made, err := newClient(c.cfg, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			err = made.open(t.Context())
			if c.want == "" {
				isErr(t, "open", err, nil)
				isErr(t, "close", made.close(t.Context()), nil)
				return
			}
			if err == nil {
				t.Error("it opens")
			}
			wants(t, err, c.want)
		})
	}
	for file, want := range map[string]string{filepath.Join(t.TempDir(), "none"): "redis.tls_root_cert: open", private: "redis.tls_root_cert holds no certificate"} {
		_, err := newClient(Config{Addrs: []string{addr}, TLS: "verify-full", TLSRootCert: file}, zap.NewNop())
		wants(t, err, want)
	}
}
