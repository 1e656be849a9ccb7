package notify_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/statustest"
)

// bring imports a list into a page of its own, and gives the addresses that
// follow it then.
func bring(t *testing.T, list string) (notify.Imported, []string) {
	t.Helper()
	h := furnish(statustest.NewSite(t), nil)
	got, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader(list), "signed up in the product")
	h.ok(err)
	var follow []string
	h.ok(h.DB.Read(t.Context()).Raw(`select address from subscribers order by id`).Scan(&follow).Error)
	return got, follow
}

func TestSubscribers_Import_readsWhatSpreadsheetsWrite(t *testing.T) {
	t.Parallel()
	wide := func(s string) string { // "Unicode text" of Excel
		b := []byte{0xff, 0xfe}
		for _, c := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		return string(b)
	}
	for name, list := range map[string]string{
		"commas":                 "name,email,city\nAnn,a@r.example,Rome\n\"Lee, Bo\",b@r.example,Oslo\n",
		"semicolons":             "Name;E-Mail\nAnn;a@r.example\n\"Lee; Bo\";b@r.example\n",
		"tabs":                   "Name\tEmail Address\tCity\nAnn\ta@r.example\tRome\n\t\"b@r.example\"\t\n",
		"tabs, no header":        "Ann\ta@r.example\nBo\tb@r.example\n",
		"tabs and commas":        "Name\tE_Mail\n\"Lee, Ann, Jr\"\ta@r.example\nBo\tb@r.example\n",
		"a mark":                 "\ufeffemail\na@r.example\nb@r.example",
		"a mark and quotes":      "\ufeff\"email\",\"name\"\r\n\"a@r.example\",\"Ann\"\r\n\"b@r.example\",\"Bo\"\r\n",
		"UTF-16":                 wide("Näme\tEmail\r\nÅnn\ta@r.example\r\nBø\tb@r.example\r\n"),
		"empty rows before":      "\r\n\r\nname;email\r\nAnn;a@r.example\r\nBo;b@r.example\r\n",
		"an old Mac":             "email\ra@r.example\rb@r.example\r",
		"empty rows":             "\n\nname,email\n,\n\nAnn,a@r.example\n,,,\nBo,b@r.example\n,,,\n",
		"letters beside":         "name,email\nAnn\xe9,a@r.example\nBo,b@r.example\n",
		"a postal address":       "email,address,name\na@r.example,\"1 Road\nBy the \"\"Mill\"\"\n\nRome\",Ann\nb@r.example,x,Bo\n",
		"one before the address": "address,email\n\"1 Road\nRome\",a@r.example\n\"2 Road\nOslo\",b@r.example\n",
		"spaces":                 "name, email\nAnn, a@r.example\n\"Lee, Bo\", \"b@r.example\"\n",
		"inches":                 "size,email\n5\",a@r.example\n6\" x 7\",b@r.example\n",
		"nothing at the end":     "name,email\nAnn,a@r.example\nBo,b@r.example",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, follow := bring(t, list)
			if got.Added != 2 || got.Bad != 0 || !slices.Equal(follow, []string{"a@r.example", "b@r.example"}) {
				t.Errorf("%+v, %q", got, follow)
			}
		})
	}
}

// A quotation mark that is not closed spoils its own line and no other.
func TestSubscribers_Import_anUnbalancedQuoteSwallowsNobody(t *testing.T) {
	t.Parallel()
	var rest strings.Builder
	var want []string
	for i := range 300 {
		fmt.Fprintf(&rest, "b%d@r.example,\"Bo, %d\"\n", i, i)
		want = append(want, fmt.Sprintf("b%d@r.example", i))
	}
	for name, tt := range map[string]struct {
		list string
		bad  []int
	}{
		"at the start of a line":  {"email,name\n\"a@r.example,Ann\n" + rest.String(), []int{2}},
		"at the start of a name":  {"email,name\na@r.example,\"Ann\n" + rest.String(), []int{2}},
		"after a name":            {"email,name\na@r.example,\"Ann\"x\n" + rest.String(), []int{2}},
		"in the last line":        {"email,name\n" + rest.String() + "a@r.example,\"Ann\n", []int{302}},
		"two, a few lines apart":  {"email,name\na@r.example,\"Ann\nb0@r.example,Bo\nc@r.example,Cy\"\n" + rest.String(), []int{2}},
		"two that make no record": {"email,name\na@r.example,\"Ann\nb0@r.example,Bo\nb1@r.example,\"Cy\n" + rest.String(), []int{2, 4}},
		"in many lines":           {"email,name\n" + strings.Repeat("\"a@r.example,Ann\n", 5) + rest.String(), []int{2, 3, 4, 5, 6}},
		"no closed one after it":  {"email,name\na@r.example,\"Ann\n" + strings.ReplaceAll(rest.String(), `"`, ""), []int{2}},
		"separated by semicolons": {"email;name\na@r.example;\"Ann\n" + strings.ReplaceAll(rest.String(), ",", ";"), []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, follow := bring(t, tt.list)
			var lines []int
			for _, b := range got.BadLines {
				lines = append(lines, b.Line)
				if b.Key != "subscribers.quote" || !strings.Contains(b.Text, "Ann") && !strings.Contains(b.Text, "Cy") {
					t.Errorf("line %d: %s: %q", b.Line, b.Key, b.Text)
				}
			}
			if !slices.Equal(lines, tt.bad) {
				t.Errorf("bad lines %v, want %v", lines, tt.bad)
			}
			for _, w := range want {
				if !slices.Contains(follow, w) {
					t.Fatalf("%s is lost; %d follow", w, len(follow))
				}
			}
		})
	}
}

func TestSubscribers_Import_whatIsNoAddressIsShownHarmlessly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ line, text, key string }{
		"a formula":           {`=HYPERLINK(1)@r.example`, `=HYPERLINK(1)@r.example`, "email.invalid"},
		"a formula, quoted":   {`"=cmd|'/c calc'!A1"`, `=cmd|'/c calc'!A1`, "email.invalid"},
		"a plus":              {"+49 30 1234", "+49 30 1234", "email.invalid"},
		"a minus":             {"-1", "-1", "email.invalid"},
		"an at":               {"@SUM(A1)", "@SUM(A1)", "email.invalid"},
		"an at and a name":    {"@r.example", "@r.example", "email.invalid"},
		"a terminal's orders": {"a\x1b[2J\x1b]0;x\x07@r.example", `a\x1b[2J\x1b]0;x\a@r.example`, "email.invalid"},
		"text turned round":   {"a\u202eb@r.example", `a\u202eb@r.example`, "email.invalid"},
		"broken bytes":        {"a\xff@r.example", "a\ufffd@r.example", "email.invalid"},
		"a return":            {"a@r.example\rb", `a@r.example\rb`, "email.invalid"},
		"no end":              {strings.Repeat("x", 300<<10), strings.Repeat("x", 80) + "…", "subscribers.line"},
		"an empty one":        {",Ann", ",Ann", "email.required"},
		"ü":                   {"jörg@r.example", "jörg@r.example", "email.local"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, follow := bring(t, "email,name\na@r.example,Ann\n"+tt.line+"\nb@r.example,Bo\n")
			want := notify.BadLine{Line: 3, Text: tt.text, Key: tt.key}
			if got.Bad != 1 || got.BadLines[0] != want || !slices.Equal(follow, []string{"a@r.example", "b@r.example"}) {
				t.Errorf("%+v, %q; want %+v", got, follow, want)
			}
		})
	}
	// These begin like a formula and are addresses all the same (RFC 5322, atext).
	got, follow := bring(t, "email\n=a@r.example\n+a@r.example\n-a@r.example\n")
	if got.Added != 3 || len(follow) != 3 {
		t.Errorf("%+v, %q", got, follow)
	}
}

func TestSubscribers_Import_refusesWhatIsNoText(t *testing.T) {
	t.Parallel()
	h := furnish(statustest.NewSite(t), nil)
	_, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader("PK\x03\x04\x14\x00\x00\x00a@r.example\n"), "a list")
	statustest.WantFault(t, err, "file", "subscribers.no_text")
}

// Whatever a file holds, the list ends, and gives nothing but addresses.
func FuzzAddressList(f *testing.F) {
	for _, s := range []string{"email\na@r.example\n", "a@r.example,\"Ann\nb@r.example,Bo\"\n", "\"\"\"\n\"", "\xff\xfea\x00", "x\ty\n\"\t@", "\r\r\"\r", strings.Repeat("\"\n", 205)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all, bad, err := notify.ReadList(strings.NewReader(s))
		if err != nil {
			return
		}
		if n := strings.Count(s, "\n") + strings.Count(s, "\r") + 1; len(all)+bad > n {
			t.Errorf("%d lines make %d addresses and %d faults", n, len(all), bad)
		}
		for _, a := range all {
			if clean, err := pages.WireEmail("file", a); err != nil || clean != a {
				t.Errorf("%q: %v", a, err)
			}
		}
	})
}
