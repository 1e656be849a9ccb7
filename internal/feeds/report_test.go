package feeds_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/feeds"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

func titled(t *testing.T, s *snapshot.Snapshot, title string) *snapshot.Incident {
	t.Helper()
	for _, i := range s.Incidents {
		if i.Title == title {
			return i
		}
	}
	t.Fatalf("there is no %s", title)
	return nil
}

func report(t *testing.T, s *snapshot.Snapshot, i *snapshot.Incident) string {
	t.Helper()
	raw, err := feeds.Markdown(feeds.Source{Snapshot: s, P: printer(t, s)}, i)
	ok(t, err)
	return string(raw)
}

func TestMarkdown_isTheWholeReport(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	i := titled(t, s, "Slow")
	want := strings.ReplaceAll(`# Slow

Incident Report for CallRail: <https://status.example.com/incidents/CODE>

- State: Resolved
- Started: May 14, 2018 - 10:00 EDT
- Resolved: May 14, 2018 - 10:40 EDT
- Lasted: 40 min
- Affected services: API

## Updates

### Resolved, May 14, 2018 - 10:40 EDT

over

### Monitoring, May 14, 2018 - 10:20 EDT

two

### Investigating, May 14, 2018 - 10:00 EDT

one

## Postmortem, May 14, 2018 - 10:40 EDT

# Why

Because.
`, "CODE", i.Code)
	if got := report(t, s, i); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if plan := report(t, s, titled(t, s, "Next week")); !strings.Contains(plan, "- Planned for: May 21, 2018 - 11:00 EDT\n- Planned until: May 21, 2018 - 12:00 EDT\n") {
		t.Errorf("a maintenance:\n%s", plan)
	}
}

// What people typed into a title is text, and none of the report's own Markdown.
func TestMarkdown_titlesAreText(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	i := *titled(t, s, "Slow")
	i.Title = "<script>alert(1)</script> [x](javascript:y) *z*\n# New"
	if first, _, _ := strings.Cut(report(t, s, &i), "\n"); first != `# \<script\>alert(1)\</script\> \[x\](javascript:y) \*z\* \# New` {
		t.Error(first)
	}
}

func TestHasEvent_onlyMaintenanceWithBothEnds(t *testing.T) {
	t.Parallel()
	s := busy(t).Snapshot()
	open := *titled(t, s, "Next week")
	open.ScheduledUntil = nil
	if !feeds.HasEvent(titled(t, s, "Next week")) || feeds.HasEvent(&open) || feeds.HasEvent(titled(t, s, "Slow")) {
		t.Error("wrong")
	}
	if i := titled(t, s, "Done"); i.State != incidents.Completed || !feeds.HasEvent(i) {
		t.Error("what is over stays in calendars")
	}
}
