package snapshot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestSnapshot_Search(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	a := s.At("10:00").Reports("Webhooks are late", "The queue of Larkline’s carrier is full.", statustest.Is(api, components.Degraded))
	s.At("10:30")
	a.Posts(incidents.Resolved, "Emptied.", statustest.Is(api, components.Operational))
	s.At("11:00").Reports("Calls fail", "Our carrier refuses calls.")
	start := s.Clock.Now().Add(24 * time.Hour)
	_, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: "Queue upgrade", Body: "Slow.", Components: []string{api.Code}, Start: start, End: start.Add(time.Hour)})
	must(t, err)
	for _, tt := range []struct {
		name string
		q    snapshot.Query
		want string
	}{
		{"everything", snapshot.Query{}, "Queue upgrade|Calls fail|Webhooks are late"},
		{"a word of a body, in any case", snapshot.Query{Text: "CARRIER"}, "Calls fail|Webhooks are late"},
		{"all words, wherever they stand", snapshot.Query{Text: "carrier  webhooks"}, "Webhooks are late"},
		{"any quote", snapshot.Query{Text: "larkline's"}, "Webhooks are late"},
		{"a word of a later update", snapshot.Query{Text: "emptied"}, "Webhooks are late"},
		{"of a kind", snapshot.Query{Text: "queue", Kind: incidents.KindMaintenance}, "Queue upgrade"},
		{"of a component", snapshot.Query{Component: api.Code}, "Queue upgrade|Webhooks are late"},
		{"words in quotes", snapshot.Query{Text: `“larkline's carrier"`}, "Webhooks are late"},
		{"the name of a service", snapshot.Query{Text: "api slow"}, "Queue upgrade"},
		{"nothing", snapshot.Query{Text: "webhok"}, ""},
	} {
		tt.q.Limit = 10
		var got []string
		for _, i := range s.Snapshot().Search(tt.q).Incidents {
			got = append(got, i.Title)
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSnapshot_Search_pages(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	for n := range 7 {
		s.Clock.Advance(time.Minute)
		s.Reports(fmt.Sprint("Report ", n), "one")
	}
	var all []string
	before := ""
	for range 10 {
		f := s.Snapshot().Search(snapshot.Query{Text: "report", Before: before, Limit: 3})
		for _, i := range f.Incidents {
			all = append(all, i.Title[len("Report "):])
		}
		if !f.More {
			break
		}
		before = f.Incidents[len(f.Incidents)-1].Code
	}
	if !slices.Equal(all, []string{"6", "5", "4", "3", "2", "1", "0"}) {
		t.Errorf("page by page: %v", all)
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text, query string
		want              string // the places, and how many of the words
	}{
		{"any case and quote", "Larkline’s QUEUE", "queue larkline's", "[Larkline’s QUEUE] 2"},
		{"apart", "a queue, a Queue", "queue", "[queue Queue] 1"},
		{"one inside another", "webhooks", "hook webhooks", "[webhooks] 2"},
		{"side by side and across", "abcd", "ab bc", "[abc] 2"},
		{"letters that grow or shrink when they are folded", "İstanbul ÇAĞRI Ⱥ \u212a, done", "done", "[done] 1"},
		{"not there", "a queue", "webhok", "[] 0"},
		{"nothing", "a queue", " ", "[] 0"},
	} {
		places, words := snapshot.Where(tt.text, tt.query)
		var got []string
		for _, p := range places {
			got = append(got, string([]rune(tt.text)[p[0]:p[1]]))
		}
		if fmt.Sprint(got, " ", words) != tt.want {
			t.Errorf("%s: %q %d, want %s", tt.name, got, words, tt.want)
		}
	}
}
