package feeds

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/statusd/statusd/internal/snapshot"
)

type jsonFeed struct {
	Version     string         `json:"version"`
	Title       string         `json:"title"`
	HomePageURL string         `json:"home_page_url"`
	FeedURL     string         `json:"feed_url"`
	Language    string         `json:"language,omitempty"`
	Authors     []jsonAuthor   `json:"authors"`
	Items       []jsonFeedItem `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type jsonFeedItem struct {
	ID        string   `json:"id"`
	URL       string   `json:"url"`
	Title     string   `json:"title"`
	HTML      string   `json:"content_html"`
	Text      string   `json:"content_text"`
	Summary   string   `json:"summary,omitempty"`
	Published string   `json:"date_published"`
	Modified  string   `json:"date_modified"`
	Tags      []string `json:"tags"`
}

// JSONFeed is JSON Feed 1.1 (jsonfeed.org). Entries, ids and dates are those of
// the Atom feed; tags are the state, the kind and the names of components.
func JSONFeed(o Source) ([]byte, error) {
	f := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: o.title(), HomePageURL: o.Page.BaseURL + "/", FeedURL: o.self("/feed.json"),
		Language: language(o.Snapshot), Authors: []jsonAuthor{{Name: o.Page.Name, URL: o.Page.BaseURL + "/"}}, Items: []jsonFeedItem{},
	}
	for _, i := range o.entries() {
		f.Items = append(f.Items, o.jsonItem(i))
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write the JSON feed: %w", err)
	}
	return raw, nil
}

func (o Source) jsonItem(i *snapshot.Incident) jsonFeedItem {
	w := &writer{plain: true}
	w.content(o.P, i)
	item := jsonFeedItem{
		ID: entryID(o.Snapshot, i), URL: address(o.Snapshot, i), Title: i.Title, HTML: w.String(), Text: o.plainText(i),
		Published: utc(activity(i)), Modified: utc(touched(i)), Tags: []string{string(i.Kind), string(i.State)},
	}
	for _, a := range i.Affected {
		item.Tags = append(item.Tags, a.FullName())
	}
	return item
}

// plainText tells an entry to those who show no HTML, newest first.
func (o Source) plainText(i *snapshot.Incident) string {
	var parts []string
	if notBegun(i) && i.ScheduledUntil != nil {
		parts = append(parts, o.P.Stamp(*i.ScheduledFor)+" - "+o.P.Stamp(*i.ScheduledUntil))
	}
	if m := i.Postmortem; m != nil {
		parts = append(parts, o.P.State("postmortem")+", "+o.P.Stamp(m.PublishedAt)+"\n"+m.Plain)
	}
	for _, u := range i.Updates {
		parts = append(parts, o.P.State(u.Label)+", "+o.P.Stamp(u.HappenedAt)+"\n"+u.Plain)
	}
	return strings.Join(parts, "\n\n")
}
