package admin

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/view"
)

func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// form is a posted form on a page in New York. Pairs are name, value.
func form(t testing.TB, pairs ...string) *typed {
	t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return &typed{values: v, zone: newYork(t)}
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func TestTyped_when(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, at, fold, was string
		want, key           string
	}{
		{name: "empty is no time"},
		{name: "as a browser sends it", at: "2018-05-14T14:08", want: "2018-05-14T18:08:00Z"},
		{name: "with an offset", at: "2018-05-14T14:08:00+02:00", want: "2018-05-14T12:08:00Z"},
		{name: "untouched is no time", at: "2018-05-14T14:08", was: "2018-05-14T14:08"},
		{name: "touched", at: "2018-05-14T14:09", was: "2018-05-14T14:08", want: "2018-05-14T18:09:00Z"},
		{name: "in a gap", at: "2018-03-11T02:30", key: "time.gap"},
		{name: "happened twice", at: "2018-11-04T01:30", key: "time.overlap"},
		{name: "the first of two", at: "2018-11-04T01:30", fold: "first", want: "2018-11-04T05:30:00Z"},
		{name: "the second of two", at: "2018-11-04T01:30", fold: "second", want: "2018-11-04T06:30:00Z"},
		{name: "the second, untouched", at: "2018-11-04T01:30", fold: "second", was: "2018-11-04T01:30 second"},
		{name: "from the second to the first", at: "2018-11-04T01:30", fold: "first", was: "2018-11-04T01:30 second", want: "2018-11-04T05:30:00Z"},
		{name: "nonsense", at: "yesterday", key: "time.unreadable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := form(t, "happened_at", tt.at, "happened_at_fold", tt.fold, "happened_at_was", tt.was)
			got := f.when("happened_at")
			var want time.Time
			if tt.want != "" {
				want = utc(t, tt.want)
			}
			if !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
			e := fault.Of(f.err())
			switch {
			case tt.key == "" && e != nil:
				t.Errorf("refused: %v", e)
			case tt.key != "" && (e == nil || e.Fields[0].Key != tt.key || e.Fields[0].Name != "happened_at"):
				t.Errorf("got %v, want %s", e, tt.key)
			}
		})
	}
}

// A time goes into the form and comes back as "untouched", also where the clocks
// showed it twice.
func TestSetTime_goesRound(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"2018-05-14T18:08:37Z", "2018-11-04T05:30:00Z", "2018-11-04T06:30:00Z"} {
		v := url.Values{}
		setTime(v, "started_at", new(utc(t, at)), newYork(t))
		again := form(t, "started_at", v.Get("started_at"), "started_at_fold", v.Get("started_at_fold"))
		if got, want := again.when("started_at"), utc(t, at).Truncate(time.Minute); !got.Equal(want) {
			t.Errorf("%s: came back as %v", at, got)
		}
		shown := view.NewAdminForm(nil, "f", v)
		again.values.Set("started_at_was", shown.Was("started_at"))
		if got := again.when("started_at"); !got.IsZero() {
			t.Errorf("%s: untouched, but read as %v", at, got)
		}
	}
}

func TestTyped_promise(t *testing.T) {
	t.Parallel()
	now := utc(t, "2018-05-14T18:08:37Z")
	for typed, want := range map[string]string{"15": "2018-05-14T18:23:00Z", "60": "2018-05-14T19:08:00Z", "none": "", "": "", "-5": "", "1e9": "", "100000": ""} {
		got := form(t, "next_update_by", typed).promise(now)
		if want == "" && !got.IsZero() || want != "" && !got.Equal(utc(t, want)) {
			t.Errorf("%q: got %v, want %q", typed, got, want)
		}
	}
}

func TestTyped_text_hasLineFeedsOnly(t *testing.T) {
	t.Parallel()
	if got := form(t, "body", "a\r\n\r\nb\rc\n").text("body"); got != "a\n\nb\nc\n" {
		t.Errorf("got %q", got)
	}
}

var fleet = []components.Component{{ID: 1, Code: "routing", Name: "Call routing"}, {ID: 2, Code: "tracking", Name: "Number tracking"}, {ID: 3, Code: "dashboard", Name: "Dashboard"}, {ID: 4, Code: "api", Name: "API"}}

func TestTyped_affected(t *testing.T) {
	t.Parallel()
	const part, down, slow, ok = components.PartialOutage, components.MajorOutage, components.Degraded, components.Operational
	for _, tt := range []struct {
		name  string
		pairs []string
		want  []components.Change
	}{
		{"nothing", nil, nil},
		{"one, with the usual impact", []string{"components", "routing"}, []components.Change{{Component: "routing", Status: part}}},
		{"one impact for all", []string{"components", "dashboard", "components", "routing", "impact", "down"}, []components.Change{{Component: "routing", Status: down}, {Component: "dashboard", Status: down}}},
		{"one of them on its own", []string{"components", "dashboard", "components", "routing", "impact", "down", "m-dashboard", "slow"}, []components.Change{{Component: "routing", Status: down}, {Component: "dashboard", Status: slow}}},
		{"set on its own, not ticked", []string{"m-api", "slow"}, []components.Change{{Component: "api", Status: slow}}},
		{"set to working, not ticked", []string{"m-api", "ok"}, nil},
		{"ticked, but working", []string{"components", "api", "m-api", "ok"}, []components.Change{{Component: "api", Status: ok}}},
		{"as above", []string{"components", "api", "m-api", "", "impact", "slow"}, []components.Change{{Component: "api", Status: slow}}},
		{"by API value", []string{"components", "api", "impact", "major_outage"}, []components.Change{{Component: "api", Status: down}}},
		{"unknown: the desk refuses it", []string{"components", "gone"}, []components.Change{{Component: "gone", Status: part}}},
	} {
		if got := form(t, tt.pairs...).affected(fleet); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestBindPost(t *testing.T) {
	t.Parallel()
	now := utc(t, "2018-05-14T18:08:00Z")
	f := form(t, "state", "monitoring", "body", "A fix is in.\r\n", "m-routing", "slow", "m-api", "", "next_update_by", "30", "notify", "1", "all_operational", "1", "expect", "7", "key", "k")
	got := bindPost(f, 3, "code", fleet, now)
	if got.AllOperational || !got.NextUpdateBy.Equal(now.Add(30*time.Minute)) || got.Body != "A fix is in.\n" || got.Expect != 7 || got.Key != "k" || !got.Notify || got.Page != 3 || got.Incident != "code" {
		t.Errorf("got %+v", got)
	}
	if want := []components.Change{{Component: "routing", Status: components.Degraded}}; !slices.Equal(got.Components, want) {
		t.Errorf("changes %v, want %v", got.Components, want)
	}
	f.values.Set("state", "resolved")
	if got := bindPost(f, 3, "code", fleet, now); !got.AllOperational || !got.NextUpdateBy.IsZero() {
		t.Errorf("resolved: all operational %v, promise %v", got.AllOperational, got.NextUpdateBy)
	}
	f.values.Del("all_operational")
	if got := bindPost(f, 3, "code", fleet, now); got.AllOperational {
		t.Error("resolved without the tick sets services to working")
	}
}

func TestBindReport(t *testing.T) {
	t.Parallel()
	now := utc(t, "2018-05-14T18:08:00Z")
	f := form(t, "title", " Calls fail ", "body", "x", "state", "identified", "components", "routing", "impact", "slow", "impact_override", "critical", "started_at", "2018-05-14T13:30", "happened_at", "2018-05-14T14:08", "backdate", "1", "next_update_by", "15", "key", "k")
	got := bindReport(f, 3, fleet, now)
	want := incidents.Report{
		Page: 3, Title: "Calls fail", Body: "x", State: incidents.Identified, Components: []components.Change{{Component: "routing", Status: components.Degraded}}, Impact: components.Critical,
		StartedAt: utc(t, "2018-05-14T17:30:00Z"), HappenedAt: utc(t, "2018-05-14T18:08:00Z"), NextUpdateBy: utc(t, "2018-05-14T18:23:00Z"), Backdate: true, Key: "k",
	}
	if got.Title != want.Title || got.State != want.State || !slices.Equal(got.Components, want.Components) || got.Impact != want.Impact || !got.StartedAt.Equal(want.StartedAt) || !got.HappenedAt.Equal(want.HappenedAt) || !got.NextUpdateBy.Equal(want.NextUpdateBy) || got.Backdate != want.Backdate || got.Notify || got.Key != want.Key {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestFind_knowsCodesAndNamesAsLinksSpellThem(t *testing.T) {
	t.Parallel()
	for wanted, want := range map[string]string{"routing": "routing", "call-routing": "routing", "Call Routing": "routing", "number_tracking": "tracking", "nothing": "", "": ""} {
		got := ""
		if c := find(fleet, wanted); c != nil {
			got = c.Code
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", wanted, got, want)
		}
	}
}

func TestLinked_makesLinksOfAddressesAlone(t *testing.T) {
	t.Parallel()
	got := linked("Confirm:\n<https://status.example.com/c/abc>\njavascript:alert(1) http://a.example/x\n")
	var urls, text []string
	for _, l := range got {
		if l.URL != "" {
			urls = append(urls, l.URL)
		}
		text = append(text, l.Text)
	}
	if want := []string{"https://status.example.com/c/abc", "http://a.example/x"}; !slices.Equal(urls, want) {
		t.Errorf("links %q, want %q", urls, want)
	}
	if whole := "Confirm:\n<https://status.example.com/c/abc>\njavascript:alert(1) http://a.example/x\n"; join0(text) != whole {
		t.Errorf("text %q", join0(text))
	}
}

func join0(parts []string) string {
	out := ""
	for _, p := range parts {
		out += p
	}
	return out
}
