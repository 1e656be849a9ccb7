package statustest_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

const soon = 10 * time.Second

// letter is a mail with CRLF at the ends of lines, as it goes over the wire.
func letter(lines ...string) []byte {
	return []byte(strings.Join(lines, "\r\n") + "\r\n")
}

func plainLetter(subject string) []byte {
	return letter("Subject: "+subject, "Content-Type: text/plain; charset=utf-8", "", "Calls fail.")
}

func send(t *testing.T, m *statustest.Mail, to string, data []byte) error {
	t.Helper()
	return smtp.SendMail(m.Addr(), nil, "status@acme.test", []string{to}, data)
}

func mustSend(t *testing.T, m *statustest.Mail, to string, data []byte) {
	t.Helper()
	if err := send(t, m, to, data); err != nil {
		t.Fatalf("send to %s: %v", to, err)
	}
}

// code is the SMTP reply code in err, 0 for success and -1 for an error that is no reply.
func code(err error) int {
	if err == nil {
		return 0
	}
	if reply := (*textproto.Error)(nil); errors.As(err, &reply) {
		return reply.Code
	}
	return -1
}

func wantCode(t *testing.T, err error, want int) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("got reply %d (%v), want %d", got, err, want)
	}
}

func TestMail_showsAMailAsAPersonReadsIt(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	data := letter(
		"From: CallRail <status@acme.test>", "Subject: =?utf-8?q?Upstream_=E2=80=93_resolved?=",
		`Content-Type: multipart/alternative; boundary="b"`, "",
		"--b", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
		"The caller=E2=80=99s end.", "", "A second paragraph that is =", "one line.",
		"--b", "Content-Type: text/html; charset=UTF-8", "Content-Transfer-Encoding: base64", "",
		"PHA+VGhlIGNhbGxlcuKA", "mXMgZW5kLjwvcD4=", "--b--")
	mustSend(t, m, "ada@reader.test", data)

	got := m.Wait(t, 1, soon)[0]
	if got.From != "status@acme.test" || !slices.Equal(got.To, []string{"ada@reader.test"}) {
		t.Errorf("envelope: got %s to %v", got.From, got.To)
	}
	if string(got.Data) != string(data) {
		t.Errorf("data: got %q, want %q", got.Data, data)
	}
	if want := "Upstream – resolved"; got.Subject != want {
		t.Errorf("subject: got %q, want %q", got.Subject, want)
	}
	if want := "The caller’s end.\n\nA second paragraph that is one line."; got.Text != want {
		t.Errorf("text: got %q, want %q", got.Text, want)
	}
	if want := "<p>The caller’s end.</p>"; got.HTML != want {
		t.Errorf("HTML: got %q, want %q", got.HTML, want)
	}
	if want := []string{"text/plain", "text/html"}; !slices.Equal(got.Types, want) {
		t.Errorf("types: got %v, want %v", got.Types, want)
	}
	if got := got.Header.Get("From"); got != "CallRail <status@acme.test>" {
		t.Errorf("header: got %q", got)
	}
}

func TestMail_failsTheTestOverAMalformedMail(t *testing.T) {
	t.Parallel()
	utf8Part := "Content-Type: text/plain; charset=utf-8"
	for name, data := range map[string][]byte{
		"no header":           []byte("hello\r\n"),
		"no content type":     letter("Subject: x", "", "hello"),
		"bare line feed":      []byte("Subject: x\r\n" + utf8Part + "\r\n\r\none\ntwo\r\n"),
		"invalid UTF-8":       letter("Subject: x", utf8Part, "", "caf\xe9"),
		"another charset":     letter("Subject: x", "Content-Type: text/plain; charset=iso-8859-1", "", "x"),
		"line of 999 bytes":   letter("Subject: x", utf8Part, "", strings.Repeat("x", 999)),
		"unknown encoding":    letter("Subject: x", utf8Part, "Content-Transfer-Encoding: uuencode", "", "x"),
		"damaged base64":      letter("Subject: x", utf8Part, "Content-Transfer-Encoding: base64", "", "!!!!"),
		"multipart never end": letter("Subject: x", `Content-Type: multipart/mixed; boundary="b"`, "", "--b", utf8Part, "", "x"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watch := &witness{TB: t}
			m := statustest.NewMail(watch)
			sendRaw(t, m, data)
			if m.Wait(t, 1, soon); len(watch.errors) != 1 || !strings.Contains(watch.errors[0], "malformed") {
				t.Errorf("got the complaints %q, want one that it is malformed", watch.errors)
			}
		})
	}
}

// sendRaw sends data byte for byte; net/smtp would repair the ends of lines.
func sendRaw(t *testing.T, m *statustest.Mail, data []byte) {
	t.Helper()
	client, err := smtp.Dial(m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	wantCode(t, client.Mail("status@acme.test"), 0)
	wantCode(t, client.Rcpt("ada@reader.test"), 0)
	client.Text.PrintfLine("DATA")
	client.Text.W.Write(data)
	client.Text.PrintfLine(".")
	if _, _, err := client.Text.ReadResponse(354); err != nil {
		t.Fatal(err)
	}
}

// witness notes the errors that a helper reports, instead of failing.
type witness struct {
	testing.TB
	errors []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

// Fatalf panics, which ends the helper as runtime.Goexit would, and can be recovered from.
func (w *witness) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	panic(w)
}

// fatal runs a helper that is expected to give up, and returns its last words.
func fatal(t *testing.T, helper func(testing.TB)) (words string) {
	t.Helper()
	w := &witness{TB: t}
	defer func() {
		if r := recover(); r != nil && r != any(w) {
			panic(r)
		}
		if len(w.errors) == 0 {
			t.Error("the helper did not complain")
			return
		}
		words = w.errors[len(w.errors)-1]
	}()
	helper(w)
	return ""
}

func TestMail_waitSaysWhatCameInstead(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	mustSend(t, m, "ada@reader.test", plainLetter("Calls fail"))
	words := fatal(t, func(t testing.TB) { m.Wait(t, 2, time.Millisecond) })
	if !strings.Contains(words, "got 1 mails") || !strings.Contains(words, "Calls fail") {
		t.Errorf("got %q, want the count and the subject of what came", words)
	}
}

func TestMail_refusesSenders(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	m.Misbehave(statustest.MailFaults{RefuseMail: 421})
	wantCode(t, send(t, m, "ada@reader.test", plainLetter("x")), 421)
	m.Misbehave(statustest.MailFaults{})
	wantCode(t, send(t, m, "ada@reader.test", plainLetter("x")), 0)
	if got := len(m.Messages()); got != 1 {
		t.Errorf("got %d mails, want 1", got)
	}
}

func TestMail_refusesOneRecipientOnly(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	m.Misbehave(statustest.MailFaults{RefuseRcpt: map[string]int{"gone@reader.test": 550}})
	wantCode(t, send(t, m, "gone@reader.test", plainLetter("x")), 550)
	wantCode(t, send(t, m, "ada@reader.test", plainLetter("x")), 0)
}

func TestMail_greylistsTheFirstAttemptOfEachAddress(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	m.Misbehave(statustest.MailFaults{Greylist: true})
	for _, to := range []string{"ada@reader.test", "bob@reader.test"} {
		wantCode(t, send(t, m, to, plainLetter("x")), 451)
		wantCode(t, send(t, m, to, plainLetter("x")), 0)
	}
}

func TestMail_cutsDataSoThatTheMailIsLost(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	m.Misbehave(statustest.MailFaults{CutData: 1})
	wantCode(t, send(t, m, "ada@reader.test", plainLetter("x")), -1)
	if got := len(m.Messages()); got != 0 {
		t.Errorf("got %d mails, want none", got)
	}
	wantCode(t, send(t, m, "ada@reader.test", plainLetter("x")), 0)
}

func TestMail_losesTheReplyToAMailItKept(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	m.Misbehave(statustest.MailFaults{LoseReply: -1})
	for range 3 {
		wantCode(t, send(t, m, "ada@reader.test", plainLetter("x")), -1)
	}
	if got := len(m.Wait(t, 3, soon)); got != 3 {
		t.Errorf("got %d mails, want 3", got)
	}
}

func TestMail_holdsTheReplyUntilTheTestLetsGo(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	release := make(chan struct{})
	m.Misbehave(statustest.MailFaults{BeforeReply: func(statustest.Message) { <-release }})
	sent := make(chan error, 1)
	go func() { sent <- send(t, m, "ada@reader.test", plainLetter("x")) }()
	m.Wait(t, 1, soon)
	select {
	case err := <-sent:
		t.Errorf("the sender has its answer already: %v", err)
	default:
	}
	close(release)
	wantCode(t, <-sent, 0)
}

func TestMail_asksForALogin(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t, statustest.MailAuth("statusd", "p@ss"))
	if want := "smtp://statusd:p%40ss@" + m.Addr() + "?tls=none"; m.URL() != want {
		t.Errorf("got %s, want %s", m.URL(), want)
	}
	wantCode(t, send(t, m, "ada@reader.test", plainLetter("x")), 530)
	login := func(password string) error {
		auth := smtp.PlainAuth("", "statusd", password, "127.0.0.1")
		return smtp.SendMail(m.Addr(), auth, "status@acme.test", []string{"ada@reader.test"}, plainLetter("x"))
	}
	wantCode(t, login("wrong"), 535)
	wantCode(t, login("p@ss"), 0)
}

func TestMail_asksForSTARTTLS(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t, statustest.MailSTARTTLS(), statustest.MailAuth("statusd", "secret"))
	if want := "smtp://statusd:secret@" + m.Addr() + "?tls=starttls"; m.URL() != want {
		t.Errorf("got %s, want %s", m.URL(), want)
	}
	client, err := smtp.Dial(m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	wantCode(t, client.Mail("status@acme.test"), 530)
	if offered, _ := client.Extension("AUTH"); offered {
		t.Error("offers AUTH before STARTTLS")
	}
	if err := client.StartTLS(&tls.Config{RootCAs: m.Roots(), ServerName: "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	if err := client.Auth(smtp.PlainAuth("", "statusd", "secret", "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, client.Mail("status@acme.test"), 0)
}

func TestMail_speaksTLSFromTheFirstByte(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t, statustest.MailImplicitTLS())
	if want := "smtps://" + m.Addr() + "?tls=implicit"; m.URL() != want {
		t.Errorf("got %s, want %s", m.URL(), want)
	}
	if _, err := tls.Dial("tcp", m.Addr(), nil); err == nil {
		t.Error("the certificate is trusted without Roots")
	}
	conn, err := tls.Dial("tcp", m.Addr(), &tls.Config{RootCAs: m.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	client, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	wantCode(t, client.Mail("status@acme.test"), 0)
	if pem, err := os.ReadFile(m.RootsFile()); err != nil || !strings.HasPrefix(string(pem), "-----BEGIN CERT") {
		t.Errorf("got %q, %v, want a certificate", pem, err)
	}
}

func TestMail_keepsWhatManyConnectionsSendAtOnce(t *testing.T) {
	t.Parallel()
	m := statustest.NewMail(t)
	const n = 40
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- send(t, m, fmt.Sprintf("r%d@reader.test", i), plainLetter("x")) }()
	}
	for range n {
		wantCode(t, <-errs, 0)
	}
	to := map[string]bool{}
	for _, msg := range m.Messages() {
		to[msg.To[0]] = true
	}
	if len(to) != n {
		t.Errorf("got mails to %d recipients, want %d", len(to), n)
	}
}
