package admin_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// keeps waits until this device holds a draft with the text.
func (p *phone) keeps(text string) {
	p.T.Helper()
	p.until(`Object.values(localStorage).some(v => v.includes(` + "`" + text + "`" + `))`)
}

func TestScript_draftKeepsATypedTitle(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.Component("Call routing")
	p.Component("Dashboard")
	at := p.base + "/admin/incidents/new"
	title := `document.querySelector("[name=title]").value`
	p.do(chromedp.Navigate(at))
	p.tap(".seg label")
	p.until(title + ` === "Problems with Call routing"`)
	p.keeps(`components`)
	p.do(chromedp.Navigate(p.base+"/admin"), chromedp.Navigate(at))
	p.until(title + ` === "Problems with Call routing"`)
	p.tap(".seg label:nth-child(2)")
	p.until(title + ` === "Problems with Call routing and Dashboard"`) // an automatic one still follows

	p.eval(`(f => { f.focus(); f.select(); return "" })(document.querySelector("[name=title]"))`)
	p.do(chromedp.KeyEvent("Calls drop"))
	p.until(title + ` === "Calls drop"`)
	p.keeps("Calls drop")
	p.do(chromedp.Navigate(p.base+"/admin"), chromedp.Navigate(at))
	p.until(`!document.querySelector("[data-restored]").hidden`)
	p.until(title + ` === "Calls drop"`)
	p.tap(".seg label:nth-child(2)")
	p.do(chromedp.Sleep(500e6))
	if got := p.eval(title); got != "Calls drop" {
		t.Errorf("the typed title became %q", got)
	}
}

func TestScript_draftNeverTurnsAnIncidentBack(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := p.Component("Call routing")
	i := p.Reports("Calls fail", "We know.", statustest.Is(c, components.MajorOutage))
	at := p.base + "/admin/incidents/" + i.Code
	p.do(chromedp.Navigate(at), chromedp.SendKeys(chromedp.CSS("#p-body"), "It was the carrier."))
	p.tap(`#post [name=next_update_by][value="60"]`)
	p.tap(`#post [name=notify]`)
	p.keeps("It was the carrier.")
	p.keeps(`"notify","1",false`)
	i.Posts(incidents.Monitoring, "A fix is in.", statustest.Is(c, components.Degraded))
	p.do(chromedp.Navigate(p.base+"/admin"), chromedp.Navigate(at))
	p.until(`document.querySelector("#p-body").value === "It was the carrier."`)
	p.until(`document.querySelector("#post [data-restored]").innerText.includes("It moved on meanwhile: only your words were put back.")`)
	got := p.eval(`["state", "next_update_by", "notify"].map(n => document.querySelector("#post [name=" + n + "]:checked")?.value).join()`)
	if got != "monitoring,30,1" {
		t.Errorf("the form says %q, want monitoring,30,1", got)
	}
}

func TestScript_draftOfTheSameStepSaysNothingOfMoving(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	at := p.base + "/admin/incidents/" + i.Code
	p.do(chromedp.Navigate(at), chromedp.SendKeys(chromedp.CSS("#p-body"), "It was the carrier."))
	p.tap(`#post [name=state][value=identified]`)
	p.tap("#post details.more:has([name=happened_at]) summary")
	p.eval(`(f => { f.value = "2018-05-14T02:10"; f.dispatchEvent(new Event("input", {bubbles: true})); return "" })(document.querySelector("#p-happened_at"))`)
	p.keeps("2018-05-14T02:10")
	p.do(chromedp.Navigate(p.base+"/admin"), chromedp.Navigate(at))
	p.until(`!document.querySelector("#post [data-restored]").hidden`)
	if got := p.eval(`document.querySelector("#post [data-restored]").innerText + document.querySelector("#post [name=state]:checked").value`); got == "" || got[len(got)-10:] != "identified" {
		t.Errorf("restored as %q", got)
	}
	p.until(`!document.querySelector("#post [data-restored]").innerText.includes("moved on")`)
	p.until(`document.querySelector("#p-happened_at").closest("details").open`)
}
