package notify

import (
	"bytes"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// plainWords is a renderer that says what it is given.
type plainWords struct{ text string }

func (p plainWords) Letter(d Draft) (Words, error) {
	s := d.Slots
	return Words{
		Subject: d.Announcement.Title,
		Text:    p.text + "\n-- \n" + s.Reason + "\nChange: " + s.Manage + "\n" + s.Unsubscribe + "\n",
		HTML:    "<p>" + p.text + "</p>\n<p>\n" + s.Reason + "</p>\n<a href=\"" + s.Manage + "\">Change</a> " + "\n<a href=\"" + s.Unsubscribe + "\">Leave</a> .\n",
	}, nil
}

func (plainWords) Reason(pages.Page, Kind, Follows) string { return "" }

func print1(t testing.TB, text, title, why string) (raw string, a addressed) {
	t.Helper()
	p := Press{Renderer: plainWords{text}, Base: func(pages.Page) string { return "https://status.example.com/" }, Key: []byte(strings.Repeat("k", 32))}
	page := pages.Page{Code: "pagepagepage", Name: "Acme", SenderAddress: "s@acme.example", TimeZone: "UTC"}
	row := announcementRow{ID: 1, Code: "annoannoanno", Payload: `{"Telling":"new","IncidentCode":"incidentcode","Title":` + quoted(title) + `}`, DueAt: time.Date(2018, 5, 14, 18, 0, 0, 0, time.UTC)}
	l, err := p.letter(page, row, Kind(incidents.TellNew), known{})
	if err != nil {
		t.Fatal(err)
	}
	a = addressed{l, reader{Delivery: 7, Code: "subscription", Generation: 1, Address: "a@b.example", Reason: newReason(why)}}
	var b bytes.Buffer
	if _, err := a.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String(), a
}

func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r < ' ' || r == '"' || r == '\\' {
			b.WriteString(strings.Replace("\\u00XX", "XX", string("0123456789abcdef"[r>>4])+string("0123456789abcdef"[r&15]), 1))
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// FuzzLetter looks at whole messages: what was meant must come out of them,
// and their form must be what SMTP and MIME allow.
func FuzzLetter(f *testing.F) {
	f.Add("Hello.\n.\n..\n.x", "Title", "You follow everything.")
	f.Add(strings.Repeat("ö", 300)+" = =3D \t \n"+strings.Repeat(".", 100), "=?utf-8?q?x?=", ". "+strings.Repeat("Größe ", 30))
	f.Add("--statusd-annoannoanno--\nslot", "\r\nBcc: x", "")
	f.Add("a \nb\t\n"+strings.Repeat("x", 76)+"\n"+strings.Repeat("=", 76), strings.Repeat("T", 200), "a=b")
	f.Fuzz(func(t *testing.T, text, title, why string) {
		if !utf8.ValidString(text) || !utf8.ValidString(title) || !utf8.ValidString(why) || strings.ContainsAny(text+why, "\r\x00") || strings.Contains(why, "\n") {
			t.Skip() // refused where it is typed
		}
		raw, a := print1(t, text, title, why)
		if !strings.HasSuffix(raw, "\r\n") {
			t.Error("the message does not end with its line")
		}
		head, body, _ := strings.Cut(raw, "\r\n\r\n")
		for line := range strings.SplitSeq(raw, "\r\n") {
			if strings.ContainsAny(line, "\r\n\x00") || !isASCII(line) || strings.HasPrefix(line, ".") {
				t.Errorf("bad line %q", line)
			}
		}
		for line := range strings.SplitSeq(body, "\r\n") {
			if len(line) > 76 {
				t.Errorf("line of %d bytes: %q", len(line), line)
			}
		}
		if strings.Contains(head, "Bcc:") && strings.Contains(head, "\r\nBcc") {
			t.Error("a header that nobody meant")
		}
		parts := strings.Split(body, "--"+a.boundary())
		if len(parts) != 4 {
			t.Fatalf("%d parts", len(parts))
		}
		want := a.plain()
		for i, w := range []string{want.Text, want.HTML} {
			_, enc, _ := strings.Cut(parts[i+1], "\r\n\r\n")
			got, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(strings.TrimSuffix(enc, "\r\n"))))
			if err != nil {
				t.Fatal(err)
			}
			if g := strings.ReplaceAll(string(got), "\r\n", "\n"); strings.TrimSuffix(g, "\n") != strings.TrimSuffix(w, "\n") {
				t.Errorf("part %d:\n got %q\nwant %q", i, g, w)
			}
		}
	})
}

func TestHeaderText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, out, read string }{
		{"Investigating: Calls fail", "Investigating: Calls fail", ""},
		{"a\r\nBcc: b", "a Bcc: b", "a Bcc: b"},
		{"=?utf-8?q?a=0D=0ABcc:_b?=", "=?utf-8?q?=3D=3Futf=2D8=3Fq=3Fa=3D0D=3D0ABcc=3A=5Fb=3F=3D?=", ""},
		{"Größe", "=?utf-8?q?Gr=C3=B6=C3=9Fe?=", ""},
		{"  two   spaces\t", "two spaces", "two spaces"},
		{"", "", ""},
	} {
		got := headerText(tt.in)
		if got != tt.out {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.out)
		}
		want := tt.read
		if want == "" {
			want = tt.in
		}
		if back, err := new(mime.WordDecoder).DecodeHeader(got); err != nil || back != want {
			t.Errorf("%q reads as %q, %v", got, back, err)
		}
	}
	long := headerText(strings.Repeat("Störung ", 30))
	for word := range strings.SplitSeq(long, " ") {
		if len(word) > 75 {
			t.Errorf("an encoded word of %d bytes (RFC 2047: 75)", len(word))
		}
	}
	if back, err := new(mime.WordDecoder).DecodeHeader(long); err != nil || back != strings.TrimSpace(strings.Repeat("Störung ", 30)) {
		t.Errorf("long text reads as %q, %v", back, err)
	}
}

func TestPhrase(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"CallRail status": "CallRail status", `The "A", B`: `"The \"A\", B"`, "A.B": `"A.B"`, "Ärzte": "=?utf-8?q?=C3=84rzte?=", "=?x?=": "=?utf-8?q?=3D=3Fx=3F=3D?=",
	} {
		if got := phrase(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestDotless(t *testing.T) {
	t.Parallel()
	in := ".\r\n..\r\n" + strings.Repeat(".", 76) + "\r\na.b\r\n"
	out := string(dotless([]byte(in)))
	for line := range strings.SplitSeq(out, "\r\n") {
		if strings.HasPrefix(line, ".") || len(line) > 76 {
			t.Errorf("line %q", line)
		}
	}
	back, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(out)))
	if err != nil || string(back) != in {
		t.Errorf("got back %q, %v", back, err)
	}
}
