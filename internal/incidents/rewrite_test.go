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

// Two report the same outage, and the first report is withdrawn as the
// duplicate: what the second one says stands, though it said nothing new then.
func TestDesk_WithdrawIncident_leavesWhatAnotherIncidentSaid(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api, web := s.At("12:00").Component("API"), s.Component("Web")
		one := s.At("14:00").Reports("one", "x", statustest.Is(api, components.MajorOutage), statustest.Is(web, components.Degraded))
		s.At("14:10").Reports("two", "x", statustest.Is(api, components.MajorOutage))
		s.At("14:15")
		if err := s.Desk.SetStatus(t.Context(), s.Staff, s.Page.ID, web.Code, components.Degraded); err != nil {
			t.Fatal(err)
		}
		if since := s.Snapshot().Components()[0].Since; since.In(s.Page.Location()).Format("15:04") != "14:00" {
			t.Errorf("down since %v: saying it again begins nothing", since)
		}
		s.At("14:20")
		if err := s.Desk.WithdrawIncident(t.Context(), s.Staff, s.Page.ID, one.Code); err != nil {
			t.Fatal(err)
		}
		wantSpans(s, api, "operational 12:00-14:10", "major_outage 14:10")
		wantSpans(s, web, "operational 12:00-14:15", "degraded_performance 14:15")
	})
}

// An incident lay over a maintenance that was completed meanwhile.
func TestDesk_WithdrawIncident_overAMaintenanceThatEnded(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api := s.At("12:00").Component("API")
		start := s.At("13:00").Clock.Now()
		m, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: "Upgrade", Body: "Slow.", Components: []string{api.Code}, Start: start, End: start.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		wantSpans(s, api, "operational 12:00") // a plan says nothing of the status
		maint := statustest.Incident{Site: s, Code: m.Code}
		maint.Posts(incidents.InProgress, "We begin.")
		i := s.At("13:10").Reports("Down", "x", statustest.Is(api, components.MajorOutage))
		s.At("13:30")
		maint.Posts(incidents.Completed, "Done.")
		s.At("13:40")
		if err := s.Desk.WithdrawIncident(t.Context(), s.Staff, s.Page.ID, i.Code); err != nil {
			t.Fatal(err)
		}
		wantSpans(s, api, "operational 12:00-13:00", "under_maintenance 13:00-13:30", "operational 13:30")
		if got := s.Snapshot().Status; got != components.Operational {
			t.Errorf("page status %s", got)
		}
	})
}

// A service that was archived during an incident is part of its end.
func TestDesk_RestoreComponent_afterTheIncidentEnded(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	i := s.Reports("Down", "x", statustest.Is(api, components.MajorOutage))
	if err := s.Desk.ArchiveComponent(t.Context(), s.Staff, s.Page.ID, api.Code); err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().StatusNow(i.Seen().Affected[0]); got != components.MajorOutage {
		t.Errorf("archived while it is down: the incident says %s", got)
	}
	s.Clock.Advance(time.Hour)
	p := incidents.Post{Page: s.Page.ID, Incident: i.Code, State: incidents.Resolved, Body: "over", AllOperational: true}
	if _, err := s.Desk.Post(t.Context(), s.Staff, p); err != nil {
		t.Fatal(err)
	}
	if err := s.Desk.RestoreComponent(t.Context(), s.Staff, s.Page.ID, api.Code); err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().Status; got != components.Operational {
		t.Errorf("restored: %s, with nothing open", got)
	}
	p = incidents.Post{Page: s.Page.ID, Incident: i.Code, Reopen: true, State: incidents.Investigating, Body: "again", Components: []components.Change{statustest.Is(api, components.Degraded)}}
	if _, err := s.Desk.Post(t.Context(), s.Staff, p); err != nil {
		t.Fatal(err)
	}
}

// A clock that is a little ahead must not put things on the page, or into the
// ledger, before they are so.
func TestDesk_timesALittleAheadAreNow(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	now := s.Clock.Advance(time.Hour)
	i, u, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "Down", Body: "x", HappenedAt: now.Add(2 * time.Minute), Components: []components.Change{statustest.Is(api, components.MajorOutage)}})
	if err != nil {
		t.Fatal(err)
	}
	if !i.StartedAt.Equal(now) || !u.HappenedAt.Equal(now) || s.Snapshot().Status != components.MajorOutage {
		t.Errorf("started %v, happened %v, page %s; now is %v", i.StartedAt, u.HappenedAt, s.Snapshot().Status, now)
	}
	p := incidents.Post{Page: s.Page.ID, Incident: i.Code, State: incidents.Resolved, Body: "over", AllOperational: true, HappenedAt: now.Add(59 * time.Minute)}
	if _, err := s.Desk.Post(t.Context(), s.Staff, p); err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().Status; got != components.Operational {
		t.Errorf("resolved: %s", got)
	}
}

func TestDesk_Post_toldLateMakesNothingRecur(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.At("12:00")
	i := s.At("14:45").Reports("Calls fail", "one")
	at := s.Clock.Now().Add(-time.Hour)
	s.At("14:49")
	if _, err := s.Desk.Post(t.Context(), s.Staff, incidents.Post{Page: s.Page.ID, Incident: i.Code, State: incidents.Identified, Body: "known since", HappenedAt: at}); err != nil {
		t.Fatal(err)
	}
	for _, u := range i.Seen().Updates {
		if u.FellBack {
			t.Errorf("%q reads as a step back", u.Plain)
		}
	}
}

func TestSetUp_anEmptyLineEndsAGroup(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	token, err := s.Auth.NewSetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Desk.SetUp(t.Context(), s.Auth, incidents.SetUp{
		Token: token, PageName: "CallRail", TimeZone: "UTC", OwnerName: "Ben", OwnerEmail: "ben@callrail.example", Password: "three sentences at two in the morning",
		Services: "Texts:\nSMS\n\nWebsite\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	gs := s.Snapshot().Groups
	if len(gs) != 2 || gs[0].Name != "" || gs[0].Components[0].Name != "Website" || gs[1].Name != "Texts" || len(gs[1].Components) != 1 {
		t.Errorf("groups %+v", gs)
	}
}

// An update is taken back while the maintenance that its component was under
// before still runs: the maintenance stands again, and has no end yet.
func TestDesk_Withdraw_underAMaintenanceThatStillRuns(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	m, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: "Work", Body: "one", Components: []string{api.Code}, Start: s.Clock.Now(), End: s.Clock.Now().Add(5 * time.Hour)})
	must(t, err)
	_, err = s.Desk.Post(t.Context(), s.Staff, incidents.Post{Page: s.Page.ID, Incident: m.Code, State: incidents.InProgress, Body: "two"})
	must(t, err)
	s.Clock.Advance(time.Hour)
	i := s.Reports("Down", "one")
	u := i.Posts("", "it is down", statustest.Is(api, components.MajorOutage))
	must(t, s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}))
	if got := s.Snapshot().Components()[0].Status; got != components.Maintenance {
		t.Errorf("the component is %s, want under maintenance", got)
	}
}
