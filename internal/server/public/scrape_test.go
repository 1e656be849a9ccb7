package public_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// shows makes the house show a picture, whatever its site has.
func (h house) shows(facts snapshot.Snapshot) house {
	s := snapshot.New(facts)
	h.readers.Snapshot = func(*gin.Context) *snapshot.Snapshot { return s }
	return h
}

var words = strings.Fields("call routing dashboard webhooks recording search billing export login message gateway archive media tracking form text number voice report storage")

// some are n words, the first with a capital.
func some(r *rand.Rand, n int) string {
	var out []string
	for range n {
		out = append(out, words[r.IntN(len(words))])
	}
	text := strings.Join(out, " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

func code(r *rand.Rand) string {
	const letters = "bcdfghjklmnpqrstvwxyz0123456789"
	var b strings.Builder
	for range 12 {
		b.WriteByte(letters[r.IntN(len(letters))])
	}
	return b.String()
}

// usual is a page as most are: services in groups of five, a year old, an
// incident every third day for a quarter of a year, the newest of them open.
func usual(services int) snapshot.Snapshot {
	r := rand.New(rand.NewPCG(5, 14)) //nolint:gosec // no secret: the same page each time
	now := time.Date(2018, 5, 14, 18, 30, 0, 0, time.UTC)
	s := snapshot.Snapshot{
		Page: snapshot.Page{
			ID: 1, Code: code(r), Name: "CallRail", TimeZone: "America/New_York", Language: "en", Words: "plain", BaseURL: "https://status.example.com", SetUp: true,
			ShowUptime: true, PastDays: 14, Weights: components.DefaultWeights, CreatedAt: now.AddDate(-1, 0, 0),
		},
		BuiltAt: now, ChangedAt: now, Lives: map[int64][]snapshot.Period{},
	}
	for n := range services {
		if n%5 == 0 {
			s.Groups = append(s.Groups, snapshot.Group{ID: int64(n), Code: code(r), Name: some(r, 2), Status: components.Operational, CreatedAt: s.Page.CreatedAt, UpdatedAt: now})
		}
		g := &s.Groups[len(s.Groups)-1]
		g.Components = append(g.Components, snapshot.Component{
			ID: int64(n + 1), Code: code(r), Name: some(r, 2), Status: components.Operational, Position: n%5 + 1, Showcase: true, CreatedAt: s.Page.CreatedAt, UpdatedAt: now.Add(-time.Duration(r.IntN(1e6)) * time.Second),
		})
		s.Lives[int64(n+1)] = []snapshot.Period{{Status: components.Operational, From: s.Page.CreatedAt}}
	}
	all := snapshot.New(s).Components()
	for n := range 30 {
		from := now.Add(-time.Duration(n*72*60+40) * time.Minute)
		c := all[r.IntN(len(all))]
		affected := []snapshot.Affected{{ID: c.ID, Code: c.Code, Name: c.Name, Old: components.Operational, New: components.PartialOutage}}
		i := &snapshot.Incident{
			ID: int64(n + 1), Code: code(r), Number: int64(30 - n), Kind: incidents.KindIncident, Title: some(r, 4), State: incidents.Investigating, Impact: components.Minor,
			StartedAt: from, CreatedAt: from, UpdatedAt: from, Affected: affected,
		}
		say := func(after time.Duration, state incidents.State, what int) {
			text := some(r, what) + "."
			u := snapshot.Update{Code: code(r), N: len(i.Updates) + 1, State: state, Label: string(state), HTML: "<p>" + text + "</p>\n", Plain: text, Body: text, HappenedAt: from.Add(after), PostedAt: from.Add(after), Affected: affected}
			i.Updates, i.State = append([]snapshot.Update{u}, i.Updates...), state
		}
		say(0, incidents.Investigating, 20)
		say(20*time.Minute, incidents.Identified, 25)
		if n > 0 {
			say(50*time.Minute, incidents.Resolved, 15)
			i.ResolvedAt = &i.Updates[0].HappenedAt
		}
		s.Incidents = append(s.Incidents, i)
	}
	return s
}

// propsOf finds what a page carries for programs, as those in use do: by one
// expression, with no more than quotes to decode.
func propsOf(t *testing.T, body string) map[string]any {
	t.Helper()
	found := regexp.MustCompile(`<div data-react-class="HistoryIndex" data-react-props="([^"]+)">`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no months in:\n%s", body)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(found[1], "&quot;", `"`)), &out); err != nil {
		t.Fatalf("%v: %s", err, found[1])
	}
	return out
}

func TestHistory_carriesItsMonthsForPrograms(t *testing.T) {
	t.Parallel()
	facts := usual(30)
	facts.Incidents[1].Title = `"quoted" & <script>alert('1')</script>`
	h := open(t).shows(facts)
	got := map[string]bool{}
	windows := map[string]bool{}
	for at, want := range map[string]string{
		"/history":         "May 2018 April 2018 March 2018",
		"/history?page=2":  "February 2018 January 2018 December 2017",
		"/history?page=5":  "May 2017",
		"/history/2018-05": "May 2018",
	} {
		w := h.ask("GET", at)
		if w.Code != 200 {
			t.Fatalf("%s: %d", at, w.Code)
		}
		p := propsOf(t, w.Body.String())
		var months []string
		for _, x := range p["months"].([]any) {
			m := x.(map[string]any)
			months = append(months, fmt.Sprint(m["name"], " ", m["year"]))
			for _, i := range m["incidents"].([]any) {
				got[i.(map[string]any)["name"].(string)] = true
			}
		}
		if strings.Join(months, " ") != want {
			t.Errorf("%s has %v, want %s", at, months, want)
		}
		windows[fmt.Sprint(p["start_time"], p["end_time"])] = true
		if len(p["components"].([]any)) != 36 {
			t.Errorf("%s: %d components and groups", at, len(p["components"].([]any)))
		}
	}
	if len(windows) != 4 {
		t.Errorf("programs leaf by these, and some are alike: %v", windows)
	}
	for _, i := range facts.Incidents {
		if !got[i.Title] {
			t.Errorf("no page has %s", i.Title)
		}
	}
	if one, first := h.ask("GET", "/history?page=1"), h.ask("GET", "/history"); one.Body.String() != first.Body.String() {
		t.Error("the first page is another one than the history")
	}
	for _, at := range []string{"/history?page=6", "/history?page=99999999999999999999", "/history?page=0", "/history?page=-1", "/history?page=x"} {
		if w := h.ask("GET", at); w.Code != 404 {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
	second := statustest.Page(t, h.ask("GET", "/history?page=2").Body.Bytes())
	if !second.Has("meta[name=robots][content=noindex]") || second.Has("link[rel=canonical]") || !strings.Contains(second.Find("main").Text(), facts.Incidents[29].Title) {
		t.Errorf("the second page:\n%s", second.Find("main").Text())
	}
}

func TestShowcase_answersInBatches(t *testing.T) {
	t.Parallel()
	h := open(t).shows(usual(130))
	s := h.readers.Snapshot(nil)
	all := s.Components()
	home := h.ask("GET", "/").Body.String()
	if n := strings.Count(home, ` data-uptime-lazy="`); n != 130 || !strings.Contains(home, ` data-uptime-lazy="`+all[7].Code+`"`) {
		t.Errorf("%d services of the page say that their days are elsewhere", n)
	}
	for list, want := range map[string]int{
		"": 60, all[0].Code: 60, all[0].Code + "," + all[59].Code: 60, all[60].Code + "," + all[61].Code + ",nothing": 60, all[129].Code: 10,
		all[0].Code + "," + all[60].Code + "," + all[0].Code: 2, "nothing": 0, ",": 0, strings.Repeat(",x", 400): 0,
	} {
		w := h.ask("GET", "/uptime_showcase?components="+strings.ReplaceAll(list, ",", "%2C"))
		var got struct {
			Components map[string]string
			Timelines  map[string]any
			Values     []any
		}
		must(t, json.Unmarshal(w.Body.Bytes(), &got))
		if w.Code != 200 || got.Components == nil || len(got.Timelines) != want || len(got.Components) != want || len(got.Values) != want {
			t.Errorf("%.40q: %d, %d services, want %d", list, w.Code, len(got.Timelines), want)
		}
		if kept := want != 2; w.Header().Get("Access-Control-Allow-Origin") != "*" || (w.Header().Get("ETag") != "") != kept {
			t.Errorf("%.40q: %v", list, w.Header())
		}
	}
	kept := 0
	for _, arg := range []string{"", "0", "1", "2", "none", "3", "listed", all[0].Code} {
		if s.Cached(snapshot.Key{Kind: "showcase", Arg: arg}) != nil {
			kept++
		}
	}
	if kept != 4 {
		t.Errorf("%d answers are kept, want the batches and none", kept)
	}
	small := open(t).shows(usual(100))
	of := small.readers.Snapshot(nil).Components()
	for _, list := range []string{"", of[0].Code + "," + of[99].Code} {
		if n := strings.Count(small.ask("GET", "/uptime_showcase?components="+list).Body.String(), `"related_events"`); n != 100*90 {
			t.Errorf("of a small page %.40q gets %d days", list, n)
		}
	}
	facts := usual(5)
	facts.Page.ShowUptime = false
	if body := h.shows(facts).ask("GET", "/uptime_showcase").Body.String(); body != `{"components":{},"timelines":{},"values":[]}` {
		t.Errorf("a page without uptime: %s", body)
	}
}

// What readers pay: a page document has at most 14 KB on the wire, and what is in
// it for programs alone is a small part of that.
func TestWeight_ofPagesWithThirtyServices(t *testing.T) {
	t.Parallel()
	h := open(t).shows(usual(30))
	for _, at := range []string{"/", "/history", "/history?page=2", "/history/2018-05", "/uptime", "/incidents/" + h.readers.Snapshot(nil).Incidents[0].Code} {
		if n := h.ask("GET", at, "Accept-Encoding", "gzip").Body.Len(); n > 10<<10 {
			t.Errorf("%s has %d bytes on the wire", at, n)
		}
	}
	full := h.ask("GET", "/history").Body.Bytes()
	without := regexp.MustCompile(`<div data-react.*</div>`).ReplaceAll(full, nil)
	if more := gzipped(t, full) - gzipped(t, without); more > 3500 || more < 100 {
		t.Errorf("the months for programs cost %d bytes", more)
	}
}

func gzipped(t *testing.T, raw []byte) int {
	t.Helper()
	b := snapshot.NewBody("text/html", raw)
	return len(b.Best(snapshot.Gzip).Bytes)
}
