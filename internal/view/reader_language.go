package view

import (
	"bytes"
	"net/url"
	"path"
	"regexp"
	"time"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
)

// LanguageLink leads to the same page in a language, which it names in that
// language.
type LanguageLink struct {
	Lang, Dir, Name string
	Href            string
	Current         bool
}

// languages are the links to this page in every language. query is what the
// address of the page has behind its path, besides the language.
func (r *reader) languages(query url.Values) []LanguageLink {
	if !r.s.Stood.IsZero() {
		query = url.Values{"at": {r.s.Stood.Format(time.RFC3339)}}
	}
	var out []LanguageLink
	for _, lang := range r.catalog.Languages() {
		q := url.Values{"lang": {lang}}
		for name, values := range query {
			q[name] = values
		}
		out = append(out, LanguageLink{Lang: lang, Dir: i18n.Direction(lang), Name: r.catalog.Name(lang), Href: "?" + q.Encode(), Current: lang == r.p.Lang})
	}
	return out
}

// keeps is the language that the links of this page keep; empty where none was
// asked for.
func (b Base) keeps() string { return b.kept }

func kept(s *snapshot.Snapshot, p *i18n.Printer) string {
	if s.Kept() {
		return p.Lang
	}
	return ""
}

var (
	ownLink  = regexp.MustCompile(` (?:href|action)="(/(?:[^"/][^"]*)?)"`)
	someForm = regexp.MustCompile(`<form\b[^>]*>`)
	// "&#" begins a character that was escaped, and no fragment.
	beforeFragment = regexp.MustCompile(`^(?:&#|[^#])*`)
)

// keepLanguage gives every link and form of a finished page that leads to
// another page of ours the language that somebody asked for. It is done here and
// not where links are made, so that none is forgotten. In text, a quotation mark
// is always escaped: only attributes look like this.
func keepLanguage(page []byte, lang string) []byte {
	page = ownLink.ReplaceAllFunc(page, func(m []byte) []byte {
		at := bytes.IndexByte(m, '"') + 1
		return append(append(bytes.Clone(m[:at]), withLanguage(m[at:len(m)-1], lang)...), '"')
	})
	return someForm.ReplaceAllFunc(page, func(m []byte) []byte {
		if bytes.Contains(m, []byte(`method="post"`)) {
			return m
		}
		return append(bytes.Clone(m), `<input type="hidden" name="lang" value="`+lang+`">`...)
	})
}

// withLanguage is an address, escaped as in an attribute, with the language. Of
// what is no page it stays as it is.
func withLanguage(href []byte, lang string) []byte {
	address := beforeFragment.Find(href)
	fragment := href[len(address):]
	where, query, asks := bytes.Cut(address, []byte("?"))
	if path.Ext(string(where)) != "" || bytes.HasPrefix(where, []byte("/admin")) || bytes.Contains(query, []byte("lang=")) {
		return href
	}
	sign := "?"
	if asks {
		sign = "&amp;"
	}
	return append(append(bytes.Clone(address), sign+"lang="+lang...), fragment...)
}
