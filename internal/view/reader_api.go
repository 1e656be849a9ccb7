package view

import (
	"html"

	"github.com/statusd/statusd/internal/snapshot"
)

// APIPage tells people which addresses there are for their programs.
type APIPage struct {
	Base
	Heading, Lead string
	Sections      []APISection
	Codes         []APICode
}

// APISection is a kind of address.
type APISection struct {
	ID, Title, Text string
	Rows            []APIRow
	Example         string // to be typed, or to be put into a page
}

// APIRow is an address and what is there.
type APIRow struct{ Path, Text string }

// APICode is the code by which programs know a service.
type APICode struct {
	Name, Code string
	Lang       string // of the name, where that is not the page's
}

// apiSections are the addresses for machines, by kind; a test compares them with
// the table of routes. What each is stands in the catalogue under
// public.api.<section>.<name>.
var apiSections = []struct {
	id   string
	rows [][2]string // address, name
}{
	{"v2", [][2]string{
		{"/api/v2/summary.json", "summary"},
		{"/api/v2/status.json", "status"},
		{"/api/v2/components.json", "components"},
		{"/api/v2/incidents.json", "incidents"},
		{"/api/v2/incidents/unresolved.json", "unresolved"},
		{"/api/v2/scheduled-maintenances.json", "maintenances"},
		{"/api/v2/scheduled-maintenances/upcoming.json", "upcoming"},
		{"/api/v2/scheduled-maintenances/active.json", "active"},
	}},
	{"text", [][2]string{{"/status.txt", "txt"}, {"/status.md", "md"}}},
	{"live", [][2]string{{"/live", "stream"}, {"/live.json", "poll"}}},
	{"feeds", [][2]string{{"/history.atom", "atom"}, {"/history.rss", "rss"}, {"/feed.json", "json"}, {"/maintenance.ics", "ics"}}},
	{"uptime", [][2]string{{"/uptime.csv", "csv"}, {"/uptime.json", "json"}}},
	{"pages", [][2]string{{"/history", "history"}, {"/uptime_showcase", "showcase"}}},
	{"embed", [][2]string{{"/embed.js", "js"}, {"/embed", "widget"}, {"/embed/script.js", "script"}, {"/embed/frame", "frame"}, {"/badge.svg", "badge"}}},
}

// API renders the page about addresses for programs.
func (v *Views) API(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	page := APIPage{Base: r.base(r.p.T("public.api.title"), "/api"), Heading: r.p.T("public.api.title"), Lead: r.p.T("public.api.lead")}
	page.Here, page.Description = "/api", r.p.T("public.api.description", "Brand", page.Brand)
	examples := r.apiExamples()
	for _, of := range apiSections {
		key := "public.api." + of.id
		section := APISection{ID: of.id, Title: r.p.T(key + ".title"), Text: r.p.T(key + ".text"), Example: examples[of.id]}
		for _, row := range of.rows {
			section.Rows = append(section.Rows, APIRow{Path: row[0], Text: r.p.T(key + "." + row[1])})
		}
		page.Sections = append(page.Sections, section)
	}
	for _, c := range s.Components() {
		page.Codes = append(page.Codes, APICode{Name: c.Name, Lang: r.as(c.Translated), Code: c.Code})
	}
	return v.render("public/api", page)
}

// apiExamples are lines to try, with the page's own address.
func (r *reader) apiExamples() map[string]string {
	base, feed, code, name := r.s.Page.BaseURL, "/history.atom", "CODE", html.EscapeString(brand(r.p, r.s.Page.Name))
	if all := r.s.Components(); len(all) > 0 {
		code = all[0].Code
		feed += "?component=" + code
	}
	return map[string]string{
		"v2":     "curl " + base + "/api/v2/summary.json",
		"text":   "curl " + base + "/status.txt\ncurl -H 'Accept: text/markdown' " + base + "/",
		"live":   "curl -N " + base + "/live",
		"feeds":  "curl '" + base + feed + "'",
		"uptime": "curl -o uptime.csv " + base + "/uptime.csv",
		"embed": `<script src="` + base + `/embed.js" data-components="` + code + `" async></script>
<iframe src="` + base + `/embed" title="` + name + `" width="320" height="260" frameborder="0"></iframe>
<script src="` + base + `/embed/script.js" async></script>
<a href="` + base + `/"><img src="` + base + `/badge.svg" height="24" alt="` + name + `"></a>`,
	}
}
