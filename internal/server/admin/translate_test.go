package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestTranslate_anUpdateAndATitle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We look for *the cause*.", statustest.Is(h.Component("API"), components.MajorOutage))
	u := i.Story().Updates[0]
	b := h.as(auth.Responder)
	b.open("/admin/incidents/" + i.Code)
	at := "/admin/updates/" + u.Code + "/translations"
	if !b.page().Has("#u-" + u.Code + " a[href=" + at + "]") {
		t.Error("the update does not lead to its translations")
	}
	b.open(at).want(200).says("We look for the cause.").says("Deutsch").says("العربية")
	if got := len(b.page().FindAll("textarea")); got != 8 || b.page().Has("[name=text_en]") {
		t.Errorf("%d fields, and one in the page's own language: %v", got, b.page().Has("[name=text_en]"))
	}
	if f := b.page().Find("[name=text_ar]"); f.Attr("lang") != "ar" || f.Attr("dir") != "rtl" {
		t.Errorf("the Arabic field is %q %q", f.Attr("lang"), f.Attr("dir"))
	}
	b.send(at, "text_de", "Wir suchen\r\n*die Ursache*.").want(200).says("Saved. Readers of these languages see it.").says("Also in Deutsch.")
	german := func() *snapshot.Incident { return h.Snapshot().In("de", snapshot.ByReader).Incident(i.Code) }
	if got := german().Updates[0]; got.Body != "Wir suchen\n*die Ursache*." || !got.Translated {
		t.Errorf("a German reads %q", got.Body)
	}

	// The original is corrected: staff see that the translation is older.
	b.open("/admin/updates/" + u.Code)
	b.send("/admin/updates/"+u.Code, "body", "We found *the cause*.").want(200).says("Older than the wording, so readers get the original: Deutsch.")
	b.open(at).says("Made from an older wording").says("The responder, May 14, 2018")
	b.send(at).want(200) // nothing was touched
	if german().Updates[0].Translated {
		t.Error("a form that nobody touched made an old translation new")
	}
	b.open(at).send(at, "still_de", "1").want(200).says("Also in Deutsch.")
	if got := german().Updates[0].Body; got != "Wir suchen\n*die Ursache*." {
		t.Errorf("a German reads %q", got)
	}

	at = "/admin/incidents/" + i.Code + "/translations"
	b.open(at).want(200)
	if b.page().Has("[value=postmortem]") {
		t.Error("a postmortem that there is not is to be translated")
	}
	b.send(at, "text_de", strings.Repeat("x", 201)).want(422).says("201")
	if !b.page().Has("#i-text_de[aria-invalid=true]") {
		t.Error("the field is not marked")
	}
	b.send(at, "text_de", " Anrufe scheitern ").want(200).says("Title: Also in Deutsch.")
	if got := german().Title; got != "Anrufe scheitern" {
		t.Errorf("titled %q", got)
	}
}

func TestTranslate_aPostmortemBesideItsTitle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "one")
	i.Posts(incidents.Resolved, "over")
	_, err := h.Desk.PublishPostmortem(t.Context(), h.Staff, incidents.PublishPostmortem{Page: h.Page.ID, Incident: i.Code, Body: "# Why\n\nA fibre was cut."})
	h.ok(err)
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code + "/translations"
	b.open(at).says("A fibre was cut.")
	forms := b.page().FindAll("main form")
	if len(forms) != 2 || forms[1].Find("[name=subject]").Attr("value") != "postmortem" {
		t.Fatalf("%d forms", len(forms))
	}
	v, _ := b.form(at)
	v.Set("subject", "postmortem")
	v.Set("of", forms[1].Find("[name=of]").Attr("value"))
	v.Set("text_pl", "# Dlaczego")
	b.do(http.MethodPost, at, v).want(200).says("Postmortem: Also in Polski.")
	if got := h.Snapshot().In("pl", snapshot.ByReader).Incident(i.Code); got.Postmortem.Body != "# Dlaczego" || got.Title != "Calls fail" {
		t.Errorf("a Pole reads %q under %q", got.Postmortem.Body, got.Title)
	}
	v.Set("subject", "update")
	b.do(http.MethodPost, at, v).want(404)
}

func TestTranslate_aStaleFormIsAConflict(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "one")
	u := i.Story().Updates[0]
	at := "/admin/updates/" + u.Code + "/translations"
	ana, ben := h.as(auth.Responder), h.as(auth.Admin)
	ana.open(at)
	ben.open(at)
	ana.send(at, "text_de", "eins", "text_fr", "un").want(200)
	ben.send(at, "text_pl", "jeden").want(200) // another language is nobody's
	ben.do(http.MethodGet, at, nil)
	ana.open(at)
	ana.send(at, "text_de", "EINS").want(200)
	ben.send(at, "text_de", "Eins.").want(409).says("Somebody translated this while you were typing.").says("EINS").says("translated it into Deutsch")
	got, _ := ben.form(at)
	if got.Get("text_de") != "Eins." || got.Get("text_fr") != "un" {
		t.Errorf("the form came back with %q, %q", got.Get("text_de"), got.Get("text_fr"))
	}
	// What he did not touch and she changed meanwhile is not turned back.
	ana.open(at).send(at, "text_fr", "un seul").want(200)
	ben.send(at).want(200)
	ben.open(at)
	if got, _ := ben.form(at); got.Get("text_de") != "Eins." || got.Get("text_fr") != "un seul" || got.Get("text_pl") != "jeden" {
		t.Errorf("in the end: %q, %q, %q", got.Get("text_de"), got.Get("text_fr"), got.Get("text_pl"))
	}

	_, err := h.Desk.Correct(t.Context(), h.Staff, incidents.Correct{Page: h.Page.ID, Update: u.Code, Body: "two"})
	h.ok(err)
	ben.send(at, "text_es", "uno").want(409).says("The original was corrected while you were typing.").says("two")
	ben.send(at, "text_es", "dos").want(200)
	if got := h.Snapshot().In("es", snapshot.ByReader).Incident(i.Code).Updates[0].Body; got != "dos" {
		t.Errorf("in Spanish %q", got)
	}
}

func TestTranslate_needsAResponderAndSomethingToTranslate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "one")
	second := i.Posts("", "two")
	h.ok(h.Desk.Withdraw(t.Context(), h.Staff, incidents.Withdraw{Page: h.Page.ID, Update: second.Code}))
	viewer, b := h.as(auth.Viewer), h.as(auth.Responder)
	viewer.open("/admin/incidents/" + i.Code + "/translations").want(403)
	viewer.open("/admin/incidents/" + i.Code).want(200)
	if viewer.page().Has("a[href=/admin/incidents/" + i.Code + "/translations]") {
		t.Error("a viewer is offered to translate")
	}
	b.open("/admin/updates/" + second.Code + "/translations").want(404)
	b.open("/admin/updates/nosuchupdate/translations").want(404)
	plan, err := h.Desk.Plan(t.Context(), h.Staff, incidents.Plan{Page: h.Page.ID, Title: "Upgrade", Body: "Slow.", Components: []string{h.Component("API").Code}, Start: h.Clock.Now().Add(3600e9), End: h.Clock.Now().Add(7200e9)})
	h.ok(err)
	at := "/admin/maintenance/" + plan.Code + "/translations"
	b.open(at).send(at, "text_ja", "更新").want(200).says("Title: Also in 日本語.")
}

func TestServices_areNamedInOtherLanguages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Group("Voice", "Call routing")[0]
	b := h.as(auth.Admin)
	at := "/admin/services/" + c.Code
	b.open(at).want(200).says("In other languages")
	b.send(at, "name_de", strings.Repeat("x", 101)).want(422)
	if !b.page().Has("details[open] #s-name_de[aria-invalid=true]") {
		t.Error("the fold hides the refused field")
	}
	b.open(at).send(at, "name_de", "Anrufverteilung", "description_de", "Verteilt Anrufe").want(200)
	b.open(at).says("In other languages Deutsch")
	// Status by hand and a second form leave the names alone; a stale one is asked about.
	b.send(at+"/status", "status", "down").want(200)
	ben := h.as(auth.Owner)
	ben.open(at)
	b.open(at).send(at, "name_pl", "Rozdzielanie").want(200)
	ben.send(at, "name_pl", "Inny").want(409)
	got := h.Snapshot()
	if de, pl := got.In("de", snapshot.ByReader).Component(c.Code), got.In("pl", snapshot.ByReader).Component(c.Code); de.Name != "Anrufverteilung" || de.Description != "Verteilt Anrufe" || pl.Name != "Rozdzielanie" {
		t.Errorf("called %q (%q) and %q", de.Name, de.Description, pl.Name)
	}
	groups, _, err := components.Store{DB: h.DB}.List(t.Context(), h.Page.ID)
	h.ok(err)
	at = "/admin/groups/" + groups[0].Code
	b.open(at).send(at, "name_de", "Telefonie").want(200)
	b.open(at)
	if form, _ := b.form(at); form.Get("name_de") != "Telefonie" {
		t.Errorf("the form says %q", form.Get("name_de"))
	}
	if got := h.Snapshot().In("de", snapshot.ByReader).Groups[0].Name; got != "Telefonie" {
		t.Errorf("the group is called %q", got)
	}
}
