package feeds

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// Report is a form in which a single incident or maintenance can be had, at its
// own address with an ending.
type Report struct {
	Ending      string
	ContentType string
	Shared      bool // scripts of other sites may read it
	Has         func(*snapshot.Incident) bool
	Render      func(Source, *snapshot.Incident) ([]byte, error)
}

// Reports are all of them.
var Reports = []Report{
	{Ending: "json", ContentType: jsonType, Shared: true, Has: always, Render: IncidentJSON},
	{Ending: "md", ContentType: "text/markdown; charset=utf-8", Shared: true, Has: always, Render: Markdown},
	{Ending: "ics", ContentType: "text/calendar; charset=utf-8", Has: HasEvent, Render: func(o Source, i *snapshot.Incident) ([]byte, error) { return OneEvent(o, i), nil }},
}

func always(*snapshot.Incident) bool { return true }

// HasEvent reports whether an incident can be put into a calendar.
func HasEvent(i *snapshot.Incident) bool {
	return i.Kind == incidents.KindMaintenance && i.ScheduledFor != nil && i.ScheduledUntil != nil
}

// IncidentJSON is one incident in the shape that the lists of the read API have
// it, beside its page as in every answer of that (CONTRACT 2).
func IncidentJSON(o Source, i *snapshot.Incident) ([]byte, error) {
	raw, err := json.Marshal(struct {
		Page     v2Header   `json:"page"`
		Incident v2Incident `json:"incident"`
	}{v2HeaderOf(o.Snapshot), v2IncidentOf(o.Snapshot, i, v2ByCode(o.Snapshot))})
	if err != nil {
		return nil, fmt.Errorf("write incident %s as JSON: %w", i.Code, err)
	}
	return raw, nil
}

// Markdown is a report as a document to keep or to send on: the facts, the
// updates newest first as on the page, the postmortem, each as it was typed.
func Markdown(o Source, i *snapshot.Incident) ([]byte, error) {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line("# ", plainMarkdown(i.Title))
	line()
	line(plainMarkdown(o.P.T("public.report."+string(i.Kind), "Name", o.Page.Name)), ": <", address(o.Snapshot, i), ">")
	line()
	for _, f := range o.facts(i) {
		line("- ", f[0], ": ", plainMarkdown(f[1]))
	}
	line()
	line("## ", o.P.T("public.updates"))
	for _, u := range i.Updates {
		line()
		line("### ", o.P.State(u.Label), ", ", o.P.Stamp(u.HappenedAt))
		line()
		line(typed(u.Body, u.Plain))
	}
	if m := i.Postmortem; m != nil {
		line()
		line("## ", o.P.State("postmortem"), ", ", o.P.Stamp(m.PublishedAt))
		line()
		line(typed(m.Body, m.Plain))
	}
	return []byte(b.String()), nil
}

// facts are pairs of a label and what it says.
func (o Source) facts(i *snapshot.Incident) [][2]string {
	fs := [][2]string{{o.P.T("report.state"), o.P.State(string(i.State))}}
	add := func(key, text string) { fs = append(fs, [2]string{o.P.T(key), text}) }
	if i.Kind == incidents.KindMaintenance {
		if i.ScheduledFor != nil {
			add("public.fact.planned_for", o.P.Stamp(*i.ScheduledFor))
		}
		if i.ScheduledUntil != nil {
			add("public.fact.planned_until", o.P.Stamp(*i.ScheduledUntil))
		}
	} else {
		add("public.fact.started", o.P.Stamp(i.StartedAt))
	}
	if i.ResolvedAt != nil {
		add("public.fact."+string(i.State), o.P.Stamp(*i.ResolvedAt))
		if d := i.ResolvedAt.Sub(i.StartedAt); d > 0 && i.Kind == incidents.KindIncident {
			add("public.fact.lasted", o.P.Duration(d))
		}
	} else if i.NextUpdateBy != nil && i.Open() {
		add("public.fact.next", o.P.Stamp(*i.NextUpdateBy))
	}
	var names []string
	for _, a := range i.Affected {
		names = append(names, a.FullName())
	}
	if len(names) > 0 {
		add("public.affected.label", o.P.List(names))
	}
	return fs
}

func typed(body, plain string) string {
	if strings.TrimSpace(body) == "" {
		body = plain
	}
	return strings.TrimSpace(body)
}

// plainMarkdown is text that no reader of Markdown takes for anything else.
func plainMarkdown(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if strings.ContainsRune("\\`*_{}[]<>#|~&!$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
