package snapshot

import "sync"

// Chosen is how the language of a picture came about.
type Chosen uint8

// The ways, from the least that was said to the most.
const (
	ByPage    Chosen = iota // it is the page's
	ByBrowser               // Accept-Language chose it, or found none of ours: another browser may get another
	ByReader                // ?lang= named it, and links keep it
)

type tongue struct {
	lang   string
	chosen Chosen
}

// tongues are the pictures that In made of one, each once. There are as many as
// there are languages, twice.
type tongues struct{ m sync.Map }

// In is the same picture for readers of a language, which must be one that there
// is a catalogue of. Page.Language is theirs in it, and so is what staff said in
// it of components; incidents are handed out in it (Told). All else is shared.
func (s *Snapshot) In(lang string, chosen Chosen) *Snapshot {
	if s.Page.Language == lang && s.chosen == chosen {
		return s
	}
	if s.root != nil {
		return s.root.In(lang, chosen) // what was put into one language is no source for another
	}
	key := tongue{lang, chosen}
	if t, ok := s.tongues.m.Load(key); ok {
		return t.(*Snapshot)
	}
	other := *s
	other.Page.Language, other.chosen, other.root, other.told = lang, chosen, s, &sync.Map{}
	if lang != s.own {
		other.Groups = groupsIn(s.Groups, s.Names[lang])
	}
	t, _ := s.tongues.m.LoadOrStore(key, &other)
	return t.(*Snapshot)
}

// Varies reports whether another browser may get the page in another language.
func (s *Snapshot) Varies() bool { return s.chosen == ByBrowser }

// Kept reports whether links must keep the language, as ?lang=.
func (s *Snapshot) Kept() bool { return s.chosen == ByReader }

// Own is the language that the page's staff write in, in whatever language the
// picture is.
func (s *Snapshot) Own() string { return s.own }
