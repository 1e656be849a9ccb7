package view

import (
	"net/http"
	"strings"

	"github.com/statusd/statusd/internal/i18n"
)

// Problem says that something could not be done, with what was typed kept on
// the page.
type Problem struct {
	T      *i18n.Printer
	Status int
	Key    string // of the message
	Typed  []Typed
	Again  string // where the form may be sent again; empty for none
}

// Typed is one field of a form that was not saved.
type Typed struct {
	Name, Value string
	Long        bool
}

// Shown reports whether a person typed it and would miss it; what a form says of itself is only sent again.
func (t Typed) Shown() bool {
	return t.Long && !strings.HasSuffix(t.Name, "_was") && !strings.HasSuffix(t.Name, "_template") && t.Name != "key" && t.Name != "next"
}

// Label is what the forms call a field.
func (p Problem) Label(name string) string {
	if key := "typed." + name; p.T.Has(key) {
		return p.T.T(key)
	}
	return p.T.T("typed.other")
}

// Back is where somebody goes on who can do nothing here: staff to the desk, readers to the page.
func (p Problem) Back() Link {
	if Desk(p.Again) {
		return Link{Href: "/admin", Text: p.T.T("problem.desk")}
	}
	return Link{Href: "/", Text: p.T.T("problem.page")}
}

// Desk reports whether an address is one of staff.
func Desk(address string) bool {
	return address == "/admin" || strings.HasPrefix(address, "/admin/") || strings.HasPrefix(address, "/admin?")
}

// Dir is the direction of its language.
func (p Problem) Dir() string { return i18n.Direction(p.T.Lang) }

// Title is the window's title.
func (p Problem) Title() string {
	switch p.Status {
	case http.StatusInternalServerError:
		return p.T.T("problem.title.own")
	case http.StatusServiceUnavailable:
		if p.Away() {
			return p.T.T("problem.title.away")
		}
		return p.T.T("problem.title.unsaved")
	case http.StatusUnauthorized:
		return p.T.T("problem.title.session")
	case http.StatusForbidden:
		return p.T.T("problem.title.forbidden")
	case http.StatusNotFound, http.StatusGone:
		return p.T.T("problem.title.nothing")
	case http.StatusTooManyRequests:
		return p.T.T("problem.title.often")
	}
	return p.T.T("problem.title.undone")
}

// Away reports whether somebody only wanted to look and the database is away:
// then there is a place to look at again, and nothing that was not saved.
func (p Problem) Away() bool { return p.Key == "fault.away" }

// Message is the sentence.
func (p Problem) Message() string {
	switch {
	case p.Status != http.StatusInternalServerError:
		return p.T.T(p.Key)
	case len(p.Typed) > 0:
		return p.T.T("problem.own.typed")
	}
	return p.T.T("public.servererror.text")
}

// Problem renders the page.
func (v *Views) Problem(p Problem) ([]byte, error) { return v.render("problem/problem", p) }
