// Package view turns a picture into bytes: pages for readers and staff, and
// letters. It decides layout, never policy: what may be seen was decided when
// the picture was built.
//
// One template stands for one page struct of the same name. A page struct
// embeds its audience's base (Base for readers, AdminBase for staff) and holds
// values ready to print. Language, zone and words are data: the printer in the
// base, so templates are parsed once and shared.
//
// view.go loads and runs templates; the other files hold page structs:
// reader_*.go, admin_*.go, mail.go.
package view

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/statusd/statusd/internal/i18n"
)

// Views are all templates, parsed. Safe for concurrent use.
type Views struct {
	catalog *i18n.Catalog
	sets    map[string]*template.Template
	first   firstSight
}

// Assets are the static files.
type Assets interface {
	Address(name string) string // under its content hash
	Bytes(name string) []byte   // nil for none
}

// New parses the templates in files: layout/*.html and part/*.html are shared;
// each other file, named "<folder>/<name>.html", makes the set "<folder>/<name>"
// with the layout of its folder. A page template defines "main", and may define
// "head" for what belongs into <head>.
func New(files fs.FS, catalog *i18n.Catalog, assets Assets) (*Views, error) {
	first, err := newFirstSight(assets.Bytes("public.css"))
	if err != nil {
		return nil, err
	}
	v := &Views{catalog: catalog, sets: map[string]*template.Template{}, first: first}
	parts, err := fs.Glob(files, "part/*.html")
	if err != nil {
		return nil, err
	}
	pages, err := fs.Glob(files, "*/*.html")
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		folder := path.Dir(p)
		if folder == "part" || folder == "layout" {
			continue
		}
		use := append([]string{"layout/" + folder + ".html"}, parts...)
		t, err := template.New(folder+".html").Funcs(template.FuncMap{"asset": assets.Address, "first": func() template.HTML { return first.Element }}).Option("missingkey=error").ParseFS(files, append(use, p)...)
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		v.sets[strings.TrimSuffix(p, ".html")] = t
	}
	return v, nil
}

// Catalog is the catalogue that the views speak from.
func (v *Views) Catalog() *i18n.Catalog { return v.catalog }

// render runs the layout of a set on a page struct, into memory first: a fault
// in a template must never leave half a page on the wire.
func (v *Views) render(set string, page any) ([]byte, error) {
	t := v.sets[set]
	if t == nil {
		return nil, fmt.Errorf("view: no template %q", set)
	}
	var b bytes.Buffer
	b.Grow(32 << 10)
	if err := t.Execute(&b, page); err != nil {
		return nil, fmt.Errorf("view %s: %w", set, err)
	}
	if p, ok := page.(interface{ keeps() string }); ok && p.keeps() != "" {
		return keepLanguage(b.Bytes(), p.keeps()), nil
	}
	return b.Bytes(), nil
}
