package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/statustest"
)

// person is somebody with a real browser.
type person struct {
	t   testing.TB
	ctx context.Context
}

func (b person) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v\non the page:\n%s", what, err, b.says("body"))
	}
}

// write replaces what stands in a field by what a person types.
func (b person) write(field, typed string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector(`+strconv.Quote(field)+`).value = ""`)); err != nil {
		b.t.Fatalf("empty %s: %v", field, err)
	}
	b.do("write "+field, chromedp.SendKeys(chromedp.CSS(field), typed))
}

// press presses a button that leads to another page and waits for it.
func (b person) press(button string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(button))); err != nil {
		b.t.Fatalf("press %s: %v\non the page:\n%s", button, err, b.says("body"))
	}
}

func (b person) open(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url))
}

func (b person) says(element string) string {
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`(document.querySelector(`+strconv.Quote(element)+`) || {innerText: "(nothing)"}).innerText`))
	if err != nil {
		return err.Error()
	}
	return s
}

// fits fails the test when the page scrolls sideways.
func (b person) fits(where string) {
	b.t.Helper()
	over, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
	if err != nil || over > 0 {
		b.t.Errorf("%s scrolls sideways by %d px (%v)", where, over, err)
	}
}

// The whole way in a phone's browser: set up, report with three taps, see it in
// public, subscribe, confirm, and get the next update as a real mail.
func TestBrowser_fromTheSetUpToTheMail(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, p *program) {
		mail := statustest.NewMail(t)
		p.env = append(p.env, "STATUSD_SMTP_URL="+mail.URL())
		p.start()
		staff := person{t, statustest.Browser(t, statustest.Window(360, 740))}
		reader := person{t, statustest.Browser(t, statustest.Window(360, 740), statustest.WithoutJavaScript())}

		staff.open(setupLink.FindString(p.out.String()))
		staff.fits("the set-up")
		for field, typed := range map[string]string{
			"[name=name]": "Ana", "[name=email]": "ana@callrail.example", "[name=password]": ownerPassword, "[name=page_name]": "CallRail",
			"[name=time_zone]": "America/New_York", "[name=services]": "Calls:\nCall Routing\nCall Recording",
			"[name=sender_address]": "status@callrail.example", "[name=postal_address]": "100 Peachtree Street, Atlanta",
		} {
			staff.write(field, typed)
		}
		staff.press("main form button.btn")
		if got := staff.says("main"); !strings.Contains(got, "All quiet") {
			t.Errorf("after the set-up staff read:\n%s", got)
		}

		reader.open(p.base + "/")
		if got := reader.says("h1"); got != "Everything is working" {
			t.Errorf("readers read %q", got)
		}
		// The short form is under the button of every page, without script too; what is wrong in it is said on the long one.
		reader.do("get updates", chromedp.Click(chromedp.CSS(".top > button")))
		reader.write("#quick [name=email]", "dana@bright-dental")
		reader.fits("the short form")
		reader.press("#quick button")
		reader.fits("the subscribe page")
		if got := reader.says(".err"); !strings.Contains(got, "no ending") {
			t.Errorf("a wrong address is answered with %q", got)
		}
		reader.write("main [name=email]", "dana@bright-dental.example")
		reader.press("main form button.btn")
		confirm := regexp.MustCompile(`http://\S+/c/\S+`).FindString(mail.Wait(t, 1, time.Minute)[0].Text)
		reader.open(confirm)
		reader.press("main form button")

		// Three taps: report a problem, the service, publish.
		staff.open(p.base + "/admin/incidents/new")
		staff.fits("the composer")
		staff.do("tap a service", chromedp.Click(chromedp.CSS("input[name=components]")))
		if got, err := chromedp.Run(staff.ctx, chromedp.Evaluate[string](`document.querySelector("[name=title]").value`)); err != nil || got != "Problems with Call Routing" {
			t.Errorf("the title filled itself in as %q (%v)", got, err)
		}
		staff.press("[data-go]")
		staff.fits("the incident for staff")
		if got := staff.says("body"); !strings.Contains(got, "Undo") || !strings.Contains(got, "Call Routing") {
			t.Errorf("after publishing staff read:\n%s", got)
		}

		reader.open(p.base + "/")
		reader.fits("the page")
		if got := reader.says("h1"); got != "Call Routing is partly down" {
			t.Errorf("readers read %q", got)
		}
		p.clock(p.now().Add(25 * time.Second))
		got := mail.Wait(t, 2, time.Minute)[1]
		if got.Subject != "Investigating: Problems with Call Routing" || !strings.Contains(got.Text, "We are looking into a problem with Call Routing") {
			t.Errorf("mail %q:\n%s", got.Subject, got.Text)
		}
		shown := regexp.MustCompile(`http://\S+/incidents/[a-z0-9]{12}`).FindString(got.Text)
		reader.open(shown)
		reader.fits("the incident")
		if got := reader.says("ol.ups"); !strings.Contains(got, "We are looking into a problem with Call Routing") {
			t.Errorf("the link of the mail %s leads to:\n%s", shown, got)
		}
		for _, at := range []string{"/history", "/history/" + p.now().Format("2006-01"), "/nothing"} {
			reader.open(p.base + at)
			reader.fits(at)
		}
		for _, at := range []string{"", "/incidents", "/maintenance/new", "/services", "/subscribers", "/outbox", "/team", "/settings", "/account"} {
			staff.open(p.base + "/admin" + at)
			staff.fits("/admin" + at)
		}
	})
}

// Undo within the hold: nobody is mailed and the page takes it back.
func TestBrowser_undoWithinTheHold(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	mail := statustest.NewMail(t)
	p.env = append(p.env, "STATUSD_SMTP_URL="+mail.URL())
	p.start()
	staff := p.setUp("CallRail", "America/New_York", "API")
	p.subscribe(mail, "dana@bright-dental.example")
	staff.open("/admin/incidents/new")
	staff.submit("/admin/incidents", fill{"title": {"Wrong page"}, "body": {"This was meant for another."}}).want(200)
	if got := visit(t, p.base).open("/").page().Text(); !strings.Contains(got, "Wrong page") {
		t.Fatal("the page does not change at once")
	}
	staff.submit("/undo", nil).want(200)
	if got := visit(t, p.base).open("/").page().Find("h1").Text(); got != "Everything is working" {
		t.Errorf("after the undo readers read %q", got)
	}
	p.clock(p.now().Add(time.Minute))
	staff.open("/admin/incidents/new")
	staff.submit("/admin/incidents", fill{"title": {"Right page"}, "body": {"This is meant."}}).want(200)
	p.clock(p.now().Add(25 * time.Second))
	for _, m := range mail.Wait(t, 2, time.Minute)[1:] {
		if !strings.Contains(m.Subject, "Right page") {
			t.Errorf("somebody was told of %q", m.Subject)
		}
	}
	if n := len(mail.Messages()); n != 2 {
		t.Errorf("%d mails, want the confirmation and one update: %s", n, fmt.Sprint(mail.Messages()[1].Subject))
	}
}

// The letter about a postmortem can be stopped while it is held; the postmortem stays.
func TestBrowser_undoOfAPostmortemsLetter(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	mail := statustest.NewMail(t)
	p.env = append(p.env, "STATUSD_SMTP_URL="+mail.URL())
	p.start()
	staff := p.setUp("CallRail", "America/New_York", "API")
	p.subscribe(mail, "dana@bright-dental.example")
	staff.open("/admin/incidents/new")
	staff.submit("/admin/incidents", fill{"title": {"Calls fail"}, "body": {"Over already."}, "state": {"resolved"}, "notify": nil}).want(200)
	code := staff.url.Path[strings.LastIndexByte(staff.url.Path, '/')+1:]
	staff.open("/admin/incidents/" + code + "/postmortem")
	staff.press("/postmortem", "/admin/incidents/"+code+"/postmortem/publish", fill{"body": {"What happened, in short."}, "notify": {"1"}}).want(200)
	staff.submit("/undo", nil).want(200)
	p.clock(p.now().Add(time.Minute))
	staff.post("/admin/incidents/"+code+"/postmortem/undo", nil).want(200) // again is once
	if got := visit(t, p.base).open("/incidents/" + code).page().Find("#postmortem").Text(); !strings.Contains(got, "What happened, in short.") {
		t.Errorf("the postmortem reads %q", got)
	}
	p.must("", "post", "--incident", code, "--body", "A last word.")
	p.clock(p.now().Add(25 * time.Second))
	if got := mail.Wait(t, 2, time.Minute)[1].Subject; !strings.HasPrefix(got, "Update: ") {
		t.Errorf("the letter left all the same: %q", got)
	}
}
