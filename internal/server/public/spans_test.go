package public_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// The raw periods begin with the start date, name the incident while something
// was wrong, and are a table that no program takes for formulas.
func TestSpans_areWhatUptimeIsCountedFrom(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.At("12:00")
	c, err := h.Desk.AddComponent(t.Context(), h.Staff, incidents.AddComponent{Page: h.Page.ID, Name: "=API", StartDate: "2018-05-01", Showcase: true})
	must(t, err)
	must(t, h.Desk.EditComponent(t.Context(), h.Staff, incidents.EditComponent{Page: h.Page.ID, Component: c.Code, Name: "=API", StartDate: "2018-05-10", Showcase: true}))
	h.At("14:00")
	i := h.Reports("Calls fail", "one", statustest.Is(c, components.PartialOutage))
	h.At("15:00")
	i.Posts(incidents.Resolved, "over", statustest.Is(c, components.Operational))
	want := []string{
		"component,name,group,status,from,to,incident",
		c.Code + ",'=API,,operational,2018-05-10T04:00:00.000Z,2018-05-14T18:00:00.000Z,",
		c.Code + ",'=API,,partial_outage,2018-05-14T18:00:00.000Z,2018-05-14T19:00:00.000Z," + i.Code,
		c.Code + ",'=API,,operational,2018-05-14T19:00:00.000Z,,",
	}
	if got := strings.TrimSpace(h.ask("GET", "/uptime.csv").Body.String()); got != strings.Join(want, "\r\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	for _, part := range []string{`"from":"2018-05-10T04:00:00.000Z"`, `"incident":"` + i.Code + `"`, `"to":null,"incident":null`} {
		if got := h.ask("GET", "/uptime.json").Body.String(); !strings.Contains(got, part) {
			t.Errorf("no %s in\n%s", part, got)
		}
	}
}
