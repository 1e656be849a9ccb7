package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/statusd/statusd/internal/notify"
)

// Config are the settings of the process. Each is a flag and an environment
// variable of the same name: --smtp-url is STATUSD_SMTP_URL.
type Config struct {
	Listen         string        `default:"127.0.0.1:8080" help:"Address to listen on."`
	Data           string        `default:"./data" help:"Folder for database, pictures and secrets."`
	BaseURL        string        `help:"Public address of the default page, like https://status.example.com. Default: http:// and the address listened on."`
	DatabaseURL    notify.Secret `help:"postgres://… for PostgreSQL. Default: SQLite in the data folder."`
	SMTPURL        notify.Secret `name:"smtp-url" help:"Mail server: smtp://user:pass@host:587 or smtps://…; ?tls=none, starttls or implicit. Without it mails wait in the outbox."`
	Snapshots      string        `help:"Folder for the last good pictures of the pages. Default: snapshots in the data folder."`
	Secret         notify.Secret `help:"At least 32 characters from which links in mails are signed; the same on every node. Default: a file in the data folder."`
	TrustedProxies []string      `help:"Addresses or networks of proxies whose X-Forwarded-For is believed. Default: none."`
	Streams        int           `default:"10000" help:"Live streams of this process at most; beyond, pages ask now and then instead."`
	ClientStreams  int           `default:"100" help:"Live streams of one client address at most."`
	Log            string        `default:"info" enum:"debug,info,warn,error" help:"What to log: debug, info, warn or error."`
}

// parsed is the Config after it was checked.
type parsed struct {
	Config
	base    *url.URL
	proxies []netip.Prefix
	smtp    *notify.SMTPConfig
}

// parse checks the settings and reports every fault at once.
func (c Config) parse() (parsed, error) {
	p := parsed{Config: c}
	var errs []error
	fail := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("STATUSD_%s: %w", name, err))
		}
	}
	var err error
	p.base, err = baseURL(c.BaseURL, c.Listen)
	fail("BASE_URL", err)
	_, _, err = net.SplitHostPort(c.Listen)
	fail("LISTEN", err)
	p.proxies, err = prefixes(c.TrustedProxies)
	fail("TRUSTED_PROXIES", err)
	if c.SMTPURL != "" {
		var s notify.SMTPConfig
		s, err = notify.ParseSMTPURL(string(c.SMTPURL))
		fail("SMTP_URL", err)
		p.smtp = &s
	}
	if c.Secret != "" && len(c.Secret) < 32 {
		fail("SECRET", errors.New("at least 32 characters"))
	}
	if c.DatabaseURL != "" && !strings.HasPrefix(string(c.DatabaseURL), "postgres://") && !strings.HasPrefix(string(c.DatabaseURL), "postgresql://") {
		fail("DATABASE_URL", errors.New("must begin with postgres://"))
	}
	if c.Streams < 1 || c.ClientStreams < 1 {
		fail("STREAMS", errors.New("at least 1"))
	}
	if p.Snapshots == "" {
		p.Snapshots = filepath.Join(c.Data, "snapshots")
	}
	return p, errors.Join(errs...)
}

func baseURL(given, listen string) (*url.URL, error) {
	if given == "" {
		host, port, err := net.SplitHostPort(listen)
		if err != nil {
			return nil, fmt.Errorf("cannot be made from the address listened on: %w", err)
		}
		if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
			host = "localhost"
		}
		given = "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(given)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("must be http:// or https:// and a host, nothing more")
	}
	u.Path = ""
	return u, nil
}

func prefixes(all []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range all {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// configCommand prints the settings in force.
type configCommand struct{}

// Run implements the command.
func (configCommand) Run(s *streams) error {
	p, err := s.config.parse()
	if err != nil {
		return err
	}
	p.BaseURL = p.base.String()
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(shown{Config: p.Config, DatabaseURL: hidden(p.DatabaseURL), SMTPURL: hidden(p.SMTPURL), Secret: hidden(p.Secret)})
}

// shown is a Config to look at: its own fields stand in for the secrets.
type shown struct {
	Config

	DatabaseURL, SMTPURL, Secret string
}

// hidden tells whether a secret is set, and nothing else of it.
func hidden(s notify.Secret) string {
	if s == "" {
		return "(not set)"
	}
	return s.String()
}
