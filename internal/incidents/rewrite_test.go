package incidents_test

import (
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// spans are what we still say of a component, as "status from-to" in minutes of
// the clock.
func spans(s *statustest.Site, c components.Component) []string {
	s.T.Helper()
	all, err := (components.Store{DB: s.DB}).Spans(s.T.Context(), s.Page.ID, time.Time{})
	if err != nil {
		s.T.Fatal(err)
	}
	zone := s.Page.Location()
	var out []string
	for _, x := range all {
		if x.ComponentID != c.ID {
			continue
		}
		line := string(x.Status) + " " + x.ValidFrom.In(zone).Format("15:04")
		if x.ValidTo != nil {
			line += "-" + x.ValidTo.In(zone).Format("15:04")
		}
		out = append(out, line)
	}
	return out
}

func wantSpans(s *statustest.Site, c components.Component, want ...string) {
	s.T.Helper()
	got := spans(s, c)
	if len(got) != len(want) {
		s.T.Fatalf("spans %q, want %q", got, want)
	}
	for n := range want {
		if got[n] != want[n] {
			s.T.Fatalf("spans %q, want %q", got, want)
		}
	}
}

func TestDesk_WithdrawIncident_leavesNothingOfItOnItsComponents(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api := s.At("12:00").Component("API")
		i := s.At("14:00").Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
		s.At("14:10")
		i.Posts(incidents.Identified, "two", statustest.Is(api, components.MajorOutage))
		s.At("14:20")
		i.Posts(incidents.Resolved, "three", statustest.Is(api, components.Operational))
		s.At("14:30")
		if err := s.Desk.WithdrawIncident(t.Context(), s.Staff, s.Page.ID, i.Code); err != nil {
			t.Fatal(err)
		}
		wantSpans(s, api, "operational 12:00")
		if got := s.Snapshot().Status; got != components.Operational {
			t.Errorf("page status %s after the only incident was withdrawn", got)
		}
	})
}

func TestDesk_Withdraw_keepsWhatLaterUpdatesSaidToo(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.At("12:00").Component("API")
	i := s.At("14:00").Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
	first := i.Story().Updates[0].Code
	s.At("14:10")
	i.Posts(incidents.Identified, "two", statustest.Is(api, components.PartialOutage)) // nothing new then
	s.At("14:20")
	i.Posts(incidents.Resolved, "three", statustest.Is(api, components.Operational))
	if err := s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: first}); err != nil {
		t.Fatal(err)
	}
	wantSpans(s, api, "operational 12:00-14:10", "partial_outage 14:10-14:20", "operational 14:20")
}

func TestDesk_Withdraw_inAnyOrderEndsTheSame(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.At("12:00").Component("API")
	i := s.At("14:00").Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
	s.At("14:10")
	i.Posts("", "two", statustest.Is(api, components.MajorOutage))
	s.At("14:20")
	for _, u := range i.Story().Updates { // oldest first
		if err := s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}); err != nil {
			t.Fatal(err)
		}
	}
	wantSpans(s, api, "operational 12:00")
}

func TestDesk_Correct_aLaterTimeGivesTheGapToWhatStoodBefore(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.At("12:00").Component("API")
	i := s.At("14:00").Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
	s.At("14:10")
	u := i.Posts("", "two", statustest.Is(api, components.MajorOutage))
	to := s.At("14:30").Clock.Now()
	if _, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "two", HappenedAt: to}); err != nil {
		t.Fatal(err)
	}
	wantSpans(s, api, "operational 12:00-14:00", "partial_outage 14:00-14:30", "major_outage 14:30")
	if err := s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}); err != nil {
		t.Fatal(err)
	}
	wantSpans(s, api, "operational 12:00-14:00", "partial_outage 14:00")
}

func TestDesk_Post_beforeTheBeginningMovesTheBeginning(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.At("12:00").Component("API")
	began := s.At("13:30").Clock.Now()
	i := s.At("14:00").Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
	_, err := s.Desk.Post(t.Context(), s.Staff, incidents.Post{
		Page: s.Page.ID, Incident: i.Code, State: incidents.Investigating, Body: "It began earlier.", HappenedAt: began,
		Components: []components.Change{statustest.Is(api, components.Degraded)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := i.Seen().StartedAt; !got.Equal(began) {
		t.Errorf("started at %v, want %v: no update is older than its incident", got, began)
	}
	wantSpans(s, api, "operational 12:00-13:30", "degraded_performance 13:30-14:00", "partial_outage 14:00")

	// The same by moving the first update, and back again.
	first := i.Seen().Updates[1]
	for _, at := range []time.Time{began.Add(-10 * time.Minute), began.Add(10 * time.Minute)} {
		if _, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: first.Code, Body: first.Body, HappenedAt: at}); err != nil {
			t.Fatal(err)
		}
		if got := i.Seen().StartedAt; !got.Equal(at) {
			t.Errorf("moved to %v: the incident starts at %v", at, got)
		}
	}
}

func TestDesk_maintenanceIsShownWhenItReallyBegan(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	planned := s.Clock.Now().Add(24 * time.Hour)
	plan := func() statustest.Incident {
		m, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: "Upgrade", Body: "Slow.", Components: []string{api.Code}, Start: planned, End: planned.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return statustest.Incident{Site: s, Code: m.Code}
	}
	early, silent, cancelled := plan(), plan(), plan()
	if got := early.Seen().Shown(); !got.Equal(planned) {
		t.Errorf("planned: shown at %v, want %v", got, planned)
	}
	before := s.Clock.Advance(time.Hour)
	early.Posts(incidents.InProgress, "We begin already.")
	if got := early.Seen().Shown(); !got.Equal(before) {
		t.Errorf("begun early: shown at %v, want %v", got, before)
	}
	cancelled.Posts(incidents.Completed, "Not needed.")
	if got := cancelled.Seen().Shown(); !got.Equal(before) {
		t.Errorf("over before it began: shown at %v, want %v", got, before)
	}
	s.Clock.Set(planned.Add(30 * time.Minute))
	silent.Posts(incidents.Completed, "Done.")
	if got := silent.Seen().Shown(); !got.Equal(planned) {
		t.Errorf("completed without a word of its start: shown at %v, want %v", got, planned)
	}
}
