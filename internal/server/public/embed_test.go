package public_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/statustest"
)

// What other sites show or run comes with what they need, and gives them no more
// (R§12).
func TestEmbeds_haveTheirHeaders(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	for at, want := range map[string][3]string{
		"/embed":           {"text/html; charset=utf-8", "frame-ancestors *", "form-action 'none'"},
		"/embed/frame":     {"text/html; charset=utf-8", "frame-ancestors *", "form-action 'none'"},
		"/embed.js":        {"text/javascript; charset=utf-8", "default-src 'none'", "frame-ancestors 'none'"},
		"/embed/script.js": {"text/javascript; charset=utf-8", "default-src 'none'", "frame-ancestors 'none'"},
		"/badge.svg":       {"image/svg+xml", "default-src 'none'; style-src 'sha256-", "frame-ancestors 'none'"},
	} {
		w := h.ask("GET", at+"?mobile=true", "Origin", "https://elsewhere.example")
		header, csp := w.Header(), w.Header().Get("Content-Security-Policy")
		if w.Code != 200 || header.Get("Content-Type") != want[0] || !strings.Contains(csp, want[1]) || !strings.Contains(csp, want[2]) {
			t.Errorf("%s: %d %v", at, w.Code, header)
		}
		if header.Get("X-Frame-Options") != "" || header.Get("Set-Cookie") != "" || header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.Contains(header.Get("Cache-Control"), "s-maxage=10") {
			t.Errorf("%s: %v", at, header)
		}
		if again := h.ask("GET", at, "If-None-Match", header.Get("ETag")); header.Get("ETag") == "" || again.Code != 304 {
			t.Errorf("%s, asked again: %d", at, again.Code)
		}
		if head := h.ask("HEAD", at); head.Code != 200 || head.Body.Len() > 0 {
			t.Errorf("HEAD %s: %d", at, head.Code)
		}
	}
	if csp := h.ask("GET", "/").Header().Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("the page itself may be framed: %s", csp)
	}
}

func TestBadge_ofOneComponent(t *testing.T) {
	t.Parallel()
	h := open(t)
	api, web := h.Component("API"), h.Component("Web")
	h.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	for at, want := range map[string]string{
		"/badge.svg": "API is down", "/badge.svg?component=": "API is down", "/badge.svg?component=" + api.Code: "API: down", "/badge.svg?component=" + web.Code: "Web: working",
	} {
		if w := h.ask("GET", at); w.Code != 200 || !strings.Contains(w.Body.String(), ">"+want+"</text>") {
			t.Errorf("%s: %d %s", at, w.Code, w.Body)
		}
	}
	for _, code := range []string{"nothing", strings.ToUpper(api.Code) + "X", url.QueryEscape("../x")} {
		if w := h.ask("GET", "/badge.svg?component="+code); w.Code != 404 {
			t.Errorf("the code %s: %d", code, w.Code)
		}
	}
}
