package components

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
)

// Subject is what a naming is of.
type Subject string

// The subjects.
const (
	OfComponent Subject = "component"
	OfGroup     Subject = "group"
)

// Naming is a row of namings: what a component or group is called in another
// language than the page's. What is empty stays as it is called in that.
type Naming struct {
	PageID      int64
	Subject     Subject
	SubjectID   int64
	Language    string // as the catalogue names it: "pt-BR"
	Name        string
	Description string
}

// TableName is the table of the rows.
func (Naming) TableName() string { return "namings" }

const namingColumns = `page_id, subject, subject_id, language, name, description`

// Namings are all of a page, inside a View.
func Namings(g *gorm.DB, page int64) ([]Naming, error) {
	var out []Naming
	// served by the primary key
	if err := g.Raw(`select `+namingColumns+` from namings where page_id = ? order by subject, subject_id, language`, page).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("load names in other languages: %w", err)
	}
	return out, nil
}

// Namings are what one component or group is called in other languages, for its
// form.
func (s Store) Namings(ctx context.Context, page int64, subject Subject, id int64) ([]Naming, error) {
	return NamingsOf(s.DB.Read(ctx), page, subject, id)
}

// NamingsOf are those of one component or group, by language.
func NamingsOf(g *gorm.DB, page int64, subject Subject, id int64) ([]Naming, error) {
	var out []Naming
	if err := g.Raw(`select `+namingColumns+` from namings where page_id = ? and subject = ? and subject_id = ? order by language`, page, subject, id).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("load the names of a %s in other languages: %w", subject, err)
	}
	return out, nil
}

// SaveNamings replaces what one component or group is called in the languages of
// ns; those of others stay. One that says nothing takes a name away.
func SaveNamings(tx *db.Tx, page int64, subject Subject, id int64, ns []Naming) error {
	for _, n := range ns {
		if err := tx.Exec(`delete from namings where page_id = ? and subject = ? and subject_id = ? and language = ?`, page, subject, id, n.Language).Error; err != nil {
			return fmt.Errorf("replace a name in %s: %w", n.Language, err)
		}
		if n.Name == "" && n.Description == "" {
			continue
		}
		n.PageID, n.Subject, n.SubjectID = page, subject, id
		if err := tx.Create(&n).Error; err != nil {
			return fmt.Errorf("save a name in %s: %w", n.Language, err)
		}
	}
	return nil
}
