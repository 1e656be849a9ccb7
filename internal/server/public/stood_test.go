package public_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestStood_isThePageOfThatMoment(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.At("12:00")
	api := h.Component("API")
	h.At("14:00")
	i := h.Reports("Calls fail", "The first word.", statustest.Is(api, components.PartialOutage))
	h.At("14:30")
	i.Posts(incidents.Identified, "The second word.")
	h.At("15:00")
	i.Posts(incidents.Resolved, "It is over.", statustest.Is(api, components.Operational))
	h.At("16:00")
	for _, at := range []string{"2018-05-14T14:15-04:00", "2018-05-14T14:15:00-04:00", "2018-05-14T18:15:00Z", "2018-05-14T18:15Z", "2018-05-14T20:15:00.5+02:00"} {
		for _, path := range []string{"/", "/incidents/" + i.Code} {
			for _, target := range []string{path + "?at=" + at, path + "?at=" + url.QueryEscape(at)} {
				w := h.ask("GET", target)
				text := w.Body.String()
				page := statustest.Page(t, w.Body.Bytes())
				if w.Code != 200 || !strings.Contains(text, "The first word.") || strings.Contains(text, "The second word.") || strings.Contains(text, "It is over.") {
					t.Errorf("%s: %d\n%s", target, w.Code, text)
					continue
				}
				if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Robots-Tag") != "noindex" || w.Header().Get("ETag") != "" {
					t.Errorf("%s: %v", target, w.Header())
				}
				if !strings.HasPrefix(page.Find(".asof").Text(), "This is the page as it stood at May 14, 2018 - 14:15 EDT") || page.Has(".live") {
					t.Errorf("%s does not say of when it is:\n%s", target, text)
				}
			}
		}
	}
	if w := h.ask("HEAD", "/?at=2018-05-14T18:15Z"); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d", w.Code)
	}
	if w := h.ask("GET", "/"); !strings.Contains(w.Body.String(), "Everything is working") || w.Header().Get("Cache-Control") == "no-store" {
		t.Errorf("the page of now: %v", w.Header())
	}
}

func TestStood_saysInWordsWhyThereIsNone(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.At("12:00")
	h.Component("API")
	h.At("14:00")
	i := h.Reports("Calls fail", "one")
	h.At("15:00")
	for target, want := range map[string]struct {
		code  int
		words string
	}{
		"/?at=yesterday":                                      {422, "no moment that can be read"},
		"/?at=2018-05-14":                                     {422, "no moment that can be read"},
		"/?at=2018-13-14T14:15:00Z":                           {422, "no moment that can be read"},
		"/?at=2031-01-01T00:00:00Z":                           {404, "yet to come"},
		"/?at=2017-01-01T00:00:00Z":                           {404, "not on the page at that moment"},
		"/?at=0000-01-01T00:00:00Z":                           {404, "not on the page at that moment"},
		"/incidents/" + i.Code + "?at=2018-05-14T13:00-04:00": {404, "not on the page at that moment"},
		"/incidents/nothing?at=2018-05-14T13:00-04:00":        {404, "There is no page here"},
	} {
		w := h.ask("GET", target)
		if w.Code != want.code || !strings.Contains(w.Body.String(), want.words) || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s\n%s", target, w.Code, w.Header().Get("Cache-Control"), strip(w.Body.String()))
		}
	}
	if w := h.ask("GET", "/?at="); w.Code != 200 || w.Header().Get("ETag") == "" {
		t.Errorf("no moment at all: %d", w.Code)
	}
	must(t, h.DB.Close())
	w := h.ask("GET", "/?at=2018-05-14T14:30-04:00")
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "our own database does not answer") {
		t.Errorf("without a database: %d %v\n%s", w.Code, w.Header(), w.Body)
	}
}

// People choose on the clocks of the page, in a form that is on the history and
// on each report, and without a script.
func TestStood_byTheClocksOfThePage(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.At("12:00")
	h.Component("API")
	h.At("14:00")
	i := h.Reports("Calls fail", "The first word.")
	h.At("16:00")
	i.Posts(incidents.Identified, "The second word.")
	for at, path := range map[string]string{"/history": "/", "/incidents/" + i.Code: "/incidents/" + i.Code} {
		page := statustest.Page(t, h.ask("GET", at).Body.Bytes())
		form := page.Find("#stood form")
		if form.Attr("action") != path || form.Attr("method") != "" || form.Find("input[name=at]").Attr("type") != "datetime-local" || !strings.Contains(form.Find("label").Text(), "America/New_York (EDT, UTC−4)") {
			t.Errorf("%s: %s", at, form.HTML())
		}
		for _, typed := range []string{"2018-05-14T14:15", "2018-05-14T14:15:59", "2018-05-14 14:15"} {
			w := h.ask("GET", path+"?at="+url.QueryEscape(typed))
			if text := w.Body.String(); w.Code != 200 || !strings.Contains(text, "The first word.") || strings.Contains(text, "The second word.") {
				t.Errorf("%s at %s: %d", path, typed, w.Code)
			}
		}
	}
	then := statustest.Page(t, h.ask("GET", "/incidents/"+i.Code+"?at=2018-05-14T18:15Z").Body.Bytes())
	if got := then.Find("#at").Attr("value"); got != "2018-05-14T14:15" {
		t.Errorf("the form on a report as it stood begins with %q", got)
	}
	ask := func(query string, code int) *statustest.Node {
		t.Helper()
		w := h.ask("GET", "/?"+query)
		if w.Code != code {
			t.Errorf("%s: %d, want %d", query, w.Code, code)
		}
		return statustest.Page(t, w.Body.Bytes())
	}
	page := ask("at=last+%22Tuesday%22", 422)
	if field := page.Find("#at"); field.Attr("value") != `last "Tuesday"` || field.Attr("type") != "text" || field.Attr("aria-describedby") != "at-e" || !strings.Contains(page.Find("#at-e").Text(), "no moment that can be read") {
		t.Errorf("nonsense: %s", field.HTML())
	}
	if page = ask("at=2018-03-11T02:30", 422); page.Find("#at").Attr("value") != "2018-03-11T02:30" || page.Find("#at").Attr("type") != "datetime-local" || !strings.Contains(page.Find("#at-e").Text(), "2018-03-11 02:30 did not exist. The nearest times are 01:30 EST and 03:30 EDT") {
		t.Errorf("in a gap: %s", page.Find("main").Text())
	}
	page = ask("at=2017-11-05T01:30", 422)
	var which []string
	for _, b := range page.FindAll("main button") {
		which = append(which, b.Attr("name")+"="+b.Attr("value")+" "+b.Text())
	}
	if got := strings.Join(which, ", "); got != "fold=first 01:30 EDT, fold=second 01:30 EST" || !strings.Contains(page.Find("#at-e").Text(), "happened twice") {
		t.Errorf("what happened twice: %s: %s", got, page.Find("main").Text())
	}
	for _, fold := range []string{"first", "second"} { // long before there was a page
		if text := ask("at=2017-11-05T01:30&fold="+fold, 404).Find("#at-e").Text(); !strings.Contains(text, "not on the page at that moment") {
			t.Errorf("the %s: %s", fold, text)
		}
	}
	h.Clock.Advance(48 * time.Hour)
	i.Posts(incidents.Resolved, "It is over.") // only now the page has a past
	if link := statustest.Page(t, h.ask("GET", "/").Body.Bytes()).Find("main a[href=/history#stood]"); link.Text() != "As it stood" {
		t.Errorf("the page leads to it by %q", link.Text())
	}
	if w := h.ask("GET", "/?at=2018-05-14T14:15&lang=de"); w.Code != 200 || !strings.Contains(w.Body.String(), "So stand die Seite") {
		t.Errorf("in German: %d", w.Code)
	}
}

func TestStood_twoAtOnceAndNoMore(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.At("12:00")
	h.Component("API")
	h.At("15:00")
	in, out := make(chan struct{}), make(chan struct{})
	real := h.readers.AsOf
	h.readers.AsOf = func(ctx context.Context, page int64, at time.Time) (*snapshot.Snapshot, error) {
		in <- struct{}{}
		<-out
		return real(ctx, page, at)
	}
	const target = "/?at=2018-05-14T14:30-04:00"
	done := make(chan *httptest.ResponseRecorder)
	for range 2 {
		go func() { done <- h.ask("GET", target) }()
	}
	<-in
	<-in
	w := h.ask("GET", target)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Too many people") {
		t.Errorf("a third: %d %v", w.Code, w.Header())
	}
	if w := h.ask("GET", "/"); w.Code != 200 {
		t.Errorf("the page of now: %d", w.Code)
	}
	close(out)
	for range 2 {
		if w := <-done; w.Code != 200 {
			t.Errorf("one of two: %d", w.Code)
		}
	}
	go func() { <-in }()
	if w := h.ask("GET", target); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}
