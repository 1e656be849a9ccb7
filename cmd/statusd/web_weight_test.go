package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The first view of a page with an open incident, 30 services and two busy weeks: the document is at most 14 KB on the wire, headers
// and all, in every coding that browsers take, so that it comes with the first flight of packets (RFC 6928: ten segments). Two files
// come with it, which are kept for a year, and nothing from elsewhere. The icon in the tab is a third, of some 300 bytes, for which
// no browser waits.
func TestWeight_firstView(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.fortnight()
	for coding, most := range map[string]int{"gzip": 14_000, "br": 14_000, "zstd": 14_000} {
		n, res := onTheWire(t, p.addr, "/", coding)
		t.Logf("%s: %d bytes on the wire", coding, n)
		if res.Header.Get("Content-Encoding") != coding || res.StatusCode != http.StatusOK || n > most || n < 3000 {
			t.Errorf("%s: %d bytes on the wire as %q, %s; at most %d are allowed", coding, n, res.Header.Get("Content-Encoding"), res.Status, most)
		}
	}
	v := visit(t, p.base).open("/").want(200)
	page := v.page()
	if got := page.Find("h1").Text(); !strings.Contains(got, "Service 3") || len(page.FindAll("li.c")) != 30 || len(page.FindAll("article.inc")) != 1 || len(page.FindAll(".days > li")) < 9 {
		t.Fatalf("this is not the page that was meant: %q, %d services, %d open, %d days", got, len(page.FindAll("li.c")), len(page.FindAll("article.inc")), len(page.FindAll(".days > li")))
	}
	var files []string
	for _, n := range append(page.FindAll("link[rel=stylesheet]"), page.FindAll("[src]")...) {
		files = append(files, n.Attr("href")+n.Attr("src"))
	}
	if len(files) > 2 {
		t.Errorf("the page needs %d files: %v", len(files), files)
	}
	for _, file := range files {
		u, err := url.Parse(file)
		if err != nil || u.Host != "" {
			t.Errorf("%s comes from elsewhere", file)
			continue
		}
		n, res := onTheWire(t, p.addr, file, "br")
		t.Logf("%s: %d bytes on the wire", file, n)
		if cc := res.Header.Get("Cache-Control"); res.StatusCode != http.StatusOK || n > 8_000 || !strings.Contains(cc, "max-age=31536000") || !strings.Contains(cc, "immutable") {
			t.Errorf("%s: %s, %d bytes, kept %q", file, res.Status, n, cc)
		}
	}
}

// fortnight starts a program and lives through two weeks of a page: 30 services in five groups, an incident each other day with three
// updates, a maintenance ahead, and an incident that is open.
func (p *program) fortnight() {
	p.t.Helper()
	end := time.Now()
	p.clock(end.Add(-14 * 24 * time.Hour))
	p.start()
	var services strings.Builder
	for n := range 30 {
		if n%6 == 0 {
			fmt.Fprintf(&services, "Region %d:\n", n/6+1)
		}
		fmt.Fprintf(&services, "Service %d\n", n+1)
	}
	staff := p.setUp("Larkline", "Europe/Berlin", services.String())
	staff.post("/admin/signout", nil).want(200)
	staff.open("/admin/signin")
	staff.submit("/admin/signin", fill{"email": {"ana@callrail.example"}, "password": {ownerPassword}, "stay": {"1"}}).want(200)
	said := []string{
		"We are getting reports that calls to some numbers do not connect since about 13:30. We are looking into it together with our carrier.",
		"The cause is a limit that an upstream carrier set last night. They are raising it now, number by number. Calls that reach you are recorded as usual.",
		"The limit is raised and calls connect again. We watched it for half an hour and call this over. A report will follow here.",
	}
	post := func(state, body string) {
		staff.submit("/updates", fill{"state": {state}, "body": {body}}).want(200)
	}
	report := func(title, impact string, services ...int) {
		staff.open("/admin/incidents/new")
		f := fill{"title": {title}, "body": {said[0]}, "impact": {impact}}
		for _, n := range services {
			f["components"] = append(f["components"], staff.page().FindAll("[name=components]")[n].Attr("value"))
		}
		staff.submit("/admin/incidents", f).want(200)
	}
	for day := 13; day > 0; day -= 2 {
		at := end.Add(-time.Duration(day)*24*time.Hour + time.Duration(day%5)*time.Hour)
		p.clock(at)
		report(fmt.Sprintf("Calls to some numbers fail in region %d", day%5+1), []string{"part", "slow", "down"}[day%3], day, day+7, day+12)
		p.clock(at.Add(40 * time.Minute))
		post("identified", said[1])
		p.clock(at.Add(time.Duration(90+day*20) * time.Minute))
		post("resolved", said[2])
	}
	p.clock(end)
	zone := time.FixedZone("", 3600)
	staff.open("/admin/maintenance/new")
	staff.submit("/admin/maintenance", fill{
		"title": {"A new carrier for region 2"}, "body": {"Calls may ring a second later. Nothing else changes."}, "components": {staff.page().Find("[name=components]").Attr("value")},
		"start": {end.In(zone).Add(72 * time.Hour).Format("2006-01-02T15:04")}, "end": {end.In(zone).Add(75 * time.Hour).Format("2006-01-02T15:04")},
	}).want(200)
	report("Calls do not connect in region 1", "down", 2, 3, 4)
	p.clock(end.Add(20 * time.Minute))
	post("identified", said[1])
	p.eventually("the page to show it", func() bool {
		return strings.Contains(visit(p.t, p.base).open("/").page().Find("article.inc").Text(), said[1])
	})
}

// onTheWire asks on a connection of its own and counts every byte that comes back.
func onTheWire(t testing.TB, addr, path, coding string) (int, *http.Response) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // only read
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: %s\r\nConnection: close\r\n\r\n", path, addr, coding)
	raw, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(raw))), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // it is a string
	return len(raw), res
}
