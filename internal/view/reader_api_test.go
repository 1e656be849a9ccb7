package view_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestAPI_examplesUseThePagesOwnAddress(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	facts.Page.BaseURL = "https://status.callrail.example"
	body, err := views(t).API(snapshot.New(facts))
	page := statustest.Page(t, must(t, body, err))
	var all []string
	for _, pre := range page.FindAll("pre") {
		all = append(all, pre.Text())
	}
	for _, want := range []string{
		"curl https://status.callrail.example/api/v2/summary.json", "curl https://status.callrail.example/status.txt",
		"curl 'https://status.callrail.example/history.atom?component=aomponent0000'",
	} {
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("no example %q in:\n%s", want, strings.Join(all, "\n"))
		}
	}
	if text := page.Find("main").Text(); !strings.Contains(text, "Call Routing") || !strings.Contains(text, "aomponent0000") {
		t.Errorf("the codes of the services are missing:\n%s", text)
	}
}

// Feed readers find the feeds in the head, people at the foot.
func TestPages_nameEveryFeed(t *testing.T) {
	t.Parallel()
	for name, body := range pages(t, callRail(t)) {
		if name == "servererror" || strings.HasPrefix(name, "framed") {
			continue
		}
		page := statustest.Page(t, body)
		for path, contentType := range map[string]string{
			"/history.atom": "application/atom+xml", "/history.rss": "application/rss+xml", "/feed.json": "application/feed+json", "/maintenance.ics": "text/calendar",
		} {
			if link := page.Find(`link[rel=alternate][type=` + contentType + `]`); link.Attr("href") != "https://status.example.com"+path || link.Attr("title") == "" {
				t.Errorf("%s: no link to %s in the head", name, path)
			}
			if !page.Has(`footer a[href=` + path + `]`) {
				t.Errorf("%s: no link to %s at the foot", name, path)
			}
		}
		if !page.Has("footer a[href=/api]") {
			t.Errorf("%s: no link to the API at the foot", name)
		}
	}
}
