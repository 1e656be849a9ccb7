package statustest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/statustest"
)

// It looks at every kind of document, and says which one it means.
func TestNuCheck_seesWhatIsWrong(t *testing.T) {
	t.Parallel()
	page := func(body string) []byte {
		return []byte(`<!doctype html><html lang="en"><head><title>A page</title></head><body><h1>A page</h1>` + body + `</body></html>`)
	}
	found := statustest.NuCheck(t, map[string][]byte{
		"a, wrong.html":    page(`<p><div>A block in a paragraph</div></p>`),
		"b, obsolete.html": page(`<table border="3"><tr><td>A cell</td></tr></table>`),
		"c, wrong.css":     []byte(`p { colour: red }`),
		"d, wrong.svg":     []byte(`<svg xmlns="http://www.w3.org/2000/svg"><blink/></svg>`),
		"sound.html":       page(`<p>Nothing is wrong.</p>`),
		"sound.css":        []byte(`p { color: red }`),
		"sound.svg":        []byte(`<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>`),
	})
	var names []string
	for _, f := range found {
		names = append(names, f.Document)
	}
	if got := strings.Join(slices.Compact(names), "; "); got != "a, wrong.html; b, obsolete.html; c, wrong.css; d, wrong.svg" {
		t.Errorf("found something in %s\n%v", got, found)
	}
}
