package admin

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
)

// Placeholders are a fixed list, no template language (R8.7): {services} are
// the affected services, {next} is when staff promised to write again.
const (
	holderServices = "{services}"
	holderNext     = "{next}"
)

// mostNamed is how many services a sentence names before it says "several".
const mostNamed = 3

// fill replaces the placeholders of a text. Without a promise, the sentence
// that would name it goes: a page must not say "by" and then nothing.
func fill(text, services, next string) string {
	if next == "" {
		text = withoutPromise(text)
	}
	// In one go: a service may be called {next}.
	return strings.NewReplacer(holderServices, services, holderNext, next).Replace(text)
}

func withoutPromise(text string) string {
	for {
		at := strings.Index(text, holderNext)
		if at < 0 {
			return text
		}
		from, to := sentence(text, at, at+len(holderNext))
		text = join(text[:from], text[to:])
	}
}

// sentence is where the sentence around text[a:b] begins and ends, its mark
// included. A line end bounds it too.
func sentence(text string, a, b int) (from, to int) {
	for from = a; from > 0; from-- {
		if text[from-1] == '\n' {
			break
		}
		if fullStop.MatchString(text[:from]) {
			break
		}
		if from > 1 && text[from-1] == ' ' && strings.ContainsRune(".!?", rune(text[from-2])) {
			break
		}
	}
	for to = b; to < len(text) && text[to] != '\n'; to++ {
		if stop := strings.IndexAny(text[to:], "。！？"); stop == 0 {
			to += len("。")
			break
		}
		last := to+1 == len(text) || text[to+1] == ' ' || text[to+1] == '\n'
		if strings.ContainsRune(".!?", rune(text[to])) && last {
			to++
			break
		}
	}
	return from, to
}

// join puts together what stands around a sentence that was cut out.
func join(before, after string) string {
	if before == "" || strings.HasSuffix(before, "\n") {
		return before + strings.TrimLeft(after, " ")
	}
	before = strings.TrimRight(before, " ")
	if after = strings.TrimLeft(after, " "); after == "" || after[0] == '\n' {
		return before + after
	}
	if fullStop.MatchString(before) {
		return before + after
	}
	return before + " " + after
}

// fullStop is the end of a sentence in a script that puts no blank behind it.
var fullStop = regexp.MustCompile(`[。！？]$`)

// named are the affected services as a sentence names them; hidden ones are not
// named to readers.
func named(p *i18n.Printer, changes []components.Change, cs []components.Component) string {
	p = p.Voice()
	set := map[string]components.Status{}
	for _, ch := range changes {
		set[ch.Component] = ch.Status
	}
	var names []string
	for _, c := range cs {
		if s, ok := set[c.Code]; ok && s != components.Operational && !c.Hidden {
			names = append(names, c.Name)
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case len(names) > mostNamed:
		return p.T("compose.several")
	}
	return p.List(names)
}

// compose fills in what a report left open: a title from the services, and the
// placeholders. A text that was emptied stays empty, and is refused: nobody
// publishes a sentence that he did not see.
func compose(p *i18n.Printer, title, body, services string, next, now time.Time) (string, string) {
	p = p.Voice()
	by := ""
	if !next.IsZero() {
		by = p.Near(next, now)
	}
	body = fill(body, cmp.Or(services, p.T("compose.ours")), by)
	if title == "" && services != "" {
		return p.T("compose.title", "Services", services), body
	}
	return fill(title, cmp.Or(services, p.T("compose.ours")), by), body
}

// holds reports whether a text has a placeholder.
func holds(text string) bool {
	return strings.Contains(text, holderServices) || strings.Contains(text, holderNext)
}
