package view_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// badge is what a badge says and shows; it must be sound XML.
func badge(t *testing.T, v *view.Views, facts snapshot.Snapshot, only *snapshot.Component) (label, text, shape string) {
	t.Helper()
	body, err := v.Badge(snapshot.New(facts), only)
	if must(t, body, err); len(body) > 1500 {
		t.Errorf("a badge of %d bytes", len(body))
	}
	d := xml.NewDecoder(strings.NewReader(string(body)))
	in := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return label, text, shape
		}
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		switch x := token.(type) {
		case xml.StartElement:
			in = x.Name.Local
			if !strings.Contains(" svg style rect text circle path ", " "+in+" ") {
				t.Errorf("a %s in %s", in, body)
			}
			for _, a := range x.Attr {
				if in == "svg" && a.Name.Local == "aria-label" {
					label = a.Value
				}
				if (in == "circle" || in == "path") && a.Name.Local == "class" {
					shape = a.Value
				}
			}
		case xml.CharData:
			if in == "text" {
				text += string(x)
			}
		}
	}
}

func TestBadge_hasWordsAndAShapeForEachState(t *testing.T) {
	t.Parallel()
	v := views(t)
	for status, want := range map[components.Status][3]string{
		components.Operational:   {"CallRail status: Everything is working", "Everything is working", "ok"},
		components.Degraded:      {"CallRail status: Application Dashboard is slow or unreliable", "Application Dashboard is slow or unreliable", "slow"},
		components.PartialOutage: {"CallRail status: Application Dashboard is partly down", "Application Dashboard is partly down", "part"},
		components.MajorOutage:   {"CallRail status: Application Dashboard is down", "Application Dashboard is down", "down"},
		components.Maintenance:   {"CallRail status: Application Dashboard is under maintenance", "Application Dashboard is under maintenance", "maint"},
	} {
		facts := callRail(t)
		facts.Groups[0].Components[0].Status = status
		label, text, shape := badge(t, v, facts, nil)
		if got := [3]string{label, text, shape}; got != want {
			t.Errorf("%s: got %q, want %q", status, got, want)
		}
	}
	facts := during(t)
	if _, text, shape := badge(t, v, facts, nil); text != "Down" || shape != "down" {
		t.Errorf("a long headline: %q under %s", text, shape)
	}
	if label, text, shape := badge(t, v, facts, &facts.Groups[0].Components[1]); label != "CallRail status: Call Routing: partly down" || text != "Call Routing: partly down" || shape != "part" {
		t.Errorf("of one component: %q, %q under %s", label, text, shape)
	}
	for g := range facts.Groups {
		for n := range facts.Groups[g].Components {
			facts.Groups[g].Components[n].Status = components.Operational
		}
	}
	facts.Incidents[0].Title = strings.Repeat("long ", 30)
	if _, text, shape := badge(t, v, facts, nil); text != "Investigating" || shape != "none" {
		t.Errorf("open, and nothing is said to be down: %q under %s", text, shape)
	}
}

func TestBadge_ofHostileNamesIsSound(t *testing.T) {
	t.Parallel()
	v, facts := views(t), hostile(t)
	facts.Page.Language = "en"
	for g := range facts.Groups[:3] {
		for n := range facts.Groups[g].Components {
			facts.Groups[g].Components[n].Name += "\x00\x1b\ufffe"
			label, text, _ := badge(t, v, facts, &facts.Groups[g].Components[n])
			if text == "" || !strings.HasPrefix(label, `<script>alert("name")</script>`) {
				t.Errorf("%q, %q", label, text)
			}
		}
	}
	badge(t, v, facts, nil)
}
