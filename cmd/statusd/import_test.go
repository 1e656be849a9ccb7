package main

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/notify"
)

func TestPrintBad_saysWhichLineAndWhy(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	r := notify.Imported{Bad: 3, BadLines: []notify.BadLine{{Line: 7, Text: `a@x.example,"Ann`, Key: "subscribers.quote"}, {Line: 9, Text: `a\x1b[2J`, Key: "email.invalid"}}}
	if err := printBad(&streams{err: &said}, r); err != nil {
		t.Fatal(err)
	}
	want := `line 7: a@x.example,"Ann: The quotation marks in this line do not pair up. Correct it and import the file again.
line 9: a\x1b[2J: This does not look like an e-mail address.
and 1 more
`
	if said.String() != want {
		t.Errorf("got\n%swant\n%s", &said, want)
	}
}
