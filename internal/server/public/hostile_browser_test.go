package public_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// tooWide says what does not fit into the window, with everything unfolded.
const tooWide = `(() => {
	document.querySelectorAll("details").forEach((d) => { d.open = true; });
	const over = [], wide = document.scrollingElement.scrollWidth - innerWidth;
	if (wide > 0) over.push("the page by " + wide);
	for (const el of document.querySelectorAll("body *")) {
		if (el.matches(".scroll, pre, textarea, input, select, option, .vh, svg, svg *") || el.closest("[hidden]")) continue;
		if (getComputedStyle(el).overflowX !== "visible" && el.scrollWidth > el.clientWidth + 1) over.push(el.tagName + "." + el.className);
	}
	return over.slice(0, 5).join(", ");
})()`

// A phone at a page with 300 services and the worst in every field: it does not
// scroll sideways, and nothing of what was typed runs, asks, or is refused by the
// policy of the page, which would mean that it stood there as more than text.
func TestHostile_inABrowser(t *testing.T) {
	t.Parallel()
	h := open(t).shows(crowded(t))
	s := h.readers.Snapshot(nil)
	h.streams.Snapshot = func(int64) *snapshot.Snapshot { return s }
	status := h.served()
	w := window{t, statustest.Browser(t, statustest.Window(320, 740))}
	var mu sync.Mutex
	var heard []string
	must(t, chromedp.Listen(w.ctx, func(ev any) {
		kind := fmt.Sprintf("%T", ev)
		for _, bad := range []string{"DialogOpening", "ExceptionThrown", "ConsoleAPICalled", "EventEntryAdded"} {
			if strings.HasSuffix(kind, bad) {
				what, _ := json.Marshal(ev) // only for the message
				mu.Lock()
				heard = append(heard, kind+" "+string(what))
				mu.Unlock()
			}
		}
	}))
	plan := s.Planned()[0]
	for _, at := range []string{
		"/", "/?lang=en", "/incidents/" + s.Incidents[0].Code, "/incidents/" + plan.Code, "/history", "/history?q=a", "/uptime", "/uptime/" + s.Components()[0].Code,
		"/maintenance", "/subscribe", "/api", "/embed", "/embed/frame",
	} {
		w.open(status + at)
		if got := w.says(tooWide); got != "" {
			t.Errorf("%s at 320 px is too wide: %s", at, got)
		}
		if got := w.says(complaints); got != "" {
			t.Errorf("%s, against the policy: %s", at, got)
		}
		mu.Lock()
		for _, x := range heard {
			t.Errorf("%s: %s", at, x)
		}
		heard = nil
		mu.Unlock()
	}
}
