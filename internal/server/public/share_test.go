package public_test

import (
	"bytes"
	"context"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestShare_imagesAreKeptAndBounded(t *testing.T) {
	t.Parallel()
	h := open(t)
	i := h.Reports("Calls fail", "We look.", statustest.Is(h.Component("API"), components.MajorOutage))
	tags := map[string]bool{}
	for _, at := range []string{"/og.png", "/og/" + i.Code + ".png"} {
		w := h.ask("GET", at)
		if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %d %v", at, w.Code, w.Header())
		}
		if img, err := png.DecodeConfig(bytes.NewReader(w.Body.Bytes())); err != nil || img.Width != 1200 || img.Height != 630 {
			t.Errorf("%s: %v %v", at, img, err)
		}
		if again := h.ask("GET", at+"?v=7", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
			t.Errorf("%s, asked again: %d", at, again.Code)
		}
		tags[w.Header().Get("ETag")] = true
	}
	if len(tags) != 2 {
		t.Error("the incident has the image of the page")
	}
	if h.Snapshot().Cached(snapshot.Key{Kind: "og", Arg: i.Code, Lang: "en"}) == nil {
		t.Error("the image is not kept")
	}
	for _, at := range []string{"/og/nothing.png", "/og/" + i.Code, "/og/" + i.Code + ".svg", "/og/.png"} {
		if w := h.ask("GET", at); w.Code != 404 {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
}

func TestShare_oneImageIsDrawnAtATime(t *testing.T) {
	t.Parallel()
	var drawing, most, now int
	var mu sync.Mutex
	one := public.OneAtATime(func() ([]byte, error) {
		mu.Lock()
		now++
		most, drawing = max(most, now), drawing+1
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
		return nil, nil
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { must2(one())(t) })
	}
	all.Wait()
	if most != 1 || drawing != 8 {
		t.Errorf("%d at once, %d in all", most, drawing)
	}
}

// A maintenance that was called off is gone, as calendars were told; of anything
// else nobody learns whether there ever was something.
func TestShare_whatWasCalledOffIsGone(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	start := h.Clock.Now().Add(48 * time.Hour)
	planned, err := h.Desk.Plan(t.Context(), h.Staff, incidents.Plan{Page: h.Page.ID, Title: "Router upgrade", Body: "Short breaks.", Components: []string{api.Code}, Start: start, End: start.Add(time.Hour)})
	must(t, err)
	plan := planned.Code
	i := h.Reports("By mistake", "one")
	for _, at := range []string{"/incidents/" + plan, "/og/" + plan + ".png"} {
		if w := h.ask("GET", at); w.Code != 200 {
			t.Errorf("%s while it is planned: %d", at, w.Code)
		}
	}
	for _, code := range []string{plan, i.Code} {
		must(t, h.Desk.WithdrawIncident(t.Context(), h.Staff, h.Page.ID, code))
	}
	for at, want := range map[string]int{"/incidents/" + plan: 410, "/og/" + plan + ".png": 410, "/incidents/" + i.Code: 404, "/og/" + i.Code + ".png": 404, "/incidents/nothing": 404} {
		w := h.ask("GET", at)
		if w.Code != want || w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), "By mistake") || strings.Contains(w.Body.String(), "Router upgrade") {
			t.Errorf("%s: %d, want %d: %s", at, w.Code, want, w.Body)
		}
		if want == 410 && !strings.Contains(w.Body.String(), "was called off") {
			t.Errorf("%s does not say why: %s", at, w.Body)
		}
	}
}

func TestShare_robotsAndSitemap(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	i := h.Reports("Calls fail", "one")
	robots := h.ask("GET", "/robots.txt")
	if robots.Code != 200 || !strings.HasPrefix(robots.Header().Get("Content-Type"), "text/plain") || !strings.Contains(robots.Body.String(), "Sitemap: https://status.example.com/sitemap.xml\n") || !strings.Contains(robots.Body.String(), "Disallow: /m/\n") {
		t.Errorf("%d %v %s", robots.Code, robots.Header(), robots.Body)
	}
	sitemap := h.ask("GET", "/sitemap.xml")
	if sitemap.Code != 200 || !strings.HasPrefix(sitemap.Header().Get("Content-Type"), "application/xml") {
		t.Fatalf("%d %v", sitemap.Code, sitemap.Header())
	}
	for _, want := range []string{"/uptime/" + api.Code, "/incidents/" + i.Code, "/history/2018-05"} {
		if !strings.Contains(sitemap.Body.String(), "<loc>https://status.example.com"+want+"</loc>") {
			t.Errorf("%s is not in %s", want, sitemap.Body)
		}
	}
	for _, loc := range strings.Split(sitemap.Body.String(), "<loc>")[1:] {
		at := strings.TrimPrefix(loc[:strings.Index(loc, "<")], "https://status.example.com")
		if w := h.ask("GET", at); w.Code != 200 {
			t.Errorf("it lists %s: %d", at, w.Code)
		}
	}
}

// Whoever does not want to be listed says so with every answer, and lets search
// engines read it: what they may not read they list by hearsay.
func TestShare_aPageNeedNotBeListed(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	i := h.Reports("Calls fail", "one")
	all := []string{"/", "/history", "/history/2018-05", "/history.atom", "/incidents/" + i.Code, "/incidents/" + i.Code + ".md", "/uptime", "/uptime/" + api.Code, "/status.txt", "/api", "/badge.svg", "/og.png", "/embed"}
	look := func(hidden bool) {
		t.Helper()
		for _, at := range all {
			w := h.ask("GET", at)
			if got := w.Header().Get("X-Robots-Tag") == "noindex"; w.Code != 200 || got != hidden {
				t.Errorf("hidden %v: %s: %d, X-Robots-Tag %q", hidden, at, w.Code, w.Header().Get("X-Robots-Tag"))
			}
			again := h.ask("GET", at, "If-None-Match", w.Header().Get("ETag"))
			if again.Code != 304 || again.Header().Get("X-Robots-Tag") != w.Header().Get("X-Robots-Tag") {
				t.Errorf("%s, asked again: %d %v", at, again.Code, again.Header())
			}
			if meta := strings.Contains(w.Body.String(), `<meta name="robots" content="noindex">`); meta != hidden && at != "/embed" && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("hidden %v: %s: meta %v", hidden, at, meta)
			}
		}
		robots := h.ask("GET", "/robots.txt").Body.String()
		if strings.Contains(robots, "Sitemap:") == hidden || strings.Contains(robots, "Disallow: /\n") {
			t.Errorf("hidden %v: %s", hidden, robots)
		}
		if w := h.ask("GET", "/sitemap.xml"); (w.Code == 404) != hidden {
			t.Errorf("hidden %v: the sitemap: %d", hidden, w.Code)
		}
	}
	look(false)
	p, err := pages.Store{DB: h.DB}.ByID(t.Context(), h.Page.ID)
	must(t, err)
	p.HideFromSearch = true
	must(t, h.Desk.SaveSettings(t.Context(), h.Staff, p))
	look(true)
}

// Data for search engines is no script, so the policy has nothing against it; and
// on paper there is the report, unfolded, without what can only be pressed.
func TestShare_dataAndPrintInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	i := h.Reports("Calls fail", "We look.", statustest.Is(h.Component("API"), components.MajorOutage))
	i.Posts(incidents.Identified, "Found.")
	status := h.served()
	w := window{t, statustest.Browser(t)}
	for _, at := range []string{"/", "/incidents/" + i.Code, "/api", "/history"} {
		w.open(status + at)
		if got := w.says(complaints); got != "" {
			t.Errorf("%s, against the policy: %s", at, got)
		}
	}
	w.open(status + "/incidents/" + i.Code)
	if got := w.says(`JSON.parse(document.querySelector("[type='application/ld+json']").textContent).headline`); got != "Calls fail" {
		t.Errorf("the data says %q", got)
	}
	paper := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	})
	for _, at := range []string{"/", "/incidents/" + i.Code} {
		w.open(status + at)
		must(t, chromedp.Do(w.ctx, paper))
		if got := w.says(`[...document.querySelectorAll(".btn, .skip, .top nav")].filter((e) => e.checkVisibility()).length`); got != "0" {
			t.Errorf("%s on paper has %s things to press", at, got)
		}
		if got := w.says(`[...document.querySelectorAll("main details > :not(summary)")].filter((e) => !e.offsetHeight).length`); got != "0" {
			t.Errorf("%s on paper hides %s things", at, got)
		}
		if got := w.says(`getComputedStyle(document.body).backgroundColor + document.querySelector("main").innerText.includes("Found.")`); got != "rgb(255, 255, 255)true" {
			t.Errorf("%s on paper: %s", at, got)
		}
	}
}
