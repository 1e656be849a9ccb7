package public_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/statusd/statusd/internal/feeds"
)

func TestV2_isForEverybody(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Component("API")
	h.Reports("Calls fail", "one")
	for _, f := range feeds.V2 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w := h.ask(method, f.Path, "Origin", "https://elsewhere.example")
			if w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("%s %s: %d %v", method, f.Path, w.Code, w.Header())
			}
			if method == http.MethodGet && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s is no JSON: %s", f.Path, w.Body)
			}
			if again := h.ask(method, f.Path, "If-None-Match", w.Header().Get("Etag")); again.Code != http.StatusNotModified {
				t.Errorf("%s %s, asked again: %d", method, f.Path, again.Code)
			}
		}
	}
	for _, path := range []string{"/api/v2/subscribers.json", "/api/v2/status", "/api/v2/nothing.json"} {
		if w := h.ask(http.MethodGet, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
