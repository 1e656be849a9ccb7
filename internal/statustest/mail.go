package statustest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is an SMTP server on a loopback port of its own that keeps every message it accepts, and that can be told to
// behave as badly as servers do. Safe for use from several goroutines.
type Mail struct {
	t        testing.TB
	listener net.Listener
	auth     *url.Userinfo
	mode     string // as in STATUSD_SMTP_URL: none, starttls, implicit
	cert     *certificate

	mu       sync.Mutex
	messages []Message
	arrived  chan struct{} // closed, and replaced, at each message
	faults   MailFaults
	tried    map[string]bool // addresses that greylisting has seen
}

// MailFaults is how a Mail misbehaves from now on. The zero value is a server without fault.
type MailFaults struct {
	// RefuseMail answers every MAIL FROM with this code: 550 for "not from you", 421 for "not now".
	RefuseMail int
	// RefuseRcpt answers RCPT TO for these addresses with their code: 550 for "no such user".
	RefuseRcpt map[string]int
	// Greylist answers the first RCPT TO of each address with 451, and takes the second.
	Greylist bool
	// CutData is for how many messages the connection is cut while they are being sent: they are lost, and the sender
	// knows it. -1 means all.
	CutData int
	// LoseReply is for how many messages the connection is cut after they were kept and before the sender hears so.
	// Here SMTP cannot tell; a sender that tries again makes a duplicate. -1 means all.
	LoseReply int
	// BeforeReply is called when a message has been kept and its sender does not know yet. The answer waits for it, so
	// a test can hold a delivery, or kill its sender, at exactly this place.
	BeforeReply func(Message)
}

// MailOption changes what kind of server NewMail starts.
type MailOption func(*Mail)

// MailAuth makes the server refuse mail until the client has logged in (AUTH PLAIN) as user with password.
func MailAuth(user, password string) MailOption {
	return func(m *Mail) { m.auth = url.UserPassword(user, password) }
}

// MailSTARTTLS makes the server offer STARTTLS, and refuse mail before it, with a certificate that only Roots trusts.
func MailSTARTTLS() MailOption { return func(m *Mail) { m.mode = "starttls" } }

// MailImplicitTLS makes the server speak TLS from the first byte (smtps://), with a certificate that only Roots trusts.
func MailImplicitTLS() MailOption { return func(m *Mail) { m.mode = "implicit" } }

// NewMail starts a server that ends with the test.
func NewMail(t testing.TB, opts ...MailOption) *Mail {
	t.Helper()
	m := &Mail{t: t, mode: "none", arrived: make(chan struct{}), tried: map[string]bool{}}
	for _, opt := range opts {
		opt(m)
	}
	var err error
	if m.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(m.session))
	server.Domain = "mail.test"
	server.AllowInsecureAuth = m.mode == "none"
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0) // cut connections are what this server is for
	m.secure(server)
	done := make(chan error, 1)
	go func() { done <- server.Serve(m.listener) }()
	t.Cleanup(func() {
		// Both errors can only be about what is closed already. The listener is closed here too, because a server
		// whose Serve has not come that far yet does not know it.
		server.Close()
		m.listener.Close()
		if err := <-done; err != nil {
			t.Errorf("mail server: %v", err)
		}
	})
	return m
}

func (m *Mail) secure(server *smtp.Server) {
	if m.mode == "none" {
		return
	}
	m.t.Helper()
	m.cert = selfMade(m.t)
	config := &tls.Config{Certificates: []tls.Certificate{m.cert.pair}}
	if m.mode == "starttls" {
		server.TLSConfig = config
		return
	}
	m.listener = tls.NewListener(m.listener, config)
}

// URL is the server as STATUSD_SMTP_URL names it, log-in and kind of encryption included.
func (m *Mail) URL() string {
	scheme := "smtp"
	if m.mode == "implicit" {
		scheme = "smtps"
	}
	u := url.URL{Scheme: scheme, User: m.auth, Host: m.Addr(), RawQuery: "tls=" + m.mode}
	return u.String()
}

// Addr is the server's host and port.
func (m *Mail) Addr() string { return m.listener.Addr().String() }

// Roots trusts the server's own certificate and nothing else; nil for a server without TLS.
func (m *Mail) Roots() *x509.CertPool {
	if m.cert == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(m.cert.pem)
	return pool
}

// RootsFile writes the server's certificate to a file, for a program started with SSL_CERT_FILE.
func (m *Mail) RootsFile() string {
	m.t.Helper()
	path := filepath.Join(m.t.TempDir(), "roots.pem")
	if err := os.WriteFile(path, m.cert.pem, 0o600); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// Misbehave sets what goes wrong from now on, in place of what went wrong before. What greylisting has seen stays seen.
func (m *Mail) Misbehave(f MailFaults) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f.RefuseRcpt = maps.Clone(f.RefuseRcpt)
	m.faults = f
}

// Messages returns what was accepted so far, in order of arrival. One that is not a well-formed mail fails the test.
func (m *Mail) Messages() []Message {
	m.t.Helper()
	messages, _ := m.snapshot()
	for _, msg := range messages {
		if msg.malformed != nil {
			m.t.Errorf("the mail to %v is malformed: %v\n%s", msg.To, msg.malformed, msg.Data)
		}
	}
	return messages
}

// Wait returns the messages as soon as there are n of them, or more, and fails the test if that takes too long.
func (m *Mail) Wait(t testing.TB, n int, timeout time.Duration) []Message {
	t.Helper()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		messages, arrived := m.snapshot()
		if len(messages) >= n {
			return m.Messages()
		}
		select {
		case <-arrived:
		case <-timer.C:
			t.Fatalf("got %d mails within %v, want %d:\n%s", len(messages), timeout, n, subjects(messages))
		}
	}
}

func subjects(messages []Message) string {
	var b strings.Builder
	for _, msg := range messages {
		fmt.Fprintf(&b, "  %v: %s\n", msg.To, msg.Subject)
	}
	return b.String()
}

// snapshot returns the messages so far and a channel that is closed when there is one more.
func (m *Mail) snapshot() ([]Message, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages), m.arrived
}

func (m *Mail) keep(msg Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, msg)
	close(m.arrived)
	m.arrived = make(chan struct{})
}

// session is one client's conversation with the server.
func (m *Mail) session(c *smtp.Conn) (smtp.Session, error) {
	return &conversation{mail: m, conn: c}, nil
}

type conversation struct {
	mail   *Mail
	conn   *smtp.Conn
	authed bool
	from   string
	to     []string
}

func (c *conversation) AuthMechanisms() []string {
	if c.mail.auth == nil {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *conversation) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if c.mail.auth == nil || url.UserPassword(user, password).String() != c.mail.auth.String() {
			return smtp.ErrAuthFailed
		}
		c.authed = true
		return nil
	}), nil
}

func (c *conversation) Mail(from string, _ *smtp.MailOptions) error {
	if _, encrypted := c.conn.TLSConnectionState(); c.mail.mode == "starttls" && !encrypted {
		return answer(530, "must issue a STARTTLS command first") // RFC 3207, section 4
	}
	if c.mail.auth != nil && !c.authed {
		return answer(530, "authentication required") // RFC 4954, section 6
	}
	if err := c.mail.refusesMail(); err != nil {
		return err
	}
	c.from = from
	return nil
}

func (m *Mail) refusesMail() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return answer(m.faults.RefuseMail, "refused by the test, at MAIL FROM")
}

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := c.mail.refusesRcpt(to); err != nil {
		return err
	}
	c.to = append(c.to, to)
	return nil
}

func (m *Mail) refusesRcpt(to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if code := m.faults.RefuseRcpt[to]; code != 0 {
		return answer(code, "refused by the test, at RCPT TO")
	}
	if m.faults.Greylist && !m.tried[to] {
		m.tried[to] = true
		return answer(451, "greylisted, try again later")
	}
	return nil
}

var errCut = errors.New("connection cut by the test")

func (c *conversation) Data(r io.Reader) error {
	if c.mail.spend(func(f *MailFaults) *int { return &f.CutData }) {
		return c.cut()
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	msg := parse(c.from, c.to, data)
	c.mail.keep(msg)
	if hook := c.mail.beforeReply(); hook != nil {
		hook(msg)
	}
	if c.mail.spend(func(f *MailFaults) *int { return &f.LoseReply }) {
		return c.cut()
	}
	return nil
}

// cut closes the connection under the conversation: the reply to what is going on cannot be written any more.
func (c *conversation) cut() error {
	c.conn.Conn().Close()
	return errCut
}

func (m *Mail) beforeReply() func(Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.BeforeReply
}

// spend takes one off the counter of a fault and says whether there was one.
func (m *Mail) spend(counter func(*MailFaults) *int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := counter(&m.faults)
	if *left > 0 {
		*left--
		return true
	}
	return *left < 0
}

func (c *conversation) Reset() { c.from, c.to = "", nil }

func (c *conversation) Logout() error { return nil }

// answer is an SMTP reply that refuses; code 0 refuses nothing.
func answer(code int, text string) error {
	if code == 0 {
		return nil
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: text}
}

type certificate struct {
	pair tls.Certificate
	pem  []byte
}

// selfMade is a certificate for 127.0.0.1 and localhost that signs itself.
func selfMade(t testing.TB) *certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "mail.test"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		DNSNames:              []string{"localhost", "mail.test"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &certificate{
		pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
	}
}
