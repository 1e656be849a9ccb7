package notify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/notify"
)

func TestParseSMTPURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]notify.SMTPConfig{
		"smtp://mail.example.com":                         {Host: "mail.example.com", Port: 587, TLS: notify.TLSStartTLS, Conns: 8, PerConn: 500},
		"smtp://u:p%40ss@mail.example.com:2525":           {Host: "mail.example.com", Port: 2525, User: "u", Password: "p@ss", TLS: notify.TLSStartTLS, Conns: 8, PerConn: 500},
		"smtps://u:p@mail.example.com":                    {Host: "mail.example.com", Port: 465, User: "u", Password: "p", TLS: notify.TLSImplicit, Conns: 8, PerConn: 500},
		"smtp://localhost":                                {Host: "localhost", Port: 25, TLS: notify.TLSOpportunistic, Conns: 8, PerConn: 500},
		"smtp://[::1]:1025?conns=2&perconn=100":           {Host: "::1", Port: 1025, TLS: notify.TLSOpportunistic, Conns: 2, PerConn: 100},
		"smtp://127.0.0.1:1025?tls=starttls":              {Host: "127.0.0.1", Port: 1025, TLS: notify.TLSStartTLS, Conns: 8, PerConn: 500},
		"smtp://mail.example.com:465?tls=implicit":        {Host: "mail.example.com", Port: 465, TLS: notify.TLSImplicit, Conns: 8, PerConn: 500},
		"smtp://relay.internal:25?tls=none":               {Host: "relay.internal", Port: 25, TLS: notify.TLSNone, Conns: 8, PerConn: 500},
		"smtp://SMTP%20user:a%2Fb@mail.example.com:587/":  {Host: "mail.example.com", Port: 587, User: "SMTP user", Password: "a/b", TLS: notify.TLSStartTLS, Conns: 8, PerConn: 500},
		"smtp://apikey:SG.x-y_z@smtp.sendgrid.example:25": {Host: "smtp.sendgrid.example", Port: 25, User: "apikey", Password: "SG.x-y_z", TLS: notify.TLSStartTLS, Conns: 8, PerConn: 500},
	} {
		got, err := notify.ParseSMTPURL(in)
		if err != nil || got != want {
			t.Errorf("%s: got %#v, %v; want %#v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://mail.example.com:0", "smtp://mail.example.com:99999", "smtp://mail.example.com/inbox",
		"smtp://h?tls=maybe", "smtp://h?conns=0", "smtp://h?conns=17", "smtp://h?colour=red", "smtp://user:hunter2@mail.example.com?tls=none", "smtp://user:hunt er2@h:x", "smtp://u:hunter2%0d@h",
	} {
		if _, err := notify.ParseSMTPURL(in); err == nil {
			t.Errorf("%q was taken", in)
		} else if strings.Contains(err.Error(), "hunt") {
			t.Errorf("%q: the error quotes the password: %v", in, err)
		}
	}
}

func TestSecret_neverPrints(t *testing.T) {
	t.Parallel()
	c, err := notify.ParseSMTPURL("smtp://u:hunter2@mail.example.com")
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "config", c, "password", c.Password)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c.Password, c.Password), logged.String(), string(asJSON)} {
		if strings.Contains(s, "hunter2") {
			t.Errorf("the password shows in %s", s)
		}
	}
}
