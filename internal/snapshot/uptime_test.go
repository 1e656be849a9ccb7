package snapshot_test

import (
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// An outage of an hour and a partial one of an hour, corrected afterwards: the
// figures follow the ledger, not what was first believed.
func TestSnapshot_Uptime_followsTheLedger(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.Clock.Set(time.Date(2018, 2, 1, 12, 0, 0, 0, time.UTC))
		api := s.Component("API")
		s.At("14:00")
		i := s.Reports("Down", "one", statustest.Is(api, components.MajorOutage))
		s.At("15:00")
		u := i.Posts(incidents.Monitoring, "two", statustest.Is(api, components.PartialOutage))
		s.At("16:00")
		i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
		s.At("23:00")
		s.Shelf.Tick(t.Context())
		// Rebuild by an act, so that the picture is of now.
		if err := s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: api.Code, Name: "API", Description: "x"}); err != nil {
			t.Fatal(err)
		}
		snap := s.Snapshot()
		c := snap.Components()[0]
		from, to := snap.LastDays(1)
		got := snap.Tally(from, to, c)
		if got.In(components.MajorOutage) != time.Hour || got.In(components.PartialOutage) != time.Hour {
			t.Fatalf("tally %v", got)
		}
		days := snap.Days(c, from, to)
		if len(days) != 1 || days[0].Tally != got {
			t.Errorf("days %v, want one with %v", days, got)
		}
		// It came back at 14:30 already.
		if _, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "two", HappenedAt: u.HappenedAt.Add(-30 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		snap = s.Snapshot()
		if got := snap.Tally(from, to, c); got.In(components.MajorOutage) != 30*time.Minute || got.In(components.PartialOutage) != 90*time.Minute {
			t.Errorf("corrected: tally %v", got)
		}
	})
}

func TestSnapshot_Days_beforeTheStartDateAreNoData(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	s.Clock.Advance(10 * 24 * time.Hour)
	start := s.Clock.Now().In(s.Page.Location()).AddDate(0, 0, -2).Format(time.DateOnly)
	if err := s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: api.Code, Name: "API", StartDate: start}); err != nil {
		t.Fatal(err)
	}
	snap := s.Snapshot()
	c := snap.Components()[0]
	from, to := snap.LastDays(5)
	var known []bool
	for _, d := range snap.Days(c, from, to) {
		known = append(known, d.Tally.Known() > 0)
	}
	if len(known) != 5 || known[0] || known[1] || !known[2] || !known[4] {
		t.Errorf("known by day: %v", known)
	}
}

// A start date in the past says that it worked since then, as far as nothing
// else is known; an earlier one says so of more days, a later one takes no word back.
func TestSnapshot_Days_countAsWorkingFromTheStartDateOn(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		ago := func(days int) string {
			return s.Clock.Now().In(s.Page.Location()).AddDate(0, 0, -days).Format(time.DateOnly)
		}
		c, err := s.Desk.AddComponent(t.Context(), s.Staff, incidents.AddComponent{Page: s.Page.ID, Name: "API", StartDate: ago(2)})
		if err != nil {
			t.Fatal(err)
		}
		known := func() (n int) {
			snap := s.Snapshot()
			from, to := snap.LastDays(9)
			for _, d := range snap.Days(snap.Components()[0], from, to) {
				if got := d.Tally.Known(); got > 0 && d.To.Before(to) && got != d.To.Sub(d.From) {
					t.Errorf("%s: %v known", d.Key(), got)
				} else if got > 0 {
					n++
				}
			}
			return n
		}
		if n := known(); n != 3 {
			t.Errorf("added: %d days known, want 3", n)
		}
		edit := func(start string) error {
			return s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: c.Code, Name: "API", StartDate: start})
		}
		for _, x := range []struct{ start, want int }{{5, 6}, {1, 2}, {7, 8}} {
			if err := edit(ago(x.start)); err != nil {
				t.Fatal(err)
			}
			if n := known(); n != x.want {
				t.Errorf("from %d days ago: %d days known, want %d", x.start, n, x.want)
			}
		}
		if _, _, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{
			Page: s.Page.ID, Title: "It was down", Body: "We only see it now.", Components: []components.Change{statustest.Is(c, components.MajorOutage)}, HappenedAt: s.Clock.Now().Add(-4 * 24 * time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
		if err := edit(ago(8)); err != nil {
			t.Fatal(err)
		}
		if n := known(); n != 9 || s.Snapshot().Components()[0].Status != components.MajorOutage {
			t.Errorf("%d days known, it is %s", n, s.Snapshot().Components()[0].Status)
		}
		if err := edit("0026-05-14"); err == nil {
			t.Error("a start date in the year 26 was taken")
		}
	})
}

// What readers may not know of has no life in the picture, and gets one when it
// is shown.
func TestSnapshot_Lives_areThoseOfSeenComponents(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.Component("API")
	secret, err := s.Desk.AddComponent(t.Context(), s.Staff, incidents.AddComponent{Page: s.Page.ID, Name: "Secret", Hidden: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Hour)
	if err := s.Desk.SetStatus(t.Context(), s.Staff, s.Page.ID, secret.Code, components.MajorOutage); err != nil {
		t.Fatal(err)
	}
	s.Reports("Something else", "one")
	if n := len(s.Snapshot().Lives); n != 1 {
		t.Fatalf("%d lives, want 1", n)
	}
	if err := s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: secret.Code, Name: "Secret"}); err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().Lives[secret.ID]; len(got) != 2 || got[1].Status != components.MajorOutage {
		t.Errorf("shown: %v", got)
	}
}

func TestSnapshot_Quiet(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	s.Clock.Advance(100 * 24 * time.Hour)
	i := s.Reports("Down", "one", statustest.Is(api, components.Degraded))
	s.Clock.Advance(time.Minute)
	i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	s.Clock.Advance(30 * 24 * time.Hour)
	i.Posts("", "a last word")
	snap := s.Snapshot()
	c := snap.Components()[0]
	for days, want := range map[int]bool{29: true, 31: true, 32: false, 90: false, 200: false} { // the 31st day back began after it, the 32nd before
		from, to := snap.LastDays(days)
		if days == 31 { // to the moment
			from = i.Seen().ResolvedAt.In(snap.Zone)
		}
		if got := snap.Quiet(c, from, to); got != want {
			t.Errorf("the last %d days: quiet %t, want %t", days, got, want)
		}
		worst, _ := snap.Tally(from, to, c).Trouble()
		if got := worst == components.Operational && snap.Tally(from, to, c).Known() == to.Sub(from); got != want {
			t.Errorf("the last %d days: the tally says quiet %t", days, got)
		}
	}
}
