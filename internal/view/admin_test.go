package view_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

// hostileText is what a name may hold at worst, and more.
const hostileText = `<script>alert(1)</script> "quoted" 'single' {{.}} &amp; قائمة ` + "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikantengattin"

// staffWorld is what the pages for staff are made of: ordinary, or hostile.
type staffWorld struct {
	p     *i18n.Printer
	now   time.Time
	text  string
	form  view.AdminForm
	story incidents.Story
	names map[int64]string
	all   []components.Component
	group []components.Group
}

// headline is one that somebody wrote, in a form that was refused where the world's is.
func (w staffWorld) headline() view.AdminHeadline {
	pic := snapshot.New(snapshot.Snapshot{BuiltAt: w.now, Groups: []snapshot.Group{{Components: []snapshot.Component{{Code: "component001", Name: w.text, Status: components.MajorOutage}}}}})
	return view.NewAdminHeadline(w.p, pic, &incidents.Headline{Text: w.text, AuthorName: w.text, SetAt: w.now}, w.form, w.now)
}

// named are the fields for names in other languages.
func (w staffWorld) named(t testing.TB) []view.AdminTongue {
	t.Helper()
	out := views(t).AdminTongues("en")
	for n := range out {
		out[n] = out[n].Named(w.form)
	}
	return out
}

// original is a text with an older translation, a fitting one and none.
func (w staffWorld) original(t testing.TB, subject incidents.Subject) view.AdminOriginal {
	t.Helper()
	form := w.form
	form.ID = string(subject)
	o := view.AdminOriginal{Subject: subject, Heading: w.text, Action: "/admin/updates/update000001/translations", Form: form, Lang: "en", Line: w.text}
	for n, tongue := range views(t).AdminTongues("en") {
		x := incidents.Translation{Body: w.text, AuthorName: w.text, PostedAt: w.now}
		if n > 1 {
			x = incidents.Translation{}
		}
		o.Tongues = append(o.Tongues, tongue.Said(w.p, form, x, n == 0))
	}
	return o
}

func newStaffWorld(t testing.TB, text string, refused bool) staffWorld {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	w := staffWorld{p: views(t).Catalog().Printer("en", zone, "plain"), now: at(t, "2018-05-14T18:50:00Z"), text: text}
	gid := int64(1)
	w.group = []components.Group{{ID: 1, Code: "group0000001", Name: text}, {ID: 2, Code: "group0000002", Name: "Empty"}}
	w.all = []components.Component{
		{ID: 1, Code: "component001", Name: text, Status: components.MajorOutage, GroupID: &gid},
		{ID: 2, Code: "component002", Name: "Reports", Status: components.Operational, StartDate: "2018-04-14"},
		{ID: 3, Code: "component003", Name: "Old", Status: components.Operational, ArchivedAt: &w.now},
		{ID: 4, Code: "component004", Name: "Secret", Status: components.Maintenance, Hidden: true},
	}
	w.names = map[int64]string{1: text, 2: "Reports"}
	w.story = w.outage(t)
	values := url.Values{
		"key": {"k"}, "expect": {"3"}, "title": {text}, "body": {text}, "name": {text}, "components": {"component001"}, "m-component002": {"slow"},
		"started_at": {"2018-11-04T01:30"}, "started_at_fold": {"second"}, "happened_at": {"2018-05-14T14:08"}, "state": {"investigating"}, "notify": {"1"},
	}
	w.form = view.NewAdminForm(w.p, "f", values)
	if refused {
		w.form = w.form.Refused(&fault.Error{Kind: fault.Invalid, Fields: []fault.Field{
			{Name: "title", Key: "incident.title"},
			{Name: "body", Key: "incident.body"},
			{Name: "components", Key: "incident.services"},
			{Name: "state", Key: "incident.step", Args: map[string]any{"From": "resolved", "To": "identified"}},
			{Name: "happened_at", Key: "time.gap", Args: map[string]any{"Typed": text, "Before": "01:59 EST", "After": "03:00 EDT"}},
			{Name: "name", Key: "field.required"},
			{Name: "password", Key: "auth.mismatch"},
			{Name: "time_zone", Key: "page.zone"},
			{Name: "services", Key: "setup.services"},
			{Name: "role", Key: "auth.role"},
			{Name: "words", Key: "field.choice"},
		}})
		w.form.Theirs = view.AdminTheirsOf(w.p, w.story.Revisions, w.now)
	}
	return w
}

// outage is a story with everything that the pages can show of one.
func (w staffWorld) outage(t testing.TB) incidents.Story {
	started, promised := w.now.Add(-80*time.Minute), w.now.Add(-5*time.Minute)
	edited, withdrawn := w.now.Add(-3*time.Minute), w.now.Add(-2*time.Minute)
	update := func(id int64, state incidents.State, ago time.Duration) incidents.Update {
		d := doc(t, w.text+"\n\n| a | b |\n| --- | --- |\n| 1 | 2 |")
		return incidents.Update{
			ID: id, Code: fmt.Sprintf("update%06d", id), Position: int(id), State: state, Body: w.text, HTML: d.HTML, Plain: d.Text,
			HappenedAt: w.now.Add(-ago), PostedAt: w.now.Add(-ago), AuthorName: w.text, Notify: true, Revision: 1,
		}
	}
	s := incidents.Story{
		Incident: incidents.Incident{
			ID: 1, Code: "incident0001", Kind: incidents.KindIncident, Title: w.text, State: incidents.Investigating, Impact: components.Major,
			ImpactOverride: components.Major, StartedAt: started, NextUpdateBy: &promised, Revision: 4, AuthorName: w.text,
		},
		Updates: []incidents.Update{update(1, incidents.Investigating, 40*time.Minute), update(2, incidents.Monitoring, 20*time.Minute), update(3, incidents.Investigating, 10*time.Minute), update(4, incidents.Investigating, 5*time.Minute)},
	}
	s.Updates[0].Components = []incidents.UpdateComponent{{ComponentID: 1, OldStatus: components.Operational, NewStatus: components.MajorOutage}}
	s.Updates[0].PostedAt = w.now
	s.Updates[1].EditedAt, s.Updates[1].NextUpdateBy = &edited, &promised
	s.Updates[3].WithdrawnAt = &withdrawn
	body := `{"code":"update000002","body":"Body"}`
	s.Revisions = []incidents.Revision{
		{ID: 1, Subject: incidents.OfUpdate, SubjectID: 2, Action: "posted", Content: body, RecordedAt: started, AuthorName: w.text},
		{ID: 2, Subject: incidents.OfUpdate, SubjectID: 2, Action: "corrected", Content: body, RecordedAt: edited, AuthorName: w.text},
		{ID: 3, Subject: incidents.OfPostmortem, SubjectID: 9, Action: "published", Content: "broken", RecordedAt: edited, AuthorName: w.text},
	}
	return s
}

func (w staffWorld) base() view.AdminBase {
	return view.AdminBase{
		T: w.p, Title: w.text, PageName: w.text, Here: "now", Me: w.text, Role: auth.Owner, Open: 2, OpenMark: "down",
		Mail:  view.NewAdminMail(w.p, notify.Status{SMTPConfigured: true, MailReady: true, Paused: w.text, NextTry: w.now}, w.now),
		Toast: view.NewAdminToast(w.p, "update000003", 1284, false, w.now.Add(20*time.Second), w.now), Done: view.AdminDone(w.p, "posted"),
	}
}

func (w staffWorld) head() view.AdminHead {
	return view.NewAdminHead(w.p, w.story.Incident, []components.Status{components.MajorOutage}, w.now)
}

func (w staffWorld) groups() []view.AdminServiceGroup {
	return view.AdminServiceGroups(w.p, w.group, w.all, w.form)
}

func (w staffWorld) post() *view.AdminPost {
	return &view.AdminPost{
		Form: w.form, Code: "incident0001", Action: "/admin/incidents/incident0001/updates", States: view.AdminStates(w.p, incidents.KindIncident), Promises: view.AdminPromises(w.p),
		Snippets: view.AdminPostSnippets(w.p, incidents.KindIncident), Affected: w.groups()[1:2], Others: w.groups()[:1], Statuses: view.AdminStatuses(w.p), Tell: view.NewAdminTell(w.p, 1284, 1), Over: true,
		Preview: view.NewAdminPreview(w.p, w.text, "investigating", "down", "15:00 EDT", "<p>Hello</p>"), More: "/admin/incidents/incident0001#post",
	}
}

// staffPages are all pages for staff by the name of their template.
func (w staffWorld) staffPages(t testing.TB) map[string][]view.AdminPage {
	b, f, h := w.base(), w.form, w.head()
	bare := b
	bare.Bare = true
	viewer := b
	viewer.Role, viewer.Mail, viewer.Toast, viewer.Open = auth.Viewer, nil, nil, 0
	preview := view.NewAdminPreview(w.p, w.text, "investigating", "down", "15:00 EDT", doc(t, w.text).HTML)
	plan := w.story.Incident
	plan.Kind, plan.State, plan.ScheduledFor, plan.ScheduledUntil = incidents.KindMaintenance, incidents.Scheduled, &w.now, new(w.now.Add(time.Hour))
	over := w.story.Incident
	over.State, over.ResolvedAt, over.WithdrawnAt = incidents.Resolved, &w.now, &w.now
	spans := view.AdminSpans(w.p, []components.Span{{ComponentID: 1, IncidentID: new(int64(1)), Status: components.MajorOutage, ValidFrom: w.now}, {ComponentID: 1, IncidentID: new(int64(1)), Status: components.PartialOutage, ValidFrom: w.now, ValidTo: &w.now}}, 1, w.names, w.now)
	line := view.AdminTimeline(w.p, w.story, w.names, map[int64]string{1: "sent to 3 people"}, views(t).AdminTongues("en"), w.now)
	audit := view.NewAdminAudit(w.p, auth.Audit{At: w.now, ActorName: w.text, Action: "incident.post", Object: w.text, Before: w.text, After: w.text, Address: "::1"}, w.now)
	delivery := view.NewAdminDelivery(w.p, notify.Delivery{ID: 7, Telling: incidents.TellNew, Title: w.text, Address: "dana@bright-dental.example", Attempts: 2, Answer: w.text, DueAt: w.now}, w.now)
	edit := view.AdminServiceEdit{AdminBase: b, Form: f, Code: "component001", Action: "/admin/services/component001", Groups: view.AdminGroupOptions(w.p, w.group), Status: new(view.NewAdminStatus(w.p, components.Degraded)), Statuses: view.AdminStatuses(w.p)}
	return map[string][]view.AdminPage{
		"now": {
			view.AdminNow{AdminBase: b, Heading: view.AdminHeading(w.p, 2), Headline: w.headline(), Ongoing: []view.AdminOpen{{Head: h, Post: w.post()}}, Waiting: []view.AdminWaiting{view.AdminPlannedLine(w.p, plan), view.AdminDraftLine(w.p, over)}, Services: view.AdminTroubles(w.p, w.all)},
			view.AdminNow{AdminBase: viewer, Heading: view.AdminHeading(w.p, 0), Quiet: view.AdminQuiet(w.p, &w.now), Empty: true},
		},
		"incident": {
			view.AdminIncident{AdminBase: b, Head: h, Post: w.post(), Updates: line, Affected: spans, Postmortem: view.AdminSaid{{Text: "Draft"}}},
			view.AdminIncident{AdminBase: b, Head: view.NewAdminHead(w.p, plan, nil, w.now), Post: w.post(), Steps: view.AdminSteps(w.p, incidents.InProgress), Updates: line},
			view.AdminIncident{AdminBase: viewer, Head: view.NewAdminHead(w.p, over, nil, w.now), Updates: line},
		},
		"incidents": {
			view.AdminIncidents{AdminBase: b, Rows: []view.AdminHead{h, view.NewAdminHead(w.p, over, nil, w.now)}, Older: "?before=3"},
			view.AdminIncidents{AdminBase: b, Maintenance: true, First: true},
		},
		"report": {
			view.AdminReport{AdminBase: b, Form: f, Groups: w.groups(), Impacts: view.AdminImpacts(w.p), States: view.AdminStates(w.p, incidents.KindIncident), Promises: view.AdminPromises(w.p), Weights: view.AdminWeights(w.p), Snippets: view.AdminReportSnippets(w.p), Tell: view.NewAdminTell(w.p, 1, 1), Preview: preview, Words: view.NewAdminWords(w.p), MatrixOpen: true},
			view.AdminReport{AdminBase: b, Form: view.NewAdminForm(w.p, "r", nil), Preview: preview},
		},
		"plan":    {view.AdminPlan{AdminBase: b, Form: f, Groups: w.groups(), Tell: view.NewAdminTell(w.p, 3, 3), Zone: "EDT", Preview: preview}},
		"edit":    {view.AdminEdit{AdminBase: b, Head: h, Form: f, Weights: view.AdminWeights(w.p)}, view.AdminEdit{AdminBase: b, Head: view.NewAdminHead(w.p, plan, nil, w.now), Form: f}},
		"correct": {view.AdminCorrect{AdminBase: b, Head: h, Update: line[1], Form: f, Versions: view.AdminVersions(w.p, w.story.Revisions, incidents.OfUpdate, 2, w.now), Preview: preview}, view.AdminCorrect{AdminBase: viewer, Head: h, Update: line[0], Form: f}},
		"translate": {
			view.AdminTranslate{AdminBase: b, Head: h, Texts: []view.AdminOriginal{w.original(t, incidents.OfUpdate).With(doc(t, w.text).HTML)}},
			view.AdminTranslate{AdminBase: b, Head: h, Texts: []view.AdminOriginal{w.original(t, incidents.OfIncident), w.original(t, incidents.OfPostmortem).With("<p>Why</p>")}},
		},
		"withdraw":   {view.AdminConfirmWithdraw{AdminBase: b, Head: h, Updates: "its 4 updates", Form: f}},
		"postmortem": {view.AdminPostmortem{AdminBase: b, Head: h, Form: f, Status: view.AdminSaid{{Text: "Draft"}}, Published: true, Preview: preview, Versions: view.AdminVersions(w.p, w.story.Revisions, incidents.OfPostmortem, 9, w.now), Tell: view.NewAdminTell(w.p, 3, 3)}, view.AdminPostmortem{AdminBase: viewer, Head: h, Form: f, Preview: preview}},
		"services":   {view.AdminServices{AdminBase: b, Form: f, Groups: w.groups(), Archived: view.AdminArchived(w.p, w.all)}, view.AdminServices{AdminBase: viewer, Groups: w.groups()}, view.AdminServices{AdminBase: b, Empty: true}},
		"service":    {edit, view.AdminServiceEdit{AdminBase: b, Form: f, Action: "/admin/services/new", Groups: view.AdminGroupOptions(w.p, w.group)}, view.AdminServiceEdit{AdminBase: b, Form: f, Group: true, Code: "group0000001", Tongues: w.named(t), Action: "/admin/groups/group0000001"}},
		"subscribers": {
			view.AdminSubscribers{AdminBase: b, Tiles: view.AdminTiles(w.p, notify.Counts{Active: 1284}), Rows: []view.AdminSubscriber{view.NewAdminSubscriber(w.p, notify.Subscriber{Address: "dana@bright-dental.example", State: notify.Suppressed, Preferences: notify.Preferences{Scope: notify.ScopeSome, Components: []string{"a"}, Frequency: notify.FrequencyEnds}, ConfirmedAt: &w.now}, true)}, Find: w.text, Older: "?after=3", Form: f},
			view.AdminSubscribers{AdminBase: viewer, Rows: []view.AdminSubscriber{view.NewAdminSubscriber(w.p, notify.Subscriber{Address: "dana@bright-dental.example", State: notify.Active, CreatedAt: w.now, Preferences: notify.Preferences{Scope: notify.ScopeAll, Frequency: notify.FrequencyEvery}}, false)}},
			view.AdminSubscribers{AdminBase: b},
		},
		"outbox":   {view.AdminOutbox{AdminBase: b, State: view.AdminOutboxState(w.p, notify.Status{}, w.now), Tiles: view.AdminOutboxTiles(w.p, notify.Status{Ready: 3}), Waiting: []view.AdminDelivery{delivery}, Failed: []view.AdminDelivery{delivery}, Older: "?after=7"}, view.AdminOutbox{AdminBase: b, First: true}},
		"letter":   {view.AdminLetter{AdminBase: b, From: w.text, To: "dana@bright-dental.example", Subject: w.text, Lines: []view.AdminLine{{Text: w.text}, {Text: "https://status.example.com/c/x", URL: "https://status.example.com/c/x"}}, Delivery: delivery}},
		"team":     {view.AdminTeam{AdminBase: b, Form: f, Members: []view.AdminMember{view.NewAdminMember(w.p, auth.Member{ID: 1, Code: "member000001", Name: w.text, Email: w.text, Role: auth.Admin}, 1), view.NewAdminMember(w.p, auth.Member{ID: 2, Code: "member000002", Name: w.text, Role: auth.Viewer}, 1)}, Roles: view.AdminRoles(w.p), Keys: []view.AdminKey{view.NewAdminKey(w.p, auth.APIKey{Code: "key000000001", Name: w.text, Tail: "f3a9", Scope: auth.ScopeRead, LastUsedAt: &w.now}, w.now)}, Audits: []view.AdminAudit{audit}, Wrong: view.NewAdminForm(w.p, "w", nil)}, view.AdminTeam{AdminBase: b, Form: view.NewAdminForm(w.p, "t", nil)}},
		"audit":    {view.AdminAudits{AdminBase: b, Audits: []view.AdminAudit{audit}, Older: "?before=3"}, view.AdminAudits{AdminBase: b}},
		"settings": {view.AdminSettings{AdminBase: b, Form: f, Zones: []string{"UTC"}, Words: view.AdminWordings(w.p)}},
		"account":  {view.AdminAccount{AdminBase: b, Form: f, Sessions: []view.AdminSession{view.NewAdminSession(w.p, auth.Session{ID: 1, Agent: w.text, Address: "::1", Remembered: true, CreatedAt: w.now, LastSeenAt: w.now}, 1, w.now), view.NewAdminSession(w.p, auth.Session{ID: 2, CreatedAt: w.now, LastSeenAt: w.now}, 1, w.now)}}},
		"signin":   {view.AdminSignIn{AdminBase: bare, Form: f}},
		"confirm":  {view.AdminConfirm{AdminBase: bare, Form: f}},
		"setup":    {view.AdminSetup{AdminBase: bare, Form: f, Zones: []string{"UTC"}}},
	}
}

func TestAdmin_everyTemplateRendersOnEveryFixture(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../web/templates/admin/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	v := views(t)
	for _, kind := range []struct {
		name, text string
		refused    bool
	}{{"ordinary", "Calls are failing", false}, {"hostile and refused", hostileText, true}} {
		pages := newStaffWorld(t, kind.text, kind.refused).staffPages(t)
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(f), ".html")
			if name == "fragment" {
				continue // a piece without a frame; see below
			}
			if len(pages[name]) == 0 {
				t.Errorf("no fixture for %s", f)
			}
			for n, p := range pages[name] {
				t.Run(fmt.Sprintf("%s %s %d", kind.name, name, n), func(t *testing.T) {
					t.Parallel()
					b, err := v.Admin(p)
					if err != nil {
						t.Fatal(err)
					}
					soundHTML(t, b)
				})
			}
		}
	}
}

func TestAdmin_fragmentHoldsTheTextAndNothingElse(t *testing.T) {
	t.Parallel()
	b, err := views(t).AdminFragment(view.AdminFragment{Filled: hostileText, Next: "15:00 EDT", Wrong: "Too long", Tell: &view.AdminTell{Count: "3", People: "3 people"}}.With(doc(t, hostileText).HTML))
	if err != nil {
		t.Fatal(err)
	}
	page := statustest.Page(t, b)
	if page.Has("script") || page.Find("#filled").Text() != strings.Join(strings.Fields(hostileText), " ") || page.Find("#tell").Attr("data-count") != "3" {
		t.Errorf("fragment:\n%s", b)
	}
}

// soundHTML checks what a browser forgives and a person may suffer from: tags
// that do not nest, ids that stand twice, labels and descriptions that point
// nowhere, inline styles and scripts that the policy would block.
func soundHTML(t *testing.T, body []byte) {
	t.Helper()
	if bytes.Contains(body, []byte("ZgotmplZ")) {
		t.Error("a value was thrown away by the template engine")
	}
	s := sound{t: t, ids: map[string]bool{}}
	z := html.NewTokenizer(bytes.NewReader(body))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			break
		}
		s.token(z.Token())
	}
	if len(s.stack) > 0 {
		t.Errorf("never closed: %v", s.stack)
	}
	for _, want := range s.wanted {
		if !s.ids[want] {
			t.Errorf("nothing has the id %q that something points to", want)
		}
	}
}

type sound struct {
	t      *testing.T
	stack  []string
	ids    map[string]bool
	wanted []string
}

var voids = []string{"meta", "link", "input", "br", "path", "circle", "rect", "use", "hr", "img"}

func (s *sound) token(k html.Token) {
	switch k.Type {
	case html.StartTagToken, html.SelfClosingTagToken:
		s.attributes(k)
		if k.Type == html.StartTagToken && !slices.Contains(voids, k.Data) {
			s.stack = append(s.stack, k.Data)
		}
		if k.Data == "script" && !strings.Contains(fmt.Sprint(k.Attr), "src") {
			s.t.Error("an inline script")
		}
	case html.EndTagToken:
		if n := len(s.stack); n == 0 || s.stack[n-1] != k.Data {
			s.t.Fatalf("</%s> inside %v", k.Data, s.stack)
		}
		s.stack = s.stack[:len(s.stack)-1]
	}
}

func (s *sound) attributes(k html.Token) {
	for _, a := range k.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			s.t.Errorf("<%s %s=%q>", k.Data, a.Key, a.Val)
		case a.Key == "id":
			if s.ids[a.Val] {
				s.t.Errorf("the id %q stands twice", a.Val)
			}
			s.ids[a.Val] = true
		case a.Key == "for" || a.Key == "aria-labelledby" || a.Key == "aria-describedby" || a.Key == "list":
			s.wanted = append(s.wanted, a.Val)
		case (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.Contains(a.Val, "javascript:"):
			s.t.Errorf("<%s %s=%q>", k.Data, a.Key, a.Val)
		case k.Data == "use" && a.Key == "href":
			s.wanted = append(s.wanted, strings.TrimPrefix(a.Val, "#"))
		}
	}
}

func TestAdmin_formKeepsWhatWasTypedAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newStaffWorld(t, hostileText, true)
	b, err := views(t).Admin(view.AdminPlan{AdminBase: w.base(), Form: w.form, Groups: w.groups()})
	if err != nil {
		t.Fatal(err)
	}
	page := statustest.Page(t, b)
	if got := page.Find("[name=title]").Attr("value"); got != hostileText {
		t.Errorf("title %q", got)
	}
	title := page.Find("#f-title")
	if title.Attr("aria-invalid") != "true" || title.Attr("aria-describedby") != "f-title-e" {
		t.Errorf("the title is not marked: %s", title.HTML())
	}
	if got := page.Find("#f-title-e").Text(); got != w.p.T("incident.title") {
		t.Errorf("beside the title: %q", got)
	}
	if got := page.Find("[role=alert] a[href=#f-title]").Text(); got != w.p.T("incident.title") {
		t.Errorf("in the summary: %q", got)
	}
}

func TestAdminForm_When_asksWhichOfTwoTimes(t *testing.T) {
	t.Parallel()
	w := newStaffWorld(t, "x", false)
	f := w.form.When("started_at", "Started", "")
	if len(f.Folds) != 2 || f.Folds[0].Label != "01:30 EDT" || f.Folds[1].Label != "01:30 EST" || f.Folds[0].Checked || !f.Folds[1].Checked {
		t.Errorf("choices %+v", f.Folds)
	}
	if f := w.form.When("happened_at", "Happened", ""); len(f.Folds) != 0 {
		t.Errorf("asks about an ordinary time: %+v", f.Folds)
	}
}

func TestAdminForm_Field_refusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	f := newStaffWorld(t, "x", false).form
	if _, err := f.Field("title", "Title", "colour", "red"); err == nil {
		t.Error("no error")
	}
	if got, err := f.Field("title", "Password", "type", "password"); err != nil || got.Value != "" {
		t.Errorf("a page would hold the password %q (%v)", got.Value, err)
	}
}

func TestAdminTimeline(t *testing.T) {
	t.Parallel()
	w := newStaffWorld(t, "x", false)
	got := view.AdminTimeline(w.p, w.story, w.names, nil, views(t).AdminTongues("en"), w.now)
	var labels, links []string
	for _, u := range got {
		labels, links = append(labels, u.Label), append(links, u.Link)
	}
	if want := []string{"Investigating", "Investigating", "Monitoring", "Investigating"}; !slices.Equal(labels, want) {
		t.Errorf("labels %q, want %q", labels, want)
	}
	if want := []string{"", "/incidents/incident0001#u3", "/incidents/incident0001#u2", "/incidents/incident0001#u1"}; !slices.Equal(links, want) {
		t.Errorf("links %q, want %q", links, want)
	}
	if !got[1].FellBack || got[2].FellBack {
		t.Error("falling back is not told of the right update")
	}
	if got[2].Versions != 2 || got[3].Posted == nil || got[2].Posted != nil {
		t.Errorf("versions %d, written afterwards %v and %v", got[2].Versions, got[3].Posted, got[2].Posted)
	}
}

func TestAdminHead_saysThatAPromiseWasMissed(t *testing.T) {
	t.Parallel()
	w := newStaffWorld(t, "x", false)
	if h := w.head(); !h.Late || h.Promise.String() != "You promised an update by 14:45 EDT. It is 14:50 EDT. Post one, or move the promise." {
		t.Errorf("late %v: %q", h.Late, h.Promise)
	}
	w.story.Incident.NextUpdateBy = new(w.now.Add(4 * time.Minute))
	if h := w.head(); h.Late || h.Promise.String() != "Next update due in 4 min, by 14:54 EDT" {
		t.Errorf("late %v: %q", h.Late, h.Promise)
	}
}

func TestAdminTold(t *testing.T) {
	t.Parallel()
	w := newStaffWorld(t, "x", false)
	u := incidents.Update{Notify: true}
	for _, tt := range []struct {
		name string
		told notify.Told
		off  bool
		want string
	}{
		{"held", notify.Told{Held: true, Recipients: 1284, DueAt: w.now.Add(14 * time.Second)}, false, "goes to 1,284 people in 14 s"},
		{"held too long", notify.Told{Held: true, Recipients: 1, DueAt: w.now}, false, "leaving now"},
		{"no mail", notify.Told{Held: true, Recipients: 3, DueAt: w.now}, true, "waits: mail is not set up"},
		{"nobody to tell, held", notify.Told{Held: true, DueAt: w.now.Add(14 * time.Second)}, true, "no subscriber got this one: nobody was written to"},
		{"nobody to tell", notify.Told{}, false, "no subscriber got this one: nobody was written to"},
		{"on its way", notify.Told{Recipients: 1284, Sent: 1000, Waiting: 284}, false, "sent to 1,000 of 1,284 people"},
		{"sent", notify.Told{Recipients: 1, Sent: 1}, false, "sent to 1 person"},
		{"some bounced", notify.Told{Recipients: 1282, Sent: 1279, Failed: 3}, false, "reached 1,279 of 1,282 people"},
		{"undone", notify.Told{Cancelled: true}, false, "stopped before it left"},
	} {
		if got := view.AdminTold(w.p, u, tt.told, true, tt.off, w.now); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := view.AdminTold(w.p, incidents.Update{}, notify.Told{}, false, false, w.now); got != "nobody was told" {
		t.Errorf("quiet post: %q", got)
	}
}

func TestAdminMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"dana@bright-dental.example": "d…a@b….example", "ab@x.example": "a…@x….example", "ü@mail.co.uk": "ü…@m….uk", "": "…", "nonsense": "n…",
	} {
		if got := view.AdminMask(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAdminDone_knowsItsOwnSentencesOnly(t *testing.T) {
	t.Parallel()
	p := newStaffWorld(t, "x", false).p
	if view.AdminDone(p, "posted") == "" {
		t.Error("nothing is said after a post")
	}
	for _, name := range []string{"", "nonsense", "../role.owner", "<b>"} {
		if got := view.AdminDone(p, name); got != "" {
			t.Errorf("%q says %q", name, got)
		}
	}
}

// Every key that the pages for staff ask for stands in the catalogue: a missing
// one would show itself, as its name.
func TestAdmin_noPageShowsTheNameOfAKey(t *testing.T) {
	t.Parallel()
	v := views(t)
	for name, pages := range newStaffWorld(t, "Calls", true).staffPages(t) {
		for _, p := range pages {
			b, err := v.Admin(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range strings.Fields(statustest.Page(t, b).Text()) {
				for _, prefix := range []string{"admin.", "role.", "scope.", "impact.", "compose.", "snippet.", "audit.", "telling.", "subscribers.", "outline.", "state.", "status."} {
					if strings.HasPrefix(word, prefix) {
						t.Errorf("%s shows %q", name, word)
					}
				}
			}
		}
	}
}

func TestAdminToast_promisesNoMailWhereNobodyFollows(t *testing.T) {
	t.Parallel()
	w := newStaffWorld(t, "x", false)
	for _, tt := range []struct {
		people int
		off    bool
		want   string
	}{
		{37, false, "Goes to 37 people in 14 s."},
		{37, true, "Mail is not set up. Undo within 14 s."},
		{0, false, "No subscriber gets this one: nobody is written to. Undo within 14 s."},
		{0, true, "No subscriber gets this one: nobody is written to. Undo within 14 s."},
	} {
		toast := view.NewAdminToast(w.p, "update000001", tt.people, tt.off, w.now.Add(14*time.Second), w.now)
		if got := fmt.Sprint(toast.Before, toast.Seconds, toast.After); got != tt.want {
			t.Errorf("%d people, off %v: got %q, want %q", tt.people, tt.off, got, tt.want)
		}
	}
	if got := view.NewAdminTell(w.p, 0, 0).Button("Publish and tell {n}", "Publish"); got != "Publish" {
		t.Errorf("with nobody to tell the button says %q", got)
	}
	if got := view.NewAdminTell(w.p, 1284, 0).Button("Publish and tell {n}", "Publish"); got != "Publish and tell 1,284" {
		t.Errorf("the button says %q", got)
	}
}

// What was withdrawn goes on for no hours and is at no step.
func TestAdminHead_ofWhatWasWithdrawn(t *testing.T) {
	t.Parallel()
	w := newStaffWorld(t, "x", false)
	i := w.story.Incident
	i.WithdrawnAt = &w.now
	h := view.NewAdminHead(w.p, i, nil, w.now)
	if h.State != "Withdrawn" || h.Mark != "none" || h.Promise != nil {
		t.Errorf("it is %q under %q, %v", h.State, h.Mark, h.Promise)
	}
	for set, p := range map[string]view.AdminPage{"list": view.AdminIncidents{AdminBase: w.base(), Rows: []view.AdminHead{h}}, "page": view.AdminIncident{AdminBase: w.base(), Head: h}} {
		body, err := views(t).Admin(p)
		page := statustest.Page(t, must(t, body, err))
		facts := page.Find("main .list li, main .facts").Text()
		if !strings.Contains(facts, "Withdrawn") || strings.Contains(facts, "Investigating") || strings.Contains(facts, " min") {
			t.Errorf("the %s says %q", set, facts)
		}
	}
}
