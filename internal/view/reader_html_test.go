package view_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// hostile is a page on which everything that people can type is as bad as it can be.
func hostile(t testing.TB) snapshot.Snapshot {
	t.Helper()
	words := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' style='x`, strings.Repeat("W", 100), "🧨🧨 \U0001F469\u200d\U0001F469\u200d\U0001F467", "مرحبا بالعالم", "a && b < c", "{{.}}", `\u003c/title>`,
	}
	s := snapshot.Snapshot{
		Page: snapshot.Page{
			ID: 2, Name: `<script>alert("name")</script>`, TimeZone: "Asia/Kathmandu", Language: "ar", Words: "plain",
			BaseURL: "https://status.example.com", SupportURL: "javascript:alert(1)", CreatedAt: at(t, "2019-01-01T00:00:00Z"),
		},
		BuiltAt: at(t, "2019-04-10T18:20:00Z"), ChangedAt: at(t, "2019-04-10T18:19:00Z"), AsOf: at(t, "2019-04-10T18:19:30Z"),
	}
	statuses := components.Statuses()
	for g := range 30 {
		group := snapshot.Group{Name: words[g%len(words)], Description: words[(g+1)%len(words)]}
		if g == 0 {
			group.Name = ""
		}
		for n := range 10 {
			group.Components = append(group.Components, snapshot.Component{
				ID: int64(g*10 + n + 1), Showcase: true, Code: fmt.Sprintf("comp%08d", g*10+n), Name: words[(g+n)%len(words)] + fmt.Sprint(n), Description: words[(g+n+2)%len(words)], Status: statuses[(g+n)%len(statuses)],
			})
		}
		s.Groups = append(s.Groups, group)
	}
	s.Page.ShowUptime, s.Page.Weights, s.Lives = true, components.DefaultWeights, map[int64][]snapshot.Period{}
	for id := range int64(300) {
		at := s.BuiltAt.AddDate(0, 0, -80)
		for k := range 10 {
			p := snapshot.Period{ID: id*10 + int64(k), Status: components.Operational, From: at, To: at.Add(180 * time.Hour), IncidentID: 1}
			if k%2 == 1 {
				p.Status, p.To = statuses[(int(id)+k)%len(statuses)], at.Add(time.Hour)
			}
			if at = p.To; k == 9 {
				p.To = time.Time{}
			}
			s.Lives[id+1] = append(s.Lives[id+1], p)
		}
	}
	d := doc(t, "<script>alert(1)</script> and [a link](javascript:alert(1)) and **bold**\n\n- one\n- two\n\n| a | b |\n|---|---|\n| c | d |\n")
	for n, word := range words {
		from := s.BuiltAt.Add(-time.Duration(n) * 31 * time.Hour)
		i := &snapshot.Incident{
			ID: int64(n), Number: int64(n), Code: fmt.Sprintf("incident%04d", n), Kind: incidents.KindIncident, Title: word + " " + word, State: incidents.Investigating,
			Impact: components.Critical, StartedAt: from, NextUpdateBy: new(from.Add(time.Hour)), CreatedAt: from, UpdatedAt: from,
		}
		for k := 3; k > 0; k-- {
			i.Updates = append(i.Updates, snapshot.Update{
				N: k, State: incidents.Investigating, Label: "update", HTML: d.HTML, Plain: d.Text, HappenedAt: from, FellBack: true, EditedAt: &from,
				Earlier: []snapshot.Earlier{{HTML: d.HTML, HappenedAt: from.Add(-time.Hour), From: from, Until: from}},
			})
		}
		for k := range 12 {
			c := s.Groups[k%3].Components[k%10]
			i.Affected = append(i.Affected, snapshot.Affected{Code: c.Code, Name: c.Name, Group: s.Groups[k%3].Name, New: components.MajorOutage})
		}
		switch n % 3 {
		case 1:
			i.State, i.ResolvedAt = incidents.Resolved, new(from.Add(40*time.Minute))
			i.Postmortem = &snapshot.Postmortem{HTML: d.HTML, PublishedAt: from, EditedAt: &from, Earlier: i.Updates[0].Earlier}
		case 2:
			i.Kind, i.State = incidents.KindMaintenance, incidents.Scheduled
			i.ScheduledFor, i.ScheduledUntil = new(s.BuiltAt.Add(48*time.Hour)), new(s.BuiltAt.Add(75*time.Hour))
		}
		s.Incidents = append(s.Incidents, i)
	}
	return s
}

// pages renders every page there is, so that each template is run.
func pages(t testing.TB, facts snapshot.Snapshot) map[string][]byte {
	t.Helper()
	return pagesIn(t, facts, facts.Page.Language)
}

// pagesIn is pages for readers of a language.
func pagesIn(t testing.TB, facts snapshot.Snapshot, lang string) map[string][]byte {
	t.Helper()
	v, s := views(t), snapshot.New(facts).In(lang, snapshot.ByPage)
	out := map[string][]byte{}
	add := func(name string, body []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = body
	}
	one := func(name string) func([]byte, error) {
		return func(body []byte, err error) { t.Helper(); add(name, body, err) }
	}
	one("home")(v.Home(s))
	for _, i := range s.AllTold(s.Incidents) {
		one("incident " + i.Code)(v.Incident(s, i))
	}
	one("uptime")(v.Uptime(s))
	for _, c := range s.Components() {
		one("uptime of " + c.Code)(v.UptimeOf(s, c, 0))
		one("uptime in 2018 of " + c.Code)(v.UptimeOf(s, c, 2018))
		break
	}
	one("history")(v.History(s, []byte(`{"months":[]}`)))
	one("history, leafed through")(v.HistoryPaged(s, 2, s.MonthsOnPage(1), []byte(`{"months":["\"'&<>"]}`)))
	one("maintenance")(v.Maintenance(s))
	one("found")(v.Search(s, view.SearchForm{Text: "a", Kind: "incident"}, s.Search(snapshot.Query{Limit: 4}), "x"))
	one("found nothing")(v.Search(s, view.SearchForm{Text: `"><script>alert(1)</script>`}, snapshot.Found{}, ""))
	one("not looked for")(v.Search(s, view.SearchForm{Text: `"><script>`, Errors: map[string]string{"q": `<script>`, "component": "b", "kind": "c"}, Notice: `<script>`}, snapshot.Found{}, ""))
	stood := *snapshot.New(facts)
	stood.Stood, stood.Lives = s.BuiltAt, nil
	then := snapshot.New(stood).In(lang, snapshot.ByPage)
	one("home as it stood")(v.Home(then))
	one("incident as it stood")(v.Incident(then, then.Incidents[0]))
	one("no moment")(v.Stood(s, view.MomentForm{Path: "/", Typed: `"><script>alert(1)</script>`, Fault: fault.At("at", "public.stood.unreadable")}))
	one("one of two moments")(v.Stood(s, view.MomentForm{Path: "/incidents/x", Typed: "2018-11-04T01:30", Twice: [2]time.Time{s.BuiltAt, s.BuiltAt.Add(time.Hour)}, Fault: fault.At("at", "public.stood.overlap", "Typed", "a", "First", "b", "Second", "c")}))
	one("moment, not now")(v.Stood(s, view.MomentForm{Path: "/", Typed: "2018-11-04T01:30", Fault: fault.New(fault.Unavailable, "public.stood.busy")}))
	one("api")(v.API(s))
	one("framed")(v.Widget(s))
	one("framed in a corner")(v.EmbedFrame(s))
	for _, key := range []string{s.BuiltAt.In(s.Zone).Format("2006-01"), s.FirstMonth()} {
		m, ok := s.MonthOf(key)
		if !ok {
			t.Fatalf("no month %s", key)
		}
		one("month " + key)(v.HistoryMonth(s, m, []byte("{}")))
	}
	one("subscribe")(v.Subscribe(s, view.NewSubscribeForm(s.Incidents[len(s.Incidents)-1].Code)))
	typed := `"><script>alert(1)</script>`
	wrong := map[string]string{"email": typed, "what": typed, "components": typed, "how": typed}
	one("refused")(v.Subscribe(s, view.SubscribeForm{Email: typed, What: typed, How: typed, Components: []string{typed}, Incident: typed, Errors: wrong, Notice: typed}))
	one("sent")(v.Subscribe(s, view.SubscribeForm{Sent: true}))
	one("confirm")(v.Confirm(s, view.Confirmation{Address: typed, What: "all"}))
	one("confirmed")(v.Confirmed(s))
	one("manage")(v.Manage(s, view.ManageForm{Address: typed, What: "none", Errors: wrong, Notice: typed, Stop: "/u/x", Since: s.BuiltAt}))
	one("saved")(v.Saved(s))
	one("unsubscribe")(v.Unsubscribe(s, typed, "/m/x"))
	one("unsubscribed")(v.Unsubscribed(s))
	one("expired")(v.LinkExpired(s))
	one("notfound")(v.NotFound(s))
	one("pending")(v.SetUpPending(s))
	one("fault")(v.Refused(s, fault.New(fault.TooMany, "auth.throttled", "Minutes", 3)))
	one("servererror")(v.ServerError(s.Page.Name))
	return out
}

func TestPages_areSoundHTML(t *testing.T) {
	t.Parallel()
	empty := callRail(t)
	empty.Incidents, empty.Page.TimeZone = nil, "Pacific/Auckland"
	for name, facts := range map[string]snapshot.Snapshot{"quiet": callRail(t), "burning": during(t), "grouped": raco(t), "hostile": hostile(t)} {
		for page, body := range pages(t, facts) {
			check(t, name+": "+page, body)
		}
	}
	body, err := views(t).Home(snapshot.New(empty))
	check(t, "no incidents", must(t, body, err))
}

// Every template was run by the test above; one that is added without a page would go unseen.
func TestPages_useEveryTemplate(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../web/templates/public/*.html")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"api", "confirm", "history", "home", "incident", "maintenance", "manage", "message", "month", "search", "stood", "subscribe", "unsubscribe", "uptime-of", "uptime"}
	var have []string
	for _, f := range files {
		have = append(have, strings.TrimSuffix(filepath.Base(f), ".html"))
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(" style=")) || bytes.Contains(raw, []byte("<script")) {
			t.Errorf("%s: inline style or script, which the content security policy refuses", f)
		}
	}
	same(t, "templates", strings.Join(have, " "), strings.Join(known, " "))
}

var void = map[string]bool{"meta": true, "link": true, "input": true, "br": true, "hr": true, "img": true}

// instant is a time as every page must show it: with a label of its zone.
var instant = regexp.MustCompile(`\d\d:\d\d ([A-Z]{2,5}|UTC[+−]\d{1,2}(:\d\d)?)$`)

// check demands what no browser would complain about: every tag is closed where it should be, ids are unique and lead
// somewhere, headings do not skip, nothing is inline, each time has its zone.
// firstSight reports whether the one style of a page is that which the policy allows.
func firstSight(t *testing.T, body []byte) bool {
	t.Helper()
	_, after, _ := bytes.Cut(body, []byte("<style>"))
	css, rest, ok := bytes.Cut(after, []byte("</style>"))
	sum := sha256.Sum256(css)
	return ok && !bytes.Contains(rest, []byte("<style")) && views(t).StyleSource() == "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"
}

func check(t *testing.T, name string, body []byte) {
	t.Helper()
	fail := func(format string, args ...any) { t.Helper(); t.Errorf("%s: %s", name, fmt.Sprintf(format, args...)) }
	ids, refs := map[string]int{}, map[string]string{}
	var stack []string
	heading, h1 := 0, 0
	z := html.NewTokenizer(bytes.NewReader(body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				fail("%v", z.Err())
			}
			break
		}
		tok := z.Token()
		switch kind {
		case html.StartTagToken:
			if !void[tok.Data] {
				stack = append(stack, tok.Data)
			}
		case html.EndTagToken:
			if len(stack) == 0 || stack[len(stack)-1] != tok.Data {
				fail("</%s> closes %v", tok.Data, stack)
				return
			}
			stack = stack[:len(stack)-1]
			continue
		case html.TextToken:
			if len(stack) > 0 && stack[len(stack)-1] == "time" && strings.Contains(tok.Data, ":") && !instant.MatchString(tok.Data) {
				fail("a time without a zone: %q", tok.Data)
			}
			if strings.Contains(tok.Data, "public.") || strings.Contains(tok.Data, "<no value>") || strings.Contains(tok.Data, "ZgotmplZ") {
				fail("a word that is missing: %q", tok.Data)
			}
			continue
		default:
			continue
		}
		ours := tok.Data == "script" && slices.ContainsFunc(tok.Attr, func(a html.Attribute) bool {
			return a.Key == "src" && (strings.HasSuffix(a.Val, "/public.js") || strings.HasSuffix(a.Val, "/embed-frame.js")) || a.Key == "type" && a.Val == "application/ld+json"
		})
		if tok.Data == "script" && !ours || tok.Data == "style" && !firstSight(t, body) || tok.Data == "img" {
			fail("a %s", tok.Data)
		}
		if len(tok.Data) == 2 && tok.Data[0] == 'h' && tok.Data[1] >= '1' && tok.Data[1] <= '6' {
			level := int(tok.Data[1] - '0')
			// Inside a text that somebody wrote, its own order counts.
			if level > heading+1 && heading > 0 {
				fail("h%d after h%d", level, heading)
			}
			heading = level
			if level == 1 {
				h1++
			}
		}
		for _, a := range tok.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				fail("attribute %s", a.Key)
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				refs[a.Val[1:]] = "href"
			case a.Key == "href" && strings.HasPrefix(a.Val, "javascript:"):
				fail("a script as a link")
			case a.Key == "for" || a.Key == "aria-labelledby" || a.Key == "aria-describedby":
				refs[a.Val] = a.Key
			case a.Key == "datetime":
				if _, err := time.Parse(time.RFC3339, a.Val); err != nil {
					if _, err := time.Parse(time.DateOnly, a.Val); err != nil {
						fail("datetime %q", a.Val)
					}
				}
			}
		}
	}
	if len(stack) > 0 {
		fail("not closed: %v", stack)
	}
	if h1 != 1 {
		fail("%d main headings", h1)
	}
	for id, n := range ids {
		if n > 1 {
			fail("id %q stands %d times", id, n)
		}
	}
	for id, by := range refs {
		if ids[id] == 0 {
			fail("%s leads to #%s, which is nowhere", by, id)
		}
	}
}
