package view_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// written is a page on which all that staff wrote has the word Originalword in
// it, and, where it is translated, in German the word Fremdwort.
func written(t testing.TB, open, translated bool) snapshot.Snapshot {
	t.Helper()
	s := callRail(t)
	if open {
		s = during(t)
	}
	const was, is = "Originalword", "Fremdwort"
	in := func(w snapshot.Wording) map[string]snapshot.Wording {
		if !translated {
			return nil
		}
		return map[string]snapshot.Wording{"de": w}
	}
	s.Page.ShowUptime, s.Page.Weights, s.Lives = true, components.DefaultWeights, map[int64][]snapshot.Period{}
	names := snapshot.Names{Components: map[int64]snapshot.Name{}, Groups: map[int64]snapshot.Name{}}
	for n := range s.Groups {
		g := &s.Groups[n]
		g.ID, g.Name = int64(n+1), was+" group"
		names.Groups[g.ID] = snapshot.Name{Name: is + " Gruppe"}
		for k := range g.Components {
			c := &g.Components[k]
			c.Name, c.Description, c.Showcase = was+" service", was+" about", true
			names.Components[c.ID] = snapshot.Name{Name: is + " Dienst", Description: is + " dazu", Group: is + " Gruppe"}
			broke := s.Incidents[0].StartedAt
			s.Lives[c.ID] = []snapshot.Period{
				{Status: components.Operational, From: broke.AddDate(0, -1, 0), To: broke},
				{Status: components.MajorOutage, From: broke, To: broke.AddDate(0, 0, 1), IncidentID: s.Incidents[0].ID},
			}
		}
	}
	if translated {
		s.Names = map[string]snapshot.Names{"de": names}
	}
	edited := s.BuiltAt
	for _, i := range s.Incidents {
		i.Title = was + " title"
		if translated {
			i.Titles = map[string]string{"de": is + " Titel"}
		}
		i.Affected = slices.Clone(i.Affected)
		for k := range i.Affected {
			i.Affected[k].ID, i.Affected[k].Name, i.Affected[k].Group = int64(k+1), was+" service", was+" group"
		}
		for k := range i.Updates {
			u := &i.Updates[k]
			u.HTML, u.Plain, u.EditedAt, u.Affected = "<p>"+was+"</p>", was, &edited, i.Affected
			u.Earlier = []snapshot.Earlier{{HTML: "<p>" + was + " earlier</p>", HappenedAt: u.HappenedAt, From: u.HappenedAt, Until: edited}}
			u.In = in(snapshot.Wording{HTML: "<p>" + is + "</p>", Plain: is, Body: is})
		}
		if m := i.Postmortem; m != nil {
			m.HTML, m.Plain = "<p>"+was+"</p>", was
			m.In = in(snapshot.Wording{HTML: "<p>" + is + "</p>", Plain: is, Body: is})
		}
	}
	return s
}

// Whatever staff wrote says in which language it is where the reader's is
// another, and is said in the reader's where they translated it.
func TestPages_sayInWhichLanguageStaffWrote(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{false, true} {
		found := 0
		for name, body := range pagesIn(t, written(t, open, false), "de") {
			for _, x := range textsWith(t, body, "Originalword") {
				found++
				if x.lang != "en" && !x.told {
					t.Errorf("%s, not translated, %q is spoken as %s", name, x.text, x.lang)
				}
			}
		}
		if found < 60 {
			t.Errorf("%d texts found: the test looks for the wrong thing", found)
		}
		found = 0
		for name, body := range pagesIn(t, written(t, open, true), "de") {
			stood := strings.Contains(name, "stood") // what was said then is told as it was
			for _, x := range textsWith(t, body, "Originalword") {
				if !strings.Contains(x.text, "earlier") && !stood || x.lang != "en" && !x.told {
					t.Errorf("%s, translated, still says %q, as %s", name, x.text, x.lang)
				}
			}
			for _, x := range textsWith(t, body, "Fremdwort") {
				if found++; x.lang != "de" {
					t.Errorf("%s: %q is spoken as %s", name, x.text, x.lang)
				}
			}
		}
		if found < 60 {
			t.Errorf("%d translated texts found: the test looks for the wrong thing", found)
		}
		for name, body := range pages(t, written(t, open, true)) {
			_, main, _ := bytes.Cut(body, []byte("<main"))
			main, _, _ = bytes.Cut(main, []byte("</main>"))
			if bytes.Contains(body, []byte("Fremdwort")) || bytes.Contains(main, []byte(" lang=")) {
				t.Errorf("%s: readers of the page's own language get another, or are told of it", name)
			}
		}
	}
}

type spoken struct {
	text, lang string
	told       bool // inside a sentence of ours, which no element can part
}

// textsWith are the texts of a page that hold a word, with the language that
// they are spoken in.
func textsWith(t testing.TB, body []byte, word string) []spoken {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var out []spoken
	for n := range root.Descendants() {
		if n.Type != html.TextNode || !strings.Contains(n.Data, word) {
			continue
		}
		x := spoken{text: strings.TrimSpace(n.Data), told: strings.Contains(n.Data, "ist ausgefallen")} // the headline
		for p := n.Parent; p != nil; p = p.Parent {
			for _, a := range p.Attr {
				if a.Key == "lang" && x.lang == "" {
					x.lang = a.Val
				}
			}
			switch p.Data {
			case "title", "script", "svg":
				x.told = true
			}
		}
		out = append(out, x)
	}
	return out
}

// A machine that names a language gets the translation in feeds, texts and
// reports; the read API keeps the page's own words.
func TestText_speaksTheTranslations(t *testing.T) {
	t.Parallel()
	s := snapshot.New(written(t, true, true))
	german, err := views(t).Text(s.In("de", snapshot.ByReader))
	if text := string(must(t, german, err)); strings.Contains(text, "Originalword") || !strings.Contains(text, "! Fremdwort Titel") || !strings.Contains(text, "Fremdwort Dienst") {
		t.Errorf("in German:\n%s", text)
	}
	english, err := views(t).Markdown(s)
	if text := string(must(t, english, err)); strings.Contains(text, "Fremdwort") {
		t.Errorf("in English:\n%s", text)
	}
	home, err := views(t).Home(s.In("de", snapshot.ByReader))
	if !strings.Contains(statustest.Page(t, must(t, home, err)).Find("h1").Text(), "Fremdwort Dienst") {
		t.Error("the headline names services as nobody calls them in German")
	}
}
