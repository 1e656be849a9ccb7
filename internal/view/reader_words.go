package view

import (
	"strconv"
	"strings"
)

// Piece is a part of a sentence: words, a moment, or something to stress.
type Piece struct {
	Text   string
	ISO    string // of a moment
	Strong bool
	Apart  bool   // a name, whose script may run the other way
	Sought bool   // what somebody looked for
	Lang   string // of the text, where that is not the page's
}

func (t Time) piece() Piece { return Piece{Text: t.Text, ISO: t.ISO} }
func (d Day) piece() Piece  { return Piece{Text: d.Text, ISO: d.ISO} }

// strong is a name inside a sentence, kept apart from its words.
func strong(text string) Piece { return Piece{Text: text, Strong: true} }

// sentence is a message with pieces set where its placeholders stand. Word order
// is the language's, so no template may build a sentence around a moment.
func (r *reader) sentence(key string, pairs ...any) []Piece {
	set := make([]any, len(pairs))
	var pieces []Piece
	for i := 0; i+1 < len(pairs); i += 2 {
		set[i], set[i+1] = pairs[i], pairs[i+1]
		if p, ok := pairs[i+1].(interface{ piece() Piece }); ok {
			set[i+1] = "\x00" + strconv.Itoa(len(pieces)) + "\x00"
			pieces = append(pieces, p.piece())
		}
	}
	var out []Piece
	for n, part := range strings.Split(r.p.T(key, set...), "\x00") {
		if n%2 == 0 {
			if part != "" {
				out = append(out, Piece{Text: part})
			}
		} else if at, err := strconv.Atoi(part); err == nil && at < len(pieces) {
			out = append(out, pieces[at])
		}
	}
	return out
}

// apart is a name inside a sentence that is kept from mixing with its script.
func apart(text, lang string) Piece { return Piece{Text: text, Apart: true, Lang: lang} }

func (p Piece) piece() Piece { return p }
