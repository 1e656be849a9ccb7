package view_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

func TestPages_tellChatsWhatTheyAre(t *testing.T) {
	t.Parallel()
	for name, facts := range map[string]snapshot.Snapshot{"callrail": during(t), "hostile": hostile(t)} {
		for at, body := range pages(t, facts) {
			if at == "servererror" || strings.HasPrefix(at, "framed") {
				continue
			}
			page := statustest.Page(t, body)
			meta := func(property string) string {
				if sel := `meta[property=` + property + `]`; page.Has(sel) {
					return page.Find(sel).Attr("content")
				}
				return ""
			}
			lasting := page.Has("link[rel=canonical]")
			if meta("og:title") != page.Find("title").Text() || meta("og:site_name") == "" || meta("og:type") == "" || meta("og:description") == "" {
				t.Errorf("%s, %s: %q %q %q %q", name, at, meta("og:title"), meta("og:site_name"), meta("og:type"), meta("og:description"))
			}
			// What belongs to one reader has no address to be shared.
			if got := meta("og:url"); (got != "") != lasting || lasting && got != page.Find("link[rel=canonical]").Attr("href") {
				t.Errorf("%s, %s: og:url %q", name, at, got)
			}
			if got := meta("og:image"); strings.HasPrefix(got, "https://status.example.com/og") != (lasting || strings.Contains(at, "as it stood")) {
				t.Errorf("%s, %s: og:image %q", name, at, got)
			}
		}
	}
}

func TestPages_dataForSearchEnginesIsSound(t *testing.T) {
	t.Parallel()
	facts := hostile(t)
	s := snapshot.New(facts)
	for _, i := range s.Incidents {
		body, err := views(t).Incident(s, i)
		page := statustest.Page(t, must(t, body, err))
		var ld struct {
			Type, Headline, URL, DatePublished string
			Publisher                          struct{ Name string }
		}
		raw := page.Find("script[type=application/ld+json]").Text()
		if err := json.Unmarshal([]byte(strings.ReplaceAll(raw, `"@type"`, `"type"`)), &ld); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if strings.Contains(raw, "<") || ld.URL != "https://status.example.com/incidents/"+i.Code || !strings.HasPrefix(i.Title, strings.TrimRight(ld.Headline, "…")) || ld.Publisher.Name != s.Page.Name || !strings.HasSuffix(ld.DatePublished, "Z") {
			t.Errorf("%s: %s", i.Title, raw)
		}
		if want := fmt.Sprintf("https://status.example.com/og/%s.png?v=%d", i.Code, i.Revision); page.Find(`meta[property=og:image]`).Attr("content") != want {
			t.Errorf("the image is %s, want %s", page.Find(`meta[property=og:image]`).Attr("content"), want)
		}
	}
}

func TestDrawn_boundsHowManyIncidentsHaveAnImage(t *testing.T) {
	t.Parallel()
	facts := callRail(t)
	one := *facts.Incidents[0]
	for n := range 300 {
		i := one
		i.ID, i.Code, i.StartedAt = int64(1000+n), fmt.Sprintf("many%08d", n), one.StartedAt.AddDate(0, 0, -n-1)
		facts.Incidents = append(facts.Incidents, &i)
	}
	s, drawn := snapshot.New(facts), 0
	for _, i := range s.Incidents {
		if view.Drawn(s, i) {
			drawn++
		}
	}
	if oldest := s.Incidents[len(s.Incidents)-1]; drawn != view.MostDrawn || view.Drawn(s, oldest) {
		t.Errorf("%d of %d are drawn", drawn, len(s.Incidents))
	}
}

func TestSitemap_listsWhatLasts(t *testing.T) {
	t.Parallel()
	s := snapshot.New(callRail(t))
	body, err := views(t).Sitemap(s)
	var got struct {
		URLs []struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(must(t, body, err), &got); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, u := range got.URLs {
		all = append(all, strings.TrimPrefix(u.Loc, "https://status.example.com"))
	}
	same(t, "addresses", strings.Join(all, " "), "/ /history /subscribe /api /maintenance /history/2018-05 /history/2018-04 /history/2018-03 /incidents/p31zjtct2jer /incidents/kctbh9vrtdwd")
	same(t, "last change", got.URLs[0].LastMod, "2018-05-22T14:31:00Z")
}

// drawn is an image, and how many of its pixels are neither paper nor bar.
func drawn(t *testing.T, body []byte, err error) (image.Image, int) {
	t.Helper()
	img, bad := png.Decode(bytes.NewReader(must(t, body, err)))
	if bad != nil {
		t.Fatal(bad)
	}
	if img.Bounds() != image.Rect(0, 0, 1200, 630) || len(body) > 100<<10 {
		t.Errorf("%v, %d bytes", img.Bounds(), len(body))
	}
	words := 0
	for y := 16; y < 630; y++ {
		for x := range 1200 {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x4000 {
				if x < 20 || x > 1180 {
					t.Fatalf("something is cut off at %d, %d", x, y)
				}
				words++
			}
		}
	}
	return img, words
}

func TestDraw_hasTheShapeAndTheWords(t *testing.T) {
	t.Parallel()
	v, seen := views(t), map[color.Color]bool{}
	for _, status := range components.Statuses() {
		facts := callRail(t)
		facts.Groups[0].Components[0].Status = status
		body, err := v.DrawPage(snapshot.New(facts))
		img, words := drawn(t, body, err)
		if words < 2000 {
			t.Errorf("%s: only %d dark pixels", status, words)
		}
		seen[img.At(600, 4)] = true
	}
	if len(seen) != len(components.Statuses()) {
		t.Errorf("%d colours for %d states", len(seen), len(components.Statuses()))
	}
	s := snapshot.New(during(t))
	body, err := v.DrawIncident(s, s.Open()[0])
	before, _ := drawn(t, body, err)
	s.Open()[0].State = incidents.Resolved
	s = snapshot.New(*s)
	body, err = v.DrawIncident(s, s.Incident("kctbh9vrtdwd"))
	if after, _ := drawn(t, body, err); after.At(600, 4) == before.At(600, 4) {
		t.Error("resolved looks as it did before")
	}
}

// Whatever was typed, it is drawn inside the image; what no font has shapes for
// is left out, and not drawn as boxes.
func TestDraw_hostileWords(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(hostile(t))
	for _, i := range s.Incidents {
		body, err := v.DrawIncident(s, i)
		drawn(t, body, err)
	}
	i := s.Incidents[0]
	i.Title = "مرحبا بالعالم"
	body, err := v.DrawIncident(s, i)
	_, arabic := drawn(t, body, err)
	i.Title = ""
	body, err = v.DrawIncident(s, i)
	if _, none := drawn(t, body, err); arabic != none {
		t.Errorf("%d dark pixels of Arabic, %d without it", arabic, none)
	}
	i.Title = strings.Repeat("A headline of many words ", 20)
	body, err = v.DrawIncident(s, i)
	drawn(t, body, err)
}

func BenchmarkDraw(b *testing.B) {
	v, s := views(b), snapshot.New(callRail(b))
	for b.Loop() {
		if _, err := v.DrawPage(s); err != nil {
			b.Fatal(err)
		}
	}
}
