package admin

import (
	"os"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
)

func printer(t testing.TB) *i18n.Printer {
	t.Helper()
	catalog, err := i18n.Load(os.DirFS("../../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Printer("en", newYork(t), "plain")
}

func TestFill(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, services, next, want string }{
		{"both", "A problem with {services}. We write again by {next}.", "the API", "15:00 EDT", "A problem with the API. We write again by 15:00 EDT."},
		{"no promise: the sentence goes", "A problem with {services}. We write again by {next}.", "the API", "", "A problem with the API."},
		{"in the middle", "One. By {next} we know more. Two.", "", "", "One. Two."},
		{"at the start", "By {next} we know more. Two.", "", "", "Two."},
		{"alone", "By {next}.", "", "", ""},
		{"a line of its own", "One.\nBy {next}.\nTwo.", "", "", "One.\n\nTwo."},
		{"without a full stop", "One. By {next}", "", "", "One."},
		{"twice", "By {next}. One. By {next}!", "", "", "One."},
		{"version 1.2 is no end of a sentence", "We run 1.2 by {next}. One.", "", "", "One."},
		{"a service called {next}", "{services} by {next}", "{next}", "now", "{next} by now"},
		{"nothing to fill", "Plain {text}.", "a", "b", "Plain {text}."},
	} {
		if got := fill(tt.text, tt.services, tt.next); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	p := printer(t)
	on := func(codes ...string) (out []components.Change) {
		for _, c := range codes {
			out = append(out, components.Change{Component: c, Status: components.PartialOutage})
		}
		return out
	}
	for _, tt := range []struct {
		name    string
		changes []components.Change
		want    string
	}{
		{"none", nil, ""},
		{"one", on("routing"), "Call routing"},
		{"two, in page order", on("dashboard", "routing"), "Call routing and Dashboard"},
		{"three", on("routing", "tracking", "dashboard"), "Call routing, Number tracking, and Dashboard"},
		{"more", on("routing", "tracking", "dashboard", "api"), "several services"},
		{"hidden ones are not named", on("api", "secret"), "API"},
		{"working ones are not affected", []components.Change{{Component: "api", Status: components.Operational}}, ""},
	} {
		if got := named(p, tt.changes, append(fleet, components.Component{ID: 5, Code: "secret", Name: "Secret", Hidden: true})); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	p, now := printer(t), utc(t, "2018-05-14T18:08:00Z")
	next, usual := now.Add(30*time.Minute), p.T("compose.body")
	for _, tt := range []struct {
		name, title, body, services string
		next                        time.Time
		wantTitle, wantBody         string
	}{
		{"one tap", "", usual, "Call routing", next, "Problems with Call routing", "We are looking into a problem with Call routing. We will write again by 14:38 EDT."},
		{"no promise", "", usual, "Call routing", time.Time{}, "Problems with Call routing", "We are looking into a problem with Call routing."},
		{"only a title", "Calls fail", usual, "", next, "Calls fail", "We are looking into a problem with our services. We will write again by 14:38 EDT."},
		{"an emptied text stays empty", "", "", "Call routing", next, "Problems with Call routing", ""},
		{"typed", "Calls fail", "We know.", "Call routing", next, "Calls fail", "We know."},
		{"nothing is made up of nothing", "", "", "", next, "", ""},
		{"a name that looks like a placeholder", "", "{services}", "{next}", next, "Problems with {next}", "{next}"},
	} {
		title, body := compose(p, tt.title, tt.body, tt.services, tt.next, now)
		if title != tt.wantTitle || body != tt.wantBody {
			t.Errorf("%s: got %q and %q, want %q and %q", tt.name, title, body, tt.wantTitle, tt.wantBody)
		}
	}
}
