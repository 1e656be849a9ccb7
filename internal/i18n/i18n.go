// Package i18n turns facts into a person's words: messages by key with plurals,
// the names of statuses and states, and times in a zone with the label that is
// right for that very instant.
//
// A Printer is one reader's language, zone and choice of words. It is data: it
// is handed to templates and never bound into them. The package knows no
// domain type; statuses and states come as the strings that the API uses.
//
// Start with Catalog; dates.go has everything about time, languages.go finds the
// language of a reader.
package i18n

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Catalog holds the messages of all languages.
type Catalog struct {
	bundle    *goi18n.Bundle
	languages []string
	calendars map[string]*calendar

	mu       sync.RWMutex
	accepted map[string]string // answers of Accept: browsers send few different headers
}

// Load reads every xx.json in the root of files. English must be among them:
// the other languages fall back to it.
func Load(files fs.FS) (*Catalog, error) {
	b := goi18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	c := &Catalog{bundle: b, accepted: map[string]string{}}
	for _, n := range names {
		raw, err := fs.ReadFile(files, n)
		if err != nil {
			return nil, err
		}
		if _, err := b.ParseMessageFileBytes(raw, n); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", n, err)
		}
		c.languages = append(c.languages, strings.TrimSuffix(path.Base(n), ".json"))
	}
	if c.Find("en") == "" {
		return nil, fmt.Errorf("catalogue: English is missing")
	}
	return c, c.learn()
}

// Printer speaks one language, in one zone, with plain or classic words for
// the statuses of components. Safe for concurrent use.
type Printer struct {
	Lang  string // one that has a catalogue
	Zone  *time.Location
	words string
	loc   *goi18n.Localizer
	cal   *calendar
	voice *Printer
}

// Printer makes a printer. An unknown language falls back to English, a nil
// zone to UTC.
func (c *Catalog) Printer(lang string, zone *time.Location, words string) *Printer {
	if zone == nil {
		zone = time.UTC
	}
	if words != "classic" {
		words = "plain"
	}
	if lang = c.Find(lang); lang == "" {
		lang = "en"
	}
	return &Printer{Lang: lang, Zone: zone, words: words, loc: goi18n.NewLocalizer(c.bundle, lang), cal: c.calendars[lang]}
}

// Desk speaks to staff, in English, for those who publish in p's language.
func (c *Catalog) Desk(p *Printer) *Printer {
	desk := c.Printer("en", p.Zone, p.words)
	desk.voice = p
	return desk
}

// Voice speaks as what is published does. On a printer for readers it is itself.
func (p *Printer) Voice() *Printer {
	if p.voice != nil {
		return p.voice
	}
	return p
}

// In is the same printer in another zone.
func (p *Printer) In(zone *time.Location) *Printer {
	q := *p
	q.Zone = zone
	return &q
}

// T is the message of a key. Pairs are name, value; the value named Count also
// chooses the plural. A missing key shows itself, so that nothing is blank.
func (p *Printer) T(key string, pairs ...any) string {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return p.Msg(key, m)
}

// Msg is T with the values as a map, as faults carry them.
func (p *Printer) Msg(key string, values map[string]any) string {
	// The error says too that a message is English for want of another: that is as it should be.
	if s, _ := p.loc.Localize(&goi18n.LocalizeConfig{MessageID: key, TemplateData: values, PluralCount: values["Count"]}); s != "" {
		return s
	}
	return key
}

// Has reports whether the key has a message.
func (p *Printer) Has(key string) bool {
	s, _ := p.loc.Localize(&goi18n.LocalizeConfig{MessageID: key, TemplateData: map[string]any{}, PluralCount: 2}) // as in Msg
	return s != ""
}

// Status is the word for a component's status, given as its API value.
func (p *Printer) Status(api string) string { return p.T("status." + p.words + "." + api) }

// State is the word for a state of an incident or maintenance, or for the
// label "update".
func (p *Printer) State(s string) string { return p.T("state." + s) }

// List joins names as a sentence does: "A", "A and B", "A, B, and C".
func (p *Printer) List(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	case 2:
		return p.T("list.two", "A", names[0], "B", names[1])
	}
	last := len(names) - 1
	return p.T("list.many", "Head", strings.Join(names[:last], p.cal.comma), "Last", names[last])
}
