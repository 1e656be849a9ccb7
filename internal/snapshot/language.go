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
// is a catalogue of. Page.Language is theirs in it; all else is shared.
func (s *Snapshot) In(lang string, chosen Chosen) *Snapshot {
	if s.Page.Language == lang && s.chosen == chosen {
		return s
	}
	key := tongue{lang, chosen}
	if t, ok := s.tongues.m.Load(key); ok {
		return t.(*Snapshot)
	}
	other := *s
	other.Page.Language, other.chosen = lang, chosen
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
