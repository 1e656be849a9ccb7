package view

import (
	"html/template"
	"strings"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
)

// AdminReport is /admin/incidents/new, the composer.
type AdminReport struct {
	AdminBase
	Form     AdminForm
	Groups   []AdminServiceGroup
	Impacts  []AdminOption
	States   []AdminOption
	Promises []AdminOption
	Weights  []AdminOption // override of the computed impact
	Snippets []AdminSnippet
	Tell     AdminTell
	Preview  AdminPreview
	HoldText string
	Zone     string // how the page's zone is called, and now
	Words    AdminWords
	// MatrixOpen: some service is set on its own, so the table is shown open.
	MatrixOpen bool
}

func (AdminReport) adminSet() string { return "report" }

// AdminPlan is /admin/maintenance/new.
type AdminPlan struct {
	AdminBase
	Form    AdminForm
	Groups  []AdminServiceGroup
	Tell    AdminTell
	Zone    string // how the page's zone is called, and now
	Preview AdminPreview
}

func (AdminPlan) adminSet() string { return "plan" }

// AdminSnippet is a ready sentence: one tap writes it into the field.
type AdminSnippet struct {
	N     int
	Label string
	Text  string
	State string // it also means this step; empty: leaves the step
}

// AdminReady are ready sentences, and where the page comes back to after one was pressed without script: to the field.
type AdminReady struct {
	All []AdminSnippet
	At  string
}

// Ready are the ready sentences of the composer.
func (r AdminReport) Ready() AdminReady {
	return AdminReady{All: r.Snippets, At: "/admin/incidents#" + r.Form.id("body")}
}

// AdminTell says how many people a post reaches. Followers who want only
// starts and ends hear of the end, so that one has a number of its own.
type AdminTell struct {
	Count, People       string
	EndCount, EndPeople string
	Over                bool   // the form is about to end it
	Telling             string // what to count again while staff tap
}

// At is the same for a form whose step is chosen.
func (t AdminTell) At(s incidents.State) AdminTell {
	t.Over = s.Done()
	return t
}

// Who is whom the form reaches as it stands: "2 people".
func (t AdminTell) Who() string {
	if t.Over {
		return t.EndPeople
	}
	return t.People
}

// Button is what a button says that tells them: told, with {n} for their number, or none where there is nobody.
func (t AdminTell) Button(told, none string) string {
	n := t.Count
	if t.Over {
		n = t.EndCount
	}
	if n == "0" {
		return none
	}
	return strings.ReplaceAll(told, "{n}", n)
}

// NewAdminTell words the numbers of people that an update and an end reach.
func NewAdminTell(p *i18n.Printer, n, end int) AdminTell {
	return AdminTell{Count: AdminCount(p, n), People: AdminPeople(p, n), EndCount: AdminCount(p, end), EndPeople: AdminPeople(p, end)}
}

// AdminPreview is what readers will see, rendered by the server.
type AdminPreview struct {
	Shown   bool
	Title   string
	State   string
	Mark    string
	Next    string // by when the next update is promised
	HTML    template.HTML
	From    string
	Subject string
	Postal  string
}

// NewAdminPreview words a preview. html is what package markdown made.
func NewAdminPreview(p *i18n.Printer, title, state, mark, next, html string) AdminPreview {
	p = p.Voice()
	v := AdminPreview{Shown: true, Title: title, State: p.State(state), Mark: mark, Next: next, HTML: adminHTML(html)}
	v.Subject = v.State + ": " + title
	return v
}

// AdminWords are the sentences that the script fills in while staff tap; the
// server fills in the same ones.
type AdminWords struct {
	Title, Usual, Ours, Several, And, AndMany string
}

// NewAdminWords reads them from the catalogue. Placeholders stay as they are.
func NewAdminWords(p *i18n.Printer) AdminWords {
	p = p.Voice()
	return AdminWords{
		Title:   p.T("compose.title", "Services", "{services}"),
		Usual:   p.T("compose.body"),
		Ours:    p.T("compose.ours"),
		Several: p.T("compose.several"),
		And:     p.T("list.two", "A", "{a}", "B", "{b}"),
		AndMany: p.T("list.many", "Head", "{a}", "Last", "{b}"),
	}
}

// AdminImpacts are the three degrees of trouble of the composer, by mark.
func AdminImpacts(p *i18n.Printer) []AdminOption {
	var out []AdminOption
	for _, s := range []components.Status{components.Degraded, components.PartialOutage, components.MajorOutage} {
		out = append(out, AdminOption{Value: s.Mark(), Label: p.Status(string(s)), Mark: s.Mark()})
	}
	return out
}

// AdminStates are the steps of a kind as choices.
func AdminStates(p *i18n.Printer, k incidents.Kind) []AdminOption {
	var out []AdminOption
	for _, s := range k.States() {
		out = append(out, AdminOption{Value: string(s), Label: p.State(string(s))})
	}
	return out
}

// AdminPromises are the times within which staff may promise to write again.
func AdminPromises(p *i18n.Printer) []AdminOption {
	return []AdminOption{
		{Value: "15", Label: p.T("admin.promise.15")},
		{Value: "30", Label: p.T("admin.promise.30")},
		{Value: "60", Label: p.T("admin.promise.60")},
		{Value: "none", Label: p.T("admin.promise.none")},
	}
}

// AdminWeights are the impacts that staff may set instead of the computed one.
func AdminWeights(p *i18n.Printer) []AdminOption {
	out := []AdminOption{{Value: "", Label: p.T("impact.computed")}}
	for _, i := range []components.Indicator{components.None, components.Minor, components.Major, components.Critical} {
		out = append(out, AdminOption{Value: string(i), Label: p.T("impact." + string(i))})
	}
	return out
}

// adminSnippets read ready sentences from the catalogue: names and the step
// that each one means.
func adminSnippets(p *i18n.Printer, prefix string, names [][2]string) []AdminSnippet {
	var out []AdminSnippet
	for n, x := range names {
		key := prefix + x[0]
		out = append(out, AdminSnippet{N: n + 1, Label: p.T(key + ".label"), Text: p.Voice().T(key + ".text"), State: x[1]})
	}
	return out
}

// AdminReportSnippets are the ready sentences of the composer.
func AdminReportSnippets(p *i18n.Printer) []AdminSnippet {
	return adminSnippets(p, "snippet.report.", [][2]string{{"unreachable", ""}, {"slow", ""}, {"partner", ""}})
}

// AdminPostSnippets are the ready sentences of an update.
func AdminPostSnippets(p *i18n.Printer, k incidents.Kind) []AdminSnippet {
	if k == incidents.KindMaintenance {
		return adminSnippets(p, "snippet.maintenance.", [][2]string{
			{"in_progress", string(incidents.InProgress)}, {"longer", ""}, {"verifying", string(incidents.Verifying)}, {"completed", string(incidents.Completed)},
		})
	}
	return adminSnippets(p, "snippet.post.", [][2]string{
		{"still", ""}, {"cause", string(incidents.Identified)}, {"fix", string(incidents.Monitoring)}, {"good", string(incidents.Resolved)},
	})
}
