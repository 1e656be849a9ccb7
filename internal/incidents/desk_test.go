package incidents_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

func TestDesk_Report_isSeenAtOnceWithItsComponents(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		voice := s.Group("Alarm Notification Services", "AlarmAgent Voice System Health")[0]
		i := s.At("14:08").Reports("Calls fail", "Beginning at 1:30 est", statustest.Is(voice, components.PartialOutage)).Seen()
		if i.State != incidents.Investigating || i.Impact != components.Major {
			t.Errorf("got %s, %s; want investigating, major (the only component is partly out)", i.State, i.Impact)
		}
		if got := i.Affected[0].FullName(); got != "Alarm Notification Services (AlarmAgent Voice System Health)" {
			t.Errorf("affected: %q", got)
		}
		if got := s.Snapshot().Status; got != components.PartialOutage {
			t.Errorf("page status %s, want partial_outage", got)
		}
		if !strings.Contains(i.Latest().HTML, "Beginning at 1:30 est") {
			t.Errorf("text: %q", i.Latest().HTML)
		}
	})
}

func TestDesk_Post_labelsWhatDidNotChangeAsUpdate(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.At("14:08").Reports("Calls fail", "one")
	s.At("14:43")
	i.Posts("", "two")
	s.At("15:28")
	i.Posts(incidents.Monitoring, "three")
	s.At("15:40")
	i.Posts(incidents.Investigating, "it is back")
	var got []string
	for _, u := range i.Seen().Updates {
		got = append(got, u.Label)
	}
	if want := []string{"investigating", "monitoring", "update", "investigating"}; !slices.Equal(got, want) {
		t.Errorf("labels newest first: got %v, want %v", got, want)
	}
	if !i.Seen().Updates[0].FellBack || i.Seen().Updates[1].FellBack {
		t.Error("only the step from monitoring to investigating falls back")
	}
}

func TestDesk_Post_refusesToReopenAResolvedIncidentSilently(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.Reports("Calls fail", "one")
	i.Posts(incidents.Resolved, "over")
	p := incidents.Post{Page: s.Page.ID, Incident: i.Code, State: incidents.Investigating, Body: "again"}
	_, err := s.Desk.Post(t.Context(), s.Staff, p)
	statustest.WantFault(t, err, "state", "incident.resolved_needs_reopen")
	p.Reopen = true
	if _, err := s.Desk.Post(t.Context(), s.Staff, p); err != nil {
		t.Fatal(err)
	}
	if got := i.Seen(); got.State != incidents.Investigating || got.ResolvedAt != nil {
		t.Errorf("reopened: %s, resolved at %v", got.State, got.ResolvedAt)
	}
}

func TestDesk_Post_answersAStaleFormWithAConflict(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.Reports("Calls fail", "one")
		opened := i.Story().Incident.Revision
		i.Posts(incidents.Identified, "somebody was faster")
		_, err := s.Desk.Post(t.Context(), s.Staff, incidents.Post{Page: s.Page.ID, Incident: i.Code, Body: "mine", Expect: opened})
		if !fault.Is(err, fault.Conflict) {
			t.Fatalf("got %v, want a conflict", err)
		}
		if n := len(i.Seen().Updates); n != 2 {
			t.Errorf("%d updates, want the two that were accepted", n)
		}
	})
}

func TestDesk_Post_ofTheSameFormTwiceIsOnePost(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.Reports("Calls fail", "one")
		p := incidents.Post{Page: s.Page.ID, Incident: i.Code, Body: "two", Key: "form-1"}
		first, err := s.Desk.Post(t.Context(), s.Staff, p)
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.Desk.Post(t.Context(), s.Staff, p)
		if err != nil || second.Code != first.Code {
			t.Errorf("got %s, %v; want the first result %s", second.Code, err, first.Code)
		}
		other := s.Staff
		other.StaffID, other.Name = 99, "Ben"
		if _, err := s.Desk.Post(t.Context(), other, p); err != nil { // his token, not hers
			t.Fatal(err)
		}
		if n := len(i.Seen().Updates); n != 3 {
			t.Errorf("%d updates, want 3", n)
		}
	})
}

func TestDesk_Post_backdatedIsToldWhereItBelongs(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.At("14:08").Reports("Calls fail", "one")
	s.At("15:28")
	i.Posts(incidents.Monitoring, "three")
	s.At("15:40")
	at := s.Clock.Now().Add(-time.Hour) // 14:40
	if _, err := s.Desk.Post(t.Context(), s.Staff, incidents.Post{Page: s.Page.ID, Incident: i.Code, State: incidents.Identified, Body: "two", HappenedAt: at}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range i.Seen().Updates {
		got = append(got, u.Plain)
	}
	if want := []string{"three", "two", "one"}; !slices.Equal(got, want) {
		t.Errorf("newest first: got %v, want %v", got, want)
	}
	if i.Seen().State != incidents.Monitoring {
		t.Errorf("state %s: an older word must not change the present state", i.Seen().State)
	}
}

func TestDesk_Post_clockSetBackReordersNothing(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.At("14:08").Reports("Calls fail", "one")
	s.At("13:20")
	i.Posts("", "two")
	if got := i.Seen().Latest().Plain; got != "two" {
		t.Errorf("newest is %q, want what was said last", got)
	}
}

func TestDesk_Report_startsSpansWhenTheEffectBegan(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.At("12:00")
		api := s.Component("API")
		began := s.At("13:30").Clock.Now()
		s.At("14:08")
		_, _, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{
			Page: s.Page.ID, Title: "Calls fail", Body: "one", StartedAt: began,
			Components: []components.Change{statustest.Is(api, components.MajorOutage)},
		})
		if err != nil {
			t.Fatal(err)
		}
		store := components.Store{DB: s.DB}
		for _, c := range []struct {
			when, asOf string
			want       components.Status
		}{
			{"13:29", "14:08", components.Operational},
			{"13:30", "14:08", components.MajorOutage}, // now we know
			{"13:45", "14:00", components.Operational}, // then we did not
		} {
			when, asOf := s.At(c.when).Clock.Now(), s.At(c.asOf).Clock.Now()
			got, err := store.StatusesAt(t.Context(), s.Page.ID, when, asOf)
			if err != nil || got[api.ID] != c.want {
				t.Errorf("status at %s as of %s: got %s, %v; want %s", c.when, c.asOf, got[api.ID], err, c.want)
			}
		}
	})
}

func TestDesk_Report_onAPageSetUpDuringTheOutage(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	began := s.At("13:30").Clock.Now()
	s.At("14:08")
	api := s.Component("API") // added long after the outage began
	_, _, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{
		Page: s.Page.ID, Title: "Down", Body: "one", StartedAt: began, Components: []components.Change{statustest.Is(api, components.MajorOutage)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().Status; got != components.MajorOutage {
		t.Errorf("page status %s, want major_outage: the outage goes on", got)
	}
}

func TestDesk_Withdraw_givesBackTheStatusesThatItSet(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api := s.Component("API")
		i := s.At("14:08").Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
		s.At("14:30")
		u := i.Posts("", "wrong page", statustest.Is(api, components.MajorOutage))
		s.At("14:31")
		if err := s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}); err != nil {
			t.Fatal(err)
		}
		if got := s.Snapshot().Status; got != components.PartialOutage {
			t.Errorf("status %s, want what stood before: partial_outage", got)
		}
		if n := len(i.Seen().Updates); n != 1 {
			t.Errorf("readers see %d updates, want 1", n)
		}
		if n := len(i.Story().Updates); n != 2 {
			t.Errorf("staff see %d updates, want 2: nothing is deleted", n)
		}
	})
}

func TestDesk_Withdraw_ofTheOnlyUpdateTakesTheIncidentOffThePage(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	i := s.Reports("Wrong page", "one", statustest.Is(api, components.MajorOutage))
	u := i.Story().Updates[0]
	if err := s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}); err != nil {
		t.Fatal(err)
	}
	if s.Snapshot().Incident(i.Code) != nil || s.Snapshot().Status != components.Operational {
		t.Error("the incident or its outage is still on the page")
	}
}

func TestDesk_Correct_keepsTheOldWordingReadable(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.At("14:08").Reports("Calls fail", "since 1:30 est")
		u := i.Story().Updates[0]
		s.At("14:45")
		c := incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "since 1:30 pm EDT", Expect: u.Revision}
		if _, err := s.Desk.Correct(t.Context(), s.Staff, c); err != nil {
			t.Fatal(err)
		}
		got := i.Seen().Latest()
		if got.EditedAt == nil || got.Plain != "since 1:30 pm EDT" || len(got.Earlier) != 1 || !strings.Contains(got.Earlier[0].HTML, "1:30 est") {
			t.Errorf("got %+v", got)
		}
		if _, err := s.Desk.Correct(t.Context(), s.Staff, c); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stale correction: got %v, want a conflict", err)
		}
	})
}

func TestDesk_Correct_ofATimeMovesTheSpan(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.At("12:00")
	api := s.Component("API")
	i := s.At("14:08").Reports("Calls fail", "one")
	s.At("14:30")
	u := i.Posts("", "two", statustest.Is(api, components.MajorOutage))
	early := s.At("14:20").Clock.Now()
	s.At("15:00")
	if _, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "two", HappenedAt: early}); err != nil {
		t.Fatal(err)
	}
	got, err := components.Store{DB: s.DB}.StatusesAt(t.Context(), s.Page.ID, early.Add(time.Minute), s.Clock.Now())
	if err != nil || got[api.ID] != components.MajorOutage {
		t.Errorf("at 14:21: got %s, %v; want major_outage", got[api.ID], err)
	}
}

func TestDesk_refusesBadInputBesideItsField(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	now := s.Clock.Now()
	for _, c := range []struct {
		name       string
		change     func(*incidents.Report)
		field, key string
	}{
		{"no title", func(r *incidents.Report) { r.Title = " " }, "title", "incident.title"},
		{"long title", func(r *incidents.Report) { r.Title = strings.Repeat("a", 201) }, "title", "field.toolong"},
		{"title turned round", func(r *incidents.Report) { r.Title = "abc\u202edef" }, "title", "field.control"},
		{"title of broken bytes", func(r *incidents.Report) { r.Title = "a\xff" }, "title", "fault.encoding"},
		{"no body", func(r *incidents.Report) { r.Body = "\n " }, "body", "incident.body"},
		{"long body", func(r *incidents.Report) { r.Body = strings.Repeat("a", 25001) }, "body", "markdown.length"},
		{"body of broken bytes", func(r *incidents.Report) { r.Body = "a\xff" }, "body", "fault.encoding"},
		{"body with a NUL", func(r *incidents.Report) { r.Body = "a\x00" }, "body", "fault.encoding"},
		{"unknown state", func(r *incidents.Report) { r.State = "scheduled" }, "state", "incident.state"},
		{"unknown component", func(r *incidents.Report) {
			r.Components = []components.Change{{Component: "abcdefghijkl", Status: components.MajorOutage}}
		}, "components", "incident.unknown_component"},
		{"future", func(r *incidents.Report) { r.HappenedAt = now.Add(2 * time.Hour) }, "happened_at", "time.future"},
		{"long ago", func(r *incidents.Report) { r.HappenedAt = now.AddDate(0, 0, -31) }, "happened_at", "time.backdate"},
		{"said before it began", func(r *incidents.Report) { r.HappenedAt = now.Add(-time.Hour); r.StartedAt = now }, "happened_at", "time.before_start"},
		{"promise in the past", func(r *incidents.Report) { r.NextUpdateBy = now.Add(-time.Minute) }, "next_update_by", "incident.promise_past"},
		{"unknown impact", func(r *incidents.Report) { r.Impact = "huge" }, "impact", "field.choice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := incidents.Report{Page: s.Page.ID, Title: "Calls fail", Body: "one"}
			c.change(&r)
			_, _, err := s.Desk.Report(t.Context(), s.Staff, r)
			statustest.WantFault(t, err, c.field, c.key)
		})
	}
	if n := len(s.Snapshot().Incidents); n != 0 {
		t.Errorf("%d incidents on the page, want none", n)
	}
}

func TestDesk_actsNeedTheirRole(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	viewer := auth.Actor{StaffID: 7, Name: "Vi", Role: auth.Viewer}
	_, _, err := s.Desk.Report(t.Context(), viewer, incidents.Report{Page: s.Page.ID, Title: "x", Body: "y"})
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("a viewer reports: got %v, want forbidden", err)
	}
	responder := auth.Actor{StaffID: 8, Name: "Ro", Role: auth.Responder}
	_, err = s.Desk.AddComponent(t.Context(), responder, incidents.AddComponent{Page: s.Page.ID, Name: "API"})
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("a responder adds a component: got %v, want forbidden", err)
	}
	if _, _, err := s.Desk.Report(t.Context(), responder, incidents.Report{Page: s.Page.ID, Title: "x", Body: "y"}); err != nil {
		t.Errorf("a responder reports: %v", err)
	}
}

func TestDesk_Plan_walksThroughAMaintenance(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api := s.Component("API")
		start := s.Clock.Now().Add(24 * time.Hour)
		plan := incidents.Plan{Page: s.Page.ID, Title: "Database upgrade", Body: "Slow for ten minutes.", Components: []string{api.Code}, Start: start, End: start.Add(90 * time.Minute)}
		m, err := s.Desk.Plan(t.Context(), s.Staff, plan)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Snapshot(); len(got.Planned()) != 1 || got.Status != components.Operational {
			t.Fatalf("planned: %d, status %s", len(got.Planned()), got.Status)
		}
		i := statustest.Incident{Site: s, Code: m.Code}
		s.Clock.Set(start)
		i.Posts(incidents.InProgress, "We begin.")
		if got := s.Snapshot().Status; got != components.Maintenance {
			t.Errorf("started: status %s", got)
		}
		i.Posts(incidents.Verifying, "We look.")
		i.Posts(incidents.Completed, "Done.")
		if got := s.Snapshot().Status; got != components.Operational {
			t.Errorf("completed: status %s", got)
		}
		if i.Seen().Impact != components.Maint {
			t.Errorf("impact %s", i.Seen().Impact)
		}
	})
}

func TestDesk_Plan_refusesAWindowThatEndsBeforeItStarts(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	start := s.Clock.Now().Add(time.Hour)
	_, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: "x", Body: "y", Components: []string{api.Code}, Start: start, End: start})
	statustest.WantFault(t, err, "end", "time.end_before_start")
}

func TestDesk_Postmortem_isSeenOnlyWhilePublished(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.Reports("Calls fail", "one")
		save := incidents.SavePostmortem{Page: s.Page.ID, Incident: i.Code, Body: "# A draft"}
		if _, err := s.Desk.SavePostmortem(t.Context(), s.Staff, save); err != nil {
			t.Fatal(err)
		}
		publish := incidents.PublishPostmortem{Page: s.Page.ID, Incident: i.Code, Body: "# What happened"}
		_, err := s.Desk.PublishPostmortem(t.Context(), s.Staff, publish)
		statustest.WantFault(t, err, "", "postmortem.unresolved")
		i.Posts(incidents.Resolved, "over")
		if i.Seen().Postmortem != nil {
			t.Fatal("readers see a draft")
		}
		if _, err := s.Desk.PublishPostmortem(t.Context(), s.Staff, publish); err != nil {
			t.Fatal(err)
		}
		publish.Body = "# What really happened"
		if _, err := s.Desk.PublishPostmortem(t.Context(), s.Staff, publish); err != nil {
			t.Fatal(err)
		}
		if got := i.Seen().Postmortem; got == nil || got.EditedAt == nil || len(got.Earlier) != 1 {
			t.Fatalf("corrected: %+v", got)
		}
		if err := s.Desk.UnpublishPostmortem(t.Context(), s.Staff, s.Page.ID, i.Code); err != nil {
			t.Fatal(err)
		}
		if i.Seen().Postmortem != nil {
			t.Error("unpublished, and readers still see it")
		}
	})
}

func TestDesk_hiddenComponentsAreNowhere(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	open := s.Component("API")
	secret, err := s.Desk.AddComponent(t.Context(), s.Staff, incidents.AddComponent{Page: s.Page.ID, Name: "Secret", Hidden: true})
	if err != nil {
		t.Fatal(err)
	}
	i := s.Reports("Calls fail", "one", statustest.Is(open, components.Degraded), statustest.Is(secret, components.MajorOutage))
	snap := s.Snapshot()
	if got := i.Seen().Impact; got != components.Minor {
		t.Errorf("impact %s, want minor: one service, slow, is all that readers know of", got)
	}
	if got := i.Story().Incident.Impact; got != components.Minor {
		t.Errorf("the ledger says impact %s, want minor", got)
	}
	if snap.Status != components.Degraded || len(snap.Components()) != 1 || len(i.Seen().Affected) != 1 {
		t.Errorf("status %s, %d components, %d affected", snap.Status, len(snap.Components()), len(i.Seen().Affected))
	}
}

func TestDesk_renamedComponentIsRenamedInOldIncidents(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	i := s.Reports("Calls fail", "one", statustest.Is(api, components.Degraded))
	err := s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: api.Code, Name: "Public API", Showcase: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := i.Seen().Affected[0].Name; got != "Public API" {
		t.Errorf("got %q", got)
	}
}

func TestDesk_duplicateNamesAreRefusedBesideTheName(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.Component("API")
		_, err := s.Desk.AddComponent(t.Context(), s.Staff, incidents.AddComponent{Page: s.Page.ID, Name: "api"})
		statustest.WantFault(t, err, "name", "component.name_taken")
		s.Group("Calls")
		_, err = s.Desk.AddGroup(t.Context(), s.Staff, s.Page.ID, "CALLS", "")
		statustest.WantFault(t, err, "name", "component.group_taken")
	})
}

func TestDesk_SaveSettings_doesNotOverwriteSilently(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mine, theirs := s.Page, s.Page
		theirs.Name = "Theirs"
		s.Clock.Advance(time.Minute)
		must(t, s.Desk.SaveSettings(t.Context(), s.Staff, theirs))
		mine.Name = "Mine"
		if err := s.Desk.SaveSettings(t.Context(), s.Staff, mine); !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v, want a conflict", err)
		}
		if got := s.Snapshot().Page.Name; got != "Theirs" {
			t.Errorf("the page is called %q", got)
		}
	})
}
