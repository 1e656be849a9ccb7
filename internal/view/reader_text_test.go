package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

func TestText_saysWhatThePageSays(t *testing.T) {
	t.Parallel()
	s := snapshot.New(during(t))
	body, err := views(t).Text(s)
	same(t, "status.txt", string(must(t, body, err)), `Application Dashboard is down; Call Routing and Backup Call Routing have problems
CallRail status. Updated May 14, 2018 - 14:49 EDT

! Upstream Network Impairment (Investigating, started May 14, 2018 - 13:30 EDT)
  `+strings.Join(strings.Fields(s.Open()[0].Latest().Plain), " ")+`
  Next update by May 14, 2018 - 15:20 EDT. https://status.example.com/incidents/kctbh9vrtdwd

Down: Application Dashboard
Partly down: Call Routing, Backup Call Routing
Maintenance planned for May 27, 2018 - 02:00 EDT until May 27, 2018 - 03:30 EDT: Database upgrade for reports https://status.example.com/incidents/p31zjtct2jer

Times are in America/New_York (EDT, UTC−4).
https://status.example.com/
`)
	body, err = views(t).Markdown(s)
	for _, want := range []string{
		"# Application Dashboard is down; ", "## [", "](https://status.example.com/incidents/kctbh9vrtdwd)", "\n> ", "Next update by May 14, 2018 - 15:20 EDT",
		"- **Down**: Application Dashboard\n", "- Maintenance planned for May 27, 2018 - 02:00 EDT until", "<https://status.example.com/>",
	} {
		if !strings.Contains(string(must(t, body, err)), want) {
			t.Errorf("status.md does not say %q:\n%s", want, body)
		}
	}
}

func TestText_saysThatItIsLateOrOldOrNew(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.BuiltAt = at(t, "2018-05-14T19:30:00Z")
	facts.AsOf = facts.BuiltAt
	for name, render := range texts(t) {
		body := render(snapshot.New(facts))
		if !strings.Contains(body, "Next update promised by May 14, 2018 - 15:20 EDT, late") || !strings.Contains(strings.ReplaceAll(body, `\`, ""), "Shown as of May 14, 2018 - 15:30 EDT") {
			t.Errorf("%s:\n%s", name, body)
		}
		empty := facts
		empty.Groups, empty.Incidents = nil, nil
		if body = render(snapshot.New(empty)); !strings.Contains(body, "This page is being set up. Nothing is wrong.") {
			t.Errorf("%s of a new page:\n%s", name, body)
		}
	}
}

func texts(t *testing.T) map[string]func(*snapshot.Snapshot) string {
	t.Helper()
	v := views(t)
	return map[string]func(*snapshot.Snapshot) string{
		"text":     func(s *snapshot.Snapshot) string { body, err := v.Text(s); return string(must(t, body, err)) },
		"markdown": func(s *snapshot.Snapshot) string { body, err := v.Markdown(s); return string(must(t, body, err)) },
	}
}

// worstDay is a page with more of everything than a screen has room for.
func worstDay(t *testing.T) snapshot.Snapshot {
	t.Helper()
	s := hostile(t)
	s.Page.Language = "en"
	for n := range 12 {
		from := s.BuiltAt.Add(-time.Duration(n) * time.Hour)
		i := &snapshot.Incident{
			ID: int64(100 + n), Code: fmt.Sprintf("worst%07d", n), Kind: incidents.KindIncident, Title: "1. A\n- title \x1b[31m", State: incidents.Identified, StartedAt: from, NextUpdateBy: new(from.Add(time.Minute)),
			Updates: []snapshot.Update{{N: 1, State: incidents.Identified, Plain: "Words\r\n# and\x1b[2J more. " + strings.Repeat("long ", 200), HappenedAt: from}},
		}
		if n%2 == 1 {
			i.Kind, i.State, i.ScheduledFor, i.ScheduledUntil = incidents.KindMaintenance, incidents.InProgress, &from, new(from.Add(30*time.Hour))
		}
		s.Incidents = append(s.Incidents, i)
	}
	return s
}

func TestText_fitsOnAScreenAndObeysNobody(t *testing.T) {
	t.Parallel()
	facts := worstDay(t)
	body := texts(t)["text"](snapshot.New(facts))
	if lines := strings.Count(body, "\n"); lines > 24 || lines < 20 {
		t.Errorf("%d lines, want as many as fit into 24:\n%s", lines, body)
	}
	for _, want := range []string{"more open incidents", "more maintenances under way", "and 52 more"} {
		if !strings.Contains(body, want) {
			t.Errorf("it does not say %q:\n%s", want, body)
		}
	}
	if n := strings.IndexFunc(body, func(c rune) bool { return c != '\n' && unicode.IsControl(c) }); n >= 0 {
		t.Errorf("a control character at %d: %q", n, body[n:min(n+9, len(body))])
	}
	for line := range strings.Lines(body) {
		if len(line) > 2000 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

// What people typed is text in the Markdown: read again, it makes no element of its own.
func TestMarkdown_typedTextIsText(t *testing.T) {
	t.Parallel()
	facts := worstDay(t)
	facts.Groups = append(facts.Groups, snapshot.Group{Components: []snapshot.Component{
		{Code: "x", Name: "**bold** [a](javascript:x) `code` ~~x~~ | y | https://evil.example", Status: components.MajorOutage},
	}})
	facts.Incidents[0].Title = "# *Title* ![x](y) <script> &amp; 1. _z_"
	d := doc(t, texts(t)["markdown"](snapshot.New(facts)))
	for _, bad := range []string{"<em", "<img", "<code", "<del", "<table", "javascript", "&amp;amp;</a>"} {
		if strings.Contains(strings.ReplaceAll(d.HTML, "[a](javascript:x)", ""), bad) {
			t.Errorf("%s in:\n%s", bad, d.HTML)
		}
	}
	if !strings.Contains(d.HTML, "# *Title* ![x](y) &lt;script&gt; &amp;amp; 1. _z_</a>") {
		t.Errorf("the title is not as it was typed:\n%s", d.HTML)
	}
}
