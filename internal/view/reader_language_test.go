package view_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

// Every page is sound in every language, and says nothing in English.
func TestPages_areSoundInEveryLanguage(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, "public.")
	for _, lang := range views(t).Catalog().Languages() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			for _, facts := range []snapshot.Snapshot{callRail(t), during(t)} {
				facts.Page.Language, facts.Page.ShowUptime = lang, true
				for name, body := range pages(t, facts) {
					if name == "servererror" || name == "api" { // English for all: one is made before anybody asks, one is for programmers
						continue
					}
					check(t, lang+": "+name, body)
					if lang == "en" {
						continue
					}
					text := statustest.Page(t, body).Text()
					for key, words := range english {
						if strings.Contains(text, words) {
							t.Errorf("%s: %s says %q (%s)", lang, name, words, key)
						}
					}
				}
			}
		})
	}
}

// messagesOf are English messages that are long enough to be no name.
func messagesOf(t *testing.T, room string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../../web/locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for key, v := range all {
		text, plain := v.(string)
		if !plain || !strings.HasPrefix(key, room) || strings.HasPrefix(key, "public.api.") {
			continue
		}
		for _, part := range regexp.MustCompile(`\{\{.*?\}\}`).Split(text, -1) {
			if part = strings.TrimSpace(part); len(part) > 14 {
				out[key] = part
			}
		}
	}
	return out
}

// A language that was asked for stays asked for on every link to another page of ours, and only there.
func TestPages_keepTheLanguageThatWasAskedFor(t *testing.T) {
	t.Parallel()
	facts := during(t)
	facts.Page.ShowUptime = true
	for i := range facts.Groups[0].Components {
		facts.Groups[0].Components[i].Showcase = true
	}
	s := snapshot.New(facts)
	v, link := views(t), regexp.MustCompile(` (?:href|action)="(/[^"]*)"`)
	page := `^/(\?|#|$)|^/(incidents|history|uptime|maintenance|subscribe|api)(/[a-z0-9-]+)?(\?|#|$)`
	for _, chosen := range []snapshot.Chosen{snapshot.ByPage, snapshot.ByBrowser, snapshot.ByReader} {
		in := s.In("de", chosen)
		history := func(s *snapshot.Snapshot) ([]byte, error) { return v.History(s, nil) }
		for name, render := range map[string]func(*snapshot.Snapshot) ([]byte, error){"home": v.Home, "history": history, "uptime": v.Uptime, "notfound": v.NotFound, "follow": func(s *snapshot.Snapshot) ([]byte, error) {
			return v.Subscribe(s, view.NewSubscribeForm("kctbh9vrtdwd"))
		}} {
			body, err := render(in)
			html := string(must(t, body, err))
			found := 0
			for _, m := range link.FindAllStringSubmatch(html, -1) {
				kept := regexp.MustCompile(`(\?|&amp;)lang=de(#|$)`).MatchString(m[1])
				ours := regexp.MustCompile(page).MatchString(m[1])
				if ours {
					found++
				}
				if kept != (ours && chosen == snapshot.ByReader) {
					t.Errorf("%s, chosen %d: %s", name, chosen, m[1])
				}
			}
			if found < 3 {
				t.Errorf("%s: %d links to pages found: the test looks for the wrong thing", name, found)
			}
			if gets := strings.Count(html, `<input type="hidden" name="lang" value="de">`); name == "history" && (gets == 2) != (chosen == snapshot.ByReader) {
				t.Errorf("%s, chosen %d: %d forms keep the language", name, chosen, gets)
			}
		}
	}
}

func TestPages_nameTheirOtherLanguages(t *testing.T) {
	t.Parallel()
	s := snapshot.New(callRail(t))
	body, err := views(t).Home(s.In("ar", snapshot.ByReader))
	page := statustest.Page(t, must(t, body, err))
	same(t, "language", page.Find("html").Attr("lang")+" "+page.Find("html").Attr("dir"), "ar rtl")
	same(t, "canonical", page.Find("link[rel=canonical]").Attr("href"), "https://status.example.com/?lang=ar")
	var alternates []string
	for _, l := range page.FindAll("link[hreflang]") {
		alternates = append(alternates, l.Attr("hreflang")+" "+strings.TrimPrefix(l.Attr("href"), "https://status.example.com"))
	}
	same(t, "alternates", strings.Join(alternates, ", "), "en /?lang=en, ar /?lang=ar, de /?lang=de, es /?lang=es, fr /?lang=fr, ja /?lang=ja, pl /?lang=pl, pt-BR /?lang=pt-BR, zh-Hans /?lang=zh-Hans, x-default /")
	same(t, "chooser", strings.Join(page.Texts(".tongues a"), " "), "English العربية Deutsch Español Français 日本語 Polski Português (Brasil) 简体中文")
	same(t, "present", page.Find(".tongues a[aria-current]").Attr("href"), "?lang=ar")

	body, err = views(t).Home(s)
	page = statustest.Page(t, must(t, body, err))
	same(t, "canonical in no language", page.Find("link[rel=canonical]").Attr("href"), "https://status.example.com/")
	same(t, "direction", page.Find("html").Attr("dir"), "ltr")
}

// What an address has behind its path stays when a reader chooses another language.
func TestPages_keepTheirQuestionInAnotherLanguage(t *testing.T) {
	t.Parallel()
	v, s := views(t), snapshot.New(during(t))
	body, err := v.Subscribe(s, view.NewSubscribeForm("kctbh9vrtdwd"))
	page := statustest.Page(t, must(t, body, err))
	same(t, "form for an incident", page.FindAll(".tongues a")[2].Attr("href"), "?incident=kctbh9vrtdwd&lang=de")
	body, err = v.Search(s, view.SearchForm{Text: "a & b", Kind: "incident"}, snapshot.Found{}, "")
	page = statustest.Page(t, must(t, body, err))
	same(t, "search", page.FindAll(".tongues a")[2].Attr("href"), "?kind=incident&lang=de&q=a+%26+b")
	then := during(t)
	then.Stood = at(t, "2018-05-14T18:00:00Z")
	body, err = v.Home(snapshot.New(then))
	page = statustest.Page(t, must(t, body, err))
	same(t, "the past", page.FindAll(".tongues a")[2].Attr("href"), "?at=2018-05-14T18%3A00%3A00Z&lang=de")
}

// Every letter speaks the page's language, in both of its forms, and says nothing in English.
func TestMailer_Letter_speaksThePagesLanguage(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, "mail.")
	m := mailer(t)
	for _, lang := range views(t).Catalog().Languages() {
		if lang == "en" {
			continue
		}
		for name, d := range mailDrafts(t) {
			d.Page.Language = lang
			d.Slots.Reason = m.Reason(d.Page, d.Kind, notify.Follows{Everything: true})
			words, err := m.Letter(d)
			if err != nil {
				t.Fatalf("%s %s: %v", lang, name, err)
			}
			want := `<html lang="` + lang + `" dir="ltr">`
			if lang == "ar" {
				want = `<html lang="ar" dir="rtl">`
			}
			if !strings.Contains(words.HTML, want) {
				t.Errorf("%s %s is not %s", lang, name, want)
			}
			for key, text := range english {
				for form, said := range map[string]string{"subject": words.Subject, "text": words.Text, "HTML": words.HTML} {
					if strings.Contains(said, text) {
						t.Errorf("%s %s: the %s says %q (%s)", lang, name, form, text, key)
					}
				}
			}
		}
	}
}

func TestMailer_Letter_isSignedByThePage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, name, want string }{{"en", "Larkline", "Larkline status"}, {"en", "Larkline Status", "Larkline Status"}, {"ja", "Larkline", "Larkline ステータス"}} {
		d := mailDrafts(t)["new"]
		d.Page.Language, d.Page.Name = c.lang, c.name
		words, err := mailer(t).Letter(d)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c.lang, words.Sender, c.want)
	}
}

// Names and quotes of another script keep their own order in an Arabic page,
// and a mark stands where its line begins.
func TestLanguage_whatIsQuotedKeepsItsOrder(t *testing.T) {
	t.Parallel()
	s := snapshot.New(callRail(t))
	in := s.In("ar", snapshot.ByReader)
	body, err := views(t).Incident(in, in.Incident(code))
	text := statustest.Page(t, must(t, body, err)).Find("p.affected").Text()
	same(t, "names", strings.Contains(text, ": \u2068") && strings.HasSuffix(text, "\u2069."), true)
	found := in.Search(snapshot.Query{Text: "carrier", Limit: 25})
	body, err = views(t).Search(in, view.SearchForm{Text: "carrier"}, found, "")
	row := statustest.Page(t, must(t, body, err)).Find(".days article")
	same(t, "title", row.Has("h3[dir]"), false)
	same(t, "link", row.Find("h3 a").Attr("dir"), "auto")
	passage := row.Find("p").Text()
	same(t, "passage", strings.Contains(passage, "\u2068") && strings.HasSuffix(passage, "\u2069"), true)
	body, err = views(t).Home(in)
	same(t, "words of a row", statustest.Page(t, must(t, body, err)).Has(".days article > p > bdi"), true)
}
