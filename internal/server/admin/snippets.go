package admin

import (
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/statusd/statusd/internal/view"
)

// A ready sentence holds placeholders, and its field shows them filled in. Beside the field travel body_template, the text
// that holds them, and body_was, the text as it was shown. While the two texts are the same nobody touched it: then the template
// is what is meant, and it is filled in once more when the form is sent, so that a promised time counts from that moment.

// meant is the text of a form as its writer means it.
func meant(t *typed) string {
	if template := t.text("body_template"); template != "" && t.text("body") == t.text("body_was") {
		return template
	}
	return t.text("body")
}

// offer shows a text with its placeholders filled in, and keeps what holds them beside it.
func offer(form *view.AdminForm, text, filled string) {
	v := maps.Clone(form.Values) // they may be the request's own
	setText(v, text)
	if holds(text) {
		v.Set("body", filled)
		v.Set("body_template", text)
		v.Set("body_was", filled)
	}
	form.Values = v
}

// takeSnippet puts a ready sentence into the form, for those without script. No typed word is lost to it: it takes the place of
// nothing and of other ready sentences, one of which may be usual, and else it stands below what is there.
func takeSnippet(t *typed, all []view.AdminSnippet, usual string) {
	for _, s := range all {
		if t.line("snippet") != strconv.Itoa(s.N) {
			continue
		}
		text := s.Text
		if typed := above(t, all); !ready(typed, all, usual) {
			text = typed + "\n\n" + text
		}
		setText(t.values, text)
		if s.State != "" {
			t.values.Set("state", s.State)
		}
	}
}

// above is what was typed, without the ready sentence that stands below it: as it is kept, or as the field showed it.
func above(t *typed, all []view.AdminSnippet) string {
	typed, template, was := strings.TrimSpace(meant(t)), t.text("body_template"), t.text("body_was")
	for _, s := range all {
		if words, below := strings.CutSuffix(typed, "\n\n"+s.Text); below {
			return strings.TrimSpace(words)
		}
		words, made := strings.CutSuffix(template, s.Text)
		shown, same := strings.CutPrefix(was, words)
		if !made || !same || shown == "" {
			continue
		}
		if words, below := strings.CutSuffix(typed, "\n\n"+shown); below {
			return strings.TrimSpace(words)
		}
	}
	return typed
}

func setText(v url.Values, text string) {
	v.Set("body", text)
	v.Del("body_template")
	v.Del("body_was")
}

func ready(text string, all []view.AdminSnippet, usual string) bool {
	for _, s := range all {
		if text == s.Text {
			return true
		}
	}
	return text == "" || text == usual
}
