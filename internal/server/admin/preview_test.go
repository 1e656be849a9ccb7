package admin_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// Without script a preview is a new page: it opens at the preview and not at its top.
func TestPreview_opensAtThePreview(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	i.Posts(incidents.Resolved, "It is over.")
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code
	for _, form := range []struct{ page, action string }{
		{"/admin/incidents/new", "/admin/incidents"},
		{"/admin/maintenance/new", "/admin/maintenance"},
		{at, at + "/updates"},
		{at + "/postmortem", at + "/postmortem"},
		{"/admin/updates/" + i.Story().Updates[0].Code, "/admin/updates/" + i.Story().Updates[0].Code},
	} {
		b.open(form.page).want(200)
		buttons := b.page().FindAll("[name=preview]")
		if len(buttons) == 0 {
			t.Errorf("%s has no preview", form.page)
		}
		for _, n := range buttons {
			action, place, _ := strings.Cut(n.Attr("formaction"), "#")
			if action != form.action {
				t.Errorf("%s: the preview is asked of %q, want %q", form.page, action, form.action)
			}
			b.open(form.page)
			b.send(form.action, "title", "Calls fail", "body", "Calls **fail**.", "preview", "1").want(200)
			if got := b.page().Find("#" + place).Text(); place == "" || !strings.Contains(got, "fail") {
				t.Errorf("%s: the preview opens at #%s, which says %q", form.page, place, got)
			}
		}
	}
}

func TestScript_previewKeepsThePlace(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	p.do(chromedp.Navigate(p.base+"/admin/incidents/"+i.Code), chromedp.SendKeys(chromedp.CSS("#p-body"), "It is **here**."))
	p.eval(`String(window.stayed = "yes")`)
	p.tap("#post .row [name=preview]")
	p.until(`document.querySelector("#post [data-p=text] strong")?.innerText === "here"`)
	p.until(`(r => r.top >= 0 && r.bottom <= innerHeight)(document.querySelector("#post [data-p=text]").getBoundingClientRect())`)
	if got := p.eval(`String(window.stayed)`); got != "yes" {
		t.Error("the page was loaded anew")
	}
	if got := p.eval(`document.querySelector("#p-body").value`); got != "It is **here**." {
		t.Errorf("the field holds %q", got)
	}
}

// The bar at the foot of a form does not cover the field that somebody tabs to (WCAG 2.4.11).
func TestScript_theBarCoversNoField(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	for _, name := range []string{"Call routing", "Call recording", "Number tracking", "Dashboard", "Reports", "Webhooks"} {
		p.Component(name)
	}
	for _, size := range [][2]int64{{1280, 900}, {1280, 880}, {1280, 720}, {360, 740}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(p.base+"/admin/incidents/new"))
		p.do(chromedp.SendKeys(chromedp.CSS("[name=title]"), "Calls fail\t"))
		p.until(`document.activeElement.name === "body"`)
		p.until(`document.activeElement.getBoundingClientRect().bottom <= document.querySelector(".bar").getBoundingClientRect().top`)
	}
}
