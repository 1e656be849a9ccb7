package snapshot

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
)

// AsOf is the page as readers saw it at a moment, read from the two ledgers. It
// asks the database, so it is for the few who ask for it and not for the page
// itself.
//
// What was withdrawn since is left out, whatever stood there then: it was taken
// back because nobody should read it. Names of components, and which of them
// are shown, are those of today.
func (s *Shelf) AsOf(ctx context.Context, page int64, at time.Time) (*Snapshot, error) {
	at = at.UTC() // as the ledgers are written, and SQLite compares text
	now := s.Get(page)
	if now == nil || at.After(s.db.Now()) {
		return nil, fault.New(fault.NotFound, "fault.notfound")
	}
	then, err := incidents.Store{DB: s.db}.AsOf(ctx, page, at)
	if err != nil {
		return nil, err
	}
	out := Snapshot{Page: now.Page, Version: now.Version, BuiltAt: at, ChangedAt: at, Stood: at, Headline: headlineOf(then.Headline), Names: now.Names}
	for _, g := range now.Groups {
		was := g
		was.Components = nil
		for _, c := range g.Components {
			if status, known := then.Statuses[c.ID]; known {
				c.Status, c.Since = status, time.Time{}
				was.Components = append(was.Components, c)
			}
		}
		if len(was.Components) > 0 {
			out.Groups = append(out.Groups, was)
		}
	}
	for _, st := range then.Incidents {
		if i := now.byCode[st.Code]; i != nil {
			if was := stood(i, st); was != nil {
				out.Incidents = append(out.Incidents, was)
			}
		}
	}
	return New(out), nil
}

// stood is an incident as it stood; nil when none of what readers saw of it may
// be seen today.
func stood(now *Incident, then incidents.Stood) *Incident {
	out := *now
	out.Title, out.State, out.Impact, out.StartedAt = then.Title, then.State, then.Impact, then.StartedAt.UTC()
	out.NextUpdateBy, out.ScheduledFor, out.ScheduledUntil = utc(then.NextUpdateBy), utc(then.Start), utc(then.End)
	out.Updates, out.Affected, out.Postmortem, out.folded = nil, nil, nil, nil
	out.Titles = nil // nobody keeps which translations readers were shown then
	today := map[string]Update{}
	for _, u := range now.Updates {
		today[u.Code] = u
	}
	var before incidents.State
	var told []incidents.Update
	said := map[string]Affected{}
	for _, c := range slices.Backward(then.Updates) { // oldest first
		u, seen := today[c.Code]
		if !seen {
			continue
		}
		u.N, u.State, u.Label, u.FellBack = len(out.Updates)+1, c.State, incidents.Label(before, c.State), incidents.FellBack(now.Kind, before, c.State)
		u.HTML, u.Body, u.HappenedAt, u.NextUpdateBy, u.EditedAt, u.Earlier = c.HTML, c.Body, c.HappenedAt.UTC(), utc(c.NextUpdateBy), nil, nil
		u.In = nil
		if c.Body != today[c.Code].Body {
			u.Plain = plainly(c.HTML)
		}
		out.Updates = append(out.Updates, u)
		told = append(told, incidents.Update{Position: u.N, State: c.State, HappenedAt: u.HappenedAt})
		before = c.State
		for _, a := range u.Affected {
			if first, again := said[a.Code]; again {
				a.Old = first.Old
			}
			said[a.Code] = a
		}
	}
	if len(out.Updates) == 0 {
		return nil
	}
	slices.Reverse(out.Updates)
	for _, a := range now.Affected { // in page order
		if was, ok := said[a.Code]; ok {
			out.Affected = append(out.Affected, was)
		}
	}
	f := incidents.Fold(now.Kind, told)
	out.MonitoringAt, out.ResolvedAt = utc(f.MonitoringAt), utc(f.ResolvedAt)
	if p := then.Postmortem; p != nil && now.Postmortem != nil {
		m := *now.Postmortem
		if p.Body != m.Body {
			m.Plain = plainly(p.HTML)
		}
		m.HTML, m.Body, m.EditedAt, m.Earlier, m.In = p.HTML, p.Body, nil, nil, nil
		if p.HappenedAt != nil {
			m.PublishedAt = p.HappenedAt.UTC()
		}
		out.Postmortem = &m
	}
	return &out
}

// plainly is the text of our own HTML without its marks, for rows of a list:
// the ledger keeps what was shown, and not what it came to in plain text.
func plainly(shown string) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(shown)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(b.String()), " ")
		case html.TextToken:
			b.Write(z.Text())
		default:
			if name, _ := z.TagName(); blocks[string(name)] {
				b.WriteByte(' ')
			}
		}
	}
}

var blocks = map[string]bool{"p": true, "br": true, "li": true, "td": true, "th": true, "tr": true, "pre": true, "hr": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "blockquote": true}
