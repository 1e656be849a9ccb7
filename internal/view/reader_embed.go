package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
)

// EmbedPage is a page that stands in a frame of another site: the headline, the
// newest words, and the way to the page.
type EmbedPage struct {
	Base
	Headline Headline
	News     string
	NewsLang string // of the news, where that is not the page's
	Facts    []Fact
	Link     Link
	// Corner is the frame that asks to be shown while something is open. Key
	// moves with each piece of news, and is empty while there is none.
	Corner bool
	Key    string
}

// Widget renders the frame that is always there.
func (v *Views) Widget(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	page := r.embed(r.headline())
	open, running, planned := s.Open(), s.Running(), s.Planned()
	switch {
	case len(open) > 0:
		page.about(r, open[0])
	case len(running) > 0:
		page.about(r, running[0])
	case len(planned) > 0:
		page.Facts = []Fact{r.fact("public.embed.planned", planned[0].Shown(), s.BuiltAt)}
	}
	return v.render("embed/widget", page)
}

// EmbedFrame renders the frame in the corner: the newest open incident, else the
// newest maintenance that is under way, else nothing that is ever shown.
func (v *Views) EmbedFrame(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	open := append(s.Open(), s.Running()...)
	page := r.embed(r.headline())
	page.Corner = true
	if len(open) > 0 {
		i := open[0]
		page.Headline = Headline{Mark: r.mark(Mark(r.effect(i).Mark())), Text: i.Title, Lang: r.as(i.Translated)}
		page.about(r, i)
		page.News = ""
		page.Link.Href = s.Page.BaseURL + incidentPath(i.Code)
		page.Key = i.Code + "-" + strconv.FormatInt(i.Revision, 10)
	}
	return v.render("embed/widget", page)
}

func (r *reader) embed(h Headline) EmbedPage {
	b := r.base(h.Text, "")
	return EmbedPage{Base: b, Headline: h, Link: Link{Href: r.s.Page.BaseURL + "/", Text: b.Brand}}
}

// about says when the newest word on an incident came, and what it is.
func (p *EmbedPage) about(r *reader, i *snapshot.Incident) {
	p.NewsLang = r.as(i.Latest().Translated)
	p.News = lead(i.Latest().Plain, 140)
	p.Facts = append([]Fact{{Label: r.p.State(i.Latest().Label), Time: new(r.near(i.Latest().HappenedAt, r.s.BuiltAt))}}, r.promise("fact", i.NextUpdateBy, i.Open())...)
}

// embedWords is where a script for other sites gets its words.
var embedWords = []byte("{/*words*/}")

// EmbedScript puts the words of a page into a script for other sites.
func (v *Views) EmbedScript(s *snapshot.Snapshot, script []byte) ([]byte, error) {
	r := v.reader(s)
	// The script knows the statuses, and how bad they are, by their order here.
	var is []string
	for _, status := range []components.Status{components.Operational, components.Maintenance, components.Degraded, components.PartialOutage, components.MajorOutage} {
		word, err := json.Marshal(r.p.Status(string(status)))
		if err != nil {
			return nil, fmt.Errorf("write the words: %w", err)
		}
		is = append(is, `"`+string(status)+`":`+string(word))
	}
	b := r.base("", "")
	words, err := json.Marshal(struct {
		Lang  string          `json:"lang"`
		Dir   string          `json:"dir"`
		Title string          `json:"title"`
		At    string          `json:"at"`
		More  string          `json:"more"`
		Hide  string          `json:"hide"`
		Is    json.RawMessage `json:"is"`
	}{b.Lang, b.Dir, b.Brand, r.p.T("public.embed.updated"), r.p.T("public.embed.more"), r.p.T("public.embed.hide"), json.RawMessage("{" + strings.Join(is, ",") + "}")})
	if err != nil {
		return nil, fmt.Errorf("write the words: %w", err)
	}
	if bytes.Count(script, embedWords) != 1 {
		return nil, fmt.Errorf("a script has %d places for words", bytes.Count(script, embedWords))
	}
	return bytes.Replace(script, embedWords, words, 1), nil
}
