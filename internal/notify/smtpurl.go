package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Secret is a string that prints as ***, wherever it ends up.
type Secret string

// String hides the secret.
func (Secret) String() string { return "***" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "***" }

// LogValue hides the secret from the log.
func (Secret) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalText hides the secret from JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// TLS is how a connection is encrypted.
type TLS string

// The kinds of encryption.
const (
	TLSNone          TLS = "none"
	TLSStartTLS      TLS = "starttls"      // or no mail at all
	TLSImplicit      TLS = "implicit"      // from the first byte
	TLSOpportunistic TLS = "opportunistic" // STARTTLS where offered; only to this very machine
)

// SMTPConfig says how mail leaves.
type SMTPConfig struct {
	Host     string
	Port     int
	User     string
	Password Secret
	TLS      TLS
	Conns    int // connections at once, 1 to 16; 8 unless told
	PerConn  int // messages until a connection is made anew; 500 unless told
}

// Addr is host and port.
func (c SMTPConfig) Addr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// loopback reports whether the server is this very machine.
func (c SMTPConfig) loopback() bool {
	if a, err := netip.ParseAddr(c.Host); err == nil {
		return a.Unmap().IsLoopback()
	}
	h := strings.ToLower(strings.TrimSuffix(c.Host, "."))
	return h == "localhost" || strings.HasSuffix(h, ".localhost")
}

// ParseSMTPURL reads STATUSD_SMTP_URL: smtp://user:password@host:587 or
// smtps://…:465, with ?tls=none|starttls|implicit, &conns=1…16 and
// &perconn=1…1000. smtp:// insists on STARTTLS, except to this very machine.
// Errors never quote the URL: it holds a password.
func ParseSMTPURL(s string) (SMTPConfig, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return SMTPConfig{}, errors.New("write it like smtp://user:password@host:587 or smtps://user:password@host; in a password, write %40 for @, %3A for :, %2F for / and %25 for %")
	}
	c := SMTPConfig{Host: u.Hostname(), User: u.User.Username(), Conns: 8, PerConn: 500}
	password, _ := u.User.Password()
	c.Password = Secret(password)
	switch u.Scheme {
	case "smtp":
		c.Port, c.TLS = 587, TLSStartTLS
		if c.loopback() {
			c.Port, c.TLS = 25, TLSOpportunistic
		}
	case "smtps":
		c.Port, c.TLS = 465, TLSImplicit
	default:
		return SMTPConfig{}, errors.New("must begin with smtp:// or smtps://")
	}
	if p := u.Port(); p != "" {
		if c.Port, err = number("port", p, 1, 65535); err != nil {
			return SMTPConfig{}, err
		}
	}
	if strings.ContainsAny(c.User+password, "\r\n\x00") {
		return SMTPConfig{}, errors.New("user or password hold control characters")
	}
	return c, c.options(u.Query())
}

func (c *SMTPConfig) options(q url.Values) (err error) {
	for key, values := range q {
		v := values[0]
		switch key {
		case "tls":
			switch t := TLS(v); t {
			case TLSNone, TLSStartTLS, TLSImplicit:
				c.TLS = t
			default:
				return errors.New("tls must be none, starttls or implicit")
			}
		case "conns":
			c.Conns, err = number(key, v, 1, 16)
		case "perconn":
			c.PerConn, err = number(key, v, 1, 1000)
		default:
			return fmt.Errorf("unknown option %q; there are tls, conns and perconn", key)
		}
		if err != nil {
			return err
		}
	}
	if c.TLS == TLSNone && c.User != "" && !c.loopback() {
		return errors.New("tls=none would send the password readable over the network; leave tls or the user out")
	}
	return nil
}

func number(what, s string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s must be a number from %d to %d", what, least, most)
	}
	return n, nil
}
