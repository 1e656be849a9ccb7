package markdown

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// newPolicy lists every tag and attribute that html.go writes, and nothing else. It is the second lock: if a change in
// html.go or in goldmark lets something new through, it stops here, and TestRender_needsNoSanitising turns red.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code",
		"ul", "ol", "li", "em", "strong", "del", "table", "thead", "tbody", "tr", "th", "td",
	)
	p.AllowAttrs("start").Matching(exactly(`[0-9]{1,9}`)).OnElements("ol")
	p.AllowAttrs("scope").Matching(exactly(`col|row`)).OnElements("th")

	p.AllowAttrs("class").Matching(exactly(`right|center`)).OnElements("th", "td")
	p.AllowAttrs("class").Matching(exactly(`scroll`)).OnElements("div")
	p.AllowAttrs("role").Matching(exactly(`group`)).OnElements("div")
	p.AllowAttrs("tabindex").Matching(exactly(`0`)).OnElements("div")
	p.AllowAttrs("aria-label").Matching(exactly(`Table`)).OnElements("div")

	p.AllowAttrs("href", "title").OnElements("a")
	p.AllowAttrs("rel").Matching(exactly(rel)).OnElements("a")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.AllowURLSchemes("http", "https", "mailto")
	return p
}

func exactly(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }
