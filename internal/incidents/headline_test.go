package incidents_test

import (
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

func writes(t *testing.T, s *statustest.Site, text string) {
	t.Helper()
	must(t, s.Desk.WriteHeadline(t.Context(), s.Staff, incidents.WriteHeadline{Page: s.Page.ID, Text: text}))
	if got := s.Snapshot().Headline; got != text {
		t.Fatalf("readers see %q, want %q", got, text)
	}
}

// actions are those of the audit, oldest first.
func actions(t *testing.T, s *statustest.Site) string {
	t.Helper()
	rows, err := s.Auth.Audits(t.Context(), s.Page.ID, 0, 100)
	must(t, err)
	var out []string
	for _, r := range rows {
		out = append([]string{r.Action}, out...)
	}
	return strings.Join(out, " ")
}

func TestDesk_WriteHeadline_isSeenUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api := s.Component("API")
		s.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
		was := s.Snapshot().Version
		writes(t, s, "A fibre is cut: calls in Ohio fail")
		if got := s.Snapshot(); got.Version != was+1 || got.Status != components.MajorOutage {
			t.Errorf("version %d after %d, status %s", got.Version, was, got.Status)
		}
		writes(t, s, "Calls in Ohio and Iowa fail")
		drop := incidents.DropHeadline{Page: s.Page.ID}
		must(t, s.Desk.DropHeadline(t.Context(), s.Staff, drop))
		version := s.Snapshot().Version
		must(t, s.Desk.DropHeadline(t.Context(), s.Staff, drop)) // twice is once
		if got := s.Snapshot(); got.Headline != "" || got.Version != version {
			t.Errorf("after it was taken back twice: %q, version %d then %d", got.Headline, version, got.Version)
		}
		if got := actions(t, s); !strings.HasSuffix(got, "headline.write headline.write headline.drop") {
			t.Errorf("audit: %s", got)
		}
	})
}

// A written headline was written for what was so. Whatever act makes that
// something else ends it, and nothing brings it back.
func TestDesk_WriteHeadline_endsWithWhatItWasWrittenFor(t *testing.T) {
	t.Parallel()
	type world struct {
		*statustest.Site
		api, web components.Component
		i        statustest.Incident
		up       incidents.Update
	}
	edit := func(c components.Component, hidden bool) incidents.EditComponent {
		return incidents.EditComponent{Page: c.PageID, Component: c.Code, Name: c.Name, Hidden: hidden}
	}
	for _, c := range []struct {
		name string
		ends bool
		act  func(w world) error
	}{
		{"a service changes its status", true, func(w world) error {
			return w.Desk.SetStatus(t.Context(), w.Staff, w.Page.ID, w.api.Code, components.Degraded)
		}},
		{"all is well again", true, func(w world) error {
			w.i.Posts(incidents.Resolved, "over", statustest.Is(w.api, components.Operational))
			return nil
		}},
		{"it is over, and the service still down", true, func(w world) error { w.i.Posts(incidents.Resolved, "over"); return nil }},
		{"the incident moves on a step", true, func(w world) error { w.i.Posts(incidents.Monitoring, "two"); return nil }},
		{"another incident begins", true, func(w world) error { w.Reports("Reports are late", "one"); return nil }},
		{"the incident is withdrawn", true, func(w world) error {
			return w.Desk.WithdrawIncident(t.Context(), w.Staff, w.Page.ID, w.i.Code)
		}},
		{"the update that moved it on is withdrawn", true, func(w world) error {
			return w.Desk.Withdraw(t.Context(), w.Staff, incidents.Withdraw{Page: w.Page.ID, Update: w.up.Code})
		}},
		{"the service is hidden", true, func(w world) error { return w.Desk.EditComponent(t.Context(), w.Staff, edit(w.api, true)) }},
		{"the service is removed", true, func(w world) error {
			return w.Desk.ArchiveComponent(t.Context(), w.Staff, w.Page.ID, w.api.Code)
		}},
		{"the page speaks another language", true, func(w world) error {
			p := w.Page
			p.Language, p.UpdatedAt = "de", time.Time{}
			return w.Desk.SaveSettings(t.Context(), w.Staff, p)
		}},
		{"a hidden service changes its status", false, func(w world) error {
			return w.Desk.SetStatus(t.Context(), w.Staff, w.Page.ID, w.web.Code, components.MajorOutage)
		}},
		{"an update says no more than before", false, func(w world) error { w.i.Posts("", "still at it"); return nil }},
		{"the wording of an update is corrected", false, func(w world) error {
			_, err := w.Desk.Correct(t.Context(), w.Staff, incidents.Correct{Page: w.Page.ID, Update: w.up.Code, Body: "found"})
			return err
		}},
		{"maintenance is planned", false, func(w world) error {
			_, err := w.Desk.Plan(t.Context(), w.Staff, incidents.Plan{Page: w.Page.ID, Title: "Upgrade", Body: "Slow.", Components: []string{w.api.Code}, Start: w.Clock.Now().Add(time.Hour), End: w.Clock.Now().Add(2 * time.Hour)})
			return err
		}},
		{"other settings change", false, func(w world) error {
			p := w.Page
			p.PastDays, p.UpdatedAt = 7, time.Time{}
			return w.Desk.SaveSettings(t.Context(), w.Staff, p)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := statustest.NewSite(t)
			w := world{Site: s, api: s.Component("API"), web: s.Component("Website")}
			must(t, s.Desk.EditComponent(t.Context(), s.Staff, edit(w.web, true)))
			w.i = s.Reports("Calls fail", "one", statustest.Is(w.api, components.MajorOutage))
			w.up = w.i.Posts(incidents.Identified, "found it")
			writes(t, s, "A fibre is cut")
			s.Clock.Advance(time.Minute)
			must(t, c.act(w))
			if got := s.Snapshot().Headline == ""; got != c.ends {
				t.Errorf("ended: %v, want %v", got, c.ends)
			}
			if got := strings.Contains(actions(t, s), "headline.outdated"); got != c.ends {
				t.Errorf("audit: %s", actions(t, s))
			}
		})
	}
}

func TestDesk_WriteHeadline_doesNotComeBackWithWhatItSpokeOf(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	set := func(st components.Status) {
		must(t, s.Desk.SetStatus(t.Context(), s.Staff, s.Page.ID, api.Code, st))
	}
	set(components.MajorOutage)
	writes(t, s, "A fibre is cut")
	set(components.Operational)
	set(components.MajorOutage)
	if got := s.Snapshot().Headline; got != "" {
		t.Errorf("the next outage is told in the words of the last: %q", got)
	}
}

func TestDesk_WriteHeadline_refuses(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	for name, c := range map[string]struct{ text, key string }{
		"nothing":      {" \t ", "headline.blank"},
		"two lines":    {"Calls\nfail", "field.control"},
		"turned text":  {"Calls \u202efail", "field.control"},
		"too long":     {strings.Repeat("é", incidents.MaxHeadline+1), "field.toolong"},
		"broken UTF-8": {"Calls \xff fail", "fault.encoding"},
	} {
		err := s.Desk.WriteHeadline(t.Context(), s.Staff, incidents.WriteHeadline{Page: s.Page.ID, Text: c.text})
		if f := fault.Of(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "headline" || f.Fields[0].Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	viewer := auth.Actor{StaffID: 9, Name: "Eve", Role: auth.Viewer}
	if err := s.Desk.WriteHeadline(t.Context(), viewer, incidents.WriteHeadline{Page: s.Page.ID, Text: "x"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a viewer writes: %v", err)
	}
	if err := s.Desk.DropHeadline(t.Context(), viewer, incidents.DropHeadline{Page: s.Page.ID}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a viewer takes back: %v", err)
	}
	if got := s.Snapshot().Headline; got != "" {
		t.Errorf("readers see %q", got)
	}
}

// The form was opened while calls failed; when it is sent they work, or somebody
// wrote another sentence.
func TestDesk_WriteHeadline_ofAStaleFormIsAConflict(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	i := s.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	store := incidents.Store{DB: s.DB}
	opened := func() string {
		now, err := store.Headline(t.Context(), s.Page.ID)
		must(t, err)
		return now.Mark
	}
	write := func(text, expect string) error {
		return s.Desk.WriteHeadline(t.Context(), s.Staff, incidents.WriteHeadline{Page: s.Page.ID, Text: text, Expect: expect})
	}
	form := opened()
	i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	if err := write("Calls fail", form); !fault.Is(err, fault.Conflict) {
		t.Errorf("of a situation that is over: %v", err)
	}
	form = opened()
	must(t, write("Everything works; tonight we watch closely", form))
	if err := write("Everything works", form); !fault.Is(err, fault.Conflict) {
		t.Errorf("over another's sentence: %v", err)
	}
	if err := s.Desk.DropHeadline(t.Context(), s.Staff, incidents.DropHeadline{Page: s.Page.ID, Expect: form}); !fault.Is(err, fault.Conflict) {
		t.Errorf("taking back what one has not seen: %v", err)
	}
	must(t, write("Everything works", opened()))
}

func TestDesk_WriteHeadline_ofTheSameFormTwiceIsOnce(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.Component("API")
		now, err := incidents.Store{DB: s.DB}.Headline(t.Context(), s.Page.ID)
		must(t, err)
		w := incidents.WriteHeadline{Page: s.Page.ID, Text: "All is well", Expect: now.Mark, Key: "k", Sent: "1"}
		must(t, s.Desk.WriteHeadline(t.Context(), s.Staff, w))
		must(t, s.Desk.DropHeadline(t.Context(), s.Staff, incidents.DropHeadline{Page: s.Page.ID}))
		must(t, s.Desk.WriteHeadline(t.Context(), s.Staff, w)) // the first one's answer was lost
		if got := s.Snapshot().Headline; got != "" {
			t.Errorf("a repeated submit wrote %q once more", got)
		}
		w.Text, w.Sent = "All is very well", "2"
		if err := s.Desk.WriteHeadline(t.Context(), s.Staff, w); !fault.Is(err, fault.Conflict) {
			t.Errorf("another sentence under the same key: %v", err)
		}
	})
}

func TestStore_AsOf_knowsTheHeadlineThatStood(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.At("12:00")
		api := s.Component("API")
		s.At("14:00")
		i := s.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
		s.At("14:10")
		writes(t, s, "A fibre is cut")
		s.At("14:20")
		writes(t, s, "A fibre is cut in Ohio")
		s.At("14:30")
		i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
		s.At("14:45")
		writes(t, s, "The password is hunter2")
		s.At("14:50")
		must(t, s.Desk.DropHeadline(t.Context(), s.Staff, incidents.DropHeadline{Page: s.Page.ID}))
		for clock, want := range map[string]string{"14:47": "", "14:05": "", "14:10": "A fibre is cut", "14:19": "A fibre is cut", "14:25": "A fibre is cut in Ohio", "14:30": "", "14:40": ""} {
			at := s.At(clock).Clock.Now()
			s.At("15:00")
			then, err := s.Shelf.AsOf(t.Context(), s.Page.ID, at)
			must(t, err)
			if then.Headline != want {
				t.Errorf("at %s: %q, want %q", clock, then.Headline, want)
			}
		}
	})
}

// One live headline a page, whatever two nodes do at once.
func TestHeadlines_schemaAllowsOneThatStands(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.Component("API")
		writes(t, s, "One")
		err := s.DB.Private(t.Context(), func(tx *db.Tx) error {
			return tx.Create(&incidents.Headline{PageID: s.Page.ID, Text: "Two", SetAt: tx.Now}).Error
		})
		if err == nil {
			t.Error("there are two headlines at once")
		}
	})
}
