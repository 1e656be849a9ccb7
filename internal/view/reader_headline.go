package view

import (
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
)

// Headline is the one sentence that says how things are.
type Headline struct {
	Mark Mark
	Text string
	Lang string // of the text, where that is not the page's
}

// headline is the sentence that staff wrote, or else the automatic one. The mark
// is that of the ledger whoever wrote the words.
func (r *reader) headline() Headline {
	h := headline(r.p, r.words, r.s.Components(), r.s.Open())
	r.mark(h.Mark)
	if r.s.Headline != "" {
		h.Text, h.Lang = r.s.Headline, r.foreign()
	}
	return h
}

// as is the language of words that staff wrote or translated; empty where that
// is the reader's.
func (r *reader) as(translated bool) string {
	if translated {
		return ""
	}
	return r.foreign()
}

// foreign is the language of what staff wrote, where the reader's is another;
// else empty. Elements with such words say so: a screen reader speaks them right.
func (r *reader) foreign() string {
	if own := r.s.Own(); own != r.p.Lang {
		return own
	}
	return ""
}

// headline: at most three services are named, those in the worst status first.
// Statuses alone decide. Only where they are all fine and an incident is open
// does the newest incident speak, under the mark of the unknown: nobody said
// that something is down, nor can the page say that everything works.
func headline(p *i18n.Printer, words string, all []snapshot.Component, open []*snapshot.Incident) Headline {
	bad := map[components.Status][]string{}
	worst, troubled := components.Operational, 0
	for _, c := range all {
		bad[c.Status] = append(bad[c.Status], c.Name)
		worst = components.Worst(worst, c.Status)
		if c.Status.Rank() > components.Maintenance.Rank() {
			troubled++
		}
	}
	h := Headline{Mark: Mark(worst.Mark())}
	switch {
	case worst == components.Operational && len(open) > 0:
		h.Mark, h.Text = "none", p.T("public.headline.open."+string(open[0].State), "Title", open[0].Title)
	case worst == components.Operational:
		h.Text = p.T("public.headline." + words + ".operational")
	case worst == components.Maintenance && len(bad[worst]) > maxNamed:
		h.Text = p.T("public.headline.several_maintenance")
	case len(bad[components.MajorOutage]) == len(all) && len(all) > 1:
		h.Text = p.T("public.headline." + words + ".all_down")
	case troubled > maxNamed:
		h.Text = p.T("public.headline.several")
	default:
		h.Text = named(p, words, worst, bad, troubled)
	}
	return h
}

// maxNamed is how many services a headline can name and still be one sentence.
const maxNamed = 3

// named is "A is down", "A and B are partly down" or, of different kinds, "A is
// down; B and C have problems". Maintenance is no problem beside a real one.
func named(p *i18n.Printer, words string, worst components.Status, bad map[components.Status][]string, troubled int) string {
	names := bad[worst]
	text := p.T("public.headline."+words+"."+string(worst), "Names", p.List(names), "Count", len(names))
	if worst == components.Maintenance || troubled == len(names) {
		return text
	}
	var rest []string
	for _, s := range []components.Status{components.PartialOutage, components.Degraded} {
		if s != worst {
			rest = append(rest, bad[s]...)
		}
	}
	return p.T("public.headline.mixed", "Worst", text, "Rest", p.T("public.headline.rest", "Names", p.List(rest), "Count", len(rest)))
}
