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

const (
	causeFound = "We have found the cause and are working on a fix. We will write again by 14:38 EDT."
	allGood    = "This is resolved. Everything works as usual again."
)

func TestSnippet_neverReplacesATypedWord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	h.At("14:08")
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code
	shows := func(want string) {
		t.Helper()
		if got := strings.TrimPrefix(b.page().Find("#p-body").Text(), "\n"); got != want {
			t.Errorf("the field holds %q, want %q", got, want)
		}
	}
	b.open(at)
	b.send(at+"/updates", "snippet", "2").want(200)
	shows(causeFound)
	b.send(at+"/updates", "snippet", "4").want(200)
	shows(allGood) // one ready sentence takes the place of another
	b.send(at+"/updates", "body", "It was the carrier.", "snippet", "2").want(200)
	shows("It was the carrier. " + causeFound)
	form, _ := b.form(at + "/updates")
	if got, want := form.Get("body"), "\nIt was the carrier.\n\n"+causeFound; strings.TrimPrefix(got, "\n") != strings.TrimPrefix(want, "\n") || form.Get("state") != "identified" {
		t.Errorf("the form holds %q and %s, want %q and identified", got, form.Get("state"), want)
	}
	b.send(at+"/updates", "snippet", "4").want(200) // below typed words too
	shows("It was the carrier. " + allGood)
	b.send(at+"/updates", "snippet", "2").want(200)
	form, _ = b.form(at + "/updates")
	b.send(at+"/updates", "body", strings.Replace(form.Get("body"), "the carrier", "our carrier", 1), "snippet", "4").want(200) // and when these were touched
	b.send(at + "/updates").want(200)
	if got, want := texts(i.Story())[1], "It was our carrier.\n\n"+allGood; got != want {
		t.Errorf("posted %q, want %q", got, want)
	}
}

// Without script the field shows the sentence as it would be sent. Nobody touched it: so it is filled in once more when it is
// sent, with the services that were chosen meanwhile and a promise that counts from that moment.
func TestReport_placeholdersAreNeverShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.Component("Call routing")
	h.At("14:08")
	b := h.as(auth.Responder)
	open := func(want string) {
		t.Helper()
		page := b.page()
		if got := page.Find("#r-body").Text(); got != want {
			t.Errorf("the field holds %q, want %q", got, want)
		}
		for _, n := range page.FindAll("[placeholder]") {
			if strings.Contains(n.Attr("placeholder"), "{") {
				t.Errorf("a field is described as %q", n.Attr("placeholder"))
			}
		}
	}
	b.open("/admin/incidents/new").want(200)
	open("We are looking into a problem with our services. We will write again by 14:38 EDT.")
	b.send("/admin/incidents", "components", c.Code, "preview", "1").want(200)
	open("We are looking into a problem with Call routing. We will write again by 14:38 EDT.")
	b.send("/admin/incidents", "snippet", "1", "next_update_by", "none").want(200)
	open("Some customers cannot reach Call routing. We are looking into it.")
	h.At("14:20")
	b.send("/admin/incidents", "next_update_by", "15").want(200)
	if got, want := texts(h.only(incidents.KindIncident))[0], "Some customers cannot reach Call routing. We are looking into it. We will write again by 14:35 EDT."; got != want {
		t.Errorf("published %q, want %q", got, want)
	}
}

func TestReport_aTouchedSentenceIsSentAsItStands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Component("Call routing")
	h.At("14:08")
	b := h.as(auth.Responder)
	b.open("/admin/incidents/new").want(200)
	typed := "We are looking into a problem with our services. We will write again by 14:38 EDT, or sooner."
	b.send("/admin/incidents", "title", "Calls fail", "body", typed, "preview", "1").want(200)
	h.At("14:20")
	b.send("/admin/incidents").want(200)
	if got := texts(h.only(incidents.KindIncident))[0]; got != typed {
		t.Errorf("published %q, want %q", got, typed)
	}
}

func TestScript_snippetNeverReplacesATypedWord(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	p.At("14:08")
	p.do(chromedp.Navigate(p.base + "/admin/incidents/" + i.Code))
	p.tap(`[data-text][value="2"]`)
	p.until(`document.querySelector("#p-body").value === "` + causeFound + `"`)
	p.tap(`[data-text][value="4"]`)
	p.until(`document.querySelector("#p-body").value === "` + allGood + `"`)
	p.do(chromedp.SendKeys(chromedp.CSS("#p-body"), " Sorry."))
	p.tap(`[data-text][value="2"]`)
	p.until(`document.querySelector("#p-body").value === "` + allGood + ` Sorry.\n\n` + causeFound + `"`)
	p.tap(`[data-text][value="4"]`)
	p.until(`document.querySelector("#p-body").value === "` + allGood + ` Sorry.\n\n` + allGood + `"`)
	p.tap(`[data-text][value="2"]`)
	p.until(`document.querySelector("#p-body").value === "` + allGood + ` Sorry.\n\n` + causeFound + `"`)
	p.eval(`(f => { f.focus(); f.setSelectionRange(0, 0); return "" })(document.querySelector("#p-body"))`)
	p.do(chromedp.KeyEvent("So: "))
	p.until(`document.querySelector("#p-body").value.startsWith("So: ")`)
	p.tap(`[data-text][value="4"]`)
	p.until(`document.querySelector("#p-body").value === "So: ` + allGood + ` Sorry.\n\n` + allGood + `"`)
}
