// Package pages holds the status pages themselves: name, hosts, zone, language,
// words and the settings of its messages. There are several in one process,
// chosen by host, and one of them is the default.
//
// Acts of staff upon a page are done by the desk (package incidents), which
// calls the functions here inside its transaction. This package knows nothing
// of HTTP. clock.go reads the times that people type in the page's zone.
package pages

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/text/language"
	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// Page is one status page. It is a row of pages.
type Page struct {
	ID             int64
	Code           string
	Name           string
	TimeZone       string // IANA name
	Language       string
	AutoLanguage   bool   // readers get the language of their browser, where there is one of ours
	Words          string // "plain" or "classic"
	HoldSeconds    int    // messages wait this long for undo
	IsDefault      bool
	PostalAddress  string
	SenderName     string
	SenderAddress  string
	ReplyTo        string
	SupportURL     string
	RaiseIndicator bool // the API's indicator is at least the worst open impact
	HideFromSearch bool // search engines are asked not to list the page
	ShowUptime     bool
	PastDays       int // days of the past on the home page
	WeightMajor    int // per cent of its time that counts as down, for uptime
	WeightPartial  int
	// WeightDegraded is mostly 0: slow is up.
	WeightDegraded int
	SetUpAt        *time.Time // nil until somebody went through the set-up
	CreatedAt      time.Time  `gorm:"autoCreateTime:false"`
	UpdatedAt      time.Time  `gorm:"autoUpdateTime:false"`
	Hosts          []string   `gorm:"-"`
}

// TableName is the table of the rows.
func (Page) TableName() string { return "pages" }

// Location is the page's zone; UTC if the name cannot be read, which Validate
// keeps from happening.
func (p Page) Location() *time.Location {
	l, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return time.UTC
	}
	return l
}

// Hold is how long messages wait for undo.
func (p Page) Hold() time.Duration { return time.Duration(p.HoldSeconds) * time.Second }

// MailReady reports whether letters may leave: the law wants a postal address in them.
func (p Page) MailReady() bool { return p.PostalAddress != "" && p.SenderAddress != "" }

// Store asks for pages.
type Store struct{ DB *db.DB }

const columns = `id, code, name, time_zone, language, auto_language, words, hold_seconds, is_default, postal_address, sender_name, sender_address, reply_to, support_url, show_uptime, raise_indicator, hide_from_search, past_days, weight_major, weight_partial, weight_degraded, set_up_at, created_at, updated_at`

// All are the pages, the default one first.
func (s Store) All(ctx context.Context) ([]Page, error) {
	return all(s.DB.Read(ctx))
}

// From is ByID inside a View.
func From(g *gorm.DB, id int64) (Page, error) { return byID(g, id) }

func all(g *gorm.DB) ([]Page, error) {
	var ps []Page
	if err := g.Raw(`select ` + columns + ` from pages order by is_default desc, id limit 1000`).Scan(&ps).Error; err != nil {
		return nil, fmt.Errorf("load pages: %w", err)
	}
	var hosts []struct {
		PageID int64
		Host   string
	}
	if err := g.Raw(`select page_id, host from page_hosts order by page_id, host`).Scan(&hosts).Error; err != nil {
		return nil, fmt.Errorf("load hosts: %w", err)
	}
	for i := range ps {
		for _, h := range hosts {
			if h.PageID == ps[i].ID {
				ps[i].Hosts = append(ps[i].Hosts, h.Host)
			}
		}
	}
	return ps, nil
}

// ByID is one page; fault.NotFound when there is none.
func (s Store) ByID(ctx context.Context, id int64) (Page, error) { return byID(s.DB.Read(ctx), id) }

// Load is ByID inside a transaction.
func Load(tx *db.Tx, id int64) (Page, error) { return byID(tx.DB, id) }

func byID(g *gorm.DB, id int64) (Page, error) {
	var p Page
	err := g.Raw(`select `+columns+` from pages where id = ?`, id).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return p, fault.New(fault.NotFound, "fault.notfound")
	}
	if err != nil {
		return p, fmt.Errorf("load page %d: %w", id, err)
	}
	if err := g.Raw(`select host from page_hosts where page_id = ? order by host`, id).Scan(&p.Hosts).Error; err != nil {
		return p, fmt.Errorf("load hosts of page %d: %w", id, err)
	}
	return p, nil
}

// Default is the page that answers where no host says otherwise; nil before the
// first start has made one.
func (s Store) Default(ctx context.Context) (*Page, error) {
	ps, err := s.All(ctx)
	if err != nil || len(ps) == 0 || !ps[0].IsDefault {
		return nil, err
	}
	return &ps[0], nil
}

// Usual is a page with the settings that most keep.
func Usual() Page {
	return Page{Language: "en", AutoLanguage: true, Words: "plain", HoldSeconds: 20, ShowUptime: true, PastDays: 14, WeightMajor: 100, WeightPartial: 30}
}

// Create adds a page. The first one is the default.
func Create(tx *db.Tx, p Page) (Page, error) {
	if err := p.Validate(); err != nil {
		return p, err
	}
	p.Code, p.CreatedAt, p.UpdatedAt = db.NewCode(), tx.Now, tx.Now
	if err := tx.Omit("Hosts").Create(&p).Error; err != nil {
		return p, fmt.Errorf("create page: %w", err)
	}
	if err := tx.Exec(`insert into page_versions (page_id, version, changed_at) values (?, 0, ?)`, p.ID, tx.Now).Error; err != nil {
		return p, fmt.Errorf("create the version of page %d: %w", p.ID, err)
	}
	for _, h := range p.Hosts {
		if err := tx.Exec(`insert into page_hosts (page_id, host) values (?, ?)`, p.ID, NormalHost(h)).Error; err != nil {
			return p, fmt.Errorf("add host of page %d: %w", p.ID, err)
		}
	}
	return p, nil
}

// Save writes the settings of a page; hosts stay.
func Save(tx *db.Tx, p Page) error {
	if err := p.Validate(); err != nil {
		return err
	}
	p.UpdatedAt = tx.Now
	err := tx.Exec(`update pages set name = ?, time_zone = ?, language = ?, auto_language = ?, words = ?, hold_seconds = ?, postal_address = ?,
		sender_name = ?, sender_address = ?, reply_to = ?, support_url = ?, show_uptime = ?, raise_indicator = ?, hide_from_search = ?, past_days = ?,
		weight_major = ?, weight_partial = ?, weight_degraded = ?, set_up_at = ?, updated_at = ? where id = ?`,
		p.Name, p.TimeZone, p.Language, p.AutoLanguage, p.Words, p.HoldSeconds, p.PostalAddress,
		p.SenderName, p.SenderAddress, p.ReplyTo, p.SupportURL, p.ShowUptime, p.RaiseIndicator, p.HideFromSearch, p.PastDays,
		p.WeightMajor, p.WeightPartial, p.WeightDegraded, p.SetUpAt, p.UpdatedAt, p.ID).Error
	if err != nil {
		return fmt.Errorf("save page %d: %w", p.ID, err)
	}
	return nil
}

// Validate says what is wrong with the settings, all at once. Field names:
// name, time_zone, language, words, hold_seconds, postal_address, sender_name,
// sender_address, reply_to, support_url, past_days, weight_major,
// weight_partial, weight_degraded.
func (p Page) Validate() error {
	var c fault.Collector
	CheckName(&c, "name", p.Name, 100, "page.name")
	if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "" || p.TimeZone == "Local" {
		c.Add("time_zone", "page.zone")
	}
	if _, err := language.Parse(p.Language); err != nil || len(p.Language) > 35 { // RFC 5646, 4.4.1
		c.Add("language", "field.choice")
	}
	if p.Words != "plain" && p.Words != "classic" {
		c.Add("words", "field.choice")
	}
	if p.HoldSeconds < 0 || p.HoldSeconds > 120 {
		c.Add("hold_seconds", "page.hold")
	}
	if p.PastDays < 1 || p.PastDays > 90 {
		c.Add("past_days", "page.past_days")
	}
	for field, n := range map[string]int{"weight_major": p.WeightMajor, "weight_partial": p.WeightPartial, "weight_degraded": p.WeightDegraded} {
		if n < 0 || n > 100 {
			c.Add(field, "page.weight")
		}
	}
	p.checkLetters(&c)
	return c.Err()
}

func (p Page) checkLetters(c *fault.Collector) {
	if p.PostalAddress != "" {
		if one := strings.TrimSpace(p.PostalAddress); strings.Contains(one, "@") && !strings.ContainsAny(one, " \n") {
			c.Add("postal_address", "page.postal_email") // the Ring.io letter gave an e-mail address as its mailing address
		} else {
			CheckText(c, "postal_address", strings.ReplaceAll(p.PostalAddress, "\n", " "), 300)
		}
	}
	CheckText(c, "sender_name", p.SenderName, 100)
	CheckText(c, "support_url", p.SupportURL, 2048)
	if p.SupportURL != "" && !strings.HasPrefix(p.SupportURL, "https://") && !strings.HasPrefix(p.SupportURL, "http://") && !strings.HasPrefix(p.SupportURL, "mailto:") {
		c.Add("support_url", "field.choice")
	}
	for field, a := range map[string]string{"sender_address": p.SenderAddress, "reply_to": p.ReplyTo} {
		if a == "" {
			continue
		}
		if _, err := CleanEmail(field, a); err != nil {
			_ = c.AddErr(err) // CleanEmail gives nothing but faults with fields
		}
	}
}

// NormalHost is a host as it is compared: lower case, no port, no last dot.
func NormalHost(h string) string {
	if host, _, err := net.SplitHostPort(h); err == nil {
		h = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(h, "[]"), "."))
}
