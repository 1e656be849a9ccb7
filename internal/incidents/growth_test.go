package incidents_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// What somebody does costs the same after ten years as on the first day: no
// statement of an act, or of the picture that is built after it, goes through
// all rows of a table that grows with history.
func TestDesk_noActWalksThroughHistory(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	i := s.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	asked := listen(t, s)

	u := i.Posts(incidents.Identified, "two", statustest.Is(api, components.PartialOutage))
	_, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "two, in other words"})
	must(t, err)
	must(t, s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}))
	_, err = incidents.Store{DB: s.DB}.List(t.Context(), s.Page.ID, incidents.KindIncident, 0, 20)
	must(t, err)
	_, err = incidents.Store{DB: s.DB}.OpenOnes(t.Context(), s.Page.ID)
	must(t, err)
	s.Reports("Another", "one")

	all := asked()
	if len(all) < 30 {
		t.Fatalf("only %d statements were heard: the test proves nothing", len(all))
	}
	for _, q := range all {
		if plan := plan(t, s.DB.Read(t.Context()), q); walks(plan) {
			t.Errorf("goes through all of history:\n%s\n%s", q.sql, plan)
		}
	}
}

type question struct {
	sql  string
	vars []any
}

// listen notes every statement from now on, until what it returns is called.
func listen(t *testing.T, s *statustest.Site) func() []question {
	t.Helper()
	var heard []question
	deaf := false
	note := func(g *gorm.DB) {
		if q := g.Statement.SQL.String(); q != "" && !deaf {
			heard = append(heard, question{q, g.Statement.Vars})
		}
	}
	hear := func(g *gorm.DB) {
		must(t, g.Callback().Query().Register("test:query", note))
		must(t, g.Callback().Row().Register("test:row", note))
		must(t, g.Callback().Raw().Register("test:raw", note))
	}
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error { hear(tx.DB); return nil }))
	hear(s.DB.Read(t.Context()))
	return func() []question { deaf = true; return heard }
}

func plan(t *testing.T, g *gorm.DB, q question) string {
	t.Helper()
	if verb, _, _ := strings.Cut(strings.TrimSpace(q.sql), " "); !strings.Contains("select update delete insert", strings.ToLower(verb)) {
		return ""
	}
	var steps []struct{ Detail string }
	must(t, g.Raw("explain query plan "+q.sql, q.vars...).Scan(&steps).Error)
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintln(&b, s.Detail)
	}
	return b.String()
}

var (
	// Tables that grow with history; what grows with the page itself may be read whole.
	history = `(?:incidents|updates|update_components|postmortems|component_spans|revisions|audits|announcements|deliveries|submits|[iuc])`
	scan    = regexp.MustCompile(`(?m)^SCAN ` + history + `\b`)
	byPage  = regexp.MustCompile(`(?m)^SEARCH ` + history + ` USING [A-Z ]*INDEX (\S+) \(page_id=\?\)$`)
	// Found by the page alone, but only the last row is looked at, or few are in it.
	oneEnd = []string{"incidents_open", "revisions_page", "audits_page", "sqlite_autoindex_incidents_2"}
)

func walks(plan string) bool {
	for _, m := range byPage.FindAllStringSubmatch(plan, -1) {
		if !slices.Contains(oneEnd, m[1]) || strings.Contains(plan, "TEMP B-TREE") {
			return true
		}
	}
	return scan.MatchString(plan)
}
