package incidents

import (
	"context"
	"fmt"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

// Correct changes the wording or time of an update: shown as edited, the old
// wording stays readable, nobody is mailed. While its message is still held,
// the message changes too. Needs a responder. Faults: body, happened_at;
// Conflict when Expect has moved.
func (d *Desk) Correct(ctx context.Context, by auth.Actor, c Correct) (Update, error) {
	if err := by.Need(auth.Responder); err != nil {
		return Update{}, err
	}
	doc, err := d.checkCorrect(ctx, &c)
	if err != nil {
		return Update{}, err
	}
	var u Update
	_, err = d.change(ctx, by, c.Page, func(tx *db.Tx) error {
		u, err = d.correct(tx, by, c, doc)
		return err
	})
	return u, err
}

func (d *Desk) checkCorrect(ctx context.Context, cmd *Correct) (markdown.Doc, error) {
	var c fault.Collector
	if !cmd.HappenedAt.IsZero() {
		cmd.HappenedAt = cmd.HappenedAt.UTC().Truncate(time.Millisecond)
		collect(&c, checkHappened("happened_at", &cmd.HappenedAt, d.DB.Now(), cmd.Backdate))
	}
	doc, err := d.body(ctx, &c, "body", cmd.Body, markdown.MaxUpdate)
	if err != nil {
		return doc, err
	}
	return doc, c.Err()
}

func (d *Desk) correct(tx *db.Tx, by auth.Actor, c Correct, doc markdown.Doc) (Update, error) {
	s, u, err := loadByUpdate(tx, c.Page, c.Update)
	if err != nil {
		return Update{}, err
	}
	switch {
	case u.WithdrawnAt != nil:
		return *u, fault.New(fault.Conflict, "incident.withdrawn")
	case c.Expect != 0 && c.Expect != u.Revision:
		return *u, fault.New(fault.Conflict, "incident.changed_update")
	case c.Body == u.Body && (c.HappenedAt.IsZero() || c.HappenedAt.Equal(u.HappenedAt)):
		return *u, nil // nothing to correct is no edit
	}
	old := u.Body
	u.Body, u.HTML, u.Plain, u.EditedAt = c.Body, doc.HTML, doc.Text, &tx.Now
	if !c.HappenedAt.IsZero() && !c.HappenedAt.Equal(u.HappenedAt) {
		if u, err = d.move(tx, by, &s, u, c.HappenedAt); err != nil {
			return *u, err
		}
	}
	if err := saveUpdate(tx, u); err != nil {
		return *u, err
	}
	if err := d.corrected(tx, by, &s, u, "corrected"); err != nil {
		return *u, err
	}
	if err := d.amend(tx, u, doc); err != nil {
		return *u, err
	}
	return *u, auth.Record(tx, c.Page, by, "update.correct", "update "+u.Code, map[string]any{"body": old}, map[string]any{"body": u.Body, "happened_at": u.HappenedAt})
}

// corrected folds the story again and adds the update's revision.
func (d *Desk) corrected(tx *db.Tx, by auth.Actor, s *Story, u *Update, action string) error {
	if err := d.fold(tx, by, s, action); err != nil {
		return err
	}
	return record(tx, by, Revision{PageID: u.PageID, Subject: OfUpdate, SubjectID: u.ID, IncidentID: u.IncidentID, Revision: u.Revision, Action: action}, u.content())
}

func (d *Desk) amend(tx *db.Tx, u *Update, doc markdown.Doc) error {
	if d.Announce == nil {
		return nil
	}
	at := u.HappenedAt
	return d.Announce.Amend(tx, u.ID, func(a *Announcement) {
		a.HTML, a.Plain, a.Lead, a.HappenedAt = doc.HTML, doc.Text, doc.Lead, at
	})
}

// move gives an update another time: its place in the order, the spans that it
// caused, and the incident's start if that was this update's time. It returns
// where the update stands afterwards.
func (d *Desk) move(tx *db.Tx, by auth.Actor, s *Story, u *Update, to time.Time) (*Update, error) {
	from, code := u.HappenedAt, u.Code
	if err := d.shift(tx, by, *u, from, to); err != nil {
		return u, err
	}
	u.HappenedAt = to
	if i := &s.Incident; i.Kind == KindIncident && (i.StartedAt.Equal(from) || to.Before(i.StartedAt)) {
		i.StartedAt = earliest(s.Updates, to)
	}
	moved := *u
	var rest []Update
	for _, x := range inOrder(s.Updates) {
		if x.Code != code {
			rest = append(rest, x)
		}
	}
	for n := range rest {
		rest[n].Position = n + 1
	}
	moved.Position = place(rest, to, true)
	all := insert(rest, moved)
	s.Updates = all
	for n := range all {
		if err := tx.Exec(`update updates set position = ? where page_id = ? and id = ?`, all[n].Position, all[n].PageID, all[n].ID).Error; err != nil {
			return u, fmt.Errorf("put updates in order: %w", err)
		}
	}
	for n := range s.Updates {
		if s.Updates[n].Code == code {
			return &s.Updates[n], nil
		}
	}
	return u, nil
}

// earliest is when the first of the standing updates happened, or t.
func earliest(us []Update, t time.Time) time.Time {
	for _, u := range us {
		if u.WithdrawnAt == nil && u.HappenedAt.Before(t) {
			t = u.HappenedAt
		}
	}
	return t
}

// shift moves the beginning of the spans that an update caused from one moment
// to another; what stood before them fills the gap.
func (d *Desk) shift(tx *db.Tx, by auth.Actor, u Update, from, to time.Time) error {
	spans, err := components.OfUpdate(tx, u.PageID, u.ID)
	if err != nil {
		return err
	}
	for _, sp := range spans {
		if !sp.ValidFrom.Equal(from) {
			continue // a rest that a later act left over
		}
		cs, err := components.ByID(tx, u.PageID, []int64{sp.ComponentID})
		if err != nil {
			return err
		}
		if to.After(from) {
			gap := sp
			if gap.ValidTo == nil || gap.ValidTo.After(to) {
				gap.ValidTo = &to
			}
			_, err = components.TakeBack(tx, cs[sp.ComponentID], gap)
		} else {
			why := components.Why{Cause: sp.Cause, IncidentID: sp.IncidentID, UpdateID: sp.UpdateID, AuthorID: by.Ref(), AuthorName: by.Name}
			err = components.SetRange(tx, cs[sp.ComponentID], sp.Status, to, &from, why)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Withdraw takes an update off the page. Needs a responder. With Undo it
// refuses once a message has left (Conflict). Withdrawing the only update
// withdraws the incident.
func (d *Desk) Withdraw(ctx context.Context, by auth.Actor, w Withdraw) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	_, err := d.change(ctx, by, w.Page, func(tx *db.Tx) error {
		s, u, err := loadByUpdate(tx, w.Page, w.Update)
		if err != nil {
			return err
		}
		if u.WithdrawnAt != nil {
			return nil // twice is once
		}
		return d.withdraw(tx, by, &s, u, w.Undo)
	})
	return err
}

func (d *Desk) withdraw(tx *db.Tx, by auth.Actor, s *Story, u *Update, undo bool) error {
	if d.Announce != nil {
		held, err := d.Announce.Cancel(tx, u.ID)
		if err != nil {
			return err
		}
		if undo && !held {
			return fault.New(fault.Conflict, "incident.undo_late")
		}
	}
	if err := d.takeBack(tx, by, s, *u); err != nil {
		return err
	}
	u.WithdrawnAt = &tx.Now
	if err := saveUpdate(tx, u); err != nil {
		return err
	}
	if err := d.corrected(tx, by, s, u, "withdrawn"); err != nil {
		return err
	}
	if s.Incident.WithdrawnAt != nil && d.Announce != nil { // nothing of it is left to write a letter about
		if _, err := d.Announce.CancelLetter(tx, s.Incident.ID); err != nil {
			return err
		}
	}
	return auth.Record(tx, u.PageID, by, "update.withdraw", "update "+u.Code, map[string]any{"body": u.Body}, map[string]any{"undo": undo})
}

// takeBack gives components the statuses they had before an update, wherever
// what it set still stands. What later updates said of them stands: where they
// had nothing new to say, they do now.
func (d *Desk) takeBack(tx *db.Tx, by auth.Actor, s *Story, u Update) error {
	spans, err := components.OfUpdate(tx, u.PageID, u.ID)
	if err != nil {
		return err
	}
	for _, sp := range spans {
		cs, err := components.ByID(tx, u.PageID, []int64{sp.ComponentID})
		if err != nil {
			return err
		}
		c := cs[sp.ComponentID]
		stands, err := components.TakeBack(tx, c, sp)
		if err != nil {
			return err
		}
		if err := d.endMaintenance(tx, by, c, stands, sp); err != nil {
			return err
		}
		for _, x := range inOrder(s.Updates) {
			said, ok := saidOf(x, c.ID)
			if !ok || x.ID == u.ID || x.WithdrawnAt != nil || x.HappenedAt.Before(sp.ValidFrom) || (sp.ValidTo != nil && !x.HappenedAt.Before(*sp.ValidTo)) {
				continue
			}
			why := components.Why{Cause: sp.Cause, IncidentID: sp.IncidentID, UpdateID: &x.ID, AuthorID: by.Ref(), AuthorName: by.Name}
			if err := components.SetRange(tx, c, said, x.HappenedAt, sp.ValidTo, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// endMaintenance ends a maintenance that stands again in the time of a span that
// was taken back, where it was completed: when that happened the component was
// in another status, so nothing was said of it then.
func (d *Desk) endMaintenance(tx *db.Tx, by auth.Actor, c components.Component, stands, gone components.Span) error {
	if stands.Status != components.Maintenance || stands.IncidentID == nil {
		return nil
	}
	var i Incident
	err := tx.Raw(`select resolved_at from incidents where page_id = ? and id = ?`, c.PageID, *stands.IncidentID).Take(&i).Error
	if err != nil {
		return fmt.Errorf("look when a maintenance was completed: %w", err)
	}
	over := i.ResolvedAt
	if over == nil || (gone.ValidTo != nil && !over.Before(*gone.ValidTo)) {
		return nil
	}
	from := *over
	if from.Before(gone.ValidFrom) {
		from = gone.ValidFrom
	}
	why := components.Why{Cause: components.CauseMaintenance, IncidentID: stands.IncidentID, AuthorID: by.Ref(), AuthorName: by.Name}
	return components.SetRange(tx, c, components.Operational, from, gone.ValidTo, why)
}

// saidOf is the status that an update set a component to.
func saidOf(u Update, component int64) (components.Status, bool) {
	for _, c := range u.Components {
		if c.ComponentID == component {
			return c.NewStatus, true
		}
	}
	return "", false
}

// WithdrawIncident takes a whole incident or maintenance off the page.
func (d *Desk) WithdrawIncident(ctx context.Context, by auth.Actor, page int64, incident string) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	_, err := d.change(ctx, by, page, func(tx *db.Tx) error {
		s, err := load(tx, page, incident)
		if err != nil {
			return err
		}
		// Newest first: each gives back what stood before it.
		for n := len(s.Updates) - 1; n >= 0; n-- {
			if s.Updates[n].WithdrawnAt != nil {
				continue
			}
			if err := d.withdraw(tx, by, &s, &s.Updates[n], false); err != nil {
				return err
			}
		}
		return auth.Record(tx, page, by, "incident.withdraw", "incident "+incident, map[string]any{"title": s.Incident.Title}, nil)
	})
	return err
}

// Edit changes an incident's own facts. Needs a responder. Faults: title,
// impact, started_at, start, end; Conflict when Expect has moved.
func (d *Desk) Edit(ctx context.Context, by auth.Actor, e Edit) (Incident, error) {
	if err := by.Need(auth.Responder); err != nil {
		return Incident{}, err
	}
	if err := d.checkEdit(&e); err != nil {
		return Incident{}, err
	}
	var s Story
	_, err := d.change(ctx, by, e.Page, func(tx *db.Tx) error {
		var err error
		if s, err = load(tx, e.Page, e.Incident); err != nil {
			return err
		}
		if e.Expect != 0 && e.Expect != s.Incident.Revision {
			return fault.New(fault.Conflict, "incident.changed")
		}
		return d.edit(tx, by, &s, e)
	})
	return s.Incident, err
}

func (d *Desk) checkEdit(e *Edit) error {
	now := d.DB.Now()
	var c fault.Collector
	pages.CheckName(&c, "title", e.Title, MaxTitle, "incident.title")
	if !validImpact(e.Impact) {
		c.Add("impact", "field.choice")
	}
	if !e.StartedAt.IsZero() {
		e.StartedAt = e.StartedAt.UTC().Truncate(time.Millisecond)
		collect(&c, checkHappened("started_at", &e.StartedAt, now, e.Backdate))
	}
	if !e.Start.IsZero() || !e.End.IsZero() {
		e.Start, e.End = e.Start.UTC().Truncate(time.Millisecond), e.End.UTC().Truncate(time.Millisecond)
		collect(&c, checkWindow(e.Start, e.End, now))
	}
	return c.Err()
}

func (d *Desk) edit(tx *db.Tx, by auth.Actor, s *Story, e Edit) error {
	i := &s.Incident
	was := map[string]any{"title": i.Title, "started_at": i.StartedAt, "impact": i.Impact}
	i.Title, i.ImpactOverride = e.Title, e.Impact
	if i.Kind == KindMaintenance && !e.Start.IsZero() {
		i.ScheduledFor, i.ScheduledUntil = &e.Start, &e.End
	}
	if i.Kind == KindIncident && !e.StartedAt.IsZero() && !e.StartedAt.Equal(i.StartedAt) {
		if err := d.restart(tx, by, s, e.StartedAt); err != nil {
			return err
		}
	}
	if err := d.fold(tx, by, s, "edited"); err != nil {
		return err
	}
	if err := d.retitle(tx, s); err != nil {
		return err
	}
	return auth.Record(tx, e.Page, by, "incident.edit", "incident "+i.Code, was, map[string]any{"title": i.Title, "started_at": i.StartedAt, "impact": i.Impact})
}

// retitle puts an incident's facts, as they are now, into what is still held.
func (d *Desk) retitle(tx *db.Tx, s *Story) error {
	if d.Announce == nil {
		return nil
	}
	i := s.Incident
	for _, u := range s.Updates {
		err := d.Announce.Amend(tx, u.ID, func(a *Announcement) {
			a.Title, a.StartedAt, a.ScheduledFor, a.ScheduledUntil = i.Title, i.StartedAt, i.ScheduledFor, i.ScheduledUntil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// restart moves the beginning of an incident, and with it the spans that its
// first update caused from then on.
func (d *Desk) restart(tx *db.Tx, by auth.Actor, s *Story, to time.Time) error {
	var first Update
	for _, u := range inOrder(s.Updates) {
		if u.WithdrawnAt == nil {
			first = u
			break
		}
	}
	if to.After(first.HappenedAt) {
		return fault.At("started_at", "time.before_start")
	}
	if err := d.shift(tx, by, first, s.Incident.StartedAt, to); err != nil {
		return err
	}
	s.Incident.StartedAt = to
	return nil
}
