package incidents_test

import (
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// History is rewritten three times (wording, time, start); then the page is
// read as it stood at four moments between.
func TestStore_AsOf_readsThePageAsItStoodThroughThreeRewritings(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.At("12:00")
		api := s.Component("API")
		first := s.At("14:08")
		i := first.Reports("Calls fail", "since 1:30 est", statustest.Is(api, components.PartialOutage))
		opening := i.Story().Updates[0]
		m1 := s.At("14:10").Clock.Now()

		s.At("14:20") // 1: the wording
		_, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: opening.Code, Body: "since 1:30 pm EDT"})
		must(t, err)
		m2 := s.At("14:25").Clock.Now()

		s.At("14:30")
		second := i.Posts("", "two", statustest.Is(api, components.MajorOutage))
		s.At("14:40") // 2: the time of the second update, to 14:15
		_, err = s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: second.Code, Body: "two", HappenedAt: s.Clock.Now().Add(-25 * time.Minute)})
		must(t, err)
		m3 := s.At("14:45").Clock.Now()

		s.At("14:50") // 3: the beginning of the whole, to 13:30, and its title
		_, err = s.Desk.Edit(t.Context(), s.Staff, incidents.Edit{Page: s.Page.ID, Incident: i.Code, Title: "Upstream Network Impairment", StartedAt: s.Clock.Now().Add(-80 * time.Minute)})
		must(t, err)
		s.At("14:55")
		m4 := s.Clock.Now()

		for _, c := range []struct {
			name         string
			at           time.Time
			title, first string
			updates      int
			status       components.Status
		}{
			{"as first posted", m1, "Calls fail", "since 1:30 est", 1, components.PartialOutage},
			{"after the wording", m2, "Calls fail", "since 1:30 pm EDT", 1, components.PartialOutage},
			{"after the time", m3, "Calls fail", "since 1:30 pm EDT", 2, components.MajorOutage},
			{"after the start", m4, "Upstream Network Impairment", "since 1:30 pm EDT", 2, components.MajorOutage},
		} {
			got, err := incidents.Store{DB: s.DB}.AsOf(t.Context(), s.Page.ID, c.at)
			must(t, err)
			if len(got.Incidents) != 1 || got.Incidents[0].Title != c.title || len(got.Incidents[0].Updates) != c.updates || got.Statuses[api.ID] != c.status {
				t.Errorf("%s: got %+v", c.name, got)
				continue
			}
			if u := got.Incidents[0].Updates; u[len(u)-1].Body != c.first {
				t.Errorf("%s: first update %q, want %q", c.name, u[len(u)-1].Body, c.first)
			}
		}
		if got, err := (incidents.Store{DB: s.DB}).AsOf(t.Context(), s.Page.ID, statustest.Noon); err != nil || len(got.Incidents) != 0 {
			t.Errorf("before all of it: %+v, %v", got, err)
		}
		// What we say today of 14:00 has changed; what we said at 14:10 of 14:00 has not.
		at := s.At("14:00").Clock.Now()
		store := components.Store{DB: s.DB}
		now, err := store.StatusesAt(t.Context(), s.Page.ID, at, m4)
		must(t, err)
		then, err := store.StatusesAt(t.Context(), s.Page.ID, at, m1)
		must(t, err)
		if now[api.ID] != components.PartialOutage || then[api.ID] != components.Operational {
			t.Errorf("14:00: now we say %s, at 14:10 we said %s", now[api.ID], then[api.ID])
		}
	})
}

func TestLedgers_refuseToBeRewritten(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api := s.Component("API")
		s.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
		for _, q := range []string{
			`update component_spans set status = 'operational'`,
			`update component_spans set valid_from = recorded_at where superseded_at is not null`,
			`delete from component_spans`,
			`update revisions set content = '{}'`,
			`delete from revisions`,
			`update audits set action = 'nothing'`,
		} {
			err := s.DB.Private(t.Context(), func(tx *db.Tx) error { return tx.Exec(q).Error })
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: got %v, want a refusal", q, err)
			}
		}
		if id, err := (incidents.Store{DB: s.DB}).VerifyRevisions(t.Context(), s.Page.ID); id != 0 || err != nil {
			t.Errorf("the chain breaks at %d, %v", id, err)
		}
		if id, err := s.Auth.VerifyAudits(t.Context(), s.Page.ID); id != 0 || err != nil {
			t.Errorf("the audit's chain breaks at %d, %v", id, err)
		}
	})
}

func TestStore_VerifyRevisions_findsAForgedRow(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.Reports("Calls fail", "one")
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		if err := tx.Exec(`drop trigger revisions_append_only`).Error; err != nil {
			return err
		}
		return tx.Exec(`update revisions set content = replace(content, 'one', 'all is well') where id = 2`).Error
	}))
	if id, err := (incidents.Store{DB: s.DB}).VerifyRevisions(t.Context(), s.Page.ID); id != 2 || err != nil {
		t.Errorf("got %d, %v; want row 2", id, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
