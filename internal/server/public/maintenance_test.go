package public_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/statustest"
)

func (h house) plan(title, code string) string {
	h.t.Helper()
	start := h.Clock.Now().Add(48 * time.Hour)
	m, err := h.Desk.Plan(h.t.Context(), h.Staff, incidents.Plan{Page: h.Page.ID, Title: title, Body: "May be slow.", Components: []string{code}, Start: start, End: start.Add(time.Hour)})
	must(h.t, err)
	return m.Code
}

func TestMaintenance_isAPageLikeAnyOther(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.plan("Moving house", h.Component("API").Code)
	w := h.ask("GET", "/maintenance")
	if w.Code != 200 || w.Header().Get("ETag") == "" || !strings.Contains(w.Body.String(), "Moving house") {
		t.Fatalf("%d:\n%s", w.Code, w.Body)
	}
	if again := h.ask("GET", "/maintenance", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
		t.Errorf("again: %d", again.Code)
	}
}

func TestDocuments_ofAnIncident(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	i := h.Reports("Calls fail", "The **first** word.", statustest.Is(api, components.PartialOutage))
	m := h.plan("Moving house", api.Code)
	for path, want := range map[string]struct{ kind, holds string }{
		i.Code + ".md":   {"text/markdown; charset=utf-8", "The **first** word."},
		i.Code + ".json": {"application/json; charset=utf-8", `"name":"Calls fail"`},
		m + ".md":        {"text/markdown; charset=utf-8", "# Moving house"},
		m + ".json":      {"application/json; charset=utf-8", `"scheduled_for"`},
		m + ".ics":       {"text/calendar; charset=utf-8", "SUMMARY:Moving house"},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := h.ask(method, "/incidents/"+path)
			if w.Code != 200 || w.Header().Get("Content-Type") != want.kind || w.Header().Get("ETag") == "" || (method == "GET" && !strings.Contains(w.Body.String(), want.holds)) {
				t.Errorf("%s %s: %d %v\n%s", method, path, w.Code, w.Header(), w.Body)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
				t.Errorf("%s: policy %s", path, csp)
			}
		}
	}
	for _, path := range []string{i.Code + ".ics", i.Code + ".", i.Code + ".html", i.Code + ".md.md", "nothing.md", ".md"} {
		if w := h.ask("GET", "/incidents/"+path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestDocuments_theIncidentIsThatOfTheReadAPI(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	i := h.Reports("Calls fail", "one", statustest.Is(api, components.PartialOutage))
	var one struct {
		Page, Incident json.RawMessage
	}
	must(t, json.Unmarshal(h.ask("GET", "/incidents/"+i.Code+".json").Body.Bytes(), &one))
	var list struct {
		Page      json.RawMessage
		Incidents []json.RawMessage
	}
	must(t, json.Unmarshal(h.ask("GET", "/api/v2/incidents.json").Body.Bytes(), &list))
	if string(one.Incident) != string(list.Incidents[0]) || string(one.Page) != string(list.Page) {
		t.Errorf("%s\n%s", one.Incident, list.Incidents[0])
	}
	if w := h.ask("GET", "/incidents/"+i.Code+".json", "Origin", "https://elsewhere.example"); w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error("not for scripts of other sites")
	}
}
