package admin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// Back, another text, the same button: the browser sends the first form's token
// with a second text, which must neither get lost nor be called published.
func TestReport_sentAgainWithAnotherTextIsAskedAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/new")
	form, _ := b.form("/admin/incidents")
	form.Set("components", c.Code)
	b.do(http.MethodPost, "/admin/incidents", form).want(200)
	first := h.only(incidents.KindIncident).Incident.Code
	form.Set("body", "Quite another problem.")
	b.do(http.MethodPost, "/admin/incidents", form).want(409).says("with another text")
	if got := h.only(incidents.KindIncident).Incident.Code; got != first {
		t.Fatal("it was published without being asked about")
	}
	b.send("/admin/incidents").want(200)
	if got := texts(h.only(incidents.KindIncident)); got[0] != "Quite another problem." {
		t.Errorf("published %q", got)
	}
}

func TestPost_sentAgainWithAnotherTextIsAskedAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "one")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/" + i.Code)
	action := "/admin/incidents/" + i.Code + "/updates"
	form, _ := b.form(action)
	form.Set("body", "two")
	b.do(http.MethodPost, action, form).want(200)
	b.do(http.MethodPost, action, form).want(200) // a double tap
	form.Set("body", "three")
	b.do(http.MethodPost, action, form).want(409)
	b.send(action).want(200)
	if got := texts(i.Story()); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("updates %q", got)
	}
}

// Two people begin the postmortem of the same incident: the second to save has
// not seen the first one's text.
func TestPostmortem_beganByTwo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "one")
	i.Posts(incidents.Resolved, "over")
	at := "/admin/incidents/" + i.Code + "/postmortem"
	ana, ben := h.as(auth.Responder), h.as(auth.Admin)
	ana.open(at)
	ben.open(at)
	ana.send(at, "body", "What Ana found.").want(200)
	ben.send(at, "body", "What Ben found.").want(409).says("What Ana found.").says("What Ben found.")
	if got := i.Story().Postmortem.Draft; got != "What Ana found." {
		t.Errorf("the draft is %q", got)
	}
	ben.send(at).want(200)
	if got := i.Story().Postmortem.Draft; got != "What Ben found." {
		t.Errorf("told and pressed again, the draft is %q", got)
	}
}

func TestForms_withoutARevisionOverwriteNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "one")
	u := i.Story().Updates[0]
	b := h.as(auth.Responder)
	b.open("/admin/updates/" + u.Code)
	b.send("/admin/updates/"+u.Code, "body", "two", "expect", "-").want(409)
	b.open("/admin/incidents/" + i.Code + "/edit")
	b.send("/admin/incidents/"+i.Code+"/edit", "title", "two", "expect", "-").want(409)
	if s := i.Story(); s.Incident.Title != "Calls fail" || s.Updates[0].Body != "one" {
		t.Errorf("now %q: %q", s.Incident.Title, s.Updates[0].Body)
	}
}

func TestServices_aStaleFormIsAConflict(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	at := "/admin/services/" + c.Code
	ana, ben := h.as(auth.Admin), h.as(auth.Owner)
	ana.open(at)
	ben.open(at)
	ana.send(at, "description", "Hers").want(200)
	if err := h.Desk.SetStatus(t.Context(), h.Staff, h.Page.ID, c.Code, components.Degraded); err != nil {
		t.Fatal(err)
	}
	ben.send(at, "name", "Routing").want(409).says("Somebody changed this while you were typing")
	if got, _ := ben.form(at); got.Get("name") != "Routing" {
		t.Errorf("what was typed became %q", got.Get("name"))
	}
	ben.send(at).want(200)
	if got := h.Snapshot().Components()[0].Name; got != "Routing" {
		t.Errorf("named %q", got)
	}
	// A status that moves meanwhile is no reason to ask.
	ana.open(at)
	if err := h.Desk.SetStatus(t.Context(), h.Staff, h.Page.ID, c.Code, components.Operational); err != nil {
		t.Fatal(err)
	}
	ana.send(at, "description", "Hers again").want(200)
}

func TestGroups_aStaleFormIsAConflict(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g, err := h.Desk.AddGroup(t.Context(), h.Staff, h.Page.ID, "Voice", "")
	if err != nil {
		t.Fatal(err)
	}
	at := "/admin/groups/" + g.Code
	ana, ben := h.as(auth.Admin), h.as(auth.Owner)
	ana.open(at)
	ben.open(at)
	ana.send(at, "name", "Calls").want(200)
	ben.send(at, "name", "Telephony").want(409)
	ben.send(at).want(200)
	groups, _, err := components.Store{DB: h.DB}.List(t.Context(), h.Page.ID)
	if err != nil || groups[0].Name != "Telephony" {
		t.Errorf("named %q, %v", groups[0].Name, err)
	}
}

// What is prepared in hiding must not be noticed from outside: not by a name,
// and not by a page that says it changed.
func TestServices_hiddenOnesAreNotNoticed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Component("Call routing")
	was := h.Snapshot()
	h.Clock.Advance(time.Minute)
	b := h.as(auth.Admin)
	b.open("/admin/services/new")
	b.send("/admin/services/new", "name", "Project Zeus", "hidden", "1").want(200)
	_, all, err := components.Store{DB: h.DB}.List(t.Context(), h.Page.ID)
	h.ok(err)
	secret := all[1]
	at := "/admin/services/" + secret.Code
	b.open(at).send(at, "description", "Soon").want(200)
	b.open(at).send(at+"/status", "status", "down").want(200)
	b.open("/admin/groups/new")
	b.send("/admin/groups/new", "name", "Olympus").want(200)
	h.Shelf.Tick(t.Context())
	if now := h.Snapshot(); now.Version != was.Version || !now.ChangedAt.Equal(was.ChangedAt) {
		t.Errorf("version %d, changed %v; was %d, %v", now.Version, now.ChangedAt, was.Version, was.ChangedAt)
	}

	b.open("/admin/incidents/new")
	b.send("/admin/incidents", "components", secret.Code).want(422).says("hidden from readers")
	b.send("/admin/incidents", "title", "Trouble with {services}", "body", "Since noon {services} fail.").want(200)
	s := h.only(incidents.KindIncident)
	if all := s.Incident.Title + strings.Join(texts(s), " "); strings.Contains(all, "Zeus") || !strings.Contains(all, "our services") {
		t.Errorf("published %q", all)
	}
	if seen := (statustest.Incident{Site: h.Site, Code: s.Incident.Code}).Seen(); seen.Impact != components.None {
		t.Errorf("impact %s of services that nobody sees", seen.Impact)
	}
	b.open(at).send(at, "hidden", "-").want(200)
	if now := h.Snapshot(); now.Version == was.Version || len(now.Components()) != 2 {
		t.Errorf("shown: version %d, %d components", now.Version, len(now.Components()))
	}
}

func TestPlan_refusesWhatIsOverAlready(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	b := h.as(auth.Responder)
	b.open("/admin/maintenance/new")
	b.send("/admin/maintenance", "title", "Upgrade", "body", "Slow.", "components", c.Code, "start", "2018-05-10T10:00", "end", "2018-05-10T11:00").want(422).says("This would already be over.")
}
