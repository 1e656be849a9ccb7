package pages_test

import (
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
)

func TestParseLocal(t *testing.T) {
	t.Parallel()
	newYork := zone(t, "America/New_York")
	for _, c := range []struct {
		name, typed, fold string
		want              string // RFC 3339 in UTC, or the key of the fault
	}{
		{"summer", "2018-05-14T14:08", "", "2018-05-14T18:08:00Z"},
		{"winter", "2018-01-14 14:08", "", "2018-01-14T19:08:00Z"},
		{"empty", " ", "", "0001-01-01T00:00:00Z"},
		{"with an offset", "2018-05-14T14:08:00+02:00", "", "2018-05-14T12:08:00Z"},
		{"no time", "yesterday", "", "time.unreadable"},
		{"no such day", "2018-02-30T10:00", "", "time.unreadable"},
		{"in the gap", "2018-03-11T02:30", "", "time.gap"},
		{"before the gap", "2018-03-11T01:59", "", "2018-03-11T06:59:00Z"},
		{"after the gap", "2018-03-11T03:00", "", "2018-03-11T07:00:00Z"},
		{"twice", "2018-11-04T01:30", "", "time.overlap"},
		{"twice, the first", "2018-11-04T01:30", "first", "2018-11-04T05:30:00Z"},
		{"twice, the second", "2018-11-04T01:30", "second", "2018-11-04T06:30:00Z"},
		{"after the overlap", "2018-11-04T02:00", "", "2018-11-04T07:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := pages.ParseLocal("at", c.typed, c.fold, newYork)
			if err != nil {
				f := fault.Of(err)
				if f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "at" || f.Fields[0].Key != c.want {
					t.Fatalf("got %v, want %s", err, c.want)
				}
				return
			}
			if got.UTC().Format(time.RFC3339) != c.want {
				t.Errorf("got %s, want %s", got.UTC().Format(time.RFC3339), c.want)
			}
		})
	}
}

func TestParseLocal_namesTheNearestTimesOfAGap(t *testing.T) {
	t.Parallel()
	_, err := pages.ParseLocal("at", "2018-03-11T02:30", "", zone(t, "America/New_York"))
	args := fault.Of(err).Fields[0].Args
	if args["Before"] != "01:30 EST" || args["After"] != "03:30 EDT" {
		t.Errorf("got %v", args)
	}
}

func TestParseLocal_zonesOfOddOffsets(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Asia/Kathmandu": "2018-05-14T08:23:00Z", "Pacific/Auckland": "2018-05-14T02:08:00Z", "Australia/Lord_Howe": "2018-05-14T03:38:00Z"} {
		got, err := pages.ParseLocal("at", "2018-05-14T14:08", "", zone(t, name))
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: got %s, %v; want %s", name, got.Format(time.RFC3339), err, want)
		}
	}
}

func TestCleanEmail(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		" dana@bright-dental.example ": "", "o'brien+x@a.co": "", "jorg@müller.example": "", "info@例え.テスト": "", "a@xn--bcher-kva.example": "", "=x@a.example": "", "+x@a.example": "", "-x@a.example": "",
		"jörg@müller.example": "email.local", "名@a.example": "email.local", "a@１.": "email.invalid", "a@xn--ü.example": "email.invalid", "@=x.example": "email.invalid", "a@" + strings.Repeat("ü", 60) + ".example": "email.invalid",
		"": "email.required", "dana@bright-dental": "email.ending", "dana": "email.invalid", "@a.example": "email.invalid", "a@b@c.example": "email.invalid",
		"a b@c.example": "email.invalid", "a@b.example\r\nBcc: x@y.example": "email.invalid", "a\x00@b.example": "email.invalid", "<a@b.example>": "email.invalid",
		"a..b@c.example": "email.invalid", ".a@c.example": "email.invalid", "a@-c.example": "email.invalid", "a@c..example": "email.invalid", "a@\u202eb.example": "email.invalid",
		strings.Repeat("a", 65) + "@b.example":                        "email.invalid",
		"a@" + strings.Repeat(strings.Repeat("b", 60)+".", 5) + "com": "email.toolong",
	} {
		_, err := pages.CleanEmail("email", raw)
		got := ""
		if err != nil {
			got = fault.Of(err).Fields[0].Key
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestWireEmail(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		" Dana@Bright-Dental.example ": "Dana@Bright-Dental.example", "ana@bücher.example": "ana@xn--bcher-kva.example", "ana@BÜCHER.example": "ana@xn--bcher-kva.example",
		"info@例え.テスト": "info@xn--r8jz45g.xn--zckzah", "jörg@bücher.example": "", "ana@bücher": "",
	} {
		got, err := pages.WireEmail("email", raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", raw, got, err, want)
		}
	}
}

func FuzzCleanEmail(f *testing.F) {
	f.Add("dana@bright-dental.example")
	f.Add("a\r\n@b.example")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := pages.CleanEmail("email", raw)
		if err == nil && (strings.ContainsAny(got, "\r\n\x00 <>\",;") || strings.Count(got, "@") != 1 || len(got) > 254) {
			t.Errorf("%q passes as %q", raw, got)
		}
		wire, werr := pages.WireEmail("email", raw)
		if werr == nil && (err != nil || len(wire) > 254 || strings.ContainsFunc(wire, func(r rune) bool { return r <= ' ' || r > '~' })) {
			t.Errorf("%q goes to a server as %q", raw, wire)
		}
	})
}

func TestCheckName_takesWhatCanBeSeen(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"Calls": "", "API (EU)": "", "電話": "", "नमस्ते": "", "می\u200cخواهم": "", "👩\u200d🚒 Alarms": "", "❤\ufe0f": "", "é\u0301": "", "한국": "", "1️⃣": "", "—": "",
		"🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F Scotland": "", // a flag is spelled with tags
		"": "empty", "  ": "empty", "\u00a0\u3000": "empty", "\u2003": "empty",
		"\u3164": "field.control", "\u115f": "field.control", "\u1160": "field.control", "\uffa0": "field.control", "Calls\u3164": "field.control", "\u3164 \u1160": "field.control",
		"\u180e": "field.control", "Ca\u180ells": "field.control", "\u034f": "field.control", "\u17b4": "field.control", "\u2800": "field.control", "\u2800 \u2800": "field.control",
		"\U000E0041": "field.control", "Calls\U000E0041\U000E007F": "field.control", "\U000E0001": "field.control", "🏴\U000E0067": "field.control", "🏴\U000E007F": "field.control",
		"\U000E0067🏴\U000E007F": "field.control",
		"\ufff9":                "field.control", "Ca\ufffalls": "field.control", "\ufffb": "field.control", "\u200d": "field.control", "\u200c \u200d": "field.control",
		"\u0301": "field.control", " \u0301\ufe0f": "field.control", "\ufe0f": "field.control", "\u00ad": "field.control", "Ca\u200blls": "field.control", "Ca\u202ells": "field.control", "Ca\U000E0100lls": "", "\U000E0100": "field.control",
	} {
		var c fault.Collector
		pages.CheckName(&c, "name", s, 100, "empty")
		got := ""
		if f := fault.Of(c.Err()); f != nil {
			got = f.Fields[0].Key
		}
		if got != want {
			t.Errorf("%+q: got %q, want %q", s, got, want)
		}
	}
	var c fault.Collector
	pages.CheckText(&c, "text", "", 100)
	pages.CheckText(&c, "text", "  ", 100)
	if err := c.Err(); err != nil {
		t.Errorf("a line that may be empty: %v", err)
	}
}

func TestPage_Validate(t *testing.T) {
	t.Parallel()
	good := pages.Page{Name: "CallRail", TimeZone: "America/New_York", Language: "en", Words: "plain", HoldSeconds: 20, PastDays: 14, PostalAddress: "100 Peachtree St\nAtlanta"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*pages.Page)
		field  string
		key    string
	}{
		"a language that is none":  {func(p *pages.Page) { p.Language = "klingon!" }, "language", "field.choice"},
		"no language":              {func(p *pages.Page) { p.Language = "" }, "language", "field.choice"},
		"no name":                  {func(p *pages.Page) { p.Name = "" }, "name", "page.name"},
		"no such zone":             {func(p *pages.Page) { p.TimeZone = "Mars/Base" }, "time_zone", "page.zone"},
		"the server's own zone":    {func(p *pages.Page) { p.TimeZone = "Local" }, "time_zone", "page.zone"},
		"hold of an hour":          {func(p *pages.Page) { p.HoldSeconds = 3600 }, "hold_seconds", "page.hold"},
		"e-mail as postal address": {func(p *pages.Page) { p.PostalAddress = "hello@ring.io" }, "postal_address", "page.postal_email"},
		"script as support link":   {func(p *pages.Page) { p.SupportURL = "javascript:alert(1)" }, "support_url", "field.choice"},
		"sender without ending":    {func(p *pages.Page) { p.SenderAddress = "a@b" }, "sender_address", "email.ending"},
	} {
		p := good
		c.change(&p)
		f := fault.Of(p.Validate())
		if f == nil || f.Fields[0].Name != c.field || f.Fields[0].Key != c.key {
			t.Errorf("%s: got %v, want %s: %s", name, f, c.field, c.key)
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
