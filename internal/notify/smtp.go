package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
	"golang.org/x/net/idna"
)

// Time-outs (R3.7). After the final dot a server may take long, and giving up
// early there makes duplicates.
const (
	connectTimeout = 10 * time.Second
	commandTimeout = 60 * time.Second
	dotTimeout     = 10 * time.Minute
)

// SMTP hands messages to a mail server.
type SMTP struct {
	Config SMTPConfig
	Hello  string         // our name in EHLO; the host of the base URL
	Roots  *x509.CertPool // nil: those of the system
}

// stage is how far a conversation came: whose fault a refusal is depends on it.
type stage int

const (
	atConnect stage = iota // dialling, greeting, TLS, log-in
	atMail
	atRcpt
	atData // DATA and the message itself: nothing was accepted if the connection ends here
	atDot  // after the final dot: if the connection ends here, nobody knows
)

func (s stage) String() string {
	return [...]string{"connecting", "MAIL FROM", "RCPT TO", "DATA", "the final dot"}[s]
}

// refusal is why a message did not go.
type refusal struct {
	Stage  stage
	Code   int    // the server's; 0 when it did not answer
	Status string // enhanced status such as 5.1.1, if given
	Text   string
}

func (r *refusal) Error() string {
	if r.Code == 0 {
		return fmt.Sprintf("at %s: %s", r.Stage, r.Text)
	}
	return fmt.Sprintf("at %s: %d %s", r.Stage, r.Code, r.Text)
}

func (r *refusal) permanent() bool { return r.Code >= 500 && r.Code < 600 }

// statusUTF8: an address that needs SMTPUTF8, which the server does not have (RFC 6531).
const statusUTF8 = "5.6.7"

// without is the refusal without the reader's address, which servers like to
// repeat: for the banner and the log (R9.7).
func (r *refusal) without(address string) *refusal {
	out := *r
	for _, a := range []string{address, wired(address)} {
		if a != "" {
			out.Text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(a)).ReplaceAllString(out.Text, "…")
		}
	}
	return &out
}

func wired(address string) string {
	w, _, _ := wireAddress(address) // empty for what is none
	return w
}

// refused makes a refusal of an error. The server's words are kept for staff,
// one line and not too much of it.
func refused(at stage, err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	r := &refusal{Stage: at, Text: oneLine(err.Error())}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		r.Code, r.Text = e.Code, oneLine(e.Msg)
		r.Status = enhanced(e.Msg)
	}
	return r
}

// enhanced is the status of RFC 3463 at the beginning of a reply, or in the
// "(#5.1.1)" that qmail puts at its end; or "".
func enhanced(msg string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(msg), " ")
	if _, after, ok := strings.Cut(msg, "(#"); ok {
		word, _, _ = strings.Cut(after, ")")
	}
	parts := strings.Split(word, ".")
	if len(parts) != 3 {
		return ""
	}
	for _, p := range parts {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return ""
		}
	}
	return word
}

func oneLine(s string) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "\ufffd")
	if utf8.RuneCountInString(s) > 300 {
		s = string([]rune(s)[:299]) + "…"
	}
	return s
}

// conn is one connection, through which messages go one after the other.
type conn struct {
	net    net.Conn
	client *smtp.Client
	sent   int // messages begun
}

// dial connects, encrypts and logs in; it is broken off when ctx ends.
func (s *SMTP) dial(ctx context.Context) (*conn, error) {
	var raw net.Conn
	unhook := func() bool { return true }
	tlsConfig := s.tlsConfig()
	opts := []mail.Option{
		mail.WithPort(s.Config.Port),
		mail.WithTimeout(connectTimeout),
		mail.WithHELO(cmp.Or(s.Hello, "localhost")),
		mail.WithTLSConfig(tlsConfig),
		mail.WithTLSPolicy(s.policy()),
		// Our own dialler, because go-mail leaves the connection open when a
		// greeting or log-in is refused.
		mail.WithDialContextFunc(func(dialing context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(dialing, network, addr)
			if err != nil {
				return nil, err
			}
			raw = c
			unhook = context.AfterFunc(ctx, func() { _ = c.Close() }) // ends whatever waits on it
			if s.Config.TLS != TLSImplicit {
				return c, nil
			}
			t := tls.Client(c, tlsConfig)
			return t, t.HandshakeContext(dialing)
		}),
	}
	if s.Config.User != "" {
		opts = append(opts, mail.WithSMTPAuth(s.authType()), mail.WithUsername(s.Config.User), mail.WithPassword(string(s.Config.Password)))
	}
	c, err := mail.NewClient(s.Config.Host, opts...)
	if err != nil {
		return nil, refused(atConnect, err)
	}
	client, err := c.DialToSMTPClientWithContext(ctx)
	if !unhook() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if raw != nil {
			_ = raw.Close() // it is given up; the error above is the one that counts
		}
		return nil, refused(atConnect, err)
	}
	return &conn{net: raw, client: client}, nil
}

func (s *SMTP) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: s.Config.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12,
		// A mail server on this very machine tends to have a certificate that it
		// made for itself, and nobody stands between.
		InsecureSkipVerify: s.Config.TLS == TLSOpportunistic, //nolint:gosec // loopback only, see ParseSMTPURL
	}
}

func (s *SMTP) policy() mail.TLSPolicy {
	switch s.Config.TLS {
	case TLSStartTLS:
		return mail.TLSMandatory
	case TLSOpportunistic:
		return mail.TLSOpportunistic
	case TLSImplicit:
		// The dialler has seen to it. This makes go-mail notice, or it would not send
		// a password; no server offers STARTTLS inside TLS.
		return mail.TLSOpportunistic
	}
	return mail.NoTLS
}

// authType: the best that the server offers. To this very machine a password
// may go in the clear.
func (s *SMTP) authType() mail.SMTPAuthType {
	if s.Config.loopback() && (s.Config.TLS == TLSNone || s.Config.TLS == TLSOpportunistic) {
		return mail.SMTPAuthPlainNoEnc
	}
	return mail.SMTPAuthAutoDiscover
}

// close says goodbye, but does not wait long for the answer.
func (c *conn) close() {
	_ = c.client.UpdateDeadline(time.Second) // the connection is done with either way
	_ = c.client.Quit()                      // likewise
	_ = c.net.Close()                        // after a failed Quit
}

// message is one letter to one reader. Body writes lines that end in CRLF, the
// last one too, and of which none begins with a dot.
type message struct {
	From, To string
	Body     io.WriterTo
}

// send hands a message over. last is called before the final dot: the message
// counts as handed over from there, so what came before must be on record.
// Every error but one of last is a *refusal.
func (c *conn) send(m message, last func() error) error {
	c.sent++
	to, utf8Needed, err := wireAddress(m.To)
	if err != nil {
		return &refusal{Stage: atRcpt, Code: 553, Status: "5.1.3", Text: err.Error()}
	}
	if err := c.client.UpdateDeadline(commandTimeout); err != nil {
		return refused(atMail, err)
	}
	if err := c.begin(m.From, to, utf8Needed); err != nil {
		return err
	}
	// Straight into the connection: the press makes no line that begins with a
	// dot, so there is nothing to stuff (RFC 5321, section 4.5.2), and looking at
	// every byte of every message again was a quarter of all work.
	if _, err := m.Body.WriteTo(c.client.Text.W); err != nil {
		return refused(atData, err)
	}
	if err := last(); err != nil {
		return err
	}
	if err := c.client.UpdateDeadline(dotTimeout); err != nil {
		return refused(atData, err)
	}
	if err := c.say("."); err != nil {
		return refused(atDot, err)
	}
	if err := c.hear(250); err != nil {
		return refused(atDot, err)
	}
	return nil
}

// begin says MAIL, RCPT and DATA: in one go where the server allows that
// (RFC 2920), which saves two round trips a message.
func (c *conn) begin(from, to string, utf8Needed bool) error {
	mail := "MAIL FROM:<" + from + ">"
	if utf8Needed {
		if ok, _ := c.client.Extension("SMTPUTF8"); !ok {
			return &refusal{Stage: atRcpt, Code: 553, Status: statusUTF8, Text: "our mail server cannot send to addresses with letters outside ASCII before the @"}
		}
		// Asked for only where it is needed: a server that must pass a message on to
		// one without SMTPUTF8 returns it (RFC 6531, section 3.4).
		mail += " SMTPUTF8"
	}
	steps := []struct {
		at   stage
		line string
		want int
	}{{atMail, mail, 250}, {atRcpt, "RCPT TO:<" + to + ">", 25}, {atData, "DATA", 354}}
	together, _ := c.client.Extension("PIPELINING")
	if together {
		if err := c.say(steps[0].line, steps[1].line, steps[2].line); err != nil {
			return refused(atMail, err)
		}
	}
	var first *refusal
	for _, s := range steps {
		if !together {
			if err := c.say(s.line); err != nil {
				return refused(s.at, err)
			}
		}
		err := c.hear(s.want)
		switch {
		case err == nil && s.at == atData && first != nil:
			// It waits for a message although it refused to deliver one: an empty one
			// ends that. Nobody is its recipient, so the answer says nothing.
			if c.say(".") == nil {
				_ = c.hear(250)
			}
		case err == nil:
		case first == nil:
			first = refused(s.at, err)
		}
		if first != nil && (!together || first.Code == 0 || first.Code == 421) {
			return first
		}
	}
	if first != nil {
		return first
	}
	return nil
}

// say sends lines, and whatever was written before them.
func (c *conn) say(lines ...string) error {
	for _, l := range lines {
		if _, err := c.client.Text.W.WriteString(l + "\r\n"); err != nil {
			return err
		}
	}
	return c.client.Text.W.Flush()
}

// hear reads one reply.
func (c *conn) hear(want int) error {
	_, _, err := c.client.Text.ReadResponse(want)
	return err
}

// reset makes the connection ready for the next message after a refusal.
func (c *conn) reset() error {
	if err := c.client.UpdateDeadline(commandTimeout); err != nil {
		return err
	}
	return c.client.Reset()
}

// wireAddress is an address as SMTP takes it: the domain in ASCII. utf8Needed
// says that the part before the @ is not.
func wireAddress(a string) (wire string, utf8Needed bool, err error) {
	at := strings.LastIndexByte(a, '@')
	if at < 0 || strings.ContainsAny(a, "<> \r\n\x00") {
		return "", false, errors.New("not an address")
	}
	local, domain := a[:at], a[at+1:]
	if !isASCII(domain) {
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", false, errors.New("no such domain name")
		}
	}
	return local + "@" + domain, !isASCII(local), nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
