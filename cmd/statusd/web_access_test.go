package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/server/admin"
	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/statustest"
)

// look is how somebody sees a page.
type look struct {
	name, scheme string
	width        int64
}

// Every page for readers is looked at in all four: in English in the first two, from right to left in the others.
var (
	darkPhone, lightDesktop = look{"on a dark phone", "dark", 320}, look{"on a light desktop", "light", 1280}
	lightPhone, darkDesktop = look{"on a light phone", "light", 320}, look{"on a dark desktop", "dark", 1280}
)

// axe-core finds nothing on any page: for readers in every state of the page, in English and from right to left, on a phone of
// 320 px and on a desktop, light and dark; and for staff. The lists come from the routes, as those of TestNarrow do.
func TestAccess_axeFindsNothing(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	b := person{t, statustest.Browser(t)}
	b.reads(p.base + "/") // nobody has set it up
	staff := p.setUp("CallRail", "America/New_York", "Calls:\nCall Routing\nCall Recording\nKeyword tracking for numbers that were forwarded abroad\nApps:\nDonaudampfschifffahrtsgesellschaftskapitän\nDashboard")
	b.reads(p.base + "/") // all is well
	var services []string
	for _, a := range staff.open("/admin/services").page().FindAll(".list li[id] a") {
		services = append(services, a.Attr("href"))
	}
	for _, service := range services {
		staff.post(service+"/archive", nil).want(200)
	}
	b.reads(p.base + "/") // there are no services
	for _, service := range services {
		staff.post(service+"/restore", nil).want(200)
	}
	at := p.fillWithLongThings(staff)
	p.must("", "post", "--new", "Calls do not connect", "--body", "We look.", "--component", "Calls / Call Routing=major_outage",
		"--component", "Calls / Call Recording=degraded_performance", "--component", "Apps / Dashboard=under_maintenance")

	b.walks(p.base, (&public.Handlers{}).Routes(), at, b.reads)
	b.reads(p.base + "/nothing")
	b.open(p.base + "/subscribe")
	b.press("main form .btn")
	b.sound("a form that came back", darkPhone, lightDesktop)
	b.write("[name=email]", "dana@bright-dental.example")
	b.press("main form .btn")
	b.sound("the answer to a form", darkPhone, lightDesktop)

	b.open(p.base + "/admin/signin?next=/admin/account")
	b.sound("/admin/signin", darkPhone, lightDesktop)
	b.write("[name=email]", "ana@callrail.example")
	b.write("[name=password]", ownerPassword)
	b.press("form .btn")
	b.walks(p.base, (&admin.Handlers{}).Routes(), at, func(address string) {
		b.t.Helper()
		b.open(address)
		b.sound(address, darkPhone, lightDesktop)
	})

	planned := at["/admin/maintenance/:code"][0]
	staff.open(planned + "/withdraw")
	staff.submit("/withdraw", nil).want(200)
	off := strings.TrimPrefix(strings.Replace(planned, "maintenance", "incidents", 1), "/admin")
	visit(t, p.base).open(off).want(410)
	b.reads(p.base + off)

	away := stricken{p, staff, ""}
	away.away("", ".away")
	b.open(p.base + "/subscribe")
	b.write("[name=email]", "eve@bright-dental.example")
	b.press("main form .btn")
	if got := b.says("main"); !strings.Contains(got, "cannot save this") {
		t.Errorf("without a database the form is answered with %q", got)
	}
	b.sound("a form without its database", darkPhone, lightDesktop)
	away.eventually("staff's pages to be refused", func() bool { return staff.open("/admin").status == 503 }) // what is open can still be read for a moment
	b.reads(p.base + "/admin")
}

// walks opens every page of the routes, at the addresses that are known of it.
func (b person) walks(base string, routes []server.Route, at map[string][]string, opened func(address string)) {
	b.t.Helper()
	for _, path := range pagesOf(routes) {
		addresses := at[path]
		if addresses == nil && !strings.Contains(path, ":") {
			addresses = []string{path}
		}
		if len(addresses) == 0 {
			b.t.Errorf("nobody looked at %s: name an address of it", path)
		}
		for _, address := range addresses {
			opened(base + address)
		}
	}
}

// reads opens a page for readers, and again from right to left, and asks axe-core about both.
func (b person) reads(address string) {
	b.t.Helper()
	b.open(address)
	b.sound(address, darkPhone, lightDesktop)
	arabic, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	q := arabic.Query()
	q.Set("lang", "ar")
	arabic.RawQuery = q.Encode()
	b.open(arabic.String())
	b.sound(arabic.String(), lightPhone, darkDesktop)
}

func (b person) sound(where string, looks ...look) {
	b.t.Helper()
	for _, l := range looks {
		b.do(where+" "+l.name, statustest.Prefers("prefers-color-scheme: "+l.scheme), chromedp.EmulateViewport(l.width, 900))
		found, err := statustest.Axe(b.ctx)
		if err != nil || len(found) > 0 {
			b.t.Errorf("%s %s: %s (%v)", where, l.name, strings.Join(found, "\n"), err)
		}
	}
}
