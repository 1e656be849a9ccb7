package view_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

func problem(t testing.TB, p view.Problem) *statustest.Node {
	t.Helper()
	v := views(t)
	p.T = v.Catalog().Printer("en", nil, "")
	body, err := v.Problem(p)
	return statustest.Page(t, must(t, body, err))
}

// What was typed is shown under the name that the form gave it, never under the name of its field, and what a form says of
// itself is sent again without being shown.
func TestProblem_callsFieldsByTheirLabels(t *testing.T) {
	t.Parallel()
	long := "Nobody" + strings.Repeat(" must type this twice", 4)
	page := problem(t, view.Problem{Status: http.StatusServiceUnavailable, Key: "fault.unavailable", Again: "/admin/incidents", Typed: []view.Typed{
		{Name: "body", Value: long, Long: true},
		{Name: "postal_address", Value: long, Long: true},
		{Name: "unheard_of", Value: long, Long: true},
		{Name: "body_template", Value: long, Long: true},
		{Name: "body_was", Value: long, Long: true},
		{Name: "state", Value: "identified"},
	}})
	same(t, "labels", strings.Join(page.Texts("label"), "|"), "Your text|Postal address|What you typed")
	same(t, "kept", strings.Join(page.Texts("textarea"), "|"), strings.Join([]string{long, long, long}, "|"))
	var hidden []string
	for _, n := range page.FindAll(`input[type="hidden"]`) {
		hidden = append(hidden, n.Attr("name"))
	}
	same(t, "sent again unseen", strings.Join(hidden, " "), "body_template body_was state")
}

func TestProblem_leadsBack(t *testing.T) {
	t.Parallel()
	for again, want := range map[string]string{"/admin/incidents/nothing": "/admin", "/admin": "/admin", "/administrators": "/", "/subscribe": "/", "": "/"} {
		page := problem(t, view.Problem{Status: http.StatusNotFound, Key: "fault.notfound", Again: again})
		same(t, "from "+again, page.Find("main a").Attr("href"), want)
	}
}
