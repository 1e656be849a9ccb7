package incidents_test

import (
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

var mark = incidents.WordingMark

// says is one text in one language, on a form that was opened on nothing.
func says(lang, text string) incidents.Wording {
	return incidents.Wording{Language: lang, Text: text, Was: mark("")}
}

// translates says an update in other languages, as its present wording is.
func translates(s *statustest.Site, u incidents.Update, texts ...incidents.Wording) error {
	return s.Desk.Translate(s.T.Context(), s.Staff, incidents.Translate{Page: s.Page.ID, Subject: incidents.OfUpdate, Code: u.Code, Of: mark(u.Body), Texts: texts})
}

// in is the incident as readers of a language see it.
func in(i statustest.Incident, lang string) *snapshot.Incident {
	i.T.Helper()
	got := i.Snapshot().In(lang, snapshot.ByReader).Incident(i.Code)
	if got == nil {
		i.T.Fatalf("readers of %s see no incident", lang)
	}
	return got
}

func TestDesk_Translate_isSeenByReadersOfTheLanguageAlone(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.Reports("Calls fail", "We *know*.", statustest.Is(s.Component("API"), components.MajorOutage))
		u := i.Story().Updates[0]
		was, seen := s.Snapshot().Version, i.Seen()
		s.Clock.Advance(time.Hour)
		must(t, translates(s, u, says("de", "Wir *wissen* es."), says("ar", "نحن نعلم.")))
		title := incidents.Translate{Page: s.Page.ID, Subject: incidents.OfIncident, Code: i.Code, Of: mark("Calls fail"), Texts: []incidents.Wording{says("de", "Anrufe scheitern")}}
		must(t, s.Desk.Translate(t.Context(), s.Staff, title))

		german := in(i, "de")
		if german.Title != "Anrufe scheitern" || !german.Translated || !strings.Contains(german.Updates[0].HTML, "Wir <em>wissen</em> es.") || german.Updates[0].Plain != "Wir wissen es." || !german.Updates[0].Translated {
			t.Errorf("in German: %+v", german)
		}
		if got := in(i, "ar"); got.Title != "Calls fail" || got.Translated || got.Updates[0].Plain != "نحن نعلم." {
			t.Errorf("in Arabic: %+v", got)
		}
		for _, got := range []*snapshot.Incident{i.Seen(), in(i, "fr"), in(i, "en")} {
			if got.Title != "Calls fail" || got.Updates[0].Plain != "We know." || got.Translated || got.Updates[0].Translated {
				t.Errorf("elsewhere: %+v", got)
			}
		}
		// It is no news: neither for feeds and calendars, nor an edit.
		now := i.Seen()
		if s.Snapshot().Version != was+2 || now.Revision != seen.Revision || !now.UpdatedAt.Equal(seen.UpdatedAt) || now.Updates[0].EditedAt != nil || len(now.Updates[0].Earlier) != 0 {
			t.Errorf("version %d after %d; incident %+v", s.Snapshot().Version, was, now)
		}
		if got := actions(t, s); !strings.HasSuffix(got, "incident.report translation.save translation.save") {
			t.Errorf("audit: %s", got)
		}
		if id, err := (incidents.Store{DB: s.DB}).VerifyRevisions(t.Context(), s.Page.ID); id != 0 || err != nil {
			t.Errorf("the chain of wordings breaks at %d, %v", id, err)
		}
		// The page as it stood is told in its own words.
		then, err := s.Shelf.AsOf(t.Context(), s.Page.ID, s.Clock.Now())
		must(t, err)
		if got := then.In("de", snapshot.ByReader).Incident(i.Code); len(got.Updates) != 1 || got.Updates[0].Body != "We *know*." || got.Title != "Calls fail" || got.Postmortem != nil {
			t.Errorf("as it stood: %+v", got)
		}
	})
}

// A translation of a wording that was corrected says what was taken back.
func TestDesk_Translate_isHeldBackWhileItsOriginalIsAnother(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.Reports("Calls fail", "All data is lost.")
		u := i.Story().Updates[0]
		must(t, translates(s, u, says("de", "Alle Daten sind verloren."), says("pl", "Utracono wszystkie dane.")))
		correct := func(body string) {
			t.Helper()
			_, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: body})
			must(t, err)
			u.Body = body
		}
		correct("No data is lost.")
		if got := in(i, "de").Updates[0]; got.Plain != "No data is lost." || got.Translated {
			t.Errorf("after the correction a German reads %q", got.Plain)
		}
		if got := i.Story().In(incidents.OfUpdate, u.ID)["de"]; got.Body != "Alle Daten sind verloren." || got.Fits(u.Body) {
			t.Errorf("staff see %+v", got)
		}
		correct("All data is lost.") // what it was made from is the wording again
		if got := in(i, "de").Updates[0].Plain; got != "Alle Daten sind verloren." {
			t.Errorf("corrected back, a German reads %q", got)
		}
		correct("No data is lost!")
		must(t, translates(s, u, incidents.Wording{Language: "de", Text: "Keine Daten sind verloren!", Was: mark("Alle Daten sind verloren.")}))
		// Polish holds all the same, says who knows it.
		must(t, translates(s, u, incidents.Wording{Language: "pl", Text: "Utracono wszystkie dane.", Was: mark("Utracono wszystkie dane."), Still: true}))
		if de, pl := in(i, "de").Updates[0].Plain, in(i, "pl").Updates[0].Plain; de != "Keine Daten sind verloren!" || pl != "Utracono wszystkie dane." {
			t.Errorf("translated anew: %q, %q", de, pl)
		}
		// Moving its time is no other wording.
		_, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: u.Body, HappenedAt: s.Clock.Now().Add(-time.Minute)})
		must(t, err)
		if got := in(i, "de").Updates[0].Plain; got != "Keine Daten sind verloren!" {
			t.Errorf("after its time was moved a German reads %q", got)
		}
	})
}

func TestDesk_Translate_takenBackOrWithdrawnIsGone(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.Reports("Calls fail", "one")
		second := i.Posts("", "two")
		must(t, translates(s, second, says("de", "zwei"), says("pl", "dwa")))
		must(t, translates(s, second, incidents.Wording{Language: "de", Text: " \n", Was: mark("zwei")}))
		if got := in(i, "de").Updates[0]; got.Plain != "two" || got.Translated {
			t.Errorf("taken back, a German reads %q", got.Plain)
		}
		must(t, s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: second.Code}))
		if got := in(i, "pl").Updates; len(got) != 1 || got[0].Plain != "one" {
			t.Errorf("withdrawn, a Pole reads %+v", got)
		}
		if found := s.Snapshot().Search(snapshot.Query{Text: "dwa", Limit: 9}); len(found.Incidents) != 0 {
			t.Error("what was withdrawn is found")
		}
		if err := translates(s, second, says("fr", "deux")); !fault.Is(err, fault.Conflict) {
			t.Errorf("translating what was withdrawn: %v", err)
		}
	})
}

func TestDesk_Translate_postmortemWhileItIsPublished(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.Reports("Calls fail", "one")
	i.Posts(incidents.Resolved, "over")
	cmd := incidents.Translate{Page: s.Page.ID, Subject: incidents.OfPostmortem, Code: i.Code, Of: mark("# Why"), Texts: []incidents.Wording{says("de", "# Warum")}}
	if err := s.Desk.Translate(t.Context(), s.Staff, cmd); !fault.Is(err, fault.NotFound) {
		t.Errorf("of none: %v", err)
	}
	_, err := s.Desk.SavePostmortem(t.Context(), s.Staff, incidents.SavePostmortem{Page: s.Page.ID, Incident: i.Code, Body: "# Why"})
	must(t, err)
	if err := s.Desk.Translate(t.Context(), s.Staff, cmd); !fault.Is(err, fault.Conflict) {
		t.Errorf("of a draft: %v", err)
	}
	_, err = s.Desk.PublishPostmortem(t.Context(), s.Staff, incidents.PublishPostmortem{Page: s.Page.ID, Incident: i.Code, Body: "# Why"})
	must(t, err)
	must(t, s.Desk.Translate(t.Context(), s.Staff, cmd))
	if got := in(i, "de").Postmortem; !strings.Contains(got.HTML, "Warum") || !got.Translated {
		t.Errorf("a German reads %q", got.HTML)
	}
	if got := in(i, "fr").Postmortem; !strings.Contains(got.HTML, "Why") || got.Translated {
		t.Errorf("a Frenchman reads %q", got.HTML)
	}
	must(t, s.Desk.UnpublishPostmortem(t.Context(), s.Staff, s.Page.ID, i.Code))
	if got := in(i, "de").Postmortem; got != nil {
		t.Errorf("unpublished, a German reads %q", got.HTML)
	}
}

// What two people do at once: each in a language of their own is no conflict,
// both in the same one is, and so is an original that moved.
func TestDesk_Translate_conflicts(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.Reports("Calls fail", "one")
	u := i.Story().Updates[0]
	untouched := func(lang string) incidents.Wording { return says(lang, "") }
	must(t, translates(s, u, says("de", "eins"), untouched("pl")))
	must(t, translates(s, u, untouched("de"), says("pl", "jeden"))) // her form did not know of "eins"
	if de, pl := in(i, "de").Updates[0].Plain, in(i, "pl").Updates[0].Plain; de != "eins" || pl != "jeden" {
		t.Fatalf("two languages at once: %q, %q", de, pl)
	}
	if err := translates(s, u, says("de", "ein")); !fault.Is(err, fault.Conflict) {
		t.Errorf("over another's words: %v", err)
	}
	version := s.Snapshot().Version
	must(t, translates(s, u, says("de", "eins"))) // the same form twice
	if got := s.Snapshot().Version; got != version {
		t.Errorf("a form that was sent twice moved the page from %d to %d", version, got)
	}
	_, err := s.Desk.Correct(t.Context(), s.Staff, incidents.Correct{Page: s.Page.ID, Update: u.Code, Body: "uno"})
	must(t, err)
	if err := translates(s, u, says("fr", "un")); !fault.Is(err, fault.Conflict) {
		t.Errorf("of a wording that is another by now: %v", err)
	}
	if got := in(i, "fr").Updates[0].Translated; got {
		t.Error("it was saved all the same")
	}
}

func TestDesk_Translate_refuses(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.Reports("Calls fail", "one")
	u := i.Story().Updates[0]
	long := strings.Repeat("x", markdown.MaxUpdate+1)
	err := translates(s, u, says("de", long), says("pl", "ok"))
	if f := fault.Of(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "text_de" {
		t.Errorf("too long: %v", err)
	}
	statustest.WantFault(t, translates(s, u, says("de\n", "x")), "text_de\n", "field.choice")
	title := incidents.Translate{Page: s.Page.ID, Subject: incidents.OfIncident, Code: i.Code, Of: mark("Calls fail"), Texts: []incidents.Wording{says("de", "zwei\nZeilen")}}
	statustest.WantFault(t, s.Desk.Translate(t.Context(), s.Staff, title), "text_de", "field.control")
	err = s.Desk.Translate(t.Context(), auth.Actor{StaffID: 9, Name: "Eve", Role: auth.Viewer}, title)
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("a viewer: %v", err)
	}
	if err := translates(s, incidents.Update{Code: "nosuchupdate"}, says("de", "x")); !fault.Is(err, fault.NotFound) {
		t.Errorf("of no update: %v", err)
	}
	must(t, translates(s, u, says("de", `<script>alert(1)</script> [x](javascript:alert(1))`)))
	if got := in(i, "de").Updates[0].HTML; strings.Contains(got, "<script") || strings.Contains(got, "javascript:") {
		t.Errorf("rendered as %s", got)
	}
}

// Names are shown wherever readers see them, and never those of what is hidden.
func TestDesk_EditComponent_namesInOtherLanguages(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		cs := s.Group("Voice", "Call routing", "Recording", "Secret")
		lone := s.Component("API")
		groups, _, err := components.Store{DB: s.DB}.List(t.Context(), s.Page.ID)
		must(t, err)
		edit := func(c components.Component, hidden bool, ns ...components.Naming) {
			t.Helper()
			group := groups[0].Code
			if c.ID == lone.ID {
				group = ""
			}
			must(t, s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: c.Code, Name: c.Name, Description: "About " + c.Name, Group: group, Hidden: hidden, Showcase: true, Names: ns}))
		}
		i := s.Reports("Calls fail", "one", statustest.Is(cs[0], components.MajorOutage), statustest.Is(lone, components.Degraded))
		edit(cs[0], false, components.Naming{Language: "de", Name: "Anrufverteilung", Description: "Verteilt Anrufe"}, components.Naming{Language: "pl", Description: "Rozdziela"})
		edit(cs[2], true, components.Naming{Language: "de", Name: "Geheimnis"}, components.Naming{Language: "ja", Name: "秘密"})
		must(t, s.Desk.EditGroup(t.Context(), s.Staff, incidents.EditGroup{Page: s.Page.ID, Group: groups[0].Code, Name: "Voice", Names: []components.Naming{{Language: "de", Name: "Telefonie"}}}))

		german := s.Snapshot().In("de", snapshot.ByReader)
		var voice snapshot.Group
		for _, g := range german.Groups {
			if g.Code == groups[0].Code {
				voice = g
			}
		}
		routing := voice.Components[0]
		if voice.Name != "Telefonie" || !voice.Translated || routing.Name != "Anrufverteilung" || routing.Description != "Verteilt Anrufe" || !routing.Translated || !routing.Described {
			t.Errorf("in German: %+v", voice)
		}
		if got := voice.Components[1]; got.Name != "Recording" || got.Translated {
			t.Errorf("what nobody named: %+v", got)
		}
		seen := in(i, "de")
		if got := seen.Affected; got[1].FullName() != "Telefonie (Anrufverteilung)" || !got[1].Translated || got[0].FullName() != "API" || got[0].Translated || seen.Updates[0].Affected[1].Name != "Anrufverteilung" {
			t.Errorf("affected: %+v", got)
		}
		polish := s.Snapshot().In("pl", snapshot.ByReader).Component(cs[0].Code)
		if polish.Name != "Call routing" || polish.Translated || polish.Description != "Rozdziela" || !polish.Described {
			t.Errorf("in Polish: %+v", polish)
		}
		if got := s.Snapshot().Component(cs[0].Code); got.Name != "Call routing" || got.Description != "About Call routing" {
			t.Errorf("in English: %+v", got)
		}
		if all := s.Snapshot().Names; len(all["ja"].Components) != 0 || len(all["de"].Components) != 2 {
			t.Errorf("the picture knows %+v", all)
		}
		// Archived, history goes on naming it so.
		must(t, s.Desk.ArchiveComponent(t.Context(), s.Staff, s.Page.ID, cs[0].Code))
		if got := in(i, "de").Affected[1].FullName(); got != "Telefonie (Anrufverteilung)" {
			t.Errorf("archived: %s", got)
		}
		// Of languages that a form does not name, names stay; an empty one takes it away.
		edit(lone, false, components.Naming{Language: "de", Name: "Schnittstelle"})
		edit(lone, false, components.Naming{Language: "fr", Name: "Interface"})
		edit(lone, false)
		if de, fr := s.Snapshot().In("de", snapshot.ByReader).Component(lone.Code).Name, s.Snapshot().In("fr", snapshot.ByReader).Component(lone.Code).Name; de != "Schnittstelle" || fr != "Interface" {
			t.Errorf("left alone: %q, %q", de, fr)
		}
		edit(lone, false, components.Naming{Language: "de"})
		if got := s.Snapshot().In("de", snapshot.ByReader).Component(lone.Code); got.Name != "API" || got.Translated {
			t.Errorf("taken away: %+v", got)
		}
		if got := actions(t, s); strings.Count(got, "component.names") != 5 || strings.Count(got, "group.names") != 1 {
			t.Errorf("audit: %s", got)
		}
	})
}

func TestDesk_EditComponent_refusesNamesBesideTheirField(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	c := s.Component("API")
	err := s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: c.Code, Name: "API", Names: []components.Naming{
		{Language: "de", Name: strings.Repeat("x", 101)}, {Language: "pl", Name: "a\u202eb"}, {Language: "fr", Description: strings.Repeat("x", 501)}, {Language: "ja", Name: "接口"},
	}})
	for field, key := range map[string]string{"name_de": "field.toolong", "name_pl": "field.control", "description_fr": "field.toolong"} {
		statustest.WantFault(t, err, field, key)
	}
	if f := fault.Of(err); len(f.Fields) != 3 {
		t.Errorf("faults: %v", f)
	}
}
