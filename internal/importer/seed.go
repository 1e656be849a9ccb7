package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
)

// Seed is one incident report as JSON: the page, the incident with its updates
// newest first, the affected components (a name, or group and name), and the
// postmortem.
type Seed struct {
	Page struct {
		Name     string `json:"name"`
		TimeZone string `json:"time_zone"`
	} `json:"page"`
	Incident struct {
		Name     string     `json:"name"`
		Started  *time.Time `json:"started"`
		Updates  []seedSaid `json:"updates_newest_first"`
		Affected []affected `json:"affected_components"`
		Mortem   *struct {
			Posted   posted `json:"posted"`
			Markdown string `json:"markdown"`
		} `json:"postmortem"`
	} `json:"incident"`
}

type seedSaid struct {
	State  incidents.State `json:"effective_status"`
	Posted posted          `json:"posted"`
	Body   string          `json:"body"`
}

type posted struct {
	UTC time.Time `json:"utc"`
}

type affected struct{ Group, Name string }

// UnmarshalJSON takes a name alone, or an object with the group.
func (a *affected) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &a.Name)
	}
	type plain affected // without this method
	return json.Unmarshal(raw, (*plain)(a))
}

// ReadSeed reads one report of at most 10 MiB.
func ReadSeed(r io.Reader) (Seed, error) {
	var s Seed
	if err := json.NewDecoder(io.LimitReader(r, 10<<20)).Decode(&s); err != nil {
		return s, fmt.Errorf("read the report: %w", err)
	}
	if s.Page.Name == "" || s.Incident.Name == "" || len(s.Incident.Updates) == 0 {
		return s, errors.New("read the report: it needs page.name, incident.name and incident.updates_newest_first")
	}
	return s, nil
}

// Seed imports a report into the page of a host, or the default page. A report
// says which components were affected, not how badly, and nothing is invented:
// they are attached without changing their status.
func (im Importer) Seed(ctx context.Context, by auth.Actor, s Seed, host string) (Result, error) {
	var r Result
	var err error
	if r.Page, r.NewPage, err = im.pageFor(ctx, by, host, s.Page.Name, s.Page.TimeZone); err != nil {
		return r, err
	}
	attach, err := im.attach(ctx, by, s, &r)
	if err != nil {
		return r, err
	}
	told := slices.Clone(s.Incident.Updates)
	slices.Reverse(told)
	r.Incident = codeOf(r.Page.Code, s.Incident.Name, told[0].Posted.UTC.Format(time.RFC3339))
	if err := im.report(ctx, by, s, told[0], attach, &r); err != nil {
		return r, err
	}
	for n, u := range told[1:] {
		if err := im.post(ctx, by, u, codeOf(r.Incident, fmt.Sprint(n+1)), &r); err != nil {
			return r, err
		}
	}
	return r, im.mortem(ctx, by, s, &r)
}

func (im Importer) attach(ctx context.Context, by auth.Actor, s Seed, r *Result) ([]components.Change, error) {
	var out []components.Change
	for _, a := range s.Incident.Affected {
		code, added, err := im.component(ctx, by, r.Page.ID, a.Group, a.Name)
		if err != nil {
			return nil, fmt.Errorf("component %q: %w", a.Name, err)
		}
		if added {
			r.Components++
		}
		out = append(out, components.Change{Component: code, Status: components.Operational, Attach: true})
	}
	return out, nil
}

func (im Importer) report(ctx context.Context, by auth.Actor, s Seed, u seedSaid, attach []components.Change, r *Result) error {
	_, err := incidents.Store{DB: im.DB}.ByCode(ctx, r.Page.ID, r.Incident)
	none, err := missing(err)
	if err != nil || !none {
		return err
	}
	cmd := incidents.Report{
		Page: r.Page.ID, Title: s.Incident.Name, State: u.State, Body: u.Body, Components: attach, HappenedAt: u.Posted.UTC,
		Backdate: true, Code: r.Incident, Cause: components.CauseImport,
	}
	if s.Incident.Started != nil {
		cmd.StartedAt = *s.Incident.Started
	}
	if _, _, err := im.Desk.Report(ctx, by, cmd); err != nil {
		return fmt.Errorf("report %q: %w", s.Incident.Name, err)
	}
	r.NewIncident = true
	r.Updates++
	return nil
}

func (im Importer) post(ctx context.Context, by auth.Actor, u seedSaid, code string, r *Result) error {
	_, _, err := incidents.Store{DB: im.DB}.UpdateByCode(ctx, r.Page.ID, code)
	none, err := missing(err)
	if err != nil || !none {
		return err
	}
	_, err = im.Desk.Post(ctx, by, incidents.Post{
		Page: r.Page.ID, Incident: r.Incident, State: u.State, Body: u.Body, HappenedAt: u.Posted.UTC, Backdate: true, Reopen: true, Code: code, Cause: components.CauseImport,
	})
	if err != nil {
		return fmt.Errorf("update of %s: %w", u.Posted.UTC.Format(time.RFC3339), err)
	}
	r.Updates++
	return nil
}

func (im Importer) mortem(ctx context.Context, by auth.Actor, s Seed, r *Result) error {
	m := s.Incident.Mortem
	if m == nil || m.Markdown == "" {
		return nil
	}
	story, err := incidents.Store{DB: im.DB}.Story(ctx, r.Page.ID, r.Incident)
	if err != nil || story.Postmortem != nil {
		return err
	}
	_, err = im.Desk.PublishPostmortem(ctx, by, incidents.PublishPostmortem{Page: r.Page.ID, Incident: r.Incident, Body: m.Markdown, PublishedAt: m.Posted.UTC, Backdate: true, Cause: components.CauseImport})
	if err != nil {
		return fmt.Errorf("postmortem: %w", err)
	}
	r.NewPostmortem = true
	return nil
}
