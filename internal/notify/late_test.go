package notify

import (
	"testing"
	"time"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// An update that is told late is news of the past: it neither begins nor ends
// the incident for those who read it, and promises nothing.
func TestOutbox_Announce_whatIsToldLateIsAnUpdate(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.Desk.Announce = &Outbox{DB: s.DB}
	i := s.At("14:00").Reports("Calls fail", "one")
	s.At("15:00")
	i.Posts(incidents.Monitoring, "three")
	now := s.At("15:10").Clock.Now()
	last := func() incidents.Announcement {
		t.Helper()
		var row announcementRow
		if err := s.DB.Read(t.Context()).Raw(`select ` + announcementColumns + ` from announcements order by id desc limit 1`).Take(&row).Error; err != nil {
			t.Fatal(err)
		}
		a, err := row.announcement()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []struct {
		name  string
		at    time.Time
		state incidents.State
		label string
	}{
		{"before the first", now.Add(-2 * time.Hour), incidents.Investigating, "update"},
		{"a resolution that did not last", now.Add(-30 * time.Minute), incidents.Resolved, "resolved"},
	} {
		_, err := s.Desk.Post(t.Context(), s.Staff, incidents.Post{
			Page: s.Page.ID, Incident: i.Code, State: c.state, Body: c.name, HappenedAt: c.at, NextUpdateBy: now.Add(time.Hour), Notify: true, Reopen: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		a := last()
		if a.Telling != incidents.TellUpdate || a.Label != c.label || a.NextUpdateBy != nil || a.Ends || a.FellBack {
			t.Errorf("%s: told as %s %q, promise %v, ends %t, fell back %t", c.name, a.Telling, a.Label, a.NextUpdateBy, a.Ends, a.FellBack)
		}
	}
	_, err := s.Desk.Post(t.Context(), s.Staff, incidents.Post{Page: s.Page.ID, Incident: i.Code, State: incidents.Resolved, Body: "over", Notify: true})
	if err != nil {
		t.Fatal(err)
	}
	if a := last(); a.Telling != incidents.TellResolved || !a.Ends {
		t.Errorf("the last word: told as %s, ends %t", a.Telling, a.Ends)
	}
}

// Within the hold everything can still be put right: a title that was wrong, a
// letter about something that is no longer there.
func TestOutbox_whatIsHeldFollowsTheDesk(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.Desk.Announce = &Outbox{DB: s.DB}
	held := func() (out []incidents.Announcement) {
		t.Helper()
		var rows []announcementRow
		if err := s.DB.Read(t.Context()).Raw(`select ` + announcementColumns + ` from announcements where cancelled_at is null order by id`).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			a, err := r.announcement()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, a)
		}
		return out
	}
	report := func(state incidents.State) incidents.Incident {
		t.Helper()
		i, _, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "Wrong customer MegaCorp", Body: "x", State: state, Notify: true})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	publish := func(i incidents.Incident) error {
		_, err := s.Desk.PublishPostmortem(t.Context(), s.Staff, incidents.PublishPostmortem{Page: s.Page.ID, Incident: i.Code, Body: "# Why", Notify: true})
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	i := report(incidents.Investigating)
	_, err := s.Desk.Edit(t.Context(), s.Staff, incidents.Edit{Page: s.Page.ID, Incident: i.Code, Title: "Calls fail"})
	must(err)
	if a := held(); len(a) != 1 || a[0].Title != "Calls fail" {
		t.Errorf("held %+v", a)
	}
	must(s.Desk.WithdrawIncident(t.Context(), s.Staff, s.Page.ID, i.Code))

	i = report(incidents.Resolved)
	must(publish(i))
	if n := len(held()); n != 2 {
		t.Fatalf("%d announcements, want the report and the letter", n)
	}
	must(s.Desk.UnpublishPostmortem(t.Context(), s.Staff, s.Page.ID, i.Code))
	if a := held(); len(a) != 1 || a[0].Telling == incidents.TellPostmortem {
		t.Errorf("unpublished, and held: %+v", a)
	}
	must(publish(i))
	must(s.Desk.WithdrawIncident(t.Context(), s.Staff, s.Page.ID, i.Code))
	if a := held(); len(a) != 0 {
		t.Errorf("withdrawn, and held: %+v", a)
	}
	if err := publish(i); !fault.Is(err, fault.Conflict) {
		t.Errorf("a postmortem of what was withdrawn: %v", err)
	}
}
