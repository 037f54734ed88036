package postgres

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/secret"
)

// authority returns a certificate for the address 127.0.0.1 alone, and the PEM file of who signed it.
func authority(t *testing.T) (tls.Certificate, string) {
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
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// encrypted returns the port of a listener that speaks TLS to clients, as the server does, and plainly to the server.
func encrypted(t *testing.T, certificate tls.Certificate, server string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	serve := func(client net.Conn) {
		defer func() { _ = client.Close() }()
		var request [8]byte
		if _, err := io.ReadFull(client, request[:]); err != nil {
			return
		}
		_, _ = client.Write([]byte("S"))
		secure := tls.Server(client, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		plain, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server)
		if err != nil {
			return
		}
		all.Go(func() {
			_, _ = io.Copy(plain, secure)
			_ = plain.Close()
		})
		_, _ = io.Copy(secure, plain)
	}
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func TestServerIsVerifiedAsTheModeSays(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(dsn(t))
	if err != nil {
		t.Fatal("the DSN of the server under test is no URL")
	}
	certificate, ca := authority(t)
	_, otherCA := authority(t)
	port := encrypted(t, certificate, u.Host)
	for _, c := range []struct {
		name, host, mode, ca string
		opens                bool
	}{
		{"in full", "127.0.0.1", "verify-full", ca, true},
		{"in full, another name", "localhost", "verify-full", ca, false},
		{"in full, another authority", "127.0.0.1", "verify-full", otherCA, false},
		{"in full, by the machine's authorities", "127.0.0.1", "verify-full", "", false},
		{"the authority, another name", "localhost", "verify-ca", ca, true},
		{"another authority", "127.0.0.1", "verify-ca", otherCA, false},
		{"not at all", "localhost", "require", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target := *u
			target.Host = net.JoinHostPort(c.host, port)
			target.RawQuery = url.Values{"sslmode": {c.mode}, "sslrootcert": {c.ca}}.Encode()
			p, err := newPool(Config{DSN: secret.NewText(target.String())})
			if err != nil {
				t.Fatal(err)
			}
			err = p.open(t.Context())
			if opens := err == nil; opens != c.opens {
				t.Errorf("open = %v, want that it opens: %v", err, c.opens)
			}
			if err != nil {
				wants(t, err, "certificate")
			}
			if err := p.close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
