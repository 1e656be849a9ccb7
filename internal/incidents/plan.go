package incidents

import (
	"context"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

// Plan announces a maintenance. Needs a responder. Faults: title, body,
// components, start, end. Its later steps are posts: in_progress puts its
// components under maintenance, completed puts them back.
func (d *Desk) Plan(ctx context.Context, by auth.Actor, p Plan) (Incident, error) {
	if err := by.Need(auth.Responder); err != nil {
		return Incident{}, err
	}
	doc, err := d.checkPlan(ctx, &p)
	if err != nil {
		return Incident{}, err
	}
	var i Incident
	earlier, err := d.once(ctx, by, p.Page, form{"plan", p.Key, p.Sent}, func(tx *db.Tx) (string, error) {
		i, err = d.plan(tx, by, p, doc)
		return i.Code, err
	})
	if err == nil && earlier != "" {
		i, err = Store{d.DB}.ByCode(ctx, p.Page, earlier)
	}
	return i, err
}

func (d *Desk) checkPlan(ctx context.Context, p *Plan) (markdown.Doc, error) {
	var c fault.Collector
	pages.CheckName(&c, "title", p.Title, MaxTitle, "incident.title")
	if len(p.Components) == 0 {
		c.Add("components", "maintenance.none")
	}
	p.Start, p.End = p.Start.UTC().Truncate(time.Millisecond), p.End.UTC().Truncate(time.Millisecond)
	collect(&c, checkWindow(p.Start, p.End, d.DB.Now()))
	if !p.End.IsZero() && p.End.After(p.Start) && !p.End.After(d.DB.Now()) {
		c.Add("end", "maintenance.past")
	}
	doc, err := d.body(ctx, &c, "body", p.Body, markdown.MaxUpdate)
	if err != nil {
		return doc, err
	}
	return doc, c.Err()
}

func (d *Desk) plan(tx *db.Tx, by auth.Actor, p Plan, doc markdown.Doc) (Incident, error) {
	i := Incident{
		PageID: p.Page, Code: orCode(p.Code), Kind: KindMaintenance, Title: strings.TrimSpace(p.Title), State: Scheduled, Impact: components.Maint,
		StartedAt: p.Start, ScheduledFor: &p.Start, ScheduledUntil: &p.End,
		ChangedVersion: tx.Version, AuthorID: by.Ref(), AuthorName: by.Name, CreatedAt: tx.Now, UpdatedAt: tx.Now,
	}
	if err := checkOpen(tx, p.Page); err != nil {
		return i, err
	}
	if err := insertIncident(tx, &i); err != nil {
		return i, err
	}
	u := Update{
		PageID: p.Page, IncidentID: i.ID, Code: db.NewCode(), Position: 1, State: Scheduled, Body: p.Body, HTML: doc.HTML, Plain: doc.Text,
		HappenedAt: tx.Now, PostedAt: tx.Now, Notify: p.Notify, AuthorID: by.Ref(), AuthorName: by.Name, Revision: 1,
	}
	s := Story{Incident: i}
	changes, err := asTheyAre(tx, p.Page, p.Components)
	if err != nil {
		return i, err
	}
	if err := d.add(tx, by, &s, &u, doc, changes, tx.Now, components.CauseMaintenance); err != nil {
		return i, err
	}
	return s.Incident, auth.Record(tx, p.Page, by, "maintenance.plan", "incident "+i.Code, nil, map[string]any{"title": i.Title, "start": p.Start, "end": p.End, "notify": p.Notify})
}

// asTheyAre attaches components without changing them.
func asTheyAre(tx *db.Tx, page int64, codes []string) ([]components.Change, error) {
	var out []components.Change
	for _, code := range codes {
		c, err := components.ByCode(tx, page, code)
		if fault.Is(err, fault.NotFound) || (err == nil && c.ArchivedAt != nil) {
			return nil, fault.At("components", "incident.unknown_component")
		}
		if err != nil {
			return nil, err
		}
		out = append(out, components.Change{Component: code, Status: c.Status, Attach: true})
	}
	return out, nil
}
