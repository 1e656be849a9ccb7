package markdown

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// rel tells search engines and the other site that a page vouches for nothing its writers link to (R8.1).
const rel = "nofollow noopener noreferrer ugc"

// maxURL is the longest address that becomes a link: what servers and browsers agree on. One definition can be used by
// a thousand links, so without it a single long address would be worked on a thousand times.
const maxURL = 2048

// What counts as an address without any markup: goldmark's own expressions without their counted repeats, and without
// the characters that nobody types in an address but many type right after one (" < > ` and so on).
var (
	bareURL = regexp.MustCompile(`^https?://[-a-zA-Z0-9@:%._+~#=]+\.[a-zA-Z]+(?::[0-9]+)?(?:[/#?][-a-zA-Z0-9@:%_+.~#$!?&/=();,'\[\]|*]*)?`)
	bareWWW = regexp.MustCompile(`^www\.[-a-zA-Z0-9@:%._+~#=]+\.[a-zA-Z]+(?::[0-9]+)?(?:[/#?][-a-zA-Z0-9@:%_+.~#$!?&/=();,'\[\]|*]*)?`)
)

// destination returns the address of a link as its writer meant it, with escapes and entities resolved.
func destination(raw []byte) string {
	if len(raw) > 4*maxURL {
		raw = raw[:4*maxURL] // refused for its length anyhow; do not work on it
	}
	b := util.UnescapePunctuations(raw)
	b = util.ResolveNumericReferences(b)
	return dropControls(strings.ToValidUTF8(string(util.ResolveEntityNames(b)), ""))
}

// autoURL returns the address of a bare link; an address for mail gets its scheme.
func autoURL(n *ast.AutoLink, src []byte) string {
	s := string(n.URL(src))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(s), "mailto:") {
		return "mailto:" + s
	}
	return s
}

// href returns the address as it may stand in a page, and whether it may. What is judged is what is written: no later
// step decodes anything again. Control characters go first, since browsers drop tabs and line ends inside an address
// and so read "java\tscript:" as a scheme.
func (c *converter) href(dest string) (string, bool) {
	if len(dest) > maxURL {
		return "", false
	}
	dest = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, dest))
	u, err := url.Parse(string(util.URLEscape([]byte(dest), false)))
	if err != nil || !allowed(u) {
		return "", false
	}
	return u.String(), true
}

// allowed asks for a host too: browsers read "https:evil.example" and "https:/evil.example" as absolute, we do not.
func allowed(u *url.URL) bool {
	switch u.Scheme {
	case "http", "https":
		return u.Host != ""
	case "mailto":
		return u.Opaque != ""
	}
	return false
}

func (c *converter) isOwn(href string) bool {
	u, err := url.Parse(href)
	if err != nil || u.Scheme == "mailto" {
		return false
	}
	return c.own[strings.ToLower(u.Host)] || c.own[strings.ToLower(u.Hostname())]
}
