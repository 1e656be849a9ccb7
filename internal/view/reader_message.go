package view

import (
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
)

// MessagePage is a page that says one thing and leads on.
type MessagePage struct {
	Base
	Heading string
	Text    string
	Now     *Link // "Current status: Everything is working"
	Links   []Link
}

// SetUpPending renders the page before there is anything to show.
func (v *Views) SetUpPending(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	page := r.message("pending", "/")
	page.Links = nil // there is nothing else yet
	return v.render("public/message", page)
}

// NotFound renders the page for addresses that there are none of. It says the
// one thing most came for: how things are.
func (v *Views) NotFound(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	page := r.message("notfound", "")
	page.Now = &Link{Href: "/", Text: r.p.T("public.notfound.now", "Headline", r.headline().Text)}
	page.Links = []Link{{Href: "/history", Text: r.p.T("public.history.see")}}
	return v.render("public/message", page)
}

// Refused renders a fault that has no form to stand beside.
func (v *Views) Refused(s *snapshot.Snapshot, f *fault.Error) ([]byte, error) {
	r := v.reader(s)
	page := r.message("refused", "")
	summary, fields := v.Words(s, f)
	for _, x := range faultFields {
		if summary == "" {
			summary = fields[x.name]
		}
	}
	page.Text = summary
	return v.render("public/message", page)
}

// ServerError renders the page for faults of this program. It is made once at
// start and needs no picture, for that may be what is missing.
func (v *Views) ServerError(pageName string) ([]byte, error) {
	p := v.catalog.Printer("en", nil, "")
	name := brand(p, pageName)
	page := MessagePage{
		Base:    Base{T: p, Lang: "en", Dir: "ltr", Brand: name, Title: title(p, p.T("public.servererror.title"), name), Favicon: "favicon-none.svg", NoIndex: true},
		Heading: p.T("public.servererror.title"), Text: p.T("public.servererror.text"),
		Links: []Link{home(p)},
	}
	return v.render("public/message", page)
}

// message renders one of the pages whose words stand in the catalogue under
// public.<key>.
func (v *Views) message(s *snapshot.Snapshot, key string) ([]byte, error) {
	r := v.reader(s)
	page := r.message(key, "")
	if key == "expired" {
		page.Links = append([]Link{{Href: "/subscribe", Text: r.p.T("public.subscribe.title")}}, page.Links...)
	}
	return v.render("public/message", page)
}

func (r *reader) message(key, path string) MessagePage {
	heading := r.p.T("public." + key + ".title")
	return MessagePage{
		Base: r.base(heading, path), Heading: heading, Text: r.p.T("public." + key + ".text"),
		Links: []Link{home(r.p)},
	}
}

func home(p *i18n.Printer) Link { return Link{Href: "/", Text: p.T("public.home.link")} }
