package public_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/statustest"
)

func TestText_hasAddressesOfItsOwn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Reports("Calls fail", "The first word.", statustest.Is(h.Component("API"), components.PartialOutage))
	for at, contentType := range map[string]string{"/status.txt": "text/plain; charset=utf-8", "/status.md": "text/markdown; charset=utf-8"} {
		w := h.ask("GET", at, "Accept", "text/html")
		if w.Code != 200 || w.Header().Get("Content-Type") != contentType || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Body.String(), "The first word.") {
			t.Errorf("%s: %d %v %s", at, w.Code, w.Header(), w.Body)
		}
		if again := h.ask("GET", at, "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
			t.Errorf("%s, asked again: %d", at, again.Code)
		}
		if w.Header().Get("Cache-Control") != h.ask("GET", "/").Header().Get("Cache-Control") {
			t.Errorf("%s is kept otherwise than the page: %v", at, w.Header())
		}
	}
}

// What is asked for decides, and nothing else of the request (RFC 9110, 12.5.1).
func TestText_isWhatAcceptAsksForOnTheHomePage(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	const html, text, markdown = "text/html; charset=utf-8", "text/plain; charset=utf-8", "text/markdown; charset=utf-8"
	for accept, want := range map[string]string{
		"":    html,
		"*/*": html,
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8": html,
		"text/plain":                                text,
		"TEXT/PLAIN; q=0.3":                         text,
		"text/markdown":                             markdown,
		"text/plain, text/markdown":                 markdown,
		"text/plain, text/markdown;q=0.9":           text,
		"text/markdown, text/html;q=0.9, */*;q=0.1": markdown,
		"text/markdown, text/html, */*":             html,
		"text/plain, */*":                           html,
		"text/plain, */*;q=0.8":                     text,
		"application/json, text/plain, */*":         html,
		"application/json":                          html,
		"text/*":                                    html,
		"text/*;q=0.5, text/plain;q=0.6":            text,
		"text/*, text/plain;q=0.6":                  html,
		"text/html;q=0, */*":                        markdown,
		"text/html;q=0, text/markdown;q=0, */*":     text,
		"text/plain;q=0":                            html,
		"text/plain;q=0.0001":                       html,
		"text/plain;q=x":                            text,
		"text/plain;format=flowed;q=0.4, */*;q=0.3": text,
		"text/plain;charset=utf-8":                  text,
		",,;;q=,/,text,text/":                       html,
		"*/plain":                                   html,
	} {
		w := h.ask("GET", "/", "Accept", accept, "User-Agent", "curl/8.5.0")
		if got := w.Header().Get("Content-Type"); w.Code != 200 || got != want || w.Header().Get("Vary") != "Accept, Accept-Encoding" {
			t.Errorf("Accept: %q: %d %s, want %s; Vary %q", accept, w.Code, got, want, w.Header().Get("Vary"))
		}
		if again := h.ask("GET", "/", "Accept", accept, "If-None-Match", w.Header().Get("ETag")); again.Code != 304 || again.Header().Get("Vary") != "Accept, Accept-Encoding" {
			t.Errorf("Accept: %q, asked again: %d %v", accept, again.Code, again.Header())
		}
	}
	tags := map[string]bool{}
	for _, accept := range []string{"text/html", "text/plain", "text/markdown"} {
		tags[h.ask("GET", "/", "Accept", accept).Header().Get("ETag")] = true
	}
	if len(tags) != 3 {
		t.Errorf("two of the three share a tag: %v", tags)
	}
	if w := h.ask("GET", "/history", "Accept", "text/plain"); w.Header().Get("Content-Type") != html {
		t.Errorf("another page: %s", w.Header().Get("Content-Type"))
	}
	if w := h.ask("HEAD", "/", "Accept", "text/plain"); w.Header().Get("Content-Type") != text || w.Body.Len() > 0 {
		t.Errorf("HEAD: %v", w.Header())
	}
}

// The page that everybody reads is answered without allocating for Accept.
func TestText_askingForHTMLCostsNothing(t *testing.T) {
	for _, accept := range []string{"", "*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/plain", "text/plain;q=0.9, text/html;q=0.1"} {
		header := []string{accept}
		if n := testing.AllocsPerRun(100, func() { public.WantsText(header) }); n > 0 {
			t.Errorf("Accept: %q costs %v allocations", accept, n)
		}
	}
}

// Whatever is there for machines, the page about it tells of, and leads to: the
// list is the table of routes.
func TestAPI_tellsOfEveryAddressForMachines(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	w := h.ask("GET", "/api")
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	page := statustest.Page(t, w.Body.Bytes())
	told := map[string]bool{}
	for _, a := range page.FindAll("main li a") {
		told[a.Attr("href")] = true
		if at := a.Attr("href"); at != "/live" && h.ask("GET", at).Code != 200 {
			t.Errorf("it leads to %s, where there is nothing", at)
		}
	}
	notForMachines := map[string]bool{"/robots.txt": true, "/sitemap.xml": true, "/og.png": true} // they find these by themselves
	for _, r := range (&public.Handlers{}).Routes() {
		machine := strings.Contains(r.Path, ".") || strings.HasPrefix(r.Path, "/embed") || r.Path == "/live" || r.Path == "/uptime_showcase"
		if r.Method == "GET" && machine && !strings.Contains(r.Path, ":") && !notForMachines[r.Path] && !told[r.Path] {
			t.Errorf("it does not tell of %s", r.Path)
		}
	}
}
