package feeds_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/feeds"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// ask is the answer of one path.
func ask(t *testing.T, s *snapshot.Snapshot, path string) map[string]any {
	t.Helper()
	for _, f := range feeds.V2 {
		if f.Path != "/api/v2/"+path+".json" {
			continue
		}
		raw, err := f.Render(feeds.Source{Snapshot: s, P: printer(t, s)})
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]any
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return out
	}
	t.Fatalf("there is no %s", path)
	return nil
}

// busy is a page with everything on it: groups, an open incident, one with a
// postmortem, maintenance planned, running and over.
func busy(t *testing.T) *statustest.Site {
	t.Helper()
	s := statustest.NewSite(t)
	api := s.Component("API")
	voice := s.Group("Calls", "Voice", "Recording")[0]
	old := s.At("10:00").Reports("Slow", "one", statustest.Is(api, components.Degraded))
	s.At("10:20")
	old.Posts(incidents.Monitoring, "two")
	s.At("10:40")
	old.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	_, err := s.Desk.PublishPostmortem(t.Context(), s.Staff, incidents.PublishPostmortem{Page: s.Page.ID, Incident: old.Code, Body: "# Why\n\nBecause."})
	ok(t, err)
	plan := func(title string, in time.Duration) statustest.Incident {
		start := s.Clock.Now().Add(in)
		m, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: title, Body: "Slow.", Components: []string{voice.Code}, Start: start, End: start.Add(time.Hour)})
		ok(t, err)
		return statustest.Incident{Site: s, Code: m.Code}
	}
	s.At("11:00")
	plan("Next week", 7*24*time.Hour)
	now := plan("Now", time.Minute)
	done := plan("Done", 2*time.Minute)
	s.At("11:10")
	now.Posts(incidents.InProgress, "We begin.")
	done.Posts(incidents.Completed, "Not needed.")
	s.At("14:08").Reports("Calls fail", "one", statustest.Is(voice, components.MajorOutage))
	return s
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func names(list any) (out []string) {
	for _, x := range list.([]any) {
		out = append(out, x.(map[string]any)["name"].(string)+" "+x.(map[string]any)["status"].(string))
	}
	return out
}

func TestV2_eachPathHoldsWhatItSays(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	for path, want := range map[string][]string{
		"incidents":                       {"Calls fail investigating", "Slow postmortem"},
		"incidents/unresolved":            {"Calls fail investigating"},
		"scheduled-maintenances":          {"Done completed", "Next week scheduled", "Now in_progress"},
		"scheduled-maintenances/upcoming": {"Next week scheduled"},
		"scheduled-maintenances/active":   {"Now in_progress"},
	} {
		key := "incidents"
		if strings.HasPrefix(path, "scheduled") {
			key = "scheduled_maintenances"
		}
		got := names(ask(t, s, path)[key])
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := names(ask(t, s, "components")["components"]); !slices.Equal(got, []string{"API operational", "Calls major_outage", "Voice major_outage", "Recording operational"}) {
		t.Errorf("components: %q", got)
	}
	if got := names(ask(t, s, "summary")["scheduled_maintenances"]); len(got) != 2 {
		t.Errorf("summary: %q: upcoming and running ones alone", got)
	}
}

func TestV2_timesAreThePagesOwn(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	i := ask(t, s, "incidents/unresolved")["incidents"].([]any)[0].(map[string]any)
	if got := i["started_at"]; got != "2018-05-14T14:08:00.000-04:00" {
		t.Errorf("started_at %v", got)
	}
	utc := *s
	utc.Page.TimeZone, utc.Zone = "UTC", time.UTC
	i = ask(t, snapshot.New(utc), "incidents/unresolved")["incidents"].([]any)[0].(map[string]any)
	if got := i["started_at"]; got != "2018-05-14T18:08:00.000Z" {
		t.Errorf("a page in UTC: started_at %v", got)
	}
}

// An update repeats every attached component, also those it does not speak of.
func TestV2_updatesRepeatTheirComponents(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	var slow map[string]any
	for _, x := range ask(t, s, "incidents")["incidents"].([]any) {
		if i := x.(map[string]any); i["name"] == "Slow" {
			slow = i
		}
	}
	var got []string
	for _, x := range slow["incident_updates"].([]any) {
		u := x.(map[string]any)
		line := u["status"].(string)
		if as, ok := u["affected_components"].([]any); ok {
			a := as[0].(map[string]any)
			line += fmt.Sprintf(" %v %v>%v", a["name"], a["old_status"], a["new_status"])
		}
		got = append(got, line)
	}
	want := []string{
		"postmortem",
		"resolved API degraded_performance>operational",
		"monitoring API degraded_performance>degraded_performance",
		"investigating API operational>degraded_performance",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestV2_theIndicatorMayFollowIncidents(t *testing.T) {
	t.Parallel()
	site := statustest.NewSite(t)
	site.Component("API")
	_, _, err := site.Desk.Report(t.Context(), site.Staff, incidents.Report{Page: site.Page.ID, Title: "No service named", Body: "one", Impact: components.Major})
	ok(t, err)
	s := *site.Snapshot()
	if got := ask(t, &s, "status")["status"]; got.(map[string]any)["indicator"] != "none" {
		t.Errorf("by the contract: %v", got)
	}
	s.Page.RaiseIndicator = true
	if got := ask(t, snapshot.New(s), "status")["status"]; got.(map[string]any)["indicator"] != "major" || got.(map[string]any)["description"] != "Partial System Outage" {
		t.Errorf("raised: %v", got)
	}
}

// The recorded answers of the service that this stands in for: the same keys,
// and values of the same types.
func TestV2_hasTheShapeOfTheRecordedAnswers(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	files, err := filepath.Glob("testdata/recorded/*.json")
	ok(t, err)
	if len(files) < 4 {
		t.Fatalf("%d recordings", len(files))
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		ok(t, err)
		var recorded map[string]any
		ok(t, json.Unmarshal(raw, &recorded))
		path := "incidents"
		if strings.Contains(file, "summary") {
			path = "summary"
		}
		theirs, ours := shape(recorded), shape(ask(t, s, path))
		for key, kinds := range theirs {
			mine, there := ours[key]
			if !there {
				t.Errorf("%s: we have no %s", filepath.Base(file), key)
				continue
			}
			if fit := slices.ContainsFunc(mine, func(k string) bool { return slices.Contains(kinds, k) }); !fit && !slices.Contains(mine, "null") && !slices.Equal(kinds, []string{"null"}) {
				t.Errorf("%s: %s is %v there and %v here", filepath.Base(file), key, kinds, mine)
			}
		}
		for key := range ours {
			if _, there := theirs[key]; !there && !newer(key, theirs) {
				t.Errorf("%s: nobody there knows %s", filepath.Base(file), key)
			}
		}
	}
}

// newer keys were added after some recordings were made, or belong to a list
// that is empty in them.
func newer(key string, theirs map[string][]string) bool {
	if strings.HasSuffix(key, "[]") {
		return true // theirs is empty
	}
	for _, k := range []string{"started_at", "start_date", ".components", "scheduled_for", "scheduled_until", "only_show_if_degraded", "showcase"} {
		if strings.Contains(key, k) {
			return true
		}
	}
	parent := key[:strings.LastIndexByte(key, '.')]
	_, known := theirs[parent]
	return !known || strings.HasSuffix(parent, "[]") && !slices.ContainsFunc(keys(theirs), func(k string) bool { return strings.HasPrefix(k, parent+".") })
}

func keys(m map[string][]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// shape is every path of a document with the kinds of values found there.
func shape(v any) map[string][]string {
	out := map[string][]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		kind := "null"
		switch x := v.(type) {
		case map[string]any:
			kind = "object"
			for k, y := range x {
				walk(path+"."+k, y)
			}
		case []any:
			kind = "array"
			for _, y := range x {
				walk(path+"[]", y)
			}
		case string:
			kind = "string"
		case bool:
			kind = "bool"
		case float64:
			kind = "number"
		}
		if !slices.Contains(out[path], kind) {
			out[path] = append(out[path], kind)
		}
	}
	walk("", v)
	return out
}
