package main

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/server/admin"
	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/statustest"
)

// longText has what breaks a narrow page: a table, code, an address and a word that do not end.
const longText = "Calls fail: https://status.callrail.example/a/very/long/address/that/has/no/place/to/break/until/its/end?and=more\n\n" +
	"| Service | Calls | Share |\n|---|--:|:-:|\n| Donaudampfschifffahrtsgesellschaft | 1,204,000 | 12.25% |\n\n" +
	"```\nevery.single.one.of.these.words.belongs.together.and.must.not.be.broken = true\n```\n\nDonaudampfschifffahrtsgesellschaftskapitänsmützenfabrikantengattin"

// Every page there is, for readers and for staff, at the width of a small phone and at 400 % zoom of a desktop, with everything
// unfolded: none scrolls sideways, and nothing in it is cut off but what is meant to scroll in its own box. The lists come from
// the routes: a page that is added and not looked at here fails the test.
func TestNarrow_noPageScrollsSideways(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	looker := person{t, statustest.Browser(t, statustest.Window(360, 740))}
	looker.open(setupLink.FindString(p.out.String()))
	looker.narrow("the set-up")
	staff := p.setUp("CallRail", "America/New_York", "Calls:\nCall Routing\nKeyword tracking for numbers that were forwarded abroad\nApps:\nDonaudampfschifffahrtsgesellschaftskapitän")
	at := p.fillWithLongThings(staff)

	looker.open(p.base + "/admin/signin?next=/admin/account")
	looker.narrow("/admin/signin")
	looker.write("[name=email]", "ana@callrail.example")
	looker.write("[name=password]", ownerPassword)
	looker.press("form .btn")
	for _, path := range pagesOf(slices.Concat((&public.Handlers{}).Routes(), (&admin.Handlers{}).Routes())) {
		addresses, param := []string{path}, strings.Contains(path, ":")
		if more := at[path]; param || more != nil {
			addresses = more
		}
		if len(addresses) == 0 {
			t.Errorf("nobody looked at %s: name an address of it here", path)
		}
		for _, address := range addresses {
			looker.open(p.base + address)
			if here, err := chromedp.Run(looker.ctx, chromedp.Evaluate[string]("location.pathname + location.search")); err != nil || here != address {
				t.Errorf("%s leads to %s (%v)", address, here, err)
			}
			looker.narrow(address)
		}
	}
	// Forms that come back with faults are longer than fresh ones.
	for _, form := range []struct{ page, button string }{
		{"/subscribe", "main form .btn"}, {"/admin/maintenance/new", ".bar .btn[data-go]"}, {"/admin/services/new", ".bar .btn.end"}, {"/admin/team", "#add .btn"},
	} {
		looker.open(p.base + form.page)
		looker.press(form.button)
		looker.narrow(form.page + ", refused")
	}
	looker.open(p.base + "/nothing")
	looker.narrow("an address that there is not")
	looker.open(p.base + "/admin/incidents/nothing")
	looker.narrow("an incident that there is not")
}

// pagesOf are the paths of all pages: what is read and is not a feed.
func pagesOf(routes []server.Route) (paths []string) {
	feed := regexp.MustCompile(`\.(atom|rss|json|xml|ics|svg|js|csv|txt|md|png)$|^/(live|uptime_showcase)$`)
	for _, r := range routes {
		if r.Method == http.MethodGet && !feed.MatchString(r.Path) {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// fillWithLongThings makes one of everything, and returns addresses of the pages that have more than one.
func (p *program) fillWithLongThings(staff *visitor) map[string][]string {
	p.t.Helper()
	reader := visit(p.t, p.base)
	reader.open("/subscribe").submit("/subscribe", fill{"email": {"somebody.with.a.very.long.name.indeed@department.of.a.long.company.name.example"}}).want(200)
	link := regexp.MustCompile(`/[cmu]/\S+`)
	letters := func(what string) string { // the text of the newest letter that waits
		p.t.Helper()
		var text, href string
		p.eventually("the letter about "+what, func() bool {
			if href = linkTo(staff.open("/admin/outbox").page(), ".list a", "/admin/outbox/"); href != "" {
				text = staff.open(href).page().Find(".letter-text").Text()
			}
			return strings.Contains(text, what)
		})
		return href + " " + text
	}
	confirm := link.FindString(letters("Do you want status updates"))
	reader.open(confirm).submit("", nil).want(200)

	incident := func(title, body string, more fill) string {
		staff.open("/admin/incidents/new")
		f := fill{"title": {title}, "body": {body}, "components": {staff.page().Find("[name=components]").Attr("value")}}
		for name, values := range more {
			f[name] = values
		}
		staff.submit("/admin/incidents", f).want(200)
		return staff.url.Path[strings.LastIndexByte(staff.url.Path, '/')+1:]
	}
	over := incident("Keyword tracking for numbers that were forwarded abroad shows calls of the day before", longText, fill{"state": {"resolved"}})
	staff.open("/admin/incidents/" + over + "/postmortem")
	staff.press("/postmortem", "/admin/incidents/"+over+"/postmortem/publish", fill{"body": {longText}}).want(200)
	gone := incident("Posted by mistake", "This was meant for another page.", nil)
	staff.open("/admin/incidents/" + gone + "/withdraw")
	staff.submit("/withdraw", nil).want(200)
	open := incident("Donaudampfschifffahrtsgesellschaftskapitänsmützen cannot be reached", longText, nil)
	staff.submit("/updates", fill{"body": {longText}, "state": {"identified"}}).want(200)
	update := linkTo(staff.page(), ".ups a", "/admin/updates/")
	staff.open(update+"/translations").submit("/translations", fill{"text_de": {longText}, "text_ar": {longText}}).want(200)
	staff.open(update).submit(update, fill{"body": {longText + "\n\nCorrected."}}).want(200) // so these are older than the wording

	plan := func(start time.Duration) string {
		now := p.now().In(mustZone(p.t))
		staff.open("/admin/maintenance/new")
		staff.submit("/admin/maintenance", fill{
			"title": {"Moving the archive of recordings to another region"}, "body": {longText}, "components": {staff.page().Find("[name=components]").Attr("value")},
			"start": {now.Add(start).Format("2006-01-02T15:04")}, "end": {now.Add(start + 26*time.Hour).Format("2006-01-02T15:04")},
		}).want(200)
		return staff.url.Path[strings.LastIndexByte(staff.url.Path, '/')+1:]
	}
	planned, running := plan(72*time.Hour), plan(time.Minute)
	staff.submit("/updates", fill{"state": {"in_progress"}, "body": {"It has begun."}}).want(200)
	p.clock(p.now().Add(25 * time.Second))
	href, text, _ := strings.Cut(letters("Unsubscribe"), " ")
	find := func(kind string) string { return regexp.MustCompile(`/` + kind + `/\S+`).FindString(text) }
	staff.open("/admin/services/new")
	staff.submit("/admin/services/new", fill{"name": {"A secret service"}, "hidden": {"1"}, "start_date": {"2018-05-14"}, "description": {strings.Repeat("What it is for. ", 9)}}).want(200)
	services := staff.page()
	staff.open("/admin").submit("/admin/headline", fill{"headline": {"Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikanten cannot be reached from https://status.example.com/numbers.forwarded.abroad"}}).want(200)
	uptime := linkTo(reader.open("/uptime").page(), "table a", "/uptime/")
	moment := p.now().UTC().Format(time.RFC3339)
	return map[string][]string{
		"/":                                     {"/", "/?at=" + moment, "/?at=some+day.that.cannot.be.read.however.one.may.look.at.it", "/?at=2017-11-05T01:30"},
		"/incidents/:code":                      {"/incidents/" + open, "/incidents/" + over, "/incidents/" + planned, "/incidents/" + running, "/incidents/" + open + "?at=" + moment},
		"/history":                              {"/history", "/history?kind=incident&q=calls", "/history?q=nothing.that.is.anywhere.in.this.history.of.a.status.page.of.numbers", "/history?q=" + strings.Repeat("x", 201)},
		"/uptime/:code":                         {uptime, uptime + "?year=" + p.now().Format("2006")},
		"/history/:month":                       {"/history/" + p.now().In(mustZone(p.t)).Format("2006-01")},
		"/subscribe":                            {"/subscribe", "/subscribe?incident=" + open},
		"/c/:token":                             {confirm, "/c/none"},
		"/m/:token":                             {find("m"), "/m/none"},
		"/u/:token":                             {find("u"), "/u/none"},
		"/setup/:token":                         {"/setup/none"}, // it was looked at while it worked
		"/admin/incidents/new":                  {"/admin/incidents/new", "/admin/incidents/new?service=call-routing&impact=down"},
		"/admin/incidents/:code":                {"/admin/incidents/" + open, "/admin/incidents/" + over, "/admin/incidents/" + gone},
		"/admin/incidents/:code/edit":           {"/admin/incidents/" + open + "/edit"},
		"/admin/incidents/:code/withdraw":       {"/admin/incidents/" + open + "/withdraw"},
		"/admin/incidents/:code/postmortem":     {"/admin/incidents/" + over + "/postmortem", "/admin/incidents/" + open + "/postmortem"},
		"/admin/updates/:code":                  {update},
		"/admin/updates/:code/translations":     {update + "/translations"},
		"/admin/incidents/:code/translations":   {"/admin/incidents/" + over + "/translations"},
		"/admin/maintenance/:code/translations": {"/admin/maintenance/" + planned + "/translations"},
		"/admin/maintenance/:code":              {"/admin/maintenance/" + planned, "/admin/maintenance/" + running},
		"/admin/maintenance/:code/edit":         {"/admin/maintenance/" + planned + "/edit"},
		"/admin/maintenance/:code/withdraw":     {"/admin/maintenance/" + planned + "/withdraw"},
		"/admin/services/:code":                 {linkTo(services, ".list a", "/admin/services/")},
		"/admin/groups/:code":                   {linkTo(services, ".list a", "/admin/groups/")},
		"/admin/outbox/:id":                     {href},
	}
}

// linkTo is where the first link goes that begins so.
func linkTo(page *statustest.Node, selector, begins string) string {
	for _, a := range page.FindAll(selector) {
		if strings.HasPrefix(a.Attr("href"), begins) {
			return a.Attr("href")
		}
	}
	return ""
}

func mustZone(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// sideways says what does not fit, with everything unfolded: the page, or something in it that hides or scrolls what is too wide
// for it. Boxes that are made for wide things may scroll: tables and code in a text, and what people type.
const sideways = `(() => {
	document.querySelectorAll("details").forEach((d) => { d.open = true; });
	const over = [], page = document.scrollingElement;
	if (page.scrollWidth > innerWidth) over.push("the page by " + (page.scrollWidth - innerWidth));
	for (const el of document.querySelectorAll("body *")) {
		if (el.matches(".scroll, pre, textarea, input, select, option, .vh, svg, svg *") || el.closest("[hidden]")) continue;
		if (getComputedStyle(el).overflowX !== "visible" && el.scrollWidth > el.clientWidth + 1) over.push(el.tagName + "." + el.className);
		if (getComputedStyle(el).position === "fixed" && el.getBoundingClientRect().right > innerWidth + 1) over.push(el.tagName + "." + el.className + " stands out");
	}
	return over.join(", ");
})()`

func (b person) narrow(where string) {
	b.t.Helper()
	for _, width := range []int64{320, 360} {
		b.do("make the window narrow", chromedp.EmulateViewport(width, 740))
		over, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](sideways))
		if err != nil || over != "" {
			b.t.Errorf("%s at %d px is too wide: %s (%v)", where, width, over, err)
		}
	}
}
