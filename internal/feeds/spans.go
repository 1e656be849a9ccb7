package feeds

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
)

// Spans are the raw periods that uptime is counted from: when each component
// that shows its uptime was in which status, for those who want to count
// themselves.
var Spans = []Format{
	{Kind: "spans.csv", Path: "/uptime.csv", ContentType: "text/csv; charset=utf-8", Render: SpansCSV},
	{Kind: "spans.json", Path: "/uptime.json", ContentType: jsonType, Render: SpansJSON},
}

type spanRow struct {
	Component string            `json:"component"` // its code
	Name      string            `json:"name"`
	Group     string            `json:"group"` // empty for none
	Status    components.Status `json:"status"`
	From      string            `json:"from"`     // RFC 3339, UTC
	To        *string           `json:"to"`       // null: until further notice
	Incident  *string           `json:"incident"` // null where none explains it, and while it works
}

func (o Source) spans() []spanRow {
	out := []spanRow{}
	for _, g := range o.Groups {
		for _, c := range g.Components {
			if !c.Showcase || !o.Page.ShowUptime {
				continue
			}
			start, _ := o.Begins(c) // before it are no data; zero where all counts
			for _, p := range o.Lives[c.ID] {
				if !p.To.IsZero() && !p.To.After(start) {
					continue
				}
				if p.From.Before(start) {
					p.From = start
				}
				row := spanRow{Component: c.Code, Name: c.Name, Group: g.Name, Status: p.Status, From: exact(p.From)}
				if !p.To.IsZero() {
					row.To = ptr(exact(p.To))
				}
				// That it works again is no part of the incident that said so.
				if i := o.IncidentByID(p.IncidentID); i != nil && p.Status != components.Operational {
					row.Incident = &i.Code
				}
				out = append(out, row)
			}
		}
	}
	return out
}

func exact(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// SpansCSV is a table with a line of headings (RFC 4180). Cells that a program
// for tables would take for a formula begin with a quote (R8.3).
func SpansCSV(o Source) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := [][]string{{"component", "name", "group", "status", "from", "to", "incident"}}
	for _, r := range o.spans() {
		rows = append(rows, []string{r.Component, cell(r.Name), cell(r.Group), string(r.Status), r.From, orEmpty(r.To), orEmpty(r.Incident)})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write spans as CSV: %w", err)
	}
	return b.Bytes(), nil
}

// SpansJSON is the same with the weights that the page counts by.
func SpansJSON(o Source) ([]byte, error) {
	raw, err := json.Marshal(struct {
		Page    string         `json:"page"`
		Zone    string         `json:"time_zone"`
		AsOf    string         `json:"as_of"`
		Weights map[string]int `json:"weights"` // per cent of its time that counts as down
		Spans   []spanRow      `json:"spans"`
	}{o.Page.Code, o.Page.TimeZone, exact(o.ChangedAt), weights(o.Snapshot), o.spans()})
	if err != nil {
		return nil, fmt.Errorf("write spans as JSON: %w", err)
	}
	return raw, nil
}

func weights(s *snapshot.Snapshot) map[string]int {
	w := s.Page.Weights
	return map[string]int{string(components.MajorOutage): w.Major, string(components.PartialOutage): w.Partial, string(components.Degraded): w.Degraded, string(components.Maintenance): 0}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
