package incidents

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
)

// Subject is what a revision is of.
type Subject string

// The subjects.
const (
	OfIncident   Subject = "incident"
	OfUpdate     Subject = "update"
	OfPostmortem Subject = "postmortem"
	// OfTranslation is one of these three in another language.
	OfTranslation Subject = "translation"
)

// Revision is a row of revisions: what readers were shown of one thing from
// RecordedAt on. Rows are only added. Hash covers the row and PrevHash, the
// hash of the page's row before it, so that none can be changed or taken out
// unnoticed.
type Revision struct {
	ID         int64
	PageID     int64
	Subject    Subject
	SubjectID  int64
	IncidentID int64
	Revision   int64
	Action     string // posted, corrected, withdrawn, edited, published, unpublished, translated
	Content    string // JSON of Content
	RecordedAt time.Time
	ShownAt    time.Time // from when readers saw it; zero, when it is recorded: then
	AuthorID   *int64
	AuthorName string
	PrevHash   string
	Hash       string
}

// TableName is the table of the rows.
func (Revision) TableName() string { return "revisions" }

// Content is what a revision holds, enough to show the page as it stood. Keys
// are short and only ever added: the ledger outlives versions of this program.
type Content struct {
	Code         string               `json:"code"`
	Kind         Kind                 `json:"kind,omitempty"`
	Title        string               `json:"title,omitempty"`
	State        State                `json:"state,omitempty"`
	Impact       components.Indicator `json:"impact,omitempty"`
	Position     int                  `json:"position,omitempty"`
	Body         string               `json:"body,omitempty"`
	HTML         string               `json:"html,omitempty"`
	StartedAt    *time.Time           `json:"started_at,omitempty"`
	HappenedAt   *time.Time           `json:"happened_at,omitempty"`
	NextUpdateBy *time.Time           `json:"next_update_by,omitempty"`
	Start        *time.Time           `json:"start,omitempty"`
	End          *time.Time           `json:"end,omitempty"`
	Of           Subject              `json:"of,omitempty"`       // of a translation: what it is of
	Language     string               `json:"language,omitempty"` // and in which language
	Hidden       bool                 `json:"hidden,omitempty"`   // withdrawn or unpublished: readers see nothing of it
}

// Decode reads the content.
func (r Revision) Decode() (Content, error) {
	var c Content
	if err := json.Unmarshal([]byte(r.Content), &c); err != nil {
		return c, fmt.Errorf("read revision %d: %w", r.ID, err)
	}
	return c, nil
}

// record adds a revision to the page's chain. Change has lined up the writers
// of the page, so the last row is the last row.
func record(tx *db.Tx, by auth.Actor, r Revision, c Content) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write revision: %w", err)
	}
	r.Content, r.RecordedAt, r.AuthorID, r.AuthorName = string(raw), tx.Now, by.Ref(), by.Name
	if r.ShownAt.IsZero() {
		r.ShownAt = tx.Now
	}
	if err := tx.Raw(`select hash from revisions where page_id = ? order by id desc limit 1`, r.PageID).Scan(&r.PrevHash).Error; err != nil {
		return fmt.Errorf("load the last revision: %w", err)
	}
	r.Hash = r.digest()
	if err := tx.Create(&r).Error; err != nil {
		return fmt.Errorf("add revision: %w", err)
	}
	return nil
}

func (r Revision) digest() string {
	h := sha256.Sum256([]byte(strings.Join([]string{
		r.PrevHash, string(r.Subject), strconv.FormatInt(r.SubjectID, 10), strconv.FormatInt(r.Revision, 10),
		r.Action, r.Content, r.RecordedAt.UTC().Format(time.RFC3339Nano), r.ShownAt.UTC().Format(time.RFC3339Nano), r.AuthorName,
	}, "\x1f")))
	return hex.EncodeToString(h[:])
}
