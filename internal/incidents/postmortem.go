package incidents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

// SavePostmortem keeps a draft; readers see nothing of it, so the page's
// version does not move. Needs a responder. Faults: body; Conflict when Expect
// has moved.
func (d *Desk) SavePostmortem(ctx context.Context, by auth.Actor, c SavePostmortem) (Postmortem, error) {
	if err := by.Need(auth.Responder); err != nil {
		return Postmortem{}, err
	}
	if _, err := d.Preview(ctx, c.Body, markdown.MaxPostmortem); err != nil {
		return Postmortem{}, err
	}
	var m Postmortem
	err := d.DB.Private(ctx, func(tx *db.Tx) error {
		i, err := byCode(tx.DB, c.Page, c.Incident)
		if err != nil {
			return err
		}
		if m, err = mortemFor(tx, by, i, c.Expect); err != nil {
			return err
		}
		m.Draft, m.DraftSavedAt = c.Body, tx.Now
		return saveMortem(tx, &m)
	})
	return m, err
}

// mortemFor is the postmortem of an incident, begun if there is none.
func mortemFor(tx *db.Tx, by auth.Actor, i Incident, expect int64) (Postmortem, error) {
	var m Postmortem
	err := tx.Raw(`select `+mortemColumns+` from postmortems where page_id = ? and incident_id = ?`, i.PageID, i.ID).Take(&m).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return m, fmt.Errorf("load postmortem: %w", err)
	}
	if err == nil {
		if expect != 0 && expect != m.Revision {
			return m, fault.New(fault.Conflict, "incident.changed_update")
		}
		return m, nil
	}
	if expect > 0 {
		return m, fault.New(fault.Conflict, "incident.changed_update")
	}
	m = Postmortem{PageID: i.PageID, IncidentID: i.ID, Code: db.NewCode(), DraftSavedAt: tx.Now, AuthorID: by.Ref(), AuthorName: by.Name}
	if err := tx.Create(&m).Error; err != nil {
		return m, fmt.Errorf("begin postmortem: %w", err)
	}
	return m, nil
}

func saveMortem(tx *db.Tx, m *Postmortem) error {
	m.Revision++
	err := tx.Exec(`update postmortems set draft = ?, draft_saved_at = ?, body = ?, html = ?, plain = ?, published_at = ?, first_published_at = ?, edited_at = ?, author_id = ?, author_name = ?, revision = ? where page_id = ? and id = ?`,
		m.Draft, m.DraftSavedAt, m.Body, m.HTML, m.Plain, m.PublishedAt, m.FirstPublishedAt, m.EditedAt, m.AuthorID, m.AuthorName, m.Revision, m.PageID, m.ID).Error
	if err != nil {
		return fmt.Errorf("save postmortem %d: %w", m.ID, err)
	}
	return nil
}

// PublishPostmortem publishes a text, or corrects the published one: shown as
// edited, the old wording stays readable. Subscribers are told only when asked,
// with a letter. Needs a responder and a resolved incident. Faults: body,
// published_at, subject, letter.
func (d *Desk) PublishPostmortem(ctx context.Context, by auth.Actor, p PublishPostmortem) (Postmortem, error) {
	if err := by.Need(auth.Responder); err != nil {
		return Postmortem{}, err
	}
	doc, letter, err := d.checkPublish(ctx, &p)
	if err != nil {
		return Postmortem{}, err
	}
	var m Postmortem
	earlier, err := d.once(ctx, by, p.Page, form{"postmortem", p.Key, p.Sent}, func(tx *db.Tx) (string, error) {
		m, err = d.publish(tx, by, p, doc, letter)
		return m.Code, err
	})
	if err == nil && earlier != "" {
		s, err := Store{d.DB}.Story(ctx, p.Page, p.Incident)
		if err != nil || s.Postmortem == nil {
			return m, err
		}
		return *s.Postmortem, nil
	}
	return m, err
}

func (d *Desk) checkPublish(ctx context.Context, p *PublishPostmortem) (doc, letter markdown.Doc, err error) {
	var c fault.Collector
	if strings.TrimSpace(p.Body) == "" {
		c.Add("body", "postmortem.empty")
	}
	if !p.PublishedAt.IsZero() {
		p.PublishedAt = p.PublishedAt.UTC().Truncate(time.Millisecond)
		collect(&c, checkHappened("published_at", &p.PublishedAt, d.DB.Now(), p.Backdate))
	}
	pages.CheckText(&c, "subject", p.Subject, MaxTitle)
	if doc, err = d.render(ctx, &c, "body", p.Body, markdown.MaxPostmortem); err != nil {
		return doc, letter, err
	}
	letter = doc
	if strings.TrimSpace(p.Letter) != "" {
		if letter, err = d.render(ctx, &c, "letter", p.Letter, markdown.MaxUpdate); err != nil {
			return doc, letter, err
		}
	}
	return doc, letter, c.Err()
}

func (d *Desk) publish(tx *db.Tx, by auth.Actor, p PublishPostmortem, doc, letter markdown.Doc) (Postmortem, error) {
	s, err := load(tx, p.Page, p.Incident)
	if err != nil {
		return Postmortem{}, err
	}
	if s.Incident.WithdrawnAt != nil {
		return Postmortem{}, fault.New(fault.Conflict, "incident.withdrawn")
	}
	if !s.Incident.State.Done() {
		return Postmortem{}, fault.New(fault.Invalid, "postmortem.unresolved")
	}
	m, err := mortemFor(tx, by, s.Incident, p.Expect)
	if err != nil {
		return m, err
	}
	action := "published"
	at := tx.Now
	if !p.PublishedAt.IsZero() {
		at = p.PublishedAt
	}
	switch {
	case m.PublishedAt != nil && m.Body == p.Body:
		return m, d.tellPostmortem(tx, &s, p, letter, *m.PublishedAt) // the same text again: at most a letter about it
	case m.PublishedAt != nil:
		action, m.EditedAt = "corrected", &tx.Now
	default:
		m.PublishedAt = &at
		m.AuthorID, m.AuthorName = by.Ref(), by.Name
		if m.FirstPublishedAt == nil {
			m.FirstPublishedAt = &at
		}
	}
	m.Body, m.HTML, m.Plain, m.Draft, m.DraftSavedAt = p.Body, doc.HTML, doc.Text, p.Body, tx.Now
	if p.Cause == components.CauseImport {
		s.shownAt = at
	}
	if err := d.savePublished(tx, by, &s, &m, action); err != nil {
		return m, err
	}
	if err := d.tellPostmortem(tx, &s, p, letter, at); err != nil {
		return m, err
	}
	return m, auth.Record(tx, p.Page, by, "postmortem."+action, "incident "+s.Incident.Code, nil, map[string]any{"notify": p.Notify})
}

func (d *Desk) savePublished(tx *db.Tx, by auth.Actor, s *Story, m *Postmortem, action string) error {
	if err := saveMortem(tx, m); err != nil {
		return err
	}
	if err := d.fold(tx, by, s, "postmortem "+action); err != nil { // moves the incident's revision and version
		return err
	}
	return record(tx, by, Revision{PageID: m.PageID, Subject: OfPostmortem, SubjectID: m.ID, IncidentID: m.IncidentID, Revision: m.Revision, Action: action, ShownAt: s.shownAt}, m.content())
}

func (m Postmortem) content() Content {
	return Content{Code: m.Code, Body: m.Body, HTML: m.HTML, HappenedAt: m.PublishedAt, Hidden: m.PublishedAt == nil}
}

func (d *Desk) tellPostmortem(tx *db.Tx, s *Story, p PublishPostmortem, letter markdown.Doc, at time.Time) error {
	if !p.Notify || d.Announce == nil {
		return nil
	}
	page, err := pages.Load(tx, p.Page)
	if err != nil {
		return err
	}
	a, err := d.announcement(tx, s, letter)
	if err != nil {
		return err
	}
	a.Telling, a.Label, a.HappenedAt, a.Subject, a.Ends = TellPostmortem, "postmortem", at, p.Subject, true
	return d.Announce.Announce(tx, page, a)
}

// UndoLetter stops the letter about a postmortem within its hold; the
// postmortem stays published. Conflict once one has left.
func (d *Desk) UndoLetter(ctx context.Context, by auth.Actor, page int64, incident string) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	return d.DB.Private(ctx, func(tx *db.Tx) error {
		i, err := byCode(tx.DB, page, incident)
		if err != nil || d.Announce == nil {
			return err
		}
		held, err := d.Announce.CancelLetter(tx, i.ID)
		if err != nil {
			return err
		}
		if !held {
			return fault.New(fault.Conflict, "incident.undo_late")
		}
		return auth.Record(tx, page, by, "postmortem.letter_undone", "incident "+incident, nil, nil)
	})
}

// UnpublishPostmortem takes a postmortem off the page; its text is the draft again.
func (d *Desk) UnpublishPostmortem(ctx context.Context, by auth.Actor, page int64, incident string) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	_, err := d.change(ctx, by, page, func(tx *db.Tx) error {
		s, err := load(tx, page, incident)
		if err != nil {
			return err
		}
		m, err := mortemFor(tx, by, s.Incident, 0)
		if err != nil || m.PublishedAt == nil {
			return err
		}
		m.PublishedAt = nil
		if err := d.savePublished(tx, by, &s, &m, "unpublished"); err != nil {
			return err
		}
		if d.Announce != nil {
			if _, err := d.Announce.CancelLetter(tx, s.Incident.ID); err != nil {
				return err
			}
		}
		return auth.Record(tx, page, by, "postmortem.unpublish", "incident "+incident, nil, nil)
	})
	return err
}
