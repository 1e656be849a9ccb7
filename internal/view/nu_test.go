package view_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

// excused are findings of the Nu HTML checker that are as we want them. Each names the documents it holds for.
var excused = []struct{ documents, message *regexp.Regexp }{
	// Letters are laid out by tables with attributes: Outlook on Windows knows no better.
	{regexp.MustCompile(`^mail-`), regexp.MustCompile(`^The “(align|border|cellpadding|cellspacing|width)” attribute on the “(table|td)” element is obsolete`)},
	// Its CSS is older than the browsers': container queries and their units, and a property of SVG 2, are in all of them.
	{regexp.MustCompile(`^public\.css$`), regexp.MustCompile(`^CSS: (“(container-type|vector-effect)”: Property|Unrecognized at-rule “@container”|“stroke-width”: Parse Error)`)},
	// Fields that grow with what is typed; where a browser does not know it they scroll.
	{regexp.MustCompile(`^more\.css$`), regexp.MustCompile(`^CSS: “field-sizing”: Property`)},
}

// The Nu HTML checker has nothing to say: of every page for readers in every language, with ordinary and with hostile words, of every
// page for staff, of the styles and drawings, and of the letters. What it only advises counts as much as what it calls an error.
func TestPages_pleaseTheNuChecker(t *testing.T) {
	t.Parallel()
	documents := map[string][]byte{}
	add := func(set string, bodies map[string][]byte) {
		for name, body := range bodies {
			documents[set+": "+name+".html"] = body
		}
	}
	v := views(t)
	for _, lang := range v.Catalog().Languages() {
		s := during(t)
		s.Page.Language = lang
		add("burning in "+lang, pages(t, s))
		documents["unsaved in "+lang+".html"] = problems(t, v, v.Catalog().Printer(lang, nil, ""))
	}
	for set, facts := range map[string]snapshot.Snapshot{"quiet": callRail(t), "grouped": raco(t), "hostile": hostile(t)} {
		add(set, pages(t, facts))
	}
	for text, refused := range map[string]bool{"Calls are failing": false, hostileText: true} {
		for name, set := range newStaffWorld(t, text, refused).staffPages(t) {
			for n, p := range set {
				body, err := v.Admin(p)
				documents[fmt.Sprintf("staff: %s %d, refused: %t.html", name, n, refused)] = must(t, body, err)
			}
		}
	}
	badge, err := v.Badge(snapshot.New(during(t)), nil)
	documents["badge.svg"] = must(t, badge, err)
	for _, pattern := range []string{"../../web/static/*.css", "../../web/static/*.svg", "testdata/mail-*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			documents[filepath.Base(file)] = must(t, body, err)
		}
	}
	found := map[string][]statustest.NuFinding{} // by what is said, for a mistake in a layout is on every page
	for _, f := range statustest.NuCheck(t, documents) {
		if !excuse(f) {
			found[f.Message] = append(found[f.Message], f)
		}
	}
	for _, fs := range found {
		t.Errorf("%s\n\tand %d more of that", fs[0], len(fs)-1)
	}
}

func excuse(f statustest.NuFinding) bool {
	for _, e := range excused {
		if e.documents.MatchString(f.Document) && e.message.MatchString(f.Message) {
			return true
		}
	}
	return false
}

// problems is a page that says that something was not saved, with what was typed.
func problems(t testing.TB, v *view.Views, p *i18n.Printer) []byte {
	t.Helper()
	body, err := v.Problem(view.Problem{T: p, Status: http.StatusServiceUnavailable, Key: "fault.unavailable", Again: "/subscribe", Typed: []view.Typed{
		{Name: "body", Value: strings.Repeat("Typed. ", 9), Long: true}, {Name: "email", Value: "dana@bright-dental.example"},
	}})
	return must(t, body, err)
}
