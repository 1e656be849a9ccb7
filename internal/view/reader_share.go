package view

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// Share is what a page tells of itself to those who show links to it: chats by
// Open Graph (ogp.me), search engines by JSON-LD (schema.org).
type Share struct {
	Type  string // of Open Graph
	Image string // absolute; empty for pages that have no lasting address
	LD    any    // nil for none
}

// MostDrawn is how many incidents have an image of their own, the newest ones:
// it bounds what strangers can have drawn. Older ones are shown by the image of
// the page.
const MostDrawn = 200

// Drawn reports whether an incident has an image of its own.
func Drawn(s *snapshot.Snapshot, i *snapshot.Incident) bool {
	return slices.ContainsFunc(s.Incidents[:min(MostDrawn, len(s.Incidents))], func(x *snapshot.Incident) bool { return x.Code == i.Code })
}

func (r *reader) share(path string) *Share {
	share := &Share{Type: "website"}
	if path != "" {
		share.Image = r.s.Page.BaseURL + "/og.png"
	}
	return share
}

type ldOrganization struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

type ldArticle struct {
	Context     string         `json:"@context"`
	Type        string         `json:"@type"`
	Headline    string         `json:"headline"`
	Description string         `json:"description,omitempty"`
	URL         string         `json:"url"`
	Image       string         `json:"image"`
	Published   string         `json:"datePublished"`
	Modified    string         `json:"dateModified"`
	Publisher   ldOrganization `json:"publisher"`
}

type ldSite struct {
	Context string `json:"@context"`
	Type    string `json:"@type"`
	Name    string `json:"name"`
	URL     string `json:"url"`
}

func (r *reader) organization() ldOrganization {
	return ldOrganization{Type: "Organization", Name: r.s.Page.Name, URL: r.s.Page.BaseURL + "/"}
}

// shareSite is what the status page says of itself.
func (r *reader) shareSite(b *Base) {
	b.Share.LD = ldSite{Context: "https://schema.org", Type: "WebSite", Name: b.Brand, URL: r.s.Page.BaseURL + "/"}
}

// shareIncident is what a report says of itself. The address of its image moves
// with each change, because chats keep an image by its address.
func (r *reader) shareIncident(b *Base, i *snapshot.Incident) {
	b.Share.Type = "article"
	if Drawn(r.s, i) {
		b.Share.Image = r.s.Page.BaseURL + "/og/" + i.Code + ".png?v=" + strconv.FormatInt(i.Revision, 10)
	}
	b.Share.LD = ldArticle{
		Context: "https://schema.org", Type: "Article", Headline: lead(i.Title, 110), Description: b.Description, URL: r.s.Page.BaseURL + incidentPath(i.Code),
		Image: b.Share.Image, Published: r.p.ISO(i.CreatedAt), Modified: r.p.ISO(i.UpdatedAt), Publisher: r.organization(),
	}
}

type sitemap struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// mostInSitemap is what one file may hold (sitemaps.org).
const mostInSitemap = 50_000

// Sitemap lists the pages that search engines should know, those that matter
// most first.
func (v *Views) Sitemap(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	var out sitemap
	add := func(path string, changed time.Time) {
		u := sitemapURL{Loc: s.Page.BaseURL + path}
		if !changed.IsZero() {
			u.LastMod = r.p.ISO(changed)
		}
		out.URLs = append(out.URLs, u)
	}
	add("/", s.ChangedAt)
	for _, path := range r.lasting() {
		add(path, time.Time{})
	}
	for _, i := range s.Incidents {
		add(incidentPath(i.Code), i.UpdatedAt)
	}
	if s.Page.ShowUptime {
		for _, c := range s.Components() {
			if c.Showcase {
				add("/uptime/"+c.Code, time.Time{})
			}
		}
	}
	out.URLs = out.URLs[:min(mostInSitemap, len(out.URLs))]
	raw, err := xml.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write the sitemap: %w", err)
	}
	return append([]byte(xml.Header), raw...), nil
}

// lasting are the pages that a site has whatever happens, and its months.
func (r *reader) lasting() []string {
	paths := []string{"/history", "/subscribe", "/api"}
	if r.s.Page.ShowUptime {
		paths = append(paths, "/uptime")
	}
	if slices.ContainsFunc(r.s.Incidents, func(i *snapshot.Incident) bool { return i.Kind == incidents.KindMaintenance }) {
		paths = append(paths, "/maintenance")
	}
	first := r.s.FirstMonth()
	for m := r.s.BuiltAt.In(r.s.Zone); m.Format("2006-01") >= first; m = time.Date(m.Year(), m.Month()-1, 1, 0, 0, 0, 0, r.s.Zone) {
		paths = append(paths, "/history/"+m.Format("2006-01"))
	}
	return paths
}

// Robots tells search engines what is not for them: what belongs to staff or to
// one reader, and streams that do not end.
//
// A page that is not to be listed may be read like any other: search engines list
// an address that they may not read, by what others say of it, and drop it only
// when they read "noindex" there. So this is said with every answer, and only
// the way to the sitemap is left out here.
func (v *Views) Robots(s *snapshot.Snapshot) ([]byte, error) {
	lines := []string{"User-agent: *", "Disallow: /admin", "Disallow: /setup/", "Disallow: /c/", "Disallow: /m/", "Disallow: /u/", "Disallow: /live", "Disallow: /embed", ""}
	if !s.Page.HideFromSearch {
		lines = append(lines, "Sitemap: "+s.Page.BaseURL+"/sitemap.xml", "")
	}
	return []byte(strings.Join(lines, "\n")), nil
}
