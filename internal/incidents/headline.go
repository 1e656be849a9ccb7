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
	"github.com/statusd/statusd/internal/pages"
)

// Headline is a row of headlines: a sentence that staff wrote in place of the
// automatic one. It was written for a situation and ends with it, so that it
// never goes on saying what is no longer so. The mark beside it is never theirs.
type Headline struct {
	ID         int64
	PageID     int64
	Text       string
	Situation  string // what was so when it was written, see situation
	AuthorID   *int64
	AuthorName string
	SetAt      time.Time
	EndedAt    *time.Time // nil: it stands
	TakenBack  bool       // by somebody, not by what happened: nobody is shown it again
}

// TableName is the table of the rows.
func (Headline) TableName() string { return "headlines" }

// MaxHeadline is the longest headline, in characters: on a phone it is four lines.
const MaxHeadline = 140

const headlineColumns = `id, page_id, text, situation, author_id, author_name, set_at, ended_at, taken_back`

// WriteHeadline replaces the headline by a sentence. Fields in faults: headline.
type WriteHeadline struct {
	Page   int64
	Text   string
	Expect string // what HeadlineNow.Mark was when the form was opened; empty: do not check
	Key    string
	Sent   string
}

// DropHeadline takes a written headline back.
type DropHeadline struct {
	Page   int64
	Expect string // as in WriteHeadline
}

// HeadlineNow is the written headline that stands, and what a form is opened on.
type HeadlineNow struct {
	Written *Headline // nil: the automatic one is shown
	Mark    string    // moves with the written headline, and with the situation that it would be written for
}

// Headline is the written headline that stands, for the form.
func (s Store) Headline(ctx context.Context, page int64) (HeadlineNow, error) {
	return headlineNow(s.DB.Read(ctx), page)
}

// HeadlineFrom is the written headline that stands, inside a View; nil for none.
func HeadlineFrom(g *gorm.DB, page int64) (*Headline, error) {
	// served by headlines_live
	return oneHeadline(g.Raw(`select `+headlineColumns+` from headlines where page_id = ? and ended_at is null`, page))
}

// headlineAt is the written headline that stood at a moment; nil for none, and
// for one that was taken back.
func (s Store) headlineAt(ctx context.Context, page int64, at time.Time) (*Headline, error) {
	return oneHeadline(s.DB.Read(ctx).Raw(`select `+headlineColumns+` from headlines where page_id = ? and set_at <= ? and (ended_at is null or ended_at > ?) and not taken_back order by id desc limit 1`, page, at, at))
}

func oneHeadline(q *gorm.DB) (*Headline, error) {
	var h Headline
	err := q.Take(&h).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return nil, nil //nolint:nilnil // none is an answer
	case err != nil:
		return nil, fmt.Errorf("load the headline: %w", err)
	}
	return &h, nil
}

func headlineNow(g *gorm.DB, page int64) (HeadlineNow, error) {
	h, err := HeadlineFrom(g, page)
	if err != nil {
		return HeadlineNow{}, err
	}
	now, err := situation(g, page)
	text := ""
	if h != nil {
		text = h.Text
	}
	return HeadlineNow{Written: h, Mark: mark(text, now)}, err
}

// situation stands for all that a headline may speak of: which services are not
// operational and how, which incidents and maintenances are under way and at
// which step, and the language that the page speaks. It knows what readers know.
func situation(g *gorm.DB, page int64) (string, error) {
	var parts []string
	for _, q := range []string{
		`select language from pages where id = ?`,
		`select code || ' ' || status from components where page_id = ? and not hidden and archived_at is null and status <> '` + string(components.Operational) + `' order by code`,
		// served by incidents_open
		`select code || ' ' || state from incidents where page_id = ? and withdrawn_at is null and state not in ('resolved','completed','scheduled') order by code`,
	} {
		var rows []string
		if err := g.Raw(q, page).Scan(&rows).Error; err != nil {
			return "", fmt.Errorf("load what a headline speaks of: %w", err)
		}
		parts = append(parts, strings.Join(rows, "\x1e"))
	}
	return mark(parts...), nil
}

// WriteHeadline shows a sentence in place of the automatic headline, until the
// situation that it was written for is another. Needs a responder. Faults:
// headline; Conflict when the headline or the situation has moved since Expect.
func (d *Desk) WriteHeadline(ctx context.Context, by auth.Actor, w WriteHeadline) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	w.Text = strings.TrimSpace(w.Text)
	var c fault.Collector
	pages.CheckName(&c, "headline", w.Text, MaxHeadline, "headline.blank")
	if err := c.Err(); err != nil {
		return err
	}
	_, err := d.once(ctx, by, w.Page, form{"headline", w.Key, w.Sent}, func(tx *db.Tx) (string, error) {
		return "written", writeHeadline(tx, by, w)
	})
	return err
}

func writeHeadline(tx *db.Tx, by auth.Actor, w WriteHeadline) error {
	now, err := headlineNow(tx.DB, w.Page)
	if err != nil {
		return err
	}
	if now.Written != nil && now.Written.Text == w.Text {
		tx.Quiet()
		return nil // it says so already
	}
	if w.Expect != "" && w.Expect != now.Mark {
		return fault.New(fault.Conflict, "headline.changed")
	}
	if err := endHeadline(tx, w.Page); err != nil {
		return err
	}
	h := Headline{PageID: w.Page, Text: w.Text, AuthorID: by.Ref(), AuthorName: by.Name, SetAt: tx.Now}
	if h.Situation, err = situation(tx.DB, w.Page); err != nil {
		return err
	}
	if err := tx.Create(&h).Error; err != nil {
		return fmt.Errorf("add headline: %w", err)
	}
	return auth.Record(tx, w.Page, by, "headline.write", "headline", now.said(), map[string]any{"text": h.Text})
}

// DropHeadline shows the automatic headline again. Needs a responder. Conflict
// when the written one is another than Expect knew.
func (d *Desk) DropHeadline(ctx context.Context, by auth.Actor, c DropHeadline) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	_, err := d.change(ctx, by, c.Page, func(tx *db.Tx) error {
		now, err := headlineNow(tx.DB, c.Page)
		if err != nil {
			return err
		}
		switch {
		case now.Written == nil:
			tx.Quiet() // twice is once
			return nil
		case c.Expect != "" && c.Expect != now.Mark:
			return fault.New(fault.Conflict, "headline.changed")
		}
		if err := endHeadline(tx, c.Page); err != nil {
			return err
		}
		if err := tx.Exec(`update headlines set taken_back = ? where page_id = ? and id = ?`, true, c.Page, now.Written.ID).Error; err != nil {
			return fmt.Errorf("take the headline back: %w", err)
		}
		return auth.Record(tx, c.Page, by, "headline.drop", "headline", now.said(), nil)
	})
	return err
}

// said is a written headline as the audit keeps it.
func (n HeadlineNow) said() any {
	if n.Written == nil {
		return nil
	}
	return map[string]any{"text": n.Written.Text}
}

func endHeadline(tx *db.Tx, page int64) error {
	if err := tx.Exec(`update headlines set ended_at = ? where page_id = ? and ended_at is null`, tx.Now, page).Error; err != nil {
		return fmt.Errorf("end the headline: %w", err)
	}
	return nil
}

// change is the door through which every act of the desk goes: when an act has
// ended the situation for which a headline was written, the headline ends in the
// same commit.
func (d *Desk) change(ctx context.Context, by auth.Actor, page int64, fn func(*db.Tx) error) (int64, error) {
	return d.DB.Change(ctx, page, func(tx *db.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return outdate(tx, by, page)
	})
}

// outdate ends a written headline whose situation is another now.
func outdate(tx *db.Tx, by auth.Actor, page int64) error {
	h, err := HeadlineFrom(tx.DB, page)
	if err != nil || h == nil {
		return err
	}
	now, err := situation(tx.DB, page)
	if err != nil || now == h.Situation {
		return err
	}
	if err := endHeadline(tx, page); err != nil {
		return err
	}
	return auth.Record(tx, page, by, "headline.outdated", "headline", map[string]any{"text": h.Text}, nil)
}
