package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/statustest"
)

// Every page for readers in languages that are longer, that break lines elsewhere, and that are written from right to left: none
// scrolls sideways on a small phone, and every name and moment of an English page
// keeps its own order in an Arabic one.
func TestLanguages_fitOnAPhone(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	staff := p.setUp("CallRail", "America/New_York", "Calls:\nCall Routing\nKeyword tracking for numbers that were forwarded abroad\nApps:\nDonaudampfschifffahrtsgesellschaftskapitän")
	at := p.fillWithLongThings(staff)
	looker := person{t, statustest.Browser(t, statustest.Window(360, 740))}
	for _, lang := range []string{"ar", "de", "ja"} {
		for _, path := range pagesOf((&public.Handlers{}).Routes()) {
			addresses := at[path]
			if addresses == nil && !strings.Contains(path, ":") {
				addresses = []string{path}
			}
			for _, address := range addresses {
				sign := "?"
				if strings.Contains(address, "?") {
					sign = "&"
				}
				looker.open(p.base + address + sign + "lang=" + lang)
				looker.narrow(lang + " " + address)
				if slices.Contains([]string{"/embed", "/embed/frame"}, path) {
					continue // frames take their language from the page
				}
				got, err := chromedp.Run(looker.ctx, chromedp.Evaluate[string]("document.documentElement.lang + getComputedStyle(document.body).direction"))
				want := lang + "ltr"
				if lang == "ar" {
					want = "arrtl"
				}
				if err != nil || got != want {
					t.Errorf("%s in %s: %s (%v)", address, lang, got, err)
				}
			}
		}
	}
	looker.open(p.base + "/?lang=ar")
	mixed, err := chromedp.Run(looker.ctx, chromedp.Evaluate[string](`(() => {
		const names = [...document.querySelectorAll("main time[datetime*=T], main .name, main .inc h2 a, main .inc .chip > span, main .inc .chip > bdi, main .said")];
		const loose = names.filter((el) => getComputedStyle(el).unicodeBidi !== "isolate" && !el.closest("[dir=auto], bdi") && !el.querySelector("bdi"));
		return names.length < 8 ? "only " + names.length + " names" : loose.map((el) => el.outerHTML).join("\n");
	})()`))
	if err != nil || mixed != "" {
		t.Errorf("these mix with the Arabic around them: %s (%v)", mixed, err)
	}
}
