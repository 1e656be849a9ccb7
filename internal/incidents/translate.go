package incidents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

// Translation is a row of translations: a title, an update or a postmortem in
// another language than the page's.
type Translation struct {
	ID         int64
	PageID     int64
	IncidentID int64
	Subject    Subject
	SubjectID  int64
	Language   string // as the catalogue names it: "pt-BR"
	Body       string // as typed: Markdown, or of a title the line; empty: taken back
	HTML       string `gorm:"column:html"`
	Plain      string
	MadeFrom   string // WordingMark of the original that it was made from
	AuthorID   *int64
	AuthorName string
	PostedAt   time.Time
	Revision   int64
}

// TableName is the table of the rows.
func (Translation) TableName() string { return "translations" }

const translationColumns = `id, page_id, incident_id, subject, subject_id, language, body, html, plain, made_from, author_id, author_name, posted_at, revision`

// Fits reports whether a translation was made from this very wording. Of an
// older one readers are shown nothing: it may say what was taken back.
func (t Translation) Fits(original string) bool {
	return t.Body != "" && t.MadeFrom == WordingMark(original)
}

// WordingMark stands for a wording: forms carry it, and translations name by it
// what they were made from.
func WordingMark(text string) string { return mark(text) }

// Wording is a text in one language, as a form gives it.
type Wording struct {
	Language string
	Text     string // empty: there is none, or no longer
	Was      string // WordingMark of the text that the form was opened on
	Still    bool   // ticked: it holds of the original as it is now
}

func (w Wording) touched() bool { return w.Still || WordingMark(w.Text) != w.Was }

// Translate says something in other languages. Nobody is mailed, and the
// original does not count as edited. Fields in faults: text_ and the language.
type Translate struct {
	Page    int64
	Subject Subject // of an incident it is the title
	Code    string  // of the update; of the incident for its title and its postmortem
	Of      string  // WordingMark of the original that the form showed
	Texts   []Wording
}

// mostLanguages is more than there are catalogues.
const mostLanguages = 40

// original is what is translated.
type original struct {
	incident int64
	id       int64
	code     string // of the update; of the incident otherwise
	text     string
}

// Translate saves what was touched of the texts. Needs a responder. Conflict
// when somebody translated or reworded it meanwhile.
func (d *Desk) Translate(ctx context.Context, by auth.Actor, t Translate) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	docs, err := d.checkTranslate(ctx, &t)
	if err != nil {
		return err
	}
	_, err = d.change(ctx, by, t.Page, func(tx *db.Tx) error { return d.translate(tx, by, t, docs) })
	return err
}

// checkTranslate renders what was touched, and leaves only that.
func (d *Desk) checkTranslate(ctx context.Context, t *Translate) ([]markdown.Doc, error) {
	var c fault.Collector
	var texts []Wording
	var docs []markdown.Doc
	for _, w := range t.Texts[:min(len(t.Texts), mostLanguages)] {
		if strings.TrimSpace(w.Text) == "" && len(w.Text) > 0 {
			w.Text = ""
		}
		if !w.touched() {
			continue
		}
		doc, err := d.checkWording(ctx, &c, t.Subject, w)
		if err != nil {
			return nil, err
		}
		texts, docs = append(texts, w), append(docs, doc)
	}
	t.Texts = texts
	return docs, c.Err()
}

func (d *Desk) checkWording(ctx context.Context, c *fault.Collector, s Subject, w Wording) (markdown.Doc, error) {
	field := "text_" + w.Language
	if !checkLanguage(c, field, w.Language) {
		return markdown.Doc{}, nil
	}
	switch s {
	case OfUpdate:
		return d.render(ctx, c, field, w.Text, markdown.MaxUpdate)
	case OfPostmortem:
		return d.render(ctx, c, field, w.Text, markdown.MaxPostmortem)
	}
	pages.CheckText(c, field, w.Text, MaxTitle)
	return markdown.Doc{}, nil
}

// checkLanguage notes what is no language. Which of them there are is for
// whoever offers them: a page may lose one and keep what was said in it.
func checkLanguage(c *fault.Collector, field, lang string) bool {
	if tag, err := language.Parse(lang); err != nil || tag.IsRoot() || len(lang) > 35 { // RFC 5646, 4.4.1
		c.Add(field, "field.choice")
		return false
	}
	return true
}

func (d *Desk) translate(tx *db.Tx, by auth.Actor, t Translate, docs []markdown.Doc) error {
	o, err := originalOf(tx, t)
	if err != nil {
		return err
	}
	if len(t.Texts) > 0 && t.Of != WordingMark(o.text) {
		return fault.New(fault.Conflict, "translation.original")
	}
	was, now := map[string]any{}, map[string]any{}
	for n, w := range t.Texts {
		old, err := translationIn(tx, t, o, w.Language)
		if err != nil {
			return err
		}
		if old.Body == w.Text && (w.Text == "" || old.Fits(o.text)) {
			continue // it says so already
		}
		if w.Was != WordingMark(old.Body) {
			return fault.New(fault.Conflict, "translation.changed")
		}
		was[w.Language], now[w.Language] = old.Body, w.Text
		old.Body, old.HTML, old.Plain = w.Text, docs[n].HTML, docs[n].Text
		if err := saveTranslation(tx, by, o, old); err != nil {
			return err
		}
	}
	if len(now) == 0 {
		tx.Quiet()
		return nil
	}
	// The picture takes the incident anew; its revision and its "updated" stay, for
	// feeds and calendars would take it for news.
	if err := tx.Exec(`update incidents set changed_version = ? where page_id = ? and id = ?`, tx.Version, t.Page, o.incident).Error; err != nil {
		return fmt.Errorf("show incident %d anew: %w", o.incident, err)
	}
	return auth.Record(tx, t.Page, by, "translation.save", string(t.Subject)+" "+o.code, was, now)
}

// originalOf is what is translated; Conflict when it is not on the page.
func originalOf(tx *db.Tx, t Translate) (original, error) {
	code := t.Code
	var u *Update
	var s Story
	var err error
	if t.Subject == OfUpdate {
		s, u, err = loadByUpdate(tx, t.Page, code)
	} else {
		s.Incident, err = byCode(tx.DB, t.Page, code)
	}
	i := s.Incident
	switch {
	case err != nil:
		return original{}, err
	case i.WithdrawnAt != nil, u != nil && u.WithdrawnAt != nil:
		return original{}, fault.New(fault.Conflict, "incident.withdrawn")
	case u != nil:
		return original{incident: i.ID, id: u.ID, code: u.Code, text: u.Body}, nil
	case t.Subject == OfIncident:
		return original{incident: i.ID, id: i.ID, code: i.Code, text: i.Title}, nil
	}
	var m Postmortem
	err = tx.Raw(`select `+mortemColumns+` from postmortems where page_id = ? and incident_id = ?`, t.Page, i.ID).Take(&m).Error
	if err := notFound(err, "load a postmortem"); err != nil {
		return original{}, err
	}
	if m.PublishedAt == nil {
		return original{}, fault.New(fault.Conflict, "translation.unpublished")
	}
	return original{incident: i.ID, id: m.ID, code: i.Code, text: m.Body}, nil
}

// translationIn is what there is in a language; a new row where there is nothing.
func translationIn(tx *db.Tx, t Translate, o original, lang string) (Translation, error) {
	var row Translation
	err := tx.Raw(`select `+translationColumns+` from translations where page_id = ? and subject = ? and subject_id = ? and language = ?`, t.Page, t.Subject, o.id, lang).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Translation{PageID: t.Page, IncidentID: o.incident, Subject: t.Subject, SubjectID: o.id, Language: lang}, nil
	}
	if err != nil {
		return row, fmt.Errorf("load a translation: %w", err)
	}
	return row, nil
}

// saveTranslation writes a row, and what readers are shown of it from now on
// into the ledger of wordings.
func saveTranslation(tx *db.Tx, by auth.Actor, o original, row Translation) error {
	row.MadeFrom, row.AuthorID, row.AuthorName, row.PostedAt = WordingMark(o.text), by.Ref(), by.Name, tx.Now
	row.Revision++
	if row.ID == 0 {
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("add a translation: %w", err)
		}
	} else {
		err := tx.Exec(`update translations set body = ?, html = ?, plain = ?, made_from = ?, author_id = ?, author_name = ?, posted_at = ?, revision = ? where page_id = ? and id = ?`,
			row.Body, row.HTML, row.Plain, row.MadeFrom, row.AuthorID, row.AuthorName, row.PostedAt, row.Revision, row.PageID, row.ID).Error
		if err != nil {
			return fmt.Errorf("save translation %d: %w", row.ID, err)
		}
	}
	r := Revision{PageID: row.PageID, Subject: OfTranslation, SubjectID: row.ID, IncidentID: row.IncidentID, Revision: row.Revision, Action: "translated"}
	return record(tx, by, r, Content{Code: o.code, Of: row.Subject, Language: row.Language, Body: row.Body, HTML: row.HTML, Hidden: row.Body == ""})
}

// In is what a story says in other languages of one of its texts, by language:
// all of it, also what was made from an older wording.
func (s Story) In(subject Subject, id int64) map[string]Translation {
	out := map[string]Translation{}
	for _, t := range s.Translations {
		if t.Subject == subject && t.SubjectID == id && t.Body != "" {
			out[t.Language] = t
		}
	}
	return out
}
