package i18n

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// learn reads the names and patterns of every language, and refuses a catalogue
// that would write a day wrong.
func (c *Catalog) learn() error {
	c.calendars = map[string]*calendar{}
	for _, lang := range c.languages {
		c.calendars[lang] = newCalendar(c.Printer(lang, nil, ""))
	}
	for lang, cal := range c.calendars {
		for _, names := range [][]string{cal.months, cal.of, cal.short} {
			if len(names) != 12 {
				return fmt.Errorf("catalogue %s: %d months in %q", lang, len(names), names)
			}
		}
		for _, names := range [][]string{cal.weekdays, cal.wd, cal.letters} {
			if len(names) != 7 {
				return fmt.Errorf("catalogue %s: %d days of the week in %q", lang, len(names), names)
			}
		}
	}
	return nil
}

// Find is the language of ours that stands for a tag, or empty: "de" for
// "de-AT", "zh-Hans" for "zh-CN". Whoever writes traditional characters is not
// given simplified ones.
func (c *Catalog) Find(tag string) string {
	for _, lang := range c.languages {
		if strings.EqualFold(lang, tag) {
			return lang
		}
	}
	if tag == "" || len(tag) > 35 { // RFC 5646, 4.4.1
		return ""
	}
	t, err := language.Parse(tag)
	if err != nil {
		return ""
	}
	base, _ := t.Base()
	script, _ := t.Script()
	for _, lang := range c.languages {
		ours := language.Make(lang)
		b, _ := ours.Base()
		if s, _ := ours.Script(); b == base && s == script {
			return lang
		}
	}
	return ""
}

// Accept is the language of ours that an Accept-Language header (RFC 9110,
// 12.5.4) likes best, or empty.
func (c *Catalog) Accept(header string) string {
	if len(header) > maxAccept {
		return ""
	}
	c.mu.RLock()
	lang, known := c.accepted[header]
	c.mu.RUnlock()
	if known {
		return lang
	}
	lang = c.best(header)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.accepted) >= maxAccepted { // somebody makes them up
		clear(c.accepted)
	}
	c.accepted[header] = lang
	return lang
}

func (c *Catalog) best(header string) string {
	tags, weights, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ""
	}
	for n, t := range tags { // the best first
		if lang := c.Find(t.String()); lang != "" && weights[n] > 0 {
			return lang
		}
	}
	return ""
}

// Bounds of what strangers can make us read and keep.
const (
	maxAccept   = 200
	maxAccepted = 500
)

// Name is what a language is called by those who speak it.
func (c *Catalog) Name(lang string) string { return c.Printer(lang, nil, "").T("language.name") }

// Languages are the tags that have a catalogue, English first.
func (c *Catalog) Languages() []string {
	out := slices.Clone(c.languages)
	slices.SortStableFunc(out, func(a, b string) int {
		switch {
		case a == "en":
			return -1
		case b == "en":
			return 1
		}
		return 0
	})
	return out
}

// Direction of a language's script: "rtl" or "ltr".
func Direction(lang string) string {
	primary, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if slices.Contains([]string{"ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"}, primary) {
		return "rtl"
	}
	return "ltr"
}
