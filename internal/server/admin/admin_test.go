package admin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

func texts(s incidents.Story) (out []string) {
	for _, u := range s.Updates {
		if u.WithdrawnAt == nil {
			out = append(out, u.Body)
		}
	}
	return out
}

func TestReport_threeTapsWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	h.At("14:08")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/new").want(200)
	b.send("/admin/incidents", "components", c.Code).want(200)
	s := h.only(incidents.KindIncident)
	if s.Incident.Title != "Problems with Call routing" || texts(s)[0] != "We are looking into a problem with Call routing. We will write again by 14:38 EDT." {
		t.Errorf("published %q: %q", s.Incident.Title, texts(s))
	}
	if b.at.Path != "/admin/incidents/"+s.Incident.Code || !b.page().Has(".toast") {
		t.Errorf("at %s, with a way back: %v", b.at, b.page().Has(".toast"))
	}
	if got := h.Snapshot().Components()[0].Status; got != components.PartialOutage {
		t.Errorf("the service is %s", got)
	}
}

func TestReport_linkFromAPager(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Component("Call routing")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/new?service=call-routing&impact=down&text=Calls+do+not+connect.").want(200)
	b.send("/admin/incidents").want(200)
	s := h.only(incidents.KindIncident)
	if texts(s)[0] != "Calls do not connect." || s.Updates[0].Components[0].NewStatus != components.MajorOutage {
		t.Errorf("published %q, %v", texts(s), s.Updates[0].Components)
	}
}

func TestReport_previewAndSnippetPublishNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/new")
	b.send("/admin/incidents", "components", c.Code, "body", "Calls **fail**.", "preview", "1").want(200)
	if got := b.page().Find(".preview .ups strong").Text(); got != "fail" {
		t.Errorf("preview says %q", got)
	}
	if got := b.page().Find("[name=body]").Text(); got != "Calls **fail**." {
		t.Errorf("typed text became %q", got)
	}
	b.send("/admin/incidents", "snippet", "2").want(200)
	if got := b.page().Find("[name=body]").Text(); !strings.HasPrefix(got, "Calls **fail**. We see slow answers from Call routing.") {
		t.Errorf("snippet became %q", got)
	}
	if is, err := h.store.List(t.Context(), h.Page.ID, "", 0, 1); err != nil || len(is) != 0 {
		t.Errorf("something was published: %v, %v", is, err)
	}
}

func TestReport_badInputComesBackAsTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	b := h.as(auth.Responder)
	for _, tt := range []struct {
		name, field, says string
		changes           []string
	}{
		{"nothing chosen", "components", "Tap at least one service, or write a title.", nil},
		{"a time that did not exist", "started_at", "did not exist. The nearest times are", []string{"components", c.Code, "started_at", "2018-03-11T02:30"}},
		{"a time that happened twice", "started_at", "happened twice", []string{"components", c.Code, "started_at", "2017-11-05T01:30"}},
		{"too long ago without the tick", "started_at", "more than 30 days ago", []string{"components", c.Code, "started_at", "2018-01-01T10:00"}},
		{"in the future", "happened_at", "more than an hour in the future", []string{"components", c.Code, "happened_at", "2018-05-15T10:00"}},
		{"a service that is gone", "components", "does not exist here any more", []string{"components", "aaaaaaaaaaaa"}},
		{"too long", "body", "At most 25000 characters", []string{"components", c.Code, "body", strings.Repeat("x", 25001)}},
		{"no letters", "body", "not readable letters", []string{"components", c.Code, "body", "a\xffb"}},
		{"a title that would break a header", "title", "cannot be shown in a name", []string{"components", c.Code, "title", "a\u202eb"}},
		{"an emptied text", "body", "Write what is happening", []string{"components", c.Code, "body", "  \n "}},
		{"a promise that is no number", "next_update_by", "Choose one of the offered values", []string{"components", c.Code, "next_update_by", "soon"}},
		{"an impact that there is not", "impact", "Choose one of the offered values", []string{"components", c.Code, "impact", "enormous"}},
		{"a status that there is not", "components", "Choose a status", []string{"components", c.Code, "m-" + c.Code, "enormous"}},
		{"a service in the table that is gone", "components", "does not exist here any more", []string{"components", c.Code, "m-aaaaaaaaaaaa", "down"}},
		{"a weight that there is not", "impact_override", "Choose one of the offered values", []string{"components", c.Code, "impact_override", "enormous"}},
	} {
		b.open("/admin/incidents/new")
		b.send("/admin/incidents", append([]string{"title", "-"}, tt.changes...)...).want(422)
		page := b.page()
		if got := page.Find("#r-" + tt.field + "-e").Text(); !strings.Contains(got, tt.says) {
			t.Errorf("%s: beside %s stands %q", tt.name, tt.field, got)
		}
		if !page.Has("[role=alert] a[href=#r-"+tt.field+"]") || !page.Has("#r-"+tt.field) {
			t.Errorf("%s: the summary does not lead to the field", tt.name)
		}
		values, _ := b.form("/admin/incidents")
		for i := 0; i+1 < len(tt.changes); i += 2 {
			offered := tt.changes[i+1] != "enormous" && tt.changes[i+1] != "soon" && !strings.Contains(tt.changes[i]+tt.changes[i+1], "aaaaaaaaaaaa")
			if want := tt.changes[i+1]; offered && !slices.Contains(values[tt.changes[i]], want) {
				t.Errorf("%s: %s came back as %q", tt.name, tt.changes[i], values[tt.changes[i]])
			}
		}
	}
	// The one that happened twice is asked about, and goes through once answered.
	b.open("/admin/incidents/new")
	b.send("/admin/incidents", "components", c.Code, "started_at", "2017-11-05T01:30", "backdate", "1").want(422)
	if got := b.page().Find("[name=started_at_fold]").Texts("option"); !slices.Equal(got, []string{"Choose", "01:30 EDT", "01:30 EST"}) {
		t.Errorf("asks %q", got)
	}
	b.send("/admin/incidents", "started_at_fold", "second").want(200)
	if got := h.only(incidents.KindIncident).Incident.StartedAt; !got.Equal(time.Date(2017, 11, 5, 6, 30, 0, 0, time.UTC)) {
		t.Errorf("started %v", got)
	}
}

func TestReport_sentTwiceIsOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/new")
	form, _ := b.form("/admin/incidents")
	form.Set("components", c.Code)
	b.do("POST", "/admin/incidents", form).want(200)
	first := b.at.Path
	b.do("POST", "/admin/incidents", form).want(200)
	if b.at.Path != first {
		t.Errorf("the second went to %s, the first to %s", b.at.Path, first)
	}
	if is, err := h.store.List(t.Context(), h.Page.ID, "", 0, 9); err != nil || len(is) != 1 {
		t.Errorf("%d incidents, %v", len(is), err)
	}
}

func TestUndo_bringsTheTextBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/new")
	b.send("/admin/incidents", "components", c.Code, "title", "Calls fial", "body", "Oh.").want(200)
	s := h.only(incidents.KindIncident)
	b.send("/admin/updates/" + s.Updates[0].Code + "/undo").want(200).says("Undone. Nothing was sent.")
	form, _ := b.form("/admin/incidents")
	if b.at.Path != "/admin/incidents/new" || form.Get("title") != "Calls fial" || form.Get("body") != "Oh." || form.Get("components") != c.Code {
		t.Errorf("at %s with %v", b.at, form)
	}
	if h.Snapshot().Incident(s.Incident.Code) != nil {
		t.Error("readers still see it")
	}
	// An update, undone, stands in the form of its incident.
	i := h.Reports("Calls fail", "We know.", statustest.Is(c, components.MajorOutage))
	b.open("/admin/incidents/" + i.Code)
	b.send("/admin/incidents/"+i.Code+"/updates", "body", "Second.", "state", "identified").want(200)
	st := i.Story()
	b.send("/admin/updates/" + st.Updates[1].Code + "/undo").want(200)
	form, _ = b.form("/admin/incidents/" + i.Code + "/updates")
	if form.Get("body") != "Second." || form.Get("state") != "identified" {
		t.Errorf("the form holds %v", form)
	}
	if got := texts(i.Story()); len(got) != 1 {
		t.Errorf("the page says %q", got)
	}
}

func TestPost_showsBothTextsWhenSomebodyWasFaster(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	b := h.as(auth.Responder)
	b.open("/admin/incidents/" + i.Code)
	form, _ := b.form("/admin/incidents/" + i.Code + "/updates")
	h.Clock.Advance(time.Minute)
	i.Posts(incidents.Identified, "Ben was here.")
	h.Clock.Advance(12 * time.Second)
	form.Set("body", "Mine.")
	b.do("POST", "/admin/incidents/"+i.Code+"/updates", form).want(409)
	theirs := b.page().Find(".theirs").Text()
	if !strings.Contains(theirs, "Ben was here.") || !strings.Contains(theirs, "Ana posted") {
		t.Errorf("theirs: %q", theirs)
	}
	if got := b.page().Find("#p-body").Text(); got != "Mine." {
		t.Errorf("mine: %q", got)
	}
	b.send("/admin/incidents/" + i.Code + "/updates").want(200)
	if got := texts(i.Story()); !slices.Equal(got, []string{"We know.", "Ben was here.", "Mine."}) {
		t.Errorf("the page says %q", got)
	}
}

func TestPost_wholeStory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := h.Group("Calls", "Call routing", "Number tracking")
	i := h.Reports("Calls fail", "We know.", statustest.Is(all[0], components.MajorOutage))
	b := h.as(auth.Responder)
	h.At("14:08")
	at := "/admin/incidents/" + i.Code
	b.open(at)
	b.send(at+"/updates", "body", "Tracking too. We write by {next}.", "state", "identified", "m-"+all[1].Code, "slow", "next_update_by", "15").want(200)
	st := i.Story()
	if got := texts(st)[1]; got != "Tracking too. We write by 14:23 EDT." {
		t.Errorf("said %q", got)
	}
	if got := st.Updates[1].Components; len(got) != 1 || got[0].NewStatus != components.Degraded {
		t.Errorf("set %v", got)
	}
	b.send(at+"/updates", "body", "", "state", "monitoring").want(422).says("Write what is happening.")
	b.send(at+"/updates", "snippet", "4").want(200)
	form, _ := b.form(at + "/updates")
	if form.Get("state") != "resolved" || form.Get("body") != "This is resolved. Everything works as usual again." {
		t.Errorf("all good again: %v", form)
	}
	b.send(at + "/updates").want(200).says("Resolved")
	for _, c := range h.Snapshot().Components() {
		if c.Status != components.Operational {
			t.Errorf("%s is %s", c.Name, c.Status)
		}
	}
	// It opens again only when somebody means it.
	b.send(at+"/updates", "body", "It is back.", "state", "investigating").want(422)
	b.send(at+"/updates", "reopen", "1").want(200)
	if got := i.Story().Incident.State; got != incidents.Investigating {
		t.Errorf("it is %s", got)
	}
}

func TestPost_backdated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.At("13:00")
	i := h.Reports("Calls fail", "We know.")
	h.At("14:00")
	i.Posts(incidents.Identified, "Found.")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/" + i.Code)
	b.send("/admin/incidents/"+i.Code+"/updates", "body", "Between.", "happened_at", "2018-05-14T13:30").want(200)
	if got := texts(i.Story()); !slices.Equal(got, []string{"We know.", "Between.", "Found."}) {
		t.Errorf("order %q", got)
	}
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Clock.Set(h.Clock.Now().Add(37 * time.Second))
	i := h.Reports("Calls fail", "We konw.")
	b := h.as(auth.Responder)
	u := i.Story().Updates[0]
	at := "/admin/updates/" + u.Code
	b.open(at).want(200)
	form, _ := b.form(at)
	h.Clock.Advance(time.Minute)
	b.send(at, "body", "We know.").want(200).says("marked as edited")
	got := i.Story().Updates[0]
	if got.Body != "We know." || !got.HappenedAt.Equal(u.HappenedAt) || got.EditedAt == nil {
		t.Errorf("%q of %v, edited %v", got.Body, got.HappenedAt, got.EditedAt)
	}
	b.open(at)
	if got := b.page().Find(".versions").Texts("pre"); !slices.Equal(got, []string{"We know.", "We konw."}) {
		t.Errorf("versions %q", got)
	}
	form.Set("body", "Stale.")
	b.do("POST", at, form).want(409)
	if !strings.Contains(b.page().Find(".theirs").Text(), "We know.") || b.page().Find("#c-body").Text() != "Stale." {
		t.Errorf("a stale form shows: %s", b.page().Text())
	}
	b.open(at)
	b.send(at, "happened_at", "2018-05-14T11:30").want(200)
	if got := i.Story().Updates[0]; !got.HappenedAt.Equal(time.Date(2018, 5, 14, 15, 30, 0, 0, time.UTC)) {
		t.Errorf("moved to %v", got.HappenedAt)
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.")
	i.Posts(incidents.Identified, "Wrong.")
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code
	b.open(at)
	b.send("/admin/updates/" + i.Story().Updates[1].Code + "/withdraw").want(200)
	if got := texts(i.Story()); !slices.Equal(got, []string{"We know."}) {
		t.Errorf("the page says %q", got)
	}
	b.open(at + "/withdraw").want(200).says("its one update")
	b.send(at + "/withdraw").want(200).says("The page shows nothing of it any more.")
	if h.Snapshot().Incident(i.Code) != nil {
		t.Error("readers still see it")
	}
	// Text typed to what is gone is kept by the page that says so.
	b.do("POST", at+"/updates", map[string][]string{"body": {"Too late."}, "state": {"identified"}}).want(409).says("Too late.")
}

func TestEdit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.At("14:08")
	i := h.Reports("Calls fial", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code
	b.open(at + "/edit").want(200)
	b.send(at+"/edit", "title", "Calls fail", "started_at", "2018-05-14T13:30", "impact_override", "minor").want(200).says("Saved.")
	got := i.Story().Incident
	if got.Title != "Calls fail" || got.Impact != components.Minor || !got.StartedAt.Equal(time.Date(2018, 5, 14, 17, 30, 0, 0, time.UTC)) {
		t.Errorf("got %+v", got)
	}
	b.open(at + "/edit")
	b.send(at+"/edit", "title", "-").want(422)
}

func TestPostmortem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "Calls | fail.")
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code + "/postmortem"
	b.open(at).want(200).says("What we are changing")
	b.send(at, "body", "# Why\n\nA **limit**.").want(200).says("Draft saved.")
	if got := b.page().Find("[data-p=text] strong").Text(); got != "limit" {
		t.Errorf("preview: %q", got)
	}
	publish := func(changes ...string) *browser {
		form, _ := b.form(at)
		for n := 0; n+1 < len(changes); n += 2 {
			form.Set(changes[n], changes[n+1])
		}
		return b.do("POST", at+"/publish", form)
	}
	publish().want(422).says("Publish the postmortem after the incident is resolved.")
	i.Posts(incidents.Resolved, "Over.")
	b.open(at)
	publish("notify", "1", "subject", "What happened").want(200)
	if m := i.Story().Postmortem; m.PublishedAt == nil || m.Body != "# Why\n\nA **limit**." {
		t.Errorf("got %+v", m)
	}
	publish("body", "A raised limit.").want(200)
	if got := b.page().Find(".versions").Texts("pre"); len(got) != 2 || got[0] != "A raised limit." {
		t.Errorf("versions %q", got)
	}
	form, _ := b.form(at)
	b.do("POST", at+"/unpublish", form).want(200)
	if m := i.Story().Postmortem; m.PublishedAt != nil || m.Draft != "A raised limit." {
		t.Errorf("got %+v", m)
	}
}

func TestMaintenance(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Reports")
	b := h.as(auth.Responder)
	b.open("/admin/maintenance/new").want(200)
	b.send("/admin/maintenance", "title", "Upgrade", "body", "Slow.", "components", c.Code, "start", "2018-05-27T03:30", "end", "2018-05-27T02:00").want(422).says("The end must be after the start.")
	b.send("/admin/maintenance", "start", "2018-05-27T02:00", "end", "2018-05-27T03:30").want(200)
	s := h.only(incidents.KindMaintenance)
	at := "/admin/maintenance/" + s.Incident.Code
	if b.at.Path != at {
		t.Fatalf("at %s", b.at)
	}
	b.open(at + "/edit").want(200)
	b.send(at+"/edit", "end", "2018-05-27T04:00").want(200)
	if got := h.only(incidents.KindMaintenance).Incident; !got.ScheduledUntil.Equal(time.Date(2018, 5, 27, 8, 0, 0, 0, time.UTC)) || !got.ScheduledFor.Equal(time.Date(2018, 5, 27, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("window %v to %v", got.ScheduledFor, got.ScheduledUntil)
	}
	h.Clock.Set(time.Date(2018, 5, 27, 6, 0, 0, 0, time.UTC))
	b = h.as(auth.Admin)
	for _, step := range []struct {
		state incidents.State
		is    components.Status
	}{{incidents.InProgress, components.Maintenance}, {incidents.Completed, components.Operational}} {
		b.open(at)
		form := b.page().Find(`form[action="` + at + `/updates"]`) // the first is the next step
		b.send(at+"/updates", "state", string(step.state), "body", form.Find("[name=body]").Attr("value")).want(200)
		if got := h.only(incidents.KindMaintenance).Incident.State; got != step.state {
			t.Errorf("it is %s, want %s", got, step.state)
		}
		if got := h.Snapshot().Components()[0].Status; got != step.is {
			t.Errorf("%s: the service is %s", step.state, got)
		}
	}
	b.open("/admin/incidents/" + s.Incident.Code).want(200) // either address finds it
}

func TestServices(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(auth.Admin)
	b.open("/admin/groups/new")
	b.send("/admin/groups/new", "name", "Calls").want(200)
	b.open("/admin/services/new")
	group := b.page().FindAll("select[name=group] option")[1].Attr("value")
	b.send("/admin/services/new", "name", "Routing\nTracking\n\nTracking\nRecording", "group", group).want(422).says("already a service called “Tracking”")
	if got := b.page().Find("[name=name]").Text(); got != "Tracking Recording" {
		t.Errorf("what is left: %q", got)
	}
	b.send("/admin/services/new", "name", "Recording").want(200)
	names := func() (out []string) {
		for _, c := range h.Snapshot().Components() {
			out = append(out, c.Name)
		}
		return out
	}
	if got := names(); !slices.Equal(got, []string{"Routing", "Tracking", "Recording"}) {
		t.Fatalf("services %q", got)
	}
	code := h.Snapshot().Components()[2].Code
	b.do("POST", "/admin/services/"+code+"/up", nil).want(200)
	if got := names(); !slices.Equal(got, []string{"Routing", "Recording", "Tracking"}) {
		t.Errorf("moved: %q", got)
	}
	b.open("/admin/services/" + code).want(200)
	b.send("/admin/services/"+code, "name", "Call recording", "hidden", "1").want(200)
	if got := names(); !slices.Equal(got, []string{"Routing", "Tracking"}) {
		t.Errorf("hidden: %q", got)
	}
	b.open("/admin/services/" + code)
	b.send("/admin/services/"+code+"/status", "status", "down").want(200)
	b.open("/admin/services").says("Down")
	b.do("POST", "/admin/services/"+code+"/archive", nil).want(200).says("Bring back")
	b.send("/admin/services/" + code + "/restore").want(200)
	b.do("POST", "/admin/groups/"+group+"/archive", nil).want(200)
	if got := len(h.Snapshot().Groups); got != 1 {
		t.Errorf("%d groups are left", got)
	}
	b.do("POST", "/admin/services/aaaaaaaaaaaa/up", nil).want(404)
}

func TestSubscribers_addressesAreForAdmins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader("email\ndana@bright-dental.example\n"), "asked by phone")
	h.ok(err)
	viewer, admin := h.as(auth.Viewer), h.as(auth.Admin)
	viewer.open("/admin/subscribers?find=dana@bright").want(200).says("d…a@b….example")
	if viewer.page().Has("[name=find]") || strings.Contains(string(viewer.body), "bright") {
		t.Error("a viewer can look for addresses")
	}
	viewer.open("/admin/subscribers?find=nobody").says("d…a@b….example")
	admin.open("/admin/subscribers?find=DANA").want(200).says("dana@bright-dental.example")
	list, err := h.subs.List(t.Context(), h.Page.ID, "", 0, 1)
	h.ok(err)
	admin.send("/admin/subscribers/" + list[0].Code + "/remove").want(200).says("Nobody follows yet.")
}

func TestTeam(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	owner := h.as(auth.Owner)
	owner.open("/admin/team").want(200)
	owner.send("/admin/team", "name", "Ben", "email", "ben@callrail.example", "password", "short").want(422).says("At least 15 characters.")
	if strings.Contains(string(owner.body), `value="short"`) {
		t.Error("the page holds a password")
	}
	owner.send("/admin/team", "password", password, "role", "viewer").want(200).says("Ben")
	ms, err := h.Auth.Members(t.Context(), h.Page.ID)
	h.ok(err)
	ben := ms[slices.IndexFunc(ms, func(m auth.Member) bool { return m.Name == "Ben" })]
	owner.send("/admin/team/"+ben.Code+"/role", "role", "admin").want(200)
	owner.do("POST", "/admin/team/"+ben.Code+"/role", map[string][]string{"role": {"king"}}).want(422).says("This role does not exist.")
	key, err := h.Auth.AddKey(t.Context(), h.Staff, h.Page.ID, "Pager", auth.ScopeIncidents)
	h.ok(err)
	owner.open("/admin/team").says("Ends in …" + key[len(key)-4:])
	keys, err := h.Auth.Keys(t.Context(), h.Page.ID)
	h.ok(err)
	owner.send("/admin/keys/" + keys[0].Code + "/revoke").want(200).says("There are none.")
	owner.do("POST", "/admin/team/"+ben.Code+"/remove", nil).want(200)
	owner.open("/admin/team/audit").want(200).says("removed somebody from the team")
	// After a quarter of an hour the password is asked for again, and then on to where one was going.
	h.Clock.Advance(16 * time.Minute)
	owner.open("/admin/team")
	if owner.at.Path != "/admin/confirm" {
		t.Fatalf("at %s", owner.at)
	}
	owner.send("/admin/confirm", "password", "wrong").want(422)
	owner.send("/admin/confirm", "password", password).want(200)
	if owner.at.Path != "/admin/team" {
		t.Errorf("at %s", owner.at)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(auth.Admin)
	b.open("/admin/settings").want(200)
	b.send("/admin/settings", "name", "Larkline", "time_zone", "Mars/Olympus", "hold_seconds", "many", "postal_address", "support@larkline.example").want(422)
	b.send("/admin/settings", "hold_seconds", "121").want(422).says("This is not a time zone.").says("Between 0 and 120 seconds.").says("This is an e-mail address.")
	b.send("/admin/settings", "time_zone", "Europe/Madrid", "hold_seconds", "0", "words", "classic", "postal_address", "12 Harbor Street").want(200)
	p, err := pages.Store{DB: h.DB}.ByID(t.Context(), h.Page.ID)
	if err != nil || p.Name != "Larkline" || p.TimeZone != "Europe/Madrid" || p.HoldSeconds != 0 || p.Words != "classic" || p.SenderAddress != h.Page.SenderAddress || !p.ShowUptime || p.HideFromSearch || p.PastDays != 14 {
		t.Errorf("saved %+v, %v", p, err)
	}
	b.send("/admin/settings", "past_days", "0", "weight_partial", "half").want(422).says("Between 0 and 100 per cent.")
	b.send("/admin/settings", "weight_partial", "101").want(422).says("Between 1 and 90 days.").says("Between 0 and 100 per cent.")
	b.send("/admin/settings", "past_days", "30", "weight_partial", "50", "show_uptime", "-", "raise_indicator", "1", "listed", "-").want(200)
	if got := h.Snapshot().Page; got.ShowUptime || got.PastDays != 30 || got.Weights.Partial != 50 || got.Weights.Major != 100 || !got.RaiseIndicator || !got.HideFromSearch {
		t.Errorf("readers' side: %+v", got)
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(auth.Viewer)
	other := &browser{t: t, handler: h.handler}
	other.open("/admin/signin?next=/admin/services")
	other.send("/admin/signin", "email", "viewer@callrail.example", "password", "wrong").want(422).says("E-mail and password do not match.")
	other.send("/admin/signin", "password", password).want(200)
	if other.at.Path != "/admin/services" {
		t.Errorf("at %s", other.at)
	}
	b.open("/admin/account").want(200)
	b.send("/admin/account/password", "old", "wrong", "password", "a new and longer sentence").want(422).says("This is not your current password.")
	b.send("/admin/account/password", "old", password, "password", "a new and longer sentence").want(200).says("Your password is changed.")
	if other.open("/admin"); other.at.Path != "/admin/signin" {
		t.Errorf("the other device is still signed in, at %s", other.at)
	}
	b.send("/admin/signout").want(200)
	if b.open("/admin"); b.at.Path != "/admin/signin" {
		t.Errorf("still signed in, at %s", b.at)
	}
}

func TestViewer_seesAndChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	b := h.as(auth.Viewer)
	for _, path := range []string{"/admin", "/admin/incidents", "/admin/incidents/" + i.Code, "/admin/incidents/" + i.Code + "/postmortem", "/admin/updates/" + i.Story().Updates[0].Code, "/admin/maintenance", "/admin/services", "/admin/subscribers", "/admin/account"} {
		b.open(path).want(200)
		for _, f := range b.page().FindAll("form[method=post]") {
			if a := f.Attr("action"); a != "/admin/signout" && !strings.HasPrefix(a, "/admin/account") && f.Has("button") {
				t.Errorf("%s offers a viewer %s", path, a)
			}
		}
	}
	for _, path := range []string{"/admin/incidents/new", "/admin/services/new", "/admin/settings", "/admin/team", "/admin/outbox"} {
		b.open(path).want(403)
	}
	b.do("POST", "/admin/incidents/"+i.Code+"/updates", map[string][]string{"body": {"x"}}).want(403)
}

func TestPreview_answersTheScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	_, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader("email\ndana@bright-dental.example\n"), "asked by phone")
	h.ok(err)
	h.At("14:08")
	b := h.as(auth.Responder)
	b.do("POST", "/admin/preview", map[string][]string{"text": {"**{services}** until {next}. <b>"}, "next_update_by": {"30"}, "telling": {"new"}, "components": {c.Code}}).want(200)
	page := b.page()
	if got := page.Find("#text strong").Text(); got != "Call routing" {
		t.Errorf("rendered %s", b.body)
	}
	if got := page.Find("#filled").Text(); got != "**Call routing** until 14:38 EDT. <b>" {
		t.Errorf("filled %q", got)
	}
	if got := page.Find("#tell").Attr("data-people"); got != "1 person" {
		t.Errorf("reaches %q", got)
	}
	b.do("POST", "/admin/preview", map[string][]string{"text": {strings.Repeat("x", 25001)}}).want(422).says("At most 25000 characters.")
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token, err := h.Auth.NewSetupToken(t.Context())
	h.ok(err)
	b := &browser{t: t, handler: h.handler}
	b.open("/setup/wrong").want(404)
	b.open("/setup/" + token).want(200)
	b.send("/setup/"+token, "name", "Eve", "email", "eve@larkline", "password", "short", "page_name", "Larkline", "services", "").want(422)
	for _, says := range []string{"This address has no ending.", "At least 15 characters.", "Write what your customers rely on"} {
		b.says(says)
	}
	b.send("/setup/"+token, "email", "eve@larkline.example", "password", password, "services", "Calls:\nRouting\nTracking", "sender_address", "status@larkline.example", "postal_address", "12 Harbor Street").want(200)
	if b.at.Path != "/admin" {
		t.Fatalf("at %s", b.at)
	}
	b.says("Your page is live.").says("Eve · Owner")
	if s := h.Snapshot(); s.Page.Name != "Larkline" || len(s.Components()) != 2 {
		t.Errorf("page %q with %d services", s.Page.Name, len(s.Components()))
	}
	b.open("/setup/" + token).want(404)
}

// A database that cannot be written refuses in words, and the text is still in
// the form.
func TestPost_databaseThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.")
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code
	b.open(at)
	unlock := lock(t, h.Path)
	b.send(at+"/updates", "body", "Nobody must type this twice.").want(503).says("Not saved")
	if got := b.page().Find("#p-body").Text(); got != "Nobody must type this twice." {
		t.Errorf("the form holds %q", got)
	}
	unlock()
	h.ok(h.DB.Heal(t.Context()))
	b.send(at + "/updates").want(200)
	if got := texts(i.Story()); len(got) != 2 {
		t.Errorf("the page says %q", got)
	}
}

func TestNow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(auth.Responder)
	b.open("/admin").want(200).says("All quiet. There was no incident yet.").says("Add what your customers rely on.")
	c := h.Component("Call routing")
	i := h.Reports("Calls fail", "We know.", statustest.Is(c, components.MajorOutage))
	b.open("/admin").says("1 incident is open").says("Public page says: Call routing is down")
	b.send("/admin/incidents/"+i.Code+"/updates", "body", "Better.", "state", "resolved").want(200)
	if got := h.Snapshot().Components()[0].Status; got != components.Operational {
		t.Errorf("the service is %s", got)
	}
	_, err := h.Desk.SavePostmortem(t.Context(), h.Staff, incidents.SavePostmortem{Page: h.Page.ID, Incident: i.Code, Body: "Draft."})
	h.ok(err)
	b.open("/admin").says("All quiet. Last incident resolved May 14, 2018.").says("Postmortem draft")
	if got := b.page().Find(".list a[href=" + view.AdminURL(incidents.KindIncident, i.Code) + "/postmortem]").Text(); got != "Go on writing" {
		t.Errorf("the draft's link says %q", got)
	}
}
