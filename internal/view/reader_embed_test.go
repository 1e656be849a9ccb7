package view_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestWidget_saysTheHeadlineAndWhatComesNext(t *testing.T) {
	t.Parallel()
	body, err := views(t).Widget(snapshot.New(callRail(t)))
	quiet := statustest.Page(t, must(t, body, err))
	same(t, "headline", quiet.Find("h1").Text(), "Everything is working")
	same(t, "next", strings.TrimSpace(quiet.Find(".facts").Text()), "Next maintenance May 27, 02:00 EDT")
	same(t, "link", quiet.Find("a").Attr("href"), "https://status.example.com/")
	body, err = views(t).Widget(snapshot.New(during(t)))
	bad := statustest.Page(t, must(t, body, err))
	for _, want := range []string{"Application Dashboard is down", "We are continuing to investigate this issue.", "Update 14:49 EDT", "Next update by 15:20 EDT"} {
		if text := bad.Find("main").Text(); !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
	if bad.Has("form") || bad.Has("button") {
		t.Error("there is something to press")
	}
}

func TestEmbedFrame_hasNewsWhileSomethingIsOpen(t *testing.T) {
	t.Parallel()
	frame := func(s *snapshot.Snapshot) *statustest.Node {
		body, err := views(t).EmbedFrame(s)
		return statustest.Page(t, must(t, body, err))
	}
	quiet, bad := snapshot.New(callRail(t)), snapshot.New(during(t))
	if key := frame(quiet).Find("body").Attr("data-key"); key != "" {
		t.Errorf("nothing is open, and it has the key %q", key)
	}
	first := frame(bad)
	same(t, "title", first.Find("h1").Text(), bad.Open()[0].Title)
	same(t, "link", first.Find("a").Attr("href"), "https://status.example.com/incidents/kctbh9vrtdwd")
	bad.Open()[0].Revision++
	if a, b := first.Find("body").Attr("data-key"), frame(bad).Find("body").Attr("data-key"); a == "" || a == b {
		t.Errorf("the key is %q, and after an update %q", a, b)
	}
	quiet.Planned()[0].State = incidents.InProgress
	same(t, "maintenance", frame(quiet).Find("h1").Text(), "Database upgrade for reports")
}

func TestEmbedScript_isSmallAndHasTheWordsOfThePage(t *testing.T) {
	t.Parallel()
	for file, most := range map[string]int{"embed.js": 3072, "embed-script.js": 2048} {
		raw, err := os.ReadFile("../../web/static/" + file)
		if must(t, raw, err); len(raw) > most {
			t.Errorf("%s has %d bytes, want at most %d", file, len(raw), most)
		}
		facts := hostile(t)
		facts.Page.Language = "en"
		body, err := views(t).EmbedScript(snapshot.New(facts), raw)
		must(t, body, err)
		for _, lang := range []string{"ar", "de", "es", "fr", "ja", "pl", "pt-BR", "zh-Hans"} {
			other := hostile(t)
			other.Page.Language = lang
			if body, err := views(t).EmbedScript(snapshot.New(other), raw); err != nil || len(body) > most {
				t.Errorf("%s in %s has %d bytes, want at most %d (%v)", file, lang, len(body), most, err)
			}
		}
		before, after, ok := bytes.Cut(raw, []byte("{/*words*/}"))
		if !ok || !bytes.HasPrefix(body, before) || !bytes.HasSuffix(body, after) {
			t.Fatalf("%s: the script is another:\n%s", file, body)
		}
		var words struct {
			Dir, Title, Hide string
			Is               map[components.Status]string
		}
		if err := json.Unmarshal(body[len(before):len(body)-len(after)], &words); err != nil {
			t.Fatal(err)
		}
		if words.Dir == "" || words.Hide != "Hide until there is news" || words.Is[components.MajorOutage] != "Down" || !strings.HasPrefix(words.Title, "<script>") || bytes.Contains(body, []byte("<script>alert")) {
			t.Errorf("%s: %+v", file, words)
		}
		// innerHTML and inline styles are what strict policies refuse.
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setAttribute('style'", "cssText"} {
			if bytes.Contains(raw, []byte(bad)) {
				t.Errorf("%s uses %s", file, bad)
			}
		}
	}
	if _, err := views(t).EmbedScript(snapshot.New(callRail(t)), []byte("nothing")); err == nil {
		t.Error("a script without a place for words is accepted")
	}
}
