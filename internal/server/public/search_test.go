package public_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestSearch_findsByWordsServiceAndKind(t *testing.T) {
	t.Parallel()
	h := open(t)
	api, voice := h.Component("API"), h.Component("Voice")
	h.Reports("Calls fail", "A carrier has trouble.", statustest.Is(voice, components.PartialOutage))
	h.Reports("Slow answers", "We look at it.", statustest.Is(api, components.Degraded))
	for target, want := range map[string]string{
		"/history?q=carrier":                               "Calls fail",
		"/history?q=+CARRIER++trouble+":                    "Calls fail",
		"/history?component=" + api.Code:                   "Slow answers",
		"/history?component=" + api.Code + "&q=carrier":    "",
		"/history?kind=maintenance":                        "",
		"/history?kind=incident&q=e&component=" + api.Code: "Slow answers",
		"/history?q=%FF":                                   "",
	} {
		w := h.ask("GET", target)
		page := statustest.Page(t, w.Body.Bytes())
		if got := strings.Join(page.Texts(".days h3"), "|"); w.Code != 200 || got != want {
			t.Errorf("%s: %d %q, want %q", target, w.Code, got, want)
		}
		if cc := w.Header().Get("Cache-Control"); cc != "no-store" {
			t.Errorf("%s: Cache-Control %q", target, cc)
		}
		if head := h.ask("HEAD", target); head.Code != 200 || head.Body.Len() != 0 {
			t.Errorf("HEAD %s: %d", target, head.Code)
		}
	}
}

// Whatever strangers look for, the cache of bodies holds the same afterwards, and the history without a question is
// the one that it was.
func TestSearch_goesPastTheCache(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Reports("Calls fail", "one")
	plain := h.ask("GET", "/history")
	kept := h.Snapshot().Cached(snapshot.Key{Kind: "history", Lang: "en"})
	for n := range 1000 { // as many as there is room for
		h.ask("GET", fmt.Sprintf("/history?q=word%d", n))
	}
	if h.ask("GET", "/history/2018-05"); h.Snapshot().Cached(snapshot.Key{Kind: "month", Arg: "2018-05", Lang: "en"}) == nil {
		t.Error("searches took the place of pages in the cache")
	}
	for _, target := range []string{"/history", "/history?", "/history?utm=x", "/history?q=&component=&kind=&before=", "/history?q=+"} {
		w := h.ask("GET", target)
		if w.Header().Get("ETag") != plain.Header().Get("ETag") || w.Header().Get("Cache-Control") != plain.Header().Get("Cache-Control") {
			t.Errorf("%s is another page: %v", target, w.Header())
		}
	}
	if kept == nil || h.Snapshot().Cached(snapshot.Key{Kind: "history", Lang: "en"}) != kept {
		t.Error("the history was rendered again")
	}
}

func TestSearch_refusesBesideTheFieldAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := open(t)
	long := strings.Repeat("ü", 201)
	for target, field := range map[string]string{
		"/history?q=" + url.QueryEscape(long): "q", "/history?q=x&component=nothing": "fs", "/history?q=x&kind=nothing": "fk",
	} {
		w := h.ask("GET", target)
		page := statustest.Page(t, w.Body.Bytes())
		if w.Code != 422 || page.Find("#"+field).Attr("aria-invalid") != "true" || page.Find("#"+field).Attr("aria-describedby") != field+"-e" || page.Find("#"+field+"-e").Text() == "" {
			t.Errorf("%s: %d\n%s", target, w.Code, w.Body)
		}
		if got := page.Find("#q").Attr("value"); got != "x" && got != long {
			t.Errorf("%s: typed words are lost: %q", target, got)
		}
		if page.Has(".days") {
			t.Errorf("%s: looked all the same", target)
		}
	}
	if w := h.ask("GET", "/history?q="+url.QueryEscape(strings.Repeat("ü", 200))); w.Code != 200 {
		t.Errorf("200 characters: %d", w.Code)
	}
}

func TestSearch_twoAtOnceAndNoMore(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Reports("Calls fail", "one")
	leave := h.readers.FillSearches()
	w := h.ask("GET", "/history?q=calls")
	page := statustest.Page(t, w.Body.Bytes())
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Header().Get("Cache-Control") != "no-store" || page.Find("[role=alert]").Text() == "" || page.Find("#q").Attr("value") != "calls" {
		t.Errorf("a third: %d %v\n%s", w.Code, w.Header(), w.Body)
	}
	if w := h.ask("GET", "/history"); w.Code != 200 {
		t.Errorf("the history itself: %d", w.Code)
	}
	leave()
	for range 5 {
		if w := h.ask("GET", "/history?q=calls"); w.Code != 200 {
			t.Fatalf("afterwards: %d", w.Code)
		}
	}
}

// Asked for the database, the search goes on without it.
func TestSearch_needsNoDatabase(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Reports("Calls fail", "one")
	h.takeAway()
	if w := h.ask("GET", "/history?q=calls"); w.Code != 200 || !strings.Contains(w.Body.String(), "Calls fail") {
		t.Errorf("%d", w.Code)
	}
}
