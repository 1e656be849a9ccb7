package public_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

// settle changes the page's language and whether browsers choose.
func (h house) settle(lang string, auto bool) {
	h.t.Helper()
	p := h.Page
	p.Language, p.AutoLanguage, p.UpdatedAt = lang, auto, time.Time{}
	must(h.t, h.Desk.SaveSettings(h.t.Context(), h.Staff, p))
}

func varies(w *httptest.ResponseRecorder) bool {
	return strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Accept-Language")
}

// First what the address names, then what the browser wants if the page lets it, then the page's own.
func TestLanguage_isTheReadersWhereTheyMayChoose(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	for _, c := range []struct {
		name           string
		page           string
		auto           bool
		target, accept string
		want           string
		varies         bool
	}{
		{"nobody says", "en", true, "/", "", "en", true},
		{"the browser", "en", true, "/", "fr-CA,fr;q=0.9,en;q=0.1", "fr", true},
		{"a browser of a language that there is not", "de", true, "/", "ko", "de", true},
		{"the page alone", "de", false, "/", "fr", "de", false},
		{"the address before the browser", "en", true, "/?lang=ja", "fr", "ja", false},
		{"the address where browsers may not choose", "de", false, "/?lang=pl", "fr", "pl", false},
		{"another name of it", "en", true, "/?lang=zh-CN", "", "zh-Hans", false},
		{"an address that names none", "de", true, "/?lang=klingon", "fr", "fr", true},
		{"an address that names no language", "de", false, "/?lang=%22%3E%3Cscript%3E", "", "de", false},
		{"another page", "en", true, "/history?lang=ar", "", "ar", false},
		{"a form", "en", true, "/subscribe", "es", "es", false},
		{"what there is not", "en", true, "/nothing", "pt-PT", "pt-BR", false},
		{"a link that expired", "en", true, "/m/none?lang=de", "", "de", false},
	} {
		h.settle(c.page, c.auto)
		w := h.ask("GET", c.target, "Accept-Language", c.accept)
		page := statustest.Page(t, w.Body.Bytes())
		if got := page.Find("html").Attr("lang"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if varies(w) != c.varies {
			t.Errorf("%s: Vary is %q", c.name, w.Header().Values("Vary"))
		}
	}
}

// One rendering for each language, and the tag of one is good for no other.
func TestLanguage_isKeptApartInTheCache(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	tags := map[string]string{}
	for _, lang := range []string{"en", "de", "ja"} {
		for _, ask := range [][]string{{"/", lang}, {"/?lang=" + lang, ""}} {
			w := h.ask("GET", ask[0], "Accept-Language", ask[1])
			tag := w.Header().Get("ETag")
			if tags[tag] != "" {
				t.Errorf("%v has the tag of %s", ask, tags[tag])
			}
			tags[tag] = strings.Join(ask, " ")
			if again := h.ask("GET", ask[0], "Accept-Language", ask[1], "If-None-Match", tag); again.Code != 304 || varies(again) != varies(w) {
				t.Errorf("%v again: %d, Vary %q", ask, again.Code, again.Header().Values("Vary"))
			}
		}
	}
}

// What machines read does not change with the browser that asks, only with the address.
func TestLanguage_ofWhatMachinesReadIsThePages(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	h.Reports("Calls fail", "The first word.")
	for _, at := range []string{"/history.atom", "/history.rss", "/feed.json", "/maintenance.ics", "/api/v2/summary.json", "/live.json", "/status.txt", "/status.md", "/uptime.json"} {
		plain, french := h.ask("GET", at), h.ask("GET", at, "Accept-Language", "fr")
		if plain.Code != 200 || plain.Body.String() != french.Body.String() || varies(french) {
			t.Errorf("%s changes with the browser: %d, %q", at, plain.Code, french.Header().Values("Vary"))
		}
	}
	if got := h.ask("GET", "/live.json?lang=de").Body.String(); !strings.Contains(got, "Wir untersuchen ein Problem: Calls fail") {
		t.Errorf("the live line does not speak the language of its address: %s", got)
	}
	if got := h.ask("GET", "/status.txt?lang=de").Body.String(); !strings.Contains(got, "Wir untersuchen ein Problem") {
		t.Errorf("the text does not speak the language of its address: %s", got)
	}
}

// A form that comes back with faults speaks as the form did.
func TestLanguage_ofAFormStaysWithItsFaults(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	w := h.send("POST", "/subscribe?lang=de", "email=dana&what=all&how=every")
	page := statustest.Page(t, w.Body.Bytes())
	if got := page.Find("#em-e").Text(); w.Code != 422 || got != "Das sieht nicht nach einer E-Mail-Adresse aus." {
		t.Errorf("%d %q", w.Code, got)
	}
	if got := page.Find("main form").Attr("action"); got != "/subscribe?lang=de" {
		t.Errorf("the form goes to %s", got)
	}
	w = h.send("POST", "/subscribe", "email=dana%40example.com&what=all&how=every", "Accept-Language", "pl")
	if got := statustest.Page(t, w.Body.Bytes()).Find("h1").Text(); w.Code != 200 || got != "Sprawdź pocztę" {
		t.Errorf("%d %q", w.Code, got)
	}
}
