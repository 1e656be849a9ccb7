package snapshot_test

import (
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

func TestShelf_AsOf_isThePageAsItStood(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		api := s.At("12:00").Component("API")
		i := s.At("14:00").Reports("Calls fail", "since 1:30 est", statustest.Is(api, components.PartialOutage))
		first := i.Story().Updates[0].Code
		s.At("14:10")
		secret := i.Posts(incidents.Identified, "the password is hunter2", statustest.Is(api, components.MajorOutage))
		m1 := s.At("14:15").Clock.Now()
		s.At("14:20")
		must(t, s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: secret.Code}))
		_, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: first, Body: "since 1:30 pm EDT"})
		must(t, err)
		s.Component("Added later")
		m2 := s.At("14:30").Clock.Now()
		s.At("15:00")
		i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
		s.At("16:00")

		then, err := s.Shelf.AsOf(t.Context(), s.Page.ID, m1)
		must(t, err)
		was := then.Incident(i.Code)
		if len(was.Updates) != 1 || was.Updates[0].Body != "since 1:30 est" || was.Updates[0].Plain != "since 1:30 est" || was.Updates[0].EditedAt != nil {
			t.Errorf("at 14:15: %+v; want the first wording alone: what was withdrawn is not shown again", was.Updates)
		}
		if then.Status != components.MajorOutage || len(then.Components()) != 1 || !then.Stood.Equal(m1) || !then.BuiltAt.Equal(m1) {
			t.Errorf("at 14:15: status %s, %d components, stood %v", then.Status, len(then.Components()), then.Stood)
		}
		then, err = s.Shelf.AsOf(t.Context(), s.Page.ID, m2)
		must(t, err)
		was = then.Incident(i.Code)
		if was.Updates[0].Body != "since 1:30 pm EDT" || was.State != incidents.Investigating || was.ResolvedAt != nil || then.Status != components.PartialOutage || len(then.Open()) != 1 {
			t.Errorf("at 14:30: %+v, page %s", was, then.Status)
		}
		then, err = s.Shelf.AsOf(t.Context(), s.Page.ID, s.At("16:00").Clock.Now())
		must(t, err)
		if was = then.Incident(i.Code); was.State != incidents.Resolved || was.ResolvedAt == nil {
			t.Errorf("at 16:00: %+v", was)
		}
		if then, err = s.Shelf.AsOf(t.Context(), s.Page.ID, statustest.Noon.AddDate(-1, 0, 0)); err != nil || len(then.Incidents) != 0 || len(then.Components()) != 0 {
			t.Errorf("a year before: %v, %v", then, err)
		}
		if _, err = s.Shelf.AsOf(t.Context(), s.Page.ID, s.Clock.Now().AddDate(0, 0, 1)); !fault.Is(err, fault.NotFound) {
			t.Errorf("tomorrow: %v", err)
		}
	})
}
