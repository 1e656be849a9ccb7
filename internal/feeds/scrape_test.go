package feeds_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
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

func props(t *testing.T, s *snapshot.Snapshot, page int) map[string]any {
	t.Helper()
	raw, err := feeds.HistoryProps(s, s.MonthsOnPage(page), 50)
	ok(t, err)
	var out map[string]any
	ok(t, json.Unmarshal(raw, &out))
	return out
}

// notOurs are keys of a page there that say nothing about the page: settings,
// colours and books of that product.
var notOurs = regexp.MustCompile(`^\.page_status\.page\.(css_.*|.*_logo.*|hero_cover.*|branding|subdomain|twitter_username|notifications_.*|activity_score|ip_filters|black_hole|over_allocations_.*|custom_.*|max_.*|deleted_at|organization_id|allow_(webhook|slack|teams).*)$`)

// The props of a recorded page: the same keys, and values of the same types.
func TestHistoryProps_haveTheShapeOfTheRecordedPage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/scraped/history-page-props-govuk-notify.json")
	ok(t, err)
	var recorded map[string]any
	ok(t, json.Unmarshal(raw, &recorded))
	s := busy(t)
	theirs, ours := shape(recorded), shape(props(t, s.Snapshot(), 1))
	for key, kinds := range theirs {
		if notOurs.MatchString(key) {
			continue
		}
		mine := ours[key]
		if fit := slices.ContainsFunc(mine, func(k string) bool { return slices.Contains(kinds, k) }); !fit && !slices.Contains(mine, "null") {
			t.Errorf("%s is %v there and %v here", key, kinds, mine)
		}
	}
	for key := range ours {
		if _, there := theirs[key]; !there && !strings.HasPrefix(key, ".components[].components") {
			t.Errorf("nobody there knows %s", key)
		}
	}
}

func TestHistoryProps_tellTheMonths(t *testing.T) {
	t.Parallel()
	site := statustest.NewSite(t)
	api := site.Component("API")
	site.Clock.Set(time.Date(2018, 5, 9, 4, 30, 0, 0, time.UTC)) // the 9th there
	over := site.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	site.Clock.Set(time.Date(2018, 5, 9, 5, 30, 0, 0, time.UTC))
	over.Posts(incidents.Resolved, "It is\nover: "+strings.Repeat("word ", 100), statustest.Is(api, components.Operational))
	long := site.Reports("Slow", "one", statustest.Is(api, components.Degraded))
	site.Clock.Set(time.Date(2018, 6, 2, 5, 0, 0, 0, time.UTC))
	long.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	site.Clock.Set(time.Date(2018, 7, 3, 5, 0, 0, 0, time.UTC))
	site.Reports("Open", "one")
	start := site.Clock.Now().Add(time.Hour)
	_, err := site.Desk.Plan(t.Context(), site.Staff, incidents.Plan{Page: site.Page.ID, Title: "Planned", Body: "Soon.", Components: []string{api.Code}, Start: start, End: start.Add(time.Hour)})
	ok(t, err)
	s := site.Snapshot()
	got := props(t, s, 1)
	if got["start_time"] != "2018-05-01T00:00:00-04:00" || got["end_time"] != "2018-07-31T23:59:59-04:00" {
		t.Errorf("from %v to %v", got["start_time"], got["end_time"])
	}
	var lines []string
	for _, x := range got["months"].([]any) {
		m := x.(map[string]any)
		lines = append(lines, fmt.Sprint(m["name"], " ", m["year"], ", from ", m["starts_on"], ", ", m["days"]))
		for _, y := range m["incidents"].([]any) {
			i := y.(map[string]any)
			lines = append(lines, fmt.Sprint(i["name"], ": ", i["impact"], ": ", i["timestamp"]))
			if text := i["message"].(string); len([]rune(text)) > 200 || strings.Contains(text, "\n") {
				t.Errorf("a message of %d characters: %q", len([]rune(text)), text)
			}
		}
	}
	want := []string{
		"July 2018, from 0, 31",
		"Open: none: Jul <var data-var='date'>3</var>, <var data-var='time'>01:00</var> EDT",
		"June 2018, from 5, 30",
		"May 2018, from 2, 31",
		"Slow: minor: May <var data-var='date'>9</var>, <var data-var='time'>01:30</var> - Jun <var data-var='date'>2</var>, <var data-var='time'>01:00</var> EDT",
		"Calls fail: critical: May <var data-var='date'>9</var>, <var data-var='time'>00:30</var> - <var data-var='time'>01:30</var> EDT",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if months := s.MonthsOnPage(2); len(months) != 0 {
		t.Errorf("page 2 is older than the page: %v", months)
	}
}

// What CONTRACT 3 says of the days, to the key.
func TestShowcase_tellsTheDays(t *testing.T) {
	t.Parallel()
	site := statustest.NewSite(t)
	site.At("12:00")
	api := site.Component("API")
	site.Component("Never")
	site.At("13:00")
	i := site.Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
	site.At("13:30")
	i.Posts(incidents.Investigating, "worse", statustest.Is(api, components.MajorOutage))
	site.At("14:00")
	i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	s := site.Snapshot()
	raw, err := feeds.Showcase(s, feeds.Showcased(s))
	ok(t, err)
	var got struct {
		Components map[string]string `json:"components"`
		Timelines  map[string]struct {
			Component map[string]string `json:"component"`
			Days      []map[string]any  `json:"days"`
		} `json:"timelines"`
		Values []map[string]any `json:"values"`
	}
	ok(t, json.Unmarshal(raw, &got))
	line := got.Timelines[api.Code]
	if len(got.Timelines) != 2 || len(line.Days) != 90 || line.Days[0]["date"] != "2018-02-14" || !cmp.Equal(line.Component, map[string]string{"code": api.Code, "name": "API"}) {
		t.Fatalf("%d services, %d days from %v: %v", len(got.Timelines), len(line.Days), line.Days[0], line.Component)
	}
	today := map[string]any{
		"date": "2018-05-14", "outages": map[string]any{"p": 1800.0, "m": 1800.0}, "related_events": []any{map[string]any{"name": "Calls fail", "code": i.Code}},
	}
	if diff := cmp.Diff(today, line.Days[89]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"date": "2018-05-13", "outages": map[string]any{}, "related_events": []any{}}, line.Days[88]); diff != "" {
		t.Error(diff)
	}
	// 30 minutes in full and 30 minutes to 30 per cent, of two hours.
	if diff := cmp.Diff(map[string]any{"component": api.Code, "ninety": 67.5, "sixty": 67.5, "thirty": 67.5}, got.Values[0]); diff != "" {
		t.Error(diff)
	}
	bars := got.Components[api.Code]
	for _, want := range []string{
		`id="uptime-component-` + api.Code + `"`, `<span id="uptime-percent-` + api.Code + `"><var data-var="uptime-percent">67.5</var></span>`,
		`fill="#b3bac5" class="uptime-day component-` + api.Code + ` day-88"`, `fill="#e04343" class="uptime-day component-` + api.Code + ` day-89"`,
	} {
		if !strings.Contains(bars, want) {
			t.Errorf("no %s", want)
		}
	}
	if n := strings.Count(bars, "<rect"); n != 90 {
		t.Errorf("%d bars", n)
	}
}
