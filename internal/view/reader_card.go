package view

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// Card is an open incident or running maintenance on the status page.
type Card struct {
	T      *i18n.Printer
	ID     string // of the heading
	Href   string
	Title  string
	Lang   string // of the title
	Mark   Mark
	Facts  []Fact
	Chips  []Chip
	Label  string // what the list of chips is
	Steps  []Step
	Update []Update
	All    string // "All 23 updates" where the card shows only the newest
	Follow string // address of the form for this incident alone
}

// Fact is one thing to know, such as when it began.
type Fact struct {
	Label string
	Time  *Time
	Text  string // instead of a time
	Note  string // after it: ", late"
}

// Chip is an affected service. Mark is empty where only the name counts.
type Chip struct {
	Mark Mark
	Text string
	Lang string
	Said []Piece // instead of Text: the name with its status
}

// Step is one of the steps that an incident goes through.
type Step struct {
	Word         string
	Mark         Mark // the worst that was so during the step; empty for one that lies ahead
	Did, Current bool
}

// Update is one statement.
type Update struct {
	ID       string // empty on the status page, where several incidents share the page
	Href     string
	LinkName string // says which update the link leads to, where links stand in a list
	Label    string
	Recurred string // the word for an incident that came back, or empty
	Time     Time
	HTML     template.HTML
	Lang     string // of HTML
	Edited   *Edited
}

// Edited says that a text was changed after it was published, and what it said.
type Edited struct {
	When    []Piece // "Edited 14:12 EDT"
	Earlier []Earlier
}

// Earlier is a wording that was replaced.
type Earlier struct {
	Said []Piece // from when until when, and the time it bore where that was changed too
	HTML template.HTML
	Lang string // of HTML
}

// maxCardUpdates keeps the status page short: a reader wants the news; the
// incident's own page has all of it.
const maxCardUpdates = 12

func (r *reader) card(i *snapshot.Incident) Card {
	c := Card{
		T: r.p, ID: "i-" + i.Code, Href: r.reportPath(i), Title: i.Title, Lang: r.as(i.Translated), Mark: Mark(r.effect(i).Mark()),
		Facts: r.cardFacts(i), Chips: r.chipsNow(i), Label: r.p.T("public.affected.label"), Steps: r.steps(i),
	}
	updates := i.Updates
	if len(updates) > maxCardUpdates {
		updates = updates[:maxCardUpdates]
		c.All = r.p.T("public.updates.all", "Count", len(i.Updates))
	}
	for _, u := range updates {
		c.Update = append(c.Update, r.cardUpdate(i, u))
	}
	if i.Kind == incidents.KindIncident && r.s.Stood.IsZero() {
		c.Follow = followPath(i.Code)
	}
	return c
}

func followPath(code string) string { return "/subscribe?incident=" + code }

func (r *reader) cardFacts(i *snapshot.Incident) []Fact {
	var fs []Fact
	if at, ok := began(i); ok {
		fs = append(fs, r.fact("public.fact.started", at, r.s.BuiltAt))
	}
	if i.Kind == incidents.KindMaintenance && i.ScheduledUntil != nil {
		fs = append(fs, r.fact("public.fact.planned_until", *i.ScheduledUntil, r.s.BuiltAt))
	}
	return append(fs, r.promise("fact", i.NextUpdateBy, i.Open())...)
}

func (r *reader) fact(key string, t, ref time.Time) Fact {
	return Fact{Label: r.p.T(key), Time: new(r.near(t, ref))}
}

// promise is when the next update is promised by, as a fact or, in running
// text, in the hero. A promise that was missed is still shown, as such: hiding
// it would be the second slip.
func (r *reader) promise(place string, by *time.Time, open bool) []Fact {
	if by == nil || !open {
		return nil
	}
	f := r.fact("public."+place+".next", *by, r.s.BuiltAt)
	if !r.s.BuiltAt.Before(*by) {
		f.Label, f.Note = r.p.T("public."+place+".promised"), r.p.T("public.fact.late")
	}
	return []Fact{f}
}

// effect is how bad an open incident is at this moment: the worst present
// status of what it touches. Where nothing is attached, what staff said of its
// impact; unknown when the services it names are all fine again.
func (r *reader) effect(i *snapshot.Incident) components.Status {
	if i.Kind == incidents.KindMaintenance {
		return components.Maintenance
	}
	worst := components.Operational
	for _, a := range i.Affected {
		worst = components.Worst(worst, r.s.StatusNow(a))
	}
	switch {
	case worst != components.Operational:
		return worst
	case len(i.Affected) == 0:
		return ofImpact(i.Impact)
	}
	return ""
}

// worst is how bad an incident ever was, as its updates said; where they said
// nothing, by its impact. Empty: nobody said.
func worst(i *snapshot.Incident) components.Status {
	if i.Kind == incidents.KindMaintenance {
		return components.Maintenance
	}
	w := components.Operational
	for _, u := range i.Updates {
		for _, a := range u.Affected {
			w = components.Worst(w, a.New)
		}
	}
	for _, a := range i.Affected {
		w = components.Worst(w, a.New)
	}
	if w == components.Operational {
		return ofImpact(i.Impact)
	}
	return w
}

func ofImpact(i components.Indicator) components.Status {
	switch i {
	case components.Critical:
		return components.MajorOutage
	case components.Major:
		return components.PartialOutage
	case components.Minor:
		return components.Degraded
	case components.Maint:
		return components.Maintenance
	}
	return ""
}

// chipsNow are the affected services with their present status, the worst first.
func (r *reader) chipsNow(i *snapshot.Incident) []Chip {
	affected := slices.Clone(i.Affected)
	slices.SortStableFunc(affected, func(a, b snapshot.Affected) int { return cmp.Compare(r.s.StatusNow(b).Rank(), r.s.StatusNow(a).Rank()) })
	var cs []Chip
	for _, a := range affected {
		if !r.s.Stood.IsZero() && r.s.Component(a.Code) == nil { // nobody said then how it was
			cs = append(cs, Chip{Text: r.short(a), Lang: r.as(a.Translated)})
			continue
		}
		now := r.s.StatusNow(a)
		cs = append(cs, Chip{
			Mark: r.mark(Mark(now.Mark())),
			Said: r.sentence("public.chip."+r.words+"."+string(now), "Name", apart(r.short(a), r.as(a.Translated))),
		})
	}
	return cs
}

// short is the name of a service without its group, where no other has it.
func (r *reader) short(a snapshot.Affected) string {
	for _, c := range r.s.Components() {
		if c.Code != a.Code && strings.EqualFold(c.Name, a.Name) {
			return fullName(a)
		}
	}
	return a.Name
}

// chips are the affected services by name: after it is over, their present
// status has nothing to do with the incident.
func (r *reader) chips(i *snapshot.Incident) []Chip {
	var cs []Chip
	for _, a := range i.Affected {
		cs = append(cs, Chip{Text: r.short(a), Lang: r.as(a.Translated)})
	}
	return cs
}

// fullName is "Group (Component)". Where one of the two is written from right to
// left, each keeps its own order, or the brackets would stand anywhere (Unicode
// Standard Annex 9: isolates).
func fullName(a snapshot.Affected) string {
	if a.Group == "" || !strings.ContainsFunc(a.Group+a.Name, fromTheRight) {
		return a.FullName()
	}
	return "\u2068" + a.Group + "\u2069 (\u2068" + a.Name + "\u2069)"
}

func fromTheRight(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

func (r *reader) steps(i *snapshot.Incident) []Step {
	states := i.Kind.States()
	at := slices.Index(states, i.State)
	during := worstDuring(i)
	said := ofImpact(i.Impact) // of a step that nobody posted in: as before it
	var out []Step
	for n, s := range states {
		step := Step{Word: r.p.State(string(s)), Did: n <= at, Current: n == at}
		if w, ok := during[s]; ok {
			said = w
		}
		switch {
		case step.Current:
			step.Mark = Mark(r.effect(i).Mark())
		case step.Did:
			step.Mark = Mark(said.Mark())
		}
		out = append(out, step)
	}
	return out
}

// worstDuring is the worst that the updates of each step say of any service. A
// step before the first word about a service is not in it.
func worstDuring(i *snapshot.Incident) map[incidents.State]components.Status {
	out := map[incidents.State]components.Status{}
	if i.Kind == incidents.KindMaintenance {
		for _, s := range i.Kind.States() {
			out[s] = components.Maintenance
		}
		return out
	}
	now := map[string]components.Status{}
	for _, u := range slices.Backward(i.Updates) { // newest first
		for _, a := range u.Affected {
			now[a.Code] = a.New
		}
		for _, status := range now {
			out[u.State] = components.Worst(cmp.Or(out[u.State], components.Operational), status)
		}
	}
	return out
}

// cardUpdate is an update beside others of today: its time is short, and leads
// to its place in the incident's own page.
func (r *reader) cardUpdate(i *snapshot.Incident, u snapshot.Update) Update {
	out := r.update(u, r.near(u.HappenedAt, r.s.BuiltAt))
	out.Href = r.reportPath(i) + "#" + out.ID
	out.ID = ""
	return out
}

// update is an update in its own page, where it can be linked to.
func (r *reader) update(u snapshot.Update, t Time) Update {
	id := "u" + strconv.Itoa(u.N)
	out := Update{
		ID: id, Href: "#" + id, Label: r.p.State(u.Label), Time: t, HTML: safe(u.HTML), Lang: r.as(u.Translated),
		LinkName: r.p.T("public.update.link", "Time", t.Text), Edited: r.edited(u.EditedAt, u.HappenedAt, u.Earlier),
	}
	if u.FellBack {
		out.Recurred = r.p.T("public.update.recurred")
	}
	return out
}

func (r *reader) edited(at *time.Time, happened time.Time, earlier []snapshot.Earlier) *Edited {
	if at == nil {
		return nil
	}
	e := &Edited{When: r.sentence("public.edited", "Time", r.near(*at, happened))}
	for _, x := range earlier {
		key := "public.edited.earlier"
		if !x.HappenedAt.IsZero() && !x.HappenedAt.Equal(happened) {
			key = "public.edited.dated"
		}
		said := r.sentence(key, "From", r.near(x.From, happened), "Until", r.near(x.Until, happened), "Dated", r.stamp(x.HappenedAt))
		e.Earlier = append(e.Earlier, Earlier{Said: said, HTML: safe(x.HTML), Lang: r.foreign()})
	}
	return e
}

// lead is the first paragraph of a plain text as one line of at most n
// characters, cut at the end of a word.
func lead(plain string, n int) string {
	first, _, _ := strings.Cut(strings.TrimSpace(plain), "\n\n")
	line := strings.Join(strings.Fields(first), " ")
	runes := []rune(line)
	if len(runes) <= n {
		return line
	}
	cut := string(runes[:n])
	if at := strings.LastIndexByte(cut, ' '); at > n/2 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " ,;:.–-") + "…"
}
