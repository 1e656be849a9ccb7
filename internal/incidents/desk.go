package incidents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

// Desk is where staff act. Every act takes an actor, applies the rules, and
// commits rows, ledgers, audit and announcement together or not at all. When
// an act returns, the new page is already what readers get.
type Desk struct {
	DB       *db.DB
	Text     *markdown.Renderer
	Announce Announcer
}

// errAgain ends a transaction whose submit was already answered.
var errAgain = errors.New("this form was sent before")

// Report opens an incident. Needs a responder. Faults: title, state, body,
// components, started_at, happened_at, next_update_by, impact.
func (d *Desk) Report(ctx context.Context, by auth.Actor, r Report) (Incident, Update, error) {
	if err := by.Need(auth.Responder); err != nil {
		return Incident{}, Update{}, err
	}
	doc, err := d.checkReport(ctx, &r)
	if err != nil {
		return Incident{}, Update{}, err
	}
	var i Incident
	var u Update
	earlier, err := d.once(ctx, by, r.Page, form{"report", r.Key, r.Sent}, func(tx *db.Tx) (string, error) {
		i, u, err = d.report(tx, by, r, doc)
		return i.Code, err
	})
	if err == nil && earlier != "" {
		return d.reported(ctx, r.Page, earlier)
	}
	return i, u, err
}

// reported is the answer to a form that was sent twice.
func (d *Desk) reported(ctx context.Context, page int64, code string) (Incident, Update, error) {
	s, err := Store{d.DB}.Story(ctx, page, code)
	if err != nil {
		return Incident{}, Update{}, err
	}
	return s.Incident, s.Updates[0], nil
}

func (d *Desk) checkReport(ctx context.Context, r *Report) (markdown.Doc, error) {
	now := d.DB.Now()
	var c fault.Collector
	if r.State == "" {
		r.State = Investigating
	}
	pages.CheckName(&c, "title", r.Title, MaxTitle, "incident.title")
	if !KindIncident.Has(r.State) {
		c.Add("state", "incident.state")
	}
	if !validImpact(r.Impact) {
		c.Add("impact", "field.choice")
	}
	defaultTime(&r.HappenedAt, now)
	defaultTime(&r.StartedAt, r.HappenedAt)
	collect(&c, checkHappened("happened_at", &r.HappenedAt, now, r.Backdate))
	collect(&c, checkHappened("started_at", &r.StartedAt, now, r.Backdate))
	if r.StartedAt.After(r.HappenedAt) && !c.Has("started_at") {
		c.Add("happened_at", "time.before_start")
	}
	collect(&c, checkPromise(r.NextUpdateBy, r.HappenedAt))
	doc, err := d.body(ctx, &c, "body", r.Body, markdown.MaxUpdate)
	if err != nil {
		return doc, err
	}
	return doc, c.Err()
}

func (d *Desk) report(tx *db.Tx, by auth.Actor, r Report, doc markdown.Doc) (Incident, Update, error) {
	i := Incident{
		PageID: r.Page, Code: orCode(r.Code), Kind: KindIncident, Title: strings.TrimSpace(r.Title), State: r.State,
		ImpactOverride: r.Impact, Impact: components.None, StartedAt: r.StartedAt.UTC(),
		ChangedVersion: tx.Version, AuthorID: by.Ref(), AuthorName: by.Name, CreatedAt: tx.Now, UpdatedAt: tx.Now,
	}
	if err := checkOpen(tx, r.Page); err != nil {
		return i, Update{}, err
	}
	if err := insertIncident(tx, &i); err != nil {
		return i, Update{}, err
	}
	u := Update{
		PageID: r.Page, IncidentID: i.ID, Code: db.NewCode(), Position: 1, State: r.State, Body: r.Body, HTML: doc.HTML, Plain: doc.Text,
		HappenedAt: r.HappenedAt.UTC(), PostedAt: tx.Now, NextUpdateBy: promise(r.NextUpdateBy), Notify: r.Notify, AuthorID: by.Ref(), AuthorName: by.Name, Revision: 1,
	}
	s := Story{Incident: i}
	err := d.add(tx, by, &s, &u, doc, r.Components, r.StartedAt.UTC(), cause(r.Cause, components.CauseIncident))
	if err != nil {
		return i, u, err
	}
	return s.Incident, u, auth.Record(tx, r.Page, by, "incident.report", "incident "+i.Code, nil, map[string]any{"title": i.Title, "state": r.State, "notify": r.Notify})
}

// Post adds an update. Needs a responder. Faults as Report's; Conflict when
// Expect has moved.
func (d *Desk) Post(ctx context.Context, by auth.Actor, p Post) (Update, error) {
	if err := by.Need(auth.Responder); err != nil {
		return Update{}, err
	}
	doc, err := d.checkPost(ctx, &p)
	if err != nil {
		return Update{}, err
	}
	var u Update
	earlier, err := d.once(ctx, by, p.Page, form{"post", p.Key, p.Sent}, func(tx *db.Tx) (string, error) {
		u, err = d.post(tx, by, p, doc)
		return u.Code, err
	})
	if err == nil && earlier != "" {
		_, u, err = Store{d.DB}.UpdateByCode(ctx, p.Page, earlier)
	}
	return u, err
}

func (d *Desk) checkPost(ctx context.Context, p *Post) (markdown.Doc, error) {
	var c fault.Collector
	if !p.HappenedAt.IsZero() {
		collect(&c, checkHappened("happened_at", &p.HappenedAt, d.DB.Now(), p.Backdate))
	}
	ref := p.HappenedAt
	defaultTime(&ref, d.DB.Now())
	collect(&c, checkPromise(p.NextUpdateBy, ref))
	doc, err := d.body(ctx, &c, "body", p.Body, markdown.MaxUpdate)
	if err != nil {
		return doc, err
	}
	return doc, c.Err()
}

func (d *Desk) post(tx *db.Tx, by auth.Actor, p Post, doc markdown.Doc) (Update, error) {
	s, err := load(tx, p.Page, p.Incident)
	if err != nil {
		return Update{}, err
	}
	if err := mayPost(s, p); err != nil {
		return Update{}, err
	}
	if p.State == "" {
		p.State = s.Incident.State
	}
	if err := step(s.Incident.Kind, s.Incident.State, p.State, p.Reopen); err != nil {
		return Update{}, err
	}
	backdated := !p.HappenedAt.IsZero()
	defaultTime(&p.HappenedAt, tx.Now)
	u := Update{
		PageID: p.Page, IncidentID: s.Incident.ID, Code: orCode(p.Code), Position: place(s.Updates, p.HappenedAt, backdated), State: p.State,
		Body: p.Body, HTML: doc.HTML, Plain: doc.Text, HappenedAt: p.HappenedAt.UTC(), PostedAt: tx.Now, NextUpdateBy: promise(p.NextUpdateBy),
		Notify: p.Notify, AuthorID: by.Ref(), AuthorName: by.Name, Revision: 1,
	}
	changes, err := d.changesOf(tx, s, p)
	if err != nil {
		return u, err
	}
	why := cause(p.Cause, components.CauseIncident)
	if s.Incident.Kind == KindMaintenance {
		why = cause(p.Cause, components.CauseMaintenance)
	}
	if i := &s.Incident; i.Kind == KindIncident && u.HappenedAt.Before(i.StartedAt) {
		i.StartedAt = u.HappenedAt
	}
	before := s.Incident.State
	if err := d.add(tx, by, &s, &u, doc, changes, u.HappenedAt, why); err != nil {
		return u, err
	}
	return u, auth.Record(tx, p.Page, by, "incident.post", "incident "+s.Incident.Code, map[string]any{"state": before}, map[string]any{"update": u.Code, "state": u.State, "notify": u.Notify})
}

func mayPost(s Story, p Post) error {
	switch {
	case s.Incident.WithdrawnAt != nil:
		return fault.New(fault.Conflict, "incident.withdrawn")
	case p.Expect != 0 && p.Expect != s.Incident.Revision:
		return fault.New(fault.Conflict, "incident.changed")
	case len(s.Updates) >= MaxUpdates:
		return fault.At("body", "incident.too_many_updates", "Max", MaxUpdates)
	}
	return nil
}

// changesOf are the component changes of a post: those given, and those that
// its state brings along: all operational when asked, under maintenance when a
// maintenance starts, operational again when it is completed.
func (d *Desk) changesOf(tx *db.Tx, s Story, p Post) ([]components.Change, error) {
	out := p.Components
	given := map[string]bool{}
	for _, c := range out {
		given[c.Component] = true
	}
	f := Fold(s.Incident.Kind, s.Updates)
	ids := make([]int64, 0, len(f.Affected))
	for id := range f.Affected {
		ids = append(ids, id)
	}
	cs, err := components.ByID(tx, p.Page, ids)
	if err != nil {
		return nil, err
	}
	for _, c := range cs {
		if given[c.Code] {
			continue
		}
		if to, ok := carried(s.Incident, p, c); ok {
			out = append(out, components.Change{Component: c.Code, Status: to, Archived: true})
		}
	}
	return out, nil
}

func carried(i Incident, p Post, c components.Component) (components.Status, bool) {
	switch {
	case p.AllOperational:
		return components.Operational, true
	case i.Kind != KindMaintenance || p.State == i.State:
		return "", false
	case p.State == InProgress:
		return components.Maintenance, true
	case p.State == Completed && c.Status == components.Maintenance:
		return components.Operational, true
	}
	return "", false
}

// add puts an update into its story: component changes from the moment from
// on, the row, the folded incident, both revisions and the announcement.
func (d *Desk) add(tx *db.Tx, by auth.Actor, s *Story, u *Update, doc markdown.Doc, changes []components.Change, from time.Time, why components.Cause) error {
	if err := d.addComponents(tx, by, s, u, changes, from, why); err != nil {
		return err
	}
	at := around(s.Updates, u.Position)
	if why == components.CauseImport {
		s.shownAt = u.HappenedAt
	}
	s.Updates = insert(s.Updates, *u)
	if err := d.fold(tx, by, s, "posted"); err != nil {
		return err
	}
	err := record(tx, by, Revision{PageID: u.PageID, Subject: OfUpdate, SubjectID: u.ID, IncidentID: u.IncidentID, Revision: u.Revision, Action: "posted", ShownAt: s.shownAt}, u.content())
	if err != nil || !u.Notify {
		return err
	}
	return d.tell(tx, s, u, doc, at)
}

// addComponents applies the statuses that an update sets and inserts its row.
// Spans point at the update, so its row goes first.
func (d *Desk) addComponents(tx *db.Tx, by auth.Actor, s *Story, u *Update, changes []components.Change, from time.Time, why components.Cause) error {
	if err := insertUpdate(tx, u); err != nil {
		return err
	}
	applied, err := components.Apply(tx, u.PageID, changes, from, components.Why{Cause: why, IncidentID: &s.Incident.ID, UpdateID: &u.ID, AuthorID: by.Ref(), AuthorName: by.Name})
	if err != nil || len(applied) == 0 {
		return err
	}
	for _, a := range applied {
		u.Components = append(u.Components, UpdateComponent{PageID: u.PageID, UpdateID: u.ID, ComponentID: a.Component.ID, OldStatus: a.Old, NewStatus: a.New})
	}
	if err := tx.Create(&u.Components).Error; err != nil {
		return fmt.Errorf("add components of an update: %w", err)
	}
	return nil
}

// fold computes the incident anew, saves it and adds its revision.
func (d *Desk) fold(tx *db.Tx, by auth.Actor, s *Story, action string) error {
	i := &s.Incident
	f := Fold(i.Kind, s.Updates)
	if f.Empty {
		i.WithdrawnAt = &tx.Now
	} else {
		i.State = f.State
	}
	i.MonitoringAt, i.ResolvedAt, i.NextUpdateBy = f.MonitoringAt, f.ResolvedAt, f.NextUpdateBy
	seen, err := onPage(tx, i.PageID, f)
	if err != nil {
		return err
	}
	i.Impact = i.ShownImpact(s.Updates, seen)
	if i.Kind == KindMaintenance {
		i.StartedAt = begun(*i, f)
	}
	if err := saveIncident(tx, i); err != nil {
		return err
	}
	return record(tx, by, Revision{PageID: i.PageID, Subject: OfIncident, SubjectID: i.ID, IncidentID: i.ID, Revision: i.Revision, Action: action, ShownAt: s.shownAt}, i.content())
}

func (i Incident) content() Content {
	return Content{
		Code: i.Code, Kind: i.Kind, Title: i.Title, State: i.State, Impact: i.Impact, StartedAt: &i.StartedAt,
		NextUpdateBy: i.NextUpdateBy, Start: i.ScheduledFor, End: i.ScheduledUntil, Hidden: i.WithdrawnAt != nil,
	}
}

func (u Update) content() Content {
	return Content{
		Code: u.Code, State: u.State, Position: u.Position, Body: u.Body, HTML: u.HTML,
		HappenedAt: &u.HappenedAt, NextUpdateBy: u.NextUpdateBy, Hidden: u.WithdrawnAt != nil,
	}
}

// once runs an act in one Change, once for each key: when the same person sent
// the same form before, nothing is done and the first result is returned as
// earlier (R15.2); another content under that key is a Conflict.
func (d *Desk) once(ctx context.Context, by auth.Actor, page int64, f form, fn func(*db.Tx) (string, error)) (earlier string, err error) {
	_, err = d.change(ctx, by, page, func(tx *db.Tx) error {
		if f.key != "" {
			if earlier, err = submitted(tx.DB, by, page, f); err != nil {
				return err
			}
			if earlier != "" {
				return errAgain
			}
		}
		result, err := fn(tx)
		if err != nil || f.key == "" {
			return err
		}
		err = tx.Exec(`insert into submits (page_id, key, actor, act, sent, result, created_at) values (?, ?, ?, ?, ?, ?, ?)`, page, f.key, by.Key(), f.act, f.sent, result, tx.Now).Error
		if err != nil {
			return fmt.Errorf("note the submit: %w", err)
		}
		return nil
	})
	if errors.Is(err, errAgain) {
		return earlier, nil
	}
	return "", err
}

// form is one sending of a form.
type form struct{ act, key, sent string }

// submitted is the result of a form that was sent before; empty for none.
func submitted(g *gorm.DB, by auth.Actor, page int64, f form) (string, error) {
	var row struct{ Sent, Result string }
	err := g.Raw(`select sent, result from submits where page_id = ? and actor = ? and act = ? and key = ?`, page, by.Key(), f.act, f.key).Scan(&row).Error
	if err != nil {
		return "", fmt.Errorf("look for an earlier submit: %w", err)
	}
	if row.Result != "" && row.Sent != f.sent {
		return "", fault.New(fault.Conflict, "form.sent_before")
	}
	return row.Result, nil
}

// Preview renders Markdown exactly as page, feed and mail will.
func (d *Desk) Preview(ctx context.Context, src string, maxChars int) (markdown.Doc, error) {
	var c fault.Collector
	doc, err := d.render(ctx, &c, "body", src, maxChars)
	if err != nil {
		return doc, err
	}
	return doc, c.Err()
}

// body renders a text that must be there; what is wrong with it is noted
// beside the field.
func (d *Desk) body(ctx context.Context, c *fault.Collector, field, src string, maxChars int) (markdown.Doc, error) {
	if strings.TrimSpace(src) == "" && utf8.ValidString(src) {
		c.Add(field, "incident.body")
		return markdown.Doc{}, nil
	}
	return d.render(ctx, c, field, src, maxChars)
}

func (d *Desk) render(ctx context.Context, c *fault.Collector, field, src string, maxChars int) (markdown.Doc, error) {
	doc, err := d.Text.Render(ctx, src, maxChars)
	if err == nil {
		return doc, nil
	}
	if limit, ok := errors.AsType[*markdown.LimitError](err); ok {
		c.Add(field, "markdown."+limit.What, "Limit", limit.Limit)
		return doc, nil
	}
	if errors.Is(err, markdown.ErrEncoding) {
		c.Add(field, "fault.encoding")
		return doc, nil
	}
	return doc, fmt.Errorf("render: %w", err)
}

func checkOpen(tx *db.Tx, page int64) error {
	var n int64
	err := tx.Raw(`select count(*) from incidents where page_id = ? and state not in ('resolved','completed') and withdrawn_at is null`, page).Scan(&n).Error
	if err != nil {
		return fmt.Errorf("count open incidents: %w", err)
	}
	if n >= MaxOpen {
		return fault.New(fault.Invalid, "incident.too_many_open", "Max", MaxOpen)
	}
	return nil
}

func checkPromise(next, from time.Time) error {
	if !next.IsZero() && !next.After(from) {
		return fault.At("next_update_by", "incident.promise_past")
	}
	return nil
}

func validImpact(i components.Indicator) bool {
	switch i {
	case "", components.None, components.Minor, components.Major, components.Critical:
		return true
	}
	return false
}

// collect notes the fields of a fault; the checks that call it make no other errors.
func collect(c *fault.Collector, err error) {
	if err != nil {
		_ = c.AddErr(err)
	}
}

func defaultTime(t *time.Time, to time.Time) {
	if t.IsZero() {
		*t = to
	}
	*t = t.UTC().Truncate(time.Millisecond)
}

func promise(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}

func cause(given, usual components.Cause) components.Cause {
	if given != "" {
		return given
	}
	return usual
}

func orCode(code string) string {
	if code != "" {
		return code
	}
	return db.NewCode()
}

// insert puts an update at its position; those from there on move by one.
func insert(us []Update, u Update) []Update {
	for n := range us {
		if us[n].Position >= u.Position {
			us[n].Position++
		}
	}
	return inOrder(append(us, u))
}

// around says where an update that goes to a position will stand.
func around(us []Update, position int) among {
	at := among{first: true, last: true}
	for _, u := range inOrder(us) {
		switch {
		case u.WithdrawnAt != nil:
		case u.Position < position:
			at.first, at.before = false, u.State
		default:
			at.first, at.last = false, false
		}
	}
	return at
}
