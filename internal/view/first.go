package view

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"regexp"
)

// firstSight is the part of public.css that a reader needs to see the headline:
// on a poor line a style sheet costs a round trip more than the page, and the
// news should not wait for it. It stands in the status page; the sheet follows
// below the headline.
type firstSight struct {
	Element template.HTML
	Source  string // for style-src: its hash
}

// newFirstSight takes it from the sheet, up to where the headline's rules end.
func newFirstSight(sheet []byte) (firstSight, error) {
	top, _, ok := bytes.Cut(sheet, []byte("/* components */"))
	if !ok {
		return firstSight{}, errors.New("view: public.css does not say where its components begin")
	}
	css := bytes.TrimSpace(blank.ReplaceAll(comment.ReplaceAll(top, nil), []byte("\n")))
	h := sha256.Sum256(css)
	return firstSight{
		Element: template.HTML("<style>" + string(css) + "</style>"), //nolint:gosec // our own file
		Source:  "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'",
	}, nil
}

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	blank   = regexp.MustCompile(`\s*\n\s*`)
)

// StyleSource is what style-src of readers' pages must allow beside 'self'.
func (v *Views) StyleSource() string { return v.first.Source }
