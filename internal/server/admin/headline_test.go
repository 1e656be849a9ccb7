package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

func TestHeadline_isWrittenAndTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api := h.Component("API")
	h.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	b := h.as(auth.Responder)
	b.open("/admin").says("Made from the services and incidents by itself.")
	b.send("/admin/headline", "headline", "-").want(422).says("Write the sentence, or use the automatic headline.")
	if !b.page().Has("#h-headline[aria-invalid=true]") || !b.page().Has("details[open] #h-headline") {
		t.Error("the refused field is not shown")
	}
	b.send("/admin/headline", "headline", "  A fibre is cut  ").want(200).says("The page says so now.").says("Public page says: A fibre is cut")
	b.says("Written by The responder").says("By itself it would say: API is down")
	if got := h.Snapshot().Headline; got != "A fibre is cut" {
		t.Fatalf("readers see %q", got)
	}
	b.send("/admin/headline/automatic").want(200).says("The headline is the automatic one again.").says("Public page says: API is down")
	if got := h.Snapshot().Headline; got != "" {
		t.Errorf("readers see %q", got)
	}
}

func TestHeadline_aStaleFormIsAskedAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api := h.Component("API")
	i := h.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	ana, ben := h.as(auth.Responder), h.as(auth.Admin)
	ana.open("/admin")
	ben.open("/admin")
	i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	ana.send("/admin/headline", "headline", "Calls fail").want(409).says("has changed since you opened this").says("Public page says: Everything is working")
	if got, _ := ana.form("/admin/headline"); got.Get("headline") != "Calls fail" {
		t.Errorf("what was typed became %q", got.Get("headline"))
	}
	ana.send("/admin/headline", "headline", "Calls work again").want(200)
	ben.send("/admin/headline", "headline", "Ben's").want(409).says("Calls work again")
	ben.send("/admin/headline").want(200).says("Public page says: Ben's")
	// Taking back asks too, and a form that says nothing overwrites nothing.
	form, _ := ana.form("/admin/headline/automatic")
	ana.do(http.MethodPost, "/admin/headline/automatic", form).want(409).says("Ben's")
	ana.send("/admin/headline", "expect", "-", "headline", "Blind").want(409)
	ana.send("/admin/headline/automatic").want(200)
	if got := h.Snapshot().Headline; got != "" {
		t.Errorf("readers see %q", got)
	}
}

func TestHeadline_aViewerOnlySeesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Component("API")
	b := h.as(auth.Viewer)
	b.open("/admin").says("Public page says: Everything is working")
	if _, ok := b.form("/admin/headline"); ok || strings.Contains(b.page().Text(), "Write your own") {
		t.Error("a viewer is offered the form")
	}
	b.do(http.MethodPost, "/admin/headline", nil).want(403)
}
