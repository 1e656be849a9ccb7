package view

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
)

// badgeStyle is the whole style of a badge: light, or dark where its reader
// prefers that. An image is told so by the browser that shows it.
const badgeStyle = "rect{fill:#f2f3f0}text{fill:#181b19;font:12px system-ui,sans-serif}" +
	".ok{fill:#0f7355}.slow{fill:#855800}.part{fill:#ae4300}.down{fill:#b3202e}.maint{fill:#2b57b0}.none{fill:none;stroke:#6b726d;stroke-width:2;stroke-dasharray:2.6 2}" +
	"@media(prefers-color-scheme:dark){rect{fill:#222624}text{fill:#edf0ed}" +
	".ok{fill:#5cc9a0}.slow{fill:#e3b341}.part{fill:#f5935c}.down{fill:#ff8585}.maint{fill:#8ab4f8}.none{stroke:#8d958f}}"

// BadgeCSP lets a badge that is opened by itself use its one style, and nothing
// else.
var BadgeCSP = func() string {
	h := sha256.Sum256([]byte(badgeStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'; frame-ancestors 'none'"
}()

// badgeShapes are the silhouettes of the marks, around 13 by 12.
var badgeShapes = map[Mark]string{
	"ok":    `<circle class="ok" cx="13" cy="12" r="5"/>`,
	"slow":  `<path class="slow" d="m13 6.5 6 11H7z"/>`,
	"part":  `<path class="part" d="m13 6 6 6-6 6-6-6z"/>`,
	"down":  `<path class="down" d="M10 7h6l2 2v6l-2 2h-6l-2-2V9z"/>`,
	"maint": `<path class="maint" d="m13 6 5.5 3v6L13 18l-5.5-3V9z"/>`,
	"none":  `<circle class="none" cx="13" cy="12" r="4.6"/>`,
}

// badgeRoom is how many characters a badge has room for beside a line of text.
const badgeRoom = 44

// Badge renders the state of the page, or of one component, as a small image: a
// shape of its own for each state, and the words.
func (v *Views) Badge(s *snapshot.Snapshot, only *snapshot.Component) ([]byte, error) {
	r := v.reader(s)
	mark, text := r.badge(only)
	long, w := text, 0
	text = lead(text, badgeRoom)
	for _, c := range text {
		w += runeWidth(c)
	}
	w /= 10
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="24" role="img" aria-label="%s">`, w+38, xmlText(joined(": ", oneLine(brand(r.p, s.Page.Name)), long)))
	fmt.Fprintf(&b, `<style>%s</style><rect width="100%%" height="24" rx="12"/>%s`, badgeStyle, badgeShapes[mark])
	// The reader's font is not known here: the text is made to fill its place.
	fmt.Fprintf(&b, `<text x="26" y="16" textLength="%d" lengthAdjust="spacingAndGlyphs">%s</text></svg>`, w, xmlText(text))
	return []byte(b.String()), nil
}

func (r *reader) badge(only *snapshot.Component) (Mark, string) {
	if only != nil {
		return Mark(only.Status.Mark()), oneLine(r.p.T("public.chip."+r.words+"."+string(only.Status), "Name", only.Name))
	}
	h := r.headline()
	if text := oneLine(h.Text); utf8.RuneCountInString(text) <= badgeRoom {
		return h.Mark, text
	}
	if open := r.s.Open(); h.Mark == "none" && len(open) > 0 {
		return h.Mark, r.p.State(string(open[0].State))
	}
	worst := components.Operational
	for _, c := range r.s.Components() {
		worst = components.Worst(worst, c.Status)
	}
	return h.Mark, r.p.Status(string(worst))
}

// runeWidth is about how wide a character of 12 px is, in tenths of a pixel.
func runeWidth(c rune) int {
	switch k := width.LookupRune(c).Kind(); {
	case k == width.EastAsianWide || k == width.EastAsianFullwidth:
		return 120
	case strings.ContainsRune("iljtfI.,:;'|! ()", c):
		return 36
	case strings.ContainsRune("mwMW…—", c):
		return 98
	case c >= 'A' && c <= 'Z':
		return 78
	}
	return 64
}

// xmlText is text as XML can hold it, in an element or an attribute.
func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(strings.Map(func(c rune) rune {
		if c < 0x20 || c == 0xFFFE || c == 0xFFFF || c == utf8.RuneError {
			return -1
		}
		return c
	}, s))
}
