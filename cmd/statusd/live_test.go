package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/statustest"
)

// until waits for something that script says of the page.
func (b person) until(what, script string) {
	b.t.Helper()
	for range 200 {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script)); err == nil && ok {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("waited for %s\non the page:\n%s", what, b.says("body"))
}

func (b person) script(code string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`String(`+code+`)`))
	if err != nil {
		b.t.Fatalf("%s: %v", code, err)
	}
	return s
}

// A page that is open follows what is posted: at once where nobody is reading
// further down, offered where somebody is, and honest when the server is gone.
func TestBrowser_aPageThatIsOpenFollows(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	p.setUp("CallRail", "America/New_York", "Calls:\nCall Routing\nCall Recording\nBackup Call Routing\nTracking\nReports\nDashboard\nWebhooks\nMobile app")
	b := person{t, statustest.Browser(t, statustest.Window(360, 740))}
	b.open(p.base + "/")
	b.until("the stream", `document.querySelector(".live").hidden === false`)
	b.script(`(document.querySelector("main").before = "kept", window.stayed = "yes")`)

	p.must("", "post", "--new", "Calls fail", "--body", "We look.", "--component", "Calls / Call Routing=major_outage")
	b.until("the new headline", `document.querySelector("h1").innerText === "Call Routing is down"`)
	if got := b.script(`window.stayed + " " + scrollY + " " + document.title`); got != "yes 0 Call Routing is down · CallRail status" {
		t.Errorf("the page was loaded anew, or jumped: %s", got)
	}
	if got := b.script(`document.getElementById("say").textContent`); got != "Call Routing is down" {
		t.Errorf("announced %q", got)
	}
	if got := b.script(`document.querySelector("link[rel=icon]").href`); !strings.Contains(got, "favicon-down") {
		t.Errorf("the tab shows %s", got)
	}

	// Buttons that need script are there with it, also on a page that was put in place.
	b.open(p.base + "/history")
	b.open(p.base + b.script(`document.querySelector("main h3 a").getAttribute("href")`))
	b.until("the buttons", `[...document.querySelectorAll("[data-do]")].every((b) => !b.hidden)`)
	b.script(`(navigator.share = undefined, navigator.clipboard.writeText = async (s) => { window.copied = s; }, document.querySelector("[data-do=share]").click())`)
	b.until("the link", `window.copied === document.querySelector("link[rel=canonical]").href && document.getElementById("say").textContent === "Link copied"`)
	b.open(p.base + "/")
	b.until("the stream", `document.querySelector(".live").hidden === false`)

	// Times in the reader's own zone carry it, and nothing says any more that they are in the page's.
	b.script(`document.querySelector("[data-zone]").click()`)
	if got := b.script(`/\b\d\d:\d\d (UTC|GMT\S*|[A-Z]{2,5})$/.test(document.querySelector(".ups time").innerText) + " " + document.querySelector(".foot p").innerText`); got != "true Use the page's time" {
		t.Errorf("in the reader's own zone: %s, %s", got, b.script(`document.querySelector(".ups time").innerText`))
	}
	b.script(`document.querySelector("[data-zone]").click()`)
	if got := b.says(".foot p"); !strings.HasPrefix(got, "Times are in America/New_York") {
		t.Errorf("back in the page's zone: %s", got)
	}

	b.script(`scrollTo(0, 600)`)
	p.must("", "post", "--new", "Reports are late", "--body", "We look there too.")
	b.until("the offer", `!!document.querySelector(".live button")`)
	if got := b.script(`document.body.innerText.includes("Reports are late") + " " + (scrollY > 500)`); got != "false true" {
		t.Errorf("changed under a reader's eyes: %s", got)
	}
	b.do("take the offer", chromedp.Click(chromedp.CSS(".live button")))
	b.until("the second report", `document.body.innerText.includes("Reports are late")`)

	p.stop()
	b.until("the truth", `document.querySelector(".live").innerText.startsWith("Not live")`)
	p.start()
	b.until("life again", `document.querySelector(".live").innerText === "Live"`)
}

func TestBrowser_daysOfAStripAreReadOut(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	p.setUp("CallRail", "America/New_York", "Call Routing")
	p.must("", "post", "--new", "Calls fail", "--body", "We look.", "--component", "Call Routing=major_outage", "--started", time.Now().UTC().Add(-50*time.Hour).Format(time.RFC3339), "--at", time.Now().UTC().Add(-50*time.Hour).Format(time.RFC3339))
	b := person{t, statustest.Browser(t, statustest.Window(1280, 800))}
	b.open(p.base + "/")
	b.until("the script", `document.querySelector(".live").hidden === false`)
	b.script(`document.querySelector(".strip").focus()`)
	b.do("look at today", chromedp.KeyEvent("\u0303")) // ArrowRight
	if got := b.script(`document.getElementById("say").textContent`); !strings.Contains(got, "Down for") || !strings.Contains(got, "Calls fail") {
		t.Errorf("today: %q", got)
	}
	b.do("look a week back", chromedp.KeyEvent("\u0308")) // PageUp
	if got := b.script(`document.getElementById("say").textContent + "|" + document.querySelector(".tip").hidden`); !strings.Contains(got, "No data yet") || !strings.HasSuffix(got, "|false") {
		t.Errorf("a week ago: %q", got)
	}
}
