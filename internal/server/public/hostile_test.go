package public_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// typed is what people can type, at its worst.
var typed = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, strings.Repeat("Donaudampfschiff", 6), "🧨👩\u200d👩\u200d👧🏽\u200d🚒",
	"خدمة API الرئيسية (v2)", "שירות «Web» 24/7", "a && b < c ]]> --> &amp;", `{{.}} ${7*7} \u003c/script>`, "=HYPERLINK(1)", "BEGIN:VEVENT;X=1,2\\n",
}

// said is a text of an update, at its worst.
const said = "<script>alert(1)</script> **bold** [link](javascript:alert(1)) ![<script>alert(1)</script>](https://elsewhere.example/x.png \"onerror='alert(1)'\")\n\n" +
	"<img src=x onerror=alert(1)> خدمة API متوقفة ]]> <!-- no\n\n- one\n- two `</script>`\n\n| a | b |\n|---|---|\n| <b>c</b> | d |\n\nBEGIN:VALARM\nhttps://example.com/?a=1&b=\"2\"\n"

func written(t *testing.T, text string) markdown.Doc {
	t.Helper()
	d, err := markdown.New(markdown.Options{}).Render(t.Context(), text, markdown.MaxPostmortem)
	must(t, err)
	return d
}

// crowded has 300 services, and the worst in every field that staff can type.
func crowded(t *testing.T) snapshot.Snapshot {
	t.Helper()
	s := usual(300)
	s.Page.Name, s.Page.SupportURL, s.Page.Language = typed[0]+typed[5], "javascript:alert(1)//\"><script>", "ar"
	s.AsOf = s.BuiltAt.Add(-time.Minute)
	d := written(t, said)
	pick := func(n int) string { return typed[n%len(typed)] }
	all := components.Statuses()
	for g := range s.Groups {
		s.Groups[g].Name, s.Groups[g].Description, s.Groups[g].Status = pick(g), pick(g+1), all[g%len(all)]
		for n := range s.Groups[g].Components {
			c := &s.Groups[g].Components[n]
			c.Name, c.Description, c.Status = fmt.Sprint(pick(g+n), " ", n), pick(g+n+2), all[(g+n)%len(all)]
			s.Lives[c.ID] = append([]snapshot.Period{{Status: all[(g+n)%len(all)], From: s.BuiltAt.AddDate(0, 0, -3), IncidentID: 1 + c.ID%30}}, s.Lives[c.ID]...)
			s.Lives[c.ID][0], s.Lives[c.ID][1] = s.Lives[c.ID][1], s.Lives[c.ID][0]
			s.Lives[c.ID][0].To = s.Lives[c.ID][1].From
		}
	}
	named := snapshot.New(s).Components()
	for n, i := range s.Incidents {
		i.Title, i.NextUpdateBy = pick(n)+" "+pick(n+5), new(s.BuiltAt.Add(-time.Minute))
		for k := range 12 {
			c := named[(n*7+k)%len(named)]
			i.Affected = append(i.Affected, snapshot.Affected{ID: c.ID, Code: c.Code, Name: c.Name, Group: pick(n + k), New: components.MajorOutage})
		}
		for k := range i.Updates {
			u := &i.Updates[k]
			u.HTML, u.Plain, u.Body, u.EditedAt, u.FellBack, u.Affected = d.HTML, d.Text, said, &i.UpdatedAt, true, i.Affected
			u.Earlier = []snapshot.Earlier{{HTML: d.HTML, HappenedAt: u.HappenedAt, From: u.HappenedAt, Until: i.UpdatedAt}}
		}
		switch {
		case n < 5: // open all of them
			i.State, i.ResolvedAt = incidents.Identified, nil
			i.Updates = i.Updates[len(i.Updates)-2:]
		case n == 5, n == 6, n == 7:
			i.Kind, i.Impact = incidents.KindMaintenance, components.Maint
			i.State, i.ResolvedAt = []incidents.State{incidents.Scheduled, incidents.InProgress, incidents.Completed}[n-5], nil
			from := s.BuiltAt.Add(time.Duration(6-n) * 48 * time.Hour)
			i.StartedAt, i.ScheduledFor, i.ScheduledUntil = from, &from, new(from.Add(26*time.Hour))
			if n == 7 {
				i.ResolvedAt = i.ScheduledUntil
			}
			for k := range i.Updates {
				i.Updates[k].State, i.Updates[k].Label = i.State, string(i.State)
			}
		case n%2 == 0:
			i.Postmortem = &snapshot.Postmortem{Code: fmt.Sprintf("postmortem%02d", n), HTML: d.HTML, Plain: d.Text, Body: said, PublishedAt: *i.ResolvedAt, AuthorName: pick(n), Earlier: i.Updates[0].Earlier, EditedAt: &i.UpdatedAt}
		}
	}
	s.CalledOff = []snapshot.CalledOff{{ID: 99, Code: "calledoff000", From: s.BuiltAt, To: s.BuiltAt.Add(time.Hour), At: s.BuiltAt, Components: []string{named[0].Code}}}
	return s
}

// endless has an incident with a thousand updates.
func endless(t *testing.T) snapshot.Snapshot {
	t.Helper()
	s := usual(10)
	i := s.Incidents[0]
	d := written(t, "Still at it: "+typed[5]+" "+typed[0])
	one := i.Updates[0]
	i.Updates = nil
	for n := range 1000 {
		u := one
		u.Code, u.N, u.HTML, u.Plain, u.Body = fmt.Sprintf("update%06d", n), 1000-n, d.HTML, d.Text, d.Text
		u.HappenedAt = s.BuiltAt.Add(-time.Duration(n) * time.Minute)
		u.PostedAt = u.HappenedAt
		i.Updates = append(i.Updates, u)
	}
	i.StartedAt, i.CreatedAt, i.UpdatedAt = i.Updates[999].HappenedAt, i.Updates[999].HappenedAt, s.BuiltAt
	return s
}

func hostilePages(t *testing.T) map[string]snapshot.Snapshot {
	t.Helper()
	calm, bare, fresh := usual(12), usual(12), usual(12)
	calm.Incidents = nil
	bare.Groups, bare.Lives = nil, nil
	fresh.Groups, fresh.Lives, fresh.Incidents, fresh.Page.SetUp = nil, nil, nil, false
	return map[string]snapshot.Snapshot{"300 services": crowded(t), "1000 updates": endless(t), "no incidents": calm, "no services": bare, "nothing": fresh}
}

// addresses are all that readers and programs can ask a page for, from its table
// of routes: a new route is asked for too, or the test says that it is not.
func addresses(t *testing.T, s *snapshot.Snapshot) []string {
	t.Helper()
	var out []string
	add := func(all ...string) { out = append(out, all...) }
	for _, r := range (&public.Handlers{}).Routes() {
		if r.Method != http.MethodGet {
			continue
		}
		switch r.Path {
		case "/live": // does not end
		case "/incidents/:code":
			for n, i := range s.Incidents[:min(12, len(s.Incidents))] {
				add("/incidents/" + i.Code)
				if n < 9 {
					add("/incidents/"+i.Code+".json", "/incidents/"+i.Code+".md")
				}
				if i.ScheduledFor != nil {
					add("/incidents/" + i.Code + ".ics")
				}
			}
		case "/og/:code.png":
			for _, i := range s.Incidents[:min(3, len(s.Incidents))] {
				add("/og/" + i.Code + ".png")
			}
		case "/history/:month":
			add("/history/" + s.BuiltAt.In(s.Zone).Format("2006-01"))
		case "/uptime/:code":
			for _, c := range s.Components()[:min(3, len(s.Components()))] {
				add("/uptime/"+c.Code, "/uptime/"+c.Code+"?year="+s.BuiltAt.In(s.Zone).Format("2006"))
			}
		case "/c/:token", "/m/:token", "/u/:token":
			add(strings.Replace(r.Path, ":token", "none", 1))
		case "/history":
			add("/history", "/history?q=a", "/history?q=nothing+like+it", "/history?q=%3Cscript%3E&kind=incident")
			if len(s.MonthsOnPage(2)) > 0 {
				add("/history?page=2")
			}
		default:
			if strings.Contains(r.Path, ":") {
				t.Errorf("nobody asks for %s: name an address of it here", r.Path)
			}
			add(r.Path)
		}
	}
	if all := s.Components(); len(all) > 0 {
		for _, at := range []string{"/history.atom", "/history.rss", "/feed.json", "/maintenance.ics", "/badge.svg"} {
			add(at + "?component=" + all[0].Code)
		}
	}
	return out
}

// Whatever staff typed, and however much of it there is, each answer is sound in
// its own format, and nothing that was typed became a part of it.
func TestHostile_everyAnswerIsSound(t *testing.T) {
	t.Parallel()
	for name, facts := range hostilePages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t).shows(facts)
			for _, at := range addresses(t, h.readers.Snapshot(nil)) {
				w := h.ask("GET", at)
				gone := strings.HasSuffix(at, "/none") // links that lead nowhere
				if w.Code != 200 && !gone {
					t.Errorf("%s: %d", at, w.Code)
					continue
				}
				if !utf8.Valid(w.Body.Bytes()) && !strings.HasPrefix(w.Header().Get("Content-Type"), "image/png") {
					t.Errorf("%s is not UTF-8", at)
				}
				kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
				look := sound[kind]
				if look == nil {
					t.Errorf("%s is a %q, which nobody looks at", at, kind)
					continue
				}
				if err := look(w.Body.Bytes()); err != nil {
					t.Errorf("%s: %v", at, err)
				}
			}
		})
	}
}

var sound = map[string]func([]byte) error{
	"text/html": soundHTML, "application/atom+xml": soundXML, "application/rss+xml": soundXML, "image/svg+xml": soundXML, "application/xml": soundXML,
	"application/json": soundJSON, "application/feed+json": soundJSON, "text/calendar": soundCalendar, "text/csv": soundCSV, "text/plain": soundText,
	"text/markdown": func([]byte) error { return nil }, "text/javascript": soundScript,
	"image/png": func(raw []byte) error { _, err := png.Decode(bytes.NewReader(raw)); return err },
}

// alien says what of an element nobody but a writer of ours could have meant.
func alien(name string, attrs []html.Attribute) error {
	at := map[string]string{}
	for _, a := range attrs {
		at[a.Key] = a.Val
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "formaction" {
			return fmt.Errorf("<%s %s=%q>", name, a.Key, a.Val)
		}
		if (a.Key == "href" || a.Key == "src") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
			return fmt.Errorf("<%s %s=%q>", name, a.Key, a.Val)
		}
	}
	ours := name == "script" && (strings.HasPrefix(at["src"], "/static/") || at["type"] == "application/ld+json")
	if slices.Contains([]string{"script", "img", "iframe", "object", "embed", "style", "base", "template"}, name) && !ours {
		return fmt.Errorf("a <%s> of %v", name, at)
	}
	return nil
}

var noEnd = map[string]bool{"meta": true, "link": true, "input": true, "br": true, "hr": true}

// firstSight is our own style, in the head of the status page; the policy allows no other.
var firstSight = regexp.MustCompile(`<style>:root \{[^<]*</style>\n</head>`)

func soundHTML(raw []byte) error {
	raw = firstSight.ReplaceAll(raw, []byte("</head>"))
	var open []string
	ids := map[string]bool{}
	data := false
	z := html.NewTokenizer(bytes.NewReader(raw))
	for {
		kind := z.Next()
		tok := z.Token()
		switch kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				return z.Err()
			}
			if len(open) > 0 {
				return fmt.Errorf("not closed: %v", open)
			}
			return nil
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				return fmt.Errorf("</%s> closes %v", tok.Data, open)
			}
			open, data = open[:len(open)-1], false
		case html.TextToken:
			if data && !json.Valid([]byte(tok.Data)) {
				return fmt.Errorf("data that is no JSON: %s", tok.Data)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if err := alien(tok.Data, tok.Attr); err != nil {
				return err
			}
			for _, a := range tok.Attr {
				if a.Key == "id" && ids[a.Val] {
					return fmt.Errorf("two ids %q", a.Val)
				}
				ids[a.Val] = ids[a.Val] || a.Key == "id"
				data = data || a.Key == "type" && a.Val == "application/ld+json"
				if a.Key == "data-react-props" && !json.Valid([]byte(a.Val)) {
					return fmt.Errorf("months that are no JSON: %s", a.Val)
				}
			}
			if kind == html.StartTagToken && !noEnd[tok.Data] {
				open = append(open, tok.Data)
			}
		case html.CommentToken:
			return fmt.Errorf("a comment: %s", tok.Data)
		}
	}
}

// soundXML reads a document to its end. What stands in it as text may be HTML of
// its own, which readers show.
func soundXML(raw []byte) error {
	d := xml.NewDecoder(bytes.NewReader(raw))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch x := tok.(type) {
		case xml.StartElement:
			var attrs []html.Attribute
			for _, a := range x.Attr {
				attrs = append(attrs, html.Attribute{Key: a.Name.Local, Val: a.Value})
			}
			if x.Name.Local == "style" && bytes.HasPrefix(raw, []byte("<svg")) { // an image has its own
				continue
			}
			if err := alien(x.Name.Local, attrs); err != nil {
				return err
			}
		case xml.CharData:
			if bytes.Contains(x, []byte("<p>")) {
				if err := soundFragment(string(x)); err != nil {
					return err
				}
			}
		}
	}
}

func soundFragment(text string) error {
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return nil
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if err := alien(tok.Data, tok.Attr); err != nil {
				return fmt.Errorf("in the text of an entry: %w", err)
			}
		}
	}
}

func soundJSON(raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if feed, ok := v.(map[string]any); ok {
		items, _ := feed["items"].([]any)
		for _, x := range items {
			if err := soundFragment(x.(map[string]any)["content_html"].(string)); err != nil {
				return err
			}
		}
	}
	return nil
}

// soundCalendar: RFC 5545, 3.1: lines end in CRLF and have at most 75 octets, and a
// character is never cut in two.
func soundCalendar(raw []byte) error {
	lines := strings.Split(string(raw), "\r\n")
	open := 0
	for n, line := range lines {
		switch {
		case n == len(lines)-1 && line != "":
			return fmt.Errorf("the last line does not end: %q", line)
		case len(line) > 75:
			return fmt.Errorf("%d octets: %q", len(line), line)
		case strings.ContainsAny(line, "\r\n"):
			return fmt.Errorf("a line that is two: %q", line)
		case !utf8.ValidString(line):
			return fmt.Errorf("a character is cut in two: %q", line)
		case strings.HasPrefix(line, "BEGIN:"):
			if line != "BEGIN:VCALENDAR" && line != "BEGIN:VEVENT" {
				return fmt.Errorf("a part that nobody meant: %q", line)
			}
			open++
		case strings.HasPrefix(line, "END:"):
			open--
		}
	}
	if open != 0 {
		return fmt.Errorf("%d parts are not closed", open)
	}
	return nil
}

func soundCSV(raw []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				return fmt.Errorf("a cell that is a formula: %q", cell)
			}
		}
	}
	return err
}

// soundText is status.txt and robots.txt.
func soundText(raw []byte) error {
	if n := bytes.Count(raw, []byte("\n")); n > 24 {
		return fmt.Errorf("%d lines", n)
	}
	if n := bytes.IndexFunc(raw, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); n >= 0 {
		return fmt.Errorf("a control character: %q", raw[n])
	}
	return nil
}

func soundScript(raw []byte) error {
	if bytes.Contains(raw, []byte("<script>alert")) {
		return errors.New("what was typed stands in a script as it is")
	}
	return nil
}

// What was typed is shown, as it was typed.
func TestHostile_whatWasTypedIsShown(t *testing.T) {
	t.Parallel()
	h := open(t).shows(crowded(t))
	s := h.readers.Snapshot(nil)
	text := statustest.Page(t, h.ask("GET", "/").Body.Bytes()).Find("main").Text()
	for _, word := range typed {
		if !strings.Contains(text, strings.Join(strings.Fields(word), " ")) {
			t.Errorf("nowhere on the page: %s", word)
		}
	}
	var feed struct {
		Entries []struct {
			Title string `xml:"title"`
		} `xml:"entry"`
	}
	must(t, xml.Unmarshal(h.ask("GET", "/history.atom").Body.Bytes(), &feed))
	titles := map[string]bool{}
	for _, e := range feed.Entries {
		titles[e.Title] = true
	}
	if !titles[s.Incidents[0].Title] {
		t.Errorf("%q is no title of %v", s.Incidents[0].Title, slices.Collect(maps.Keys(titles)))
	}
	long := open(t).shows(endless(t))
	page := statustest.Page(t, long.ask("GET", "/incidents/"+long.readers.Snapshot(nil).Incidents[0].Code).Body.Bytes())
	if n := len(page.FindAll(".ups > li")); n != 1000 {
		t.Errorf("%d of 1000 updates are on the page of the incident", n)
	}
}
