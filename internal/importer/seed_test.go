package importer_test

import (
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/importer"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

func TestImporter_Demo_isWordForWordAndCanBeRunAgain(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		s.Clock.Set(statustest.Noon.AddDate(8, 6, 0))
		im := importer.Importer{DB: s.DB, Desk: s.Desk}
		first, err := im.Demo(t.Context(), auth.CommandLine(), "raco.localhost:8080")
		if err != nil {
			t.Fatal(err)
		}
		s.Shelf.Tick(t.Context())
		for n, seed := range []statustest.Seed{statustest.CallRail(t), statustest.RACO(t)} {
			snap := s.Shelf.Get(first[n].Page.ID)
			if snap.Page.Name != seed.Page.Name || snap.Page.TimeZone != seed.Page.TimeZone {
				t.Errorf("page %q in %s", snap.Page.Name, snap.Page.TimeZone)
			}
			if snap.Page.ShowUptime {
				t.Errorf("%s shows an uptime of which nothing is known", seed.Page.Name)
			}
			got := snap.Incident(first[n].Incident)
			if got == nil || len(got.Updates) != len(seed.Incident.Updates) || len(got.Affected) != len(seed.Incident.Affected) {
				t.Fatalf("%s: got %+v", seed.Page.Name, got)
			}
			for k, u := range seed.Incident.Updates {
				if got.Updates[k].Body != u.Body || !got.Updates[k].HappenedAt.Equal(u.Posted.UTC) || string(got.Updates[k].State) != u.State {
					t.Errorf("update %d: got %+v, want %+v", k, got.Updates[k], u)
				}
			}
			if got.Postmortem == nil || got.Postmortem.Body != seed.Incident.Postmortem.Markdown || !got.Postmortem.PublishedAt.Equal(seed.Incident.Postmortem.Posted.UTC) {
				t.Errorf("postmortem: %+v", got.Postmortem)
			}
		}
		// What was posted elsewhere at three stood on the page of that day, though we know of it only now.
		then, err := s.Shelf.AsOf(t.Context(), first[0].Page.ID, time.Date(2018, 5, 14, 15, 0, 0, 0, time.FixedZone("EDT", -4*3600)))
		if err != nil {
			t.Fatal(err)
		}
		if stood := then.Incident(first[0].Incident); stood == nil || len(stood.Updates) != 3 || stood.State != incidents.Investigating || stood.Postmortem != nil || len(then.Open()) != 1 {
			t.Errorf("CallRail's page at 15:00 of the day: %+v", stood)
		}
		again, err := im.Demo(t.Context(), auth.CommandLine(), "raco.localhost")
		if err != nil {
			t.Fatal(err)
		}
		before := s.Snapshot().Version
		for _, r := range again {
			if r.Changed() {
				t.Errorf("the second run changed %s: %+v", r.Page.Name, r)
			}
		}
		s.Shelf.Tick(t.Context())
		if s.Snapshot().Version != before {
			t.Error("the second run raised the page's version")
		}
	})
}

func TestImporter_Sample_isAnOutageNowAndCanBeRunAgain(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		im := importer.Importer{DB: s.DB, Desk: s.Desk}
		first, err := im.Sample(t.Context(), auth.CommandLine(), "larkline.localhost")
		if err != nil {
			t.Fatal(err)
		}
		s.Shelf.Tick(t.Context())
		snap := s.Shelf.Get(first.Page.ID)
		open := snap.Open()
		if len(open) != 1 || len(open[0].Updates) != 3 || !open[0].NextUpdateBy.After(s.Clock.Now()) || len(snap.Planned()) != 1 {
			t.Fatalf("open %v, planned %v", open, snap.Planned())
		}
		from, to := snap.LastDays(90)
		for _, c := range snap.Components() {
			if got := snap.Tally(from, to, c).Known(); got != to.Sub(from) {
				t.Errorf("%s: %v of ninety days are known", c.Name, got)
			}
		}
		then, err := s.Shelf.AsOf(t.Context(), first.Page.ID, s.Clock.Now().Add(-10*time.Minute))
		if err != nil || len(then.Open()) != 1 || len(then.Open()[0].Updates) != 1 || then.Status != components.PartialOutage || len(then.Components()) != len(s.Shelf.Get(first.Page.ID).Components()) {
			t.Fatalf("ten minutes ago: %v; %d open, %d services, %s", err, len(then.Open()), len(then.Components()), then.Status)
		}
		s.Clock.Advance(40 * time.Hour)
		again, err := im.Sample(t.Context(), auth.CommandLine(), "larkline.localhost")
		if err != nil || again.Changed() {
			t.Errorf("the second run: %+v, %v", again, err)
		}
	})
}
