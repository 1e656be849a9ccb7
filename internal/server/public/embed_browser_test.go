package public_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

// window is a browser that looks at other people's pages.
type window struct {
	t   *testing.T
	ctx context.Context
}

func (w window) open(url string) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, chromedp.Navigate(url)); err != nil {
		w.t.Fatal(err)
	}
}

func (w window) says(script string) string {
	w.t.Helper()
	s, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`Promise.resolve(`+script+`).then(String)`, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	return s
}

// until waits for what a script says to be as wanted.
func (w window) until(script, want string) {
	w.t.Helper()
	var got string
	for range 200 {
		if got = w.says(script); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.t.Fatalf("%s: got %q, want %q", script, got, want)
}

// complaints are what the browser found against the policy of the page.
const complaints = `new Promise((ok) => {
	const seen = [];
	new ReportingObserver((all) => all.forEach((r) => seen.push(r.body.effectiveDirective + " " + r.body.blockedURL)), {types: ["csp-violation"], buffered: true}).observe();
	setTimeout(() => ok(seen.join(", ")), 300);
})`

// elsewhere is a page of another site, with the strictest policy under which an
// embed can be there at all.
func elsewhere(t *testing.T, status, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src %[1]s; connect-src %[1]s; img-src %[1]s; frame-src %[1]s; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'", status))
		w.Header().Set("Cross-Origin-Embedder-Policy", "credentialless")
		_, _ = fmt.Fprintf(w, "<!doctype html><html lang=en><title>Elsewhere</title><body><h1>Their app</h1>%s", body) // the browser may be gone
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func (h house) served() string {
	s := httptest.NewServer(h.handler)
	h.t.Cleanup(s.Close)
	return s.URL
}

const banner = `document.querySelector("body > div").shadowRoot.querySelector("[role=status]")`

func TestEmbed_theBannerShowsWhileSomethingIsWrongAndUntilItIsHidden(t *testing.T) {
	t.Parallel()
	h := open(t)
	api, web := h.Component("API"), h.Component("Web")
	status := h.served()
	all := elsewhere(t, status, `<script src="`+status+`/embed.js" async></script>`)
	some := elsewhere(t, status, `<script src="`+status+`/embed.js" data-components="nothing, `+web.Code+`" async></script>`)
	w := window{t, statustest.Browser(t, statustest.Window(360, 740))}

	w.open(all)
	w.until(`String(!!document.querySelector("body > div"))`, "true")
	w.until(`performance.getEntriesByType("resource").some((e) => e.name.endsWith("summary.json"))`, "true")
	w.until(banner+`.childElementCount`, "0")

	i := h.Reports("Calls fail", "We look.", statustest.Is(api, components.MajorOutage))
	w.open(all)
	w.until(banner+`.querySelector("b")?.textContent`, "Calls fail")
	for script, want := range map[string]string{
		banner + `.querySelector("a").href`:                                                                         status + "/incidents/" + i.Code,
		banner + `.querySelector("i").className`:                                                                    "c4",
		banner + `.querySelector("button").textContent`:                                                             "Hide until there is news",
		banner + `.querySelector("time").dateTime`:                                                                  "2018-05-14T16:00:00.000Z",
		`String(/[A-Z]{2,4}|GMT/.test(` + banner + `.querySelector("time").textContent))`:                           "true",
		`document.body.firstElementChild.getBoundingClientRect().height > 30`:                                       "true",
		`document.documentElement.scrollWidth <= innerWidth`:                                                        "true",
		`getComputedStyle(` + banner + `).display + getComputedStyle(` + banner + `.querySelector("i")).inlineSize`: "flex15px",
		complaints: "",
	} {
		if got := w.says(script); got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
	}
	w.open(some)
	w.until(`performance.getEntriesByType("resource").some((e) => e.name.endsWith("summary.json"))`, "true")
	w.until(banner+`.childElementCount`, "0") // nothing is wrong with Web

	w.open(all)
	w.until(banner+`.childElementCount`, "3")
	w.says(banner + `.querySelector("button").click()`)
	w.until(banner+`.childElementCount`, "0")
	w.open(all)
	w.until(`performance.getEntriesByType("resource").some((e) => e.name.endsWith("summary.json"))`, "true")
	time.Sleep(200 * time.Millisecond)
	w.until(banner+`.childElementCount`, "0") // there is no news
	h.Clock.Advance(time.Minute)
	i.Posts(incidents.Identified, "Found.")
	w.open(all)
	w.until(banner+`.childElementCount`, "3")

	must(t, h.Desk.SetStatus(t.Context(), h.Staff, h.Page.ID, web.Code, components.Degraded))
	w.open(some)
	w.until(banner+`.querySelector("b")?.textContent`, "Web: Slow or unreliable")
	w.until(banner+`.querySelector("i").className`, "c2")
	if got := w.says(complaints); got != "" {
		t.Errorf("against the policy: %s", got)
	}
}

// The three that stand in frames or as images, on the same strict page.
func TestEmbed_framesAndBadgeStandInAStrictPage(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	h.Reports("Calls to and from some numbers fail for everybody", "We look.", statustest.Is(api, components.MajorOutage))
	status := h.served()
	page := elsewhere(t, status, `<iframe id="w" src="`+status+`/embed" title="Status" width="320" height="260" frameborder="0"></iframe><img src="`+status+`/badge.svg" alt="Status"><script src="`+status+`/embed/script.js" async></script>`)
	w := window{t, statustest.Browser(t)}
	w.open(page)
	corner := `document.querySelector("iframe[src$='/embed/frame']")`
	w.until(corner+`?.style.visibility`, "visible") // the frame said that there is news
	if got := w.says(`[` + corner + `.title, ` + corner + `.style.zIndex, ` + corner + `.offsetWidth + "x" + ` + corner + `.offsetHeight].join()`); got != "CallRail status,9999,320x115" {
		t.Errorf("the frame in the corner: %s", got)
	}
	if got := w.says(`document.querySelector("img").naturalWidth > 60`); got != "true" {
		t.Errorf("the badge is no image")
	}
	if got := w.says(complaints); got != "" {
		t.Errorf("against the policy: %s", got)
	}
	for _, at := range []string{"/embed", "/embed/frame"} {
		w.open(status + at)
		if text, wrong := w.says(`document.querySelector("h1").innerText`), w.says(complaints); wrong != "" || text == "" || w.says(`getComputedStyle(document.querySelector("main")).display`) != "grid" {
			t.Errorf("%s: %q, against the policy: %s", at, text, wrong)
		}
	}
	for at, height := range map[string]int64{"/embed/frame": 115, "/embed": 260} { // as large as the script, and the example of /api, make them
		small := window{t, statustest.Browser(t)}
		must(t, chromedp.Do(small.ctx, chromedp.EmulateViewport(320, height)))
		small.open(status + at)
		if got := small.says(`document.documentElement.scrollHeight > innerHeight`); got != "false" {
			t.Errorf("%s is cut off", at)
		}
	}
	w.says(`document.querySelector("button").click()`)
	w.open(page)
	w.until(corner+`?.style.visibility`, "hidden")
	if got := w.says(`statusEmbedTest() ?? ` + corner + `.style.visibility`); !strings.HasPrefix(got, "visible") {
		t.Errorf("statusEmbedTest does not show it: %s", got)
	}
	w.open(status + "/badge.svg")
	if got := w.says(`getComputedStyle(document.querySelector(".down")).fill`); got != "rgb(179, 32, 46)" {
		t.Errorf("a badge that is opened by itself has no style: %s", got)
	}
	dark := window{t, statustest.Browser(t, statustest.Dark())}
	dark.open(status + "/badge.svg")
	if got := dark.says(`getComputedStyle(document.querySelector(".down")).fill`); got != "rgb(255, 133, 133)" {
		t.Errorf("in the dark: %s", got)
	}
}

// What pages that embed the original expect of the address they have (CONTRACT 8),
// on a phone too: where the frame is while it is hidden, what it says to its
// page, and what the original's own element fetches.
func TestEmbed_keepsTheContractOfTheOriginal(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	status := h.served()
	said := `<script src="` + status + `/embed/script.js"></script>`
	w := window{t, statustest.Browser(t)}
	must(t, chromedp.Do(w.ctx, chromedp.EmulateViewport(400, 800, chromedp.EmulateMobile)))
	frame := `document.querySelector("iframe")`
	place := `[` + frame + `.style.left, ` + frame + `.style.zIndex, ` + frame + `.style.position].join()`
	w.open(elsewhere(t, status, said))
	w.until(`!!`+frame, "true")
	if got := w.says(place); got != "-9999px,9999,fixed" {
		t.Errorf("while nothing is open the frame is at %s", got)
	}
	if got := w.says(`[` + frame + `.src, ` + frame + `.style.width, ` + frame + `.style.height, screen.width].join()`); got != status+"/embed/frame?mobile=true,100vw,20vh,400" {
		t.Errorf("on a phone: %s", got)
	}
	w.says(`statusEmbedTest()`)
	if got := w.says(place); got != "0px,9999,fixed" {
		t.Errorf("statusEmbedTest shows it at %s", got)
	}

	h.Reports("Calls fail", "We look.", statustest.Is(api, components.MajorOutage))
	// A frame by itself, so that its page hears all it says.
	w.open(elsewhere(t, status, ""))
	w.says(`(() => { addEventListener("message", (e) => { (window.heard ||= []).push(JSON.stringify(e.data)); }); const f = document.createElement("iframe"); f.src = "` + status + `/embed/frame"; document.body.append(f); })()`)
	w.until(`(window.heard || []).join()`, `{"action":"showFrame"}`)

	// <statuspage-widget src> asks for this from the reader's browser.
	summary := w.says(`fetch("` + status + `/api/v2/summary.json").then((r) => r.json()).then((j) => [j.page.name, j.page.url, j.status.indicator, j.status.description, j.incidents[0].name, j.incidents[0].shortlink.startsWith("https://"), j.scheduled_maintenances.length].join())`)
	if summary != "CallRail,https://status.example.com,critical,Major System Outage,Calls fail,true,0" {
		t.Errorf("the element gets %s", summary)
	}
	if got := w.says(complaints); got != "" {
		t.Errorf("against the policy: %s", got)
	}
}
