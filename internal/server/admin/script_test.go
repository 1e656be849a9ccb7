package admin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// phone is a real browser in which a responder is signed in.
type phone struct {
	*house
	ctx  context.Context
	base string
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	var handler http.Handler
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	base := "http://" + srv.Listener.Addr().String()
	p := &phone{house: newHouseAt(t, base), base: base, ctx: statustest.Browser(t, statustest.Window(360, 800))}
	handler = p.handler
	srv.Start()
	t.Cleanup(srv.Close)
	_, err := p.Auth.Invite(t.Context(), p.Staff, p.Page.ID, auth.NewStaff{Email: "ben@callrail.example", Name: "Ben", Password: password, Role: auth.Responder})
	p.ok(err)
	p.watch(t)
	p.do(chromedp.Navigate(base+"/admin/signin"),
		chromedp.SendKeys(chromedp.CSS("[name=email]"), "ben@callrail.example"), chromedp.SendKeys(chromedp.CSS("[name=password]"), password),
		chromedp.Click(chromedp.CSS("form .btn")), chromedp.WaitReady(chromedp.CSS("nav.tabs")))
	return p
}

// watch fails the test when the browser complains: a script that broke, or
// something that the content policy blocked.
func (p *phone) watch(t *testing.T) {
	var mu sync.Mutex
	over := false
	t.Cleanup(func() { mu.Lock(); over = true; mu.Unlock() })
	go func() {
		for m, err := range chromedp.Console(p.ctx) {
			mu.Lock()
			if err != nil || over {
				mu.Unlock()
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" {
				t.Errorf("the browser says: %+v", m)
			}
			mu.Unlock()
		}
	}()
}

func (p *phone) do(steps ...chromedp.Action[chromedp.Void]) {
	p.T.Helper()
	ctx, stop := context.WithTimeout(p.ctx, 20*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.T.Fatal(err)
	}
}

// tap taps what matches, once it can be tapped.
func (p *phone) tap(selector string) {
	p.T.Helper()
	p.do(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

func (p *phone) eval(expression string) string {
	p.T.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		p.T.Fatal(err)
	}
	return got
}

// until waits for an expression to hold, also across the loading of a page.
func (p *phone) until(expression string) {
	p.T.Helper()
	var last error
	for range 200 {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if ok && err == nil {
			return
		}
		last = err // while a page loads there is nothing to ask
		p.do(chromedp.Sleep(50 * time.Millisecond))
	}
	p.T.Fatalf("waited for %s (%v)\n%s", expression, last, p.eval("document.body.innerText"))
}

func TestScript_threeTapsOnAPhone(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.Component("Call routing")
	p.Component("Dashboard")
	p.At("14:08")
	p.do(chromedp.Navigate(p.base + "/admin"))
	p.tap(".tabs .btn")
	p.until(`document.querySelector("[data-go]").disabled`)
	p.tap(".seg label")
	p.until(`document.querySelector("[name=title]").value === "Problems with Call routing"`)
	p.until(`document.querySelector("[name=body]").value === "We are looking into a problem with Call routing. We will write again by 14:38 EDT."`)
	p.until(`document.querySelector(".inc [data-p=text]").innerText.trim() === document.querySelector("[name=body]").value`)
	if got := p.eval(`document.querySelector("[data-go]").innerText`); got != "Publish" {
		t.Errorf("the button says %q", got)
	}
	p.At("14:10") // the promise counts from the tap
	p.tap("[data-go]")
	p.until(`document.querySelector(".toast") !== null`)
	s := p.only(incidents.KindIncident)
	if got := texts(s)[0]; got != "We are looking into a problem with Call routing. We will write again by 14:40 EDT." {
		t.Errorf("published %q", got)
	}
	if got := p.eval("location.search"); got != "" {
		t.Errorf("the address would say it again: %q", got)
	}
}

func TestScript_whatWasTypedSurvivesUntilItWasSent(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	page := p.base + "/admin/incidents/" + i.Code
	p.do(chromedp.Navigate(page), chromedp.SendKeys(chromedp.CSS("#p-body"), "Nobody must type **this** twice."))
	p.until(`document.querySelector("#post [data-p=text] strong")?.innerText === "this"`)
	p.until(`Object.keys(localStorage).length === 1`)
	p.do(chromedp.Navigate(p.base+"/admin"), chromedp.Navigate(page))
	p.until(`document.querySelector("#p-body").value === "Nobody must type **this** twice."`)
	p.until(`!document.querySelector("[data-restored]").hidden`)
	p.tap("#post [data-go]")
	p.until(`document.querySelectorAll(".ups > li").length === 2`)
	if got := p.eval("String(Object.keys(localStorage).length) + document.querySelector('#p-body').value"); got != "0" {
		t.Errorf("kept after it was sent: %q", got)
	}
	if got := texts(i.Story())[1]; got != "Nobody must type **this** twice." {
		t.Errorf("posted %q", got)
	}
}

func TestScript_allGoodAgain(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	p.do(chromedp.Navigate(p.base + "/admin"))
	p.tap(`[data-text][value="4"]`)
	p.until(`document.querySelector("[name=state]:checked").value === "resolved"`)
	p.tap("[data-go]")
	p.until(`location.pathname === "/admin/incidents/` + i.Code + `"`)
	s := i.Story()
	if s.Incident.State != incidents.Resolved || !strings.HasPrefix(texts(s)[1], "This is resolved.") {
		t.Errorf("it is %s: %q", s.Incident.State, texts(s))
	}
	if got := p.Snapshot().Components()[0].Status; got != components.Operational {
		t.Errorf("the service is %s", got)
	}
}
