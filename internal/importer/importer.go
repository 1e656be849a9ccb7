// Package importer brings in what was written elsewhere, one file a source,
// through the desk like everybody else: the same rules, ledgers and audit.
//
// Imports can be run again: every imported thing gets a code made from what it
// is, so a second run finds it and changes nothing. Nobody is told of what is
// imported.
//
// seed.go reads incident reports as JSON; demo.go holds two real ones.
package importer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// Importer imports into pages.
type Importer struct {
	DB   *db.DB
	Desk *incidents.Desk
}

// Result says what a run did.
type Result struct {
	Page                                pages.Page
	Incident                            string // code
	Components, Updates                 int    // added by this run
	NewPage, NewIncident, NewPostmortem bool
}

// Changed reports whether the run added anything.
func (r Result) Changed() bool {
	return r.Components+r.Updates > 0 || r.NewPage || r.NewIncident || r.NewPostmortem
}

// codeOf makes the code of an imported thing from what it is.
func codeOf(parts ...string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	h := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	out := make([]byte, db.CodeLen)
	for n := range out {
		out[n] = letters[(int(h[2*n])<<8|int(h[2*n+1]))%len(letters)]
	}
	return string(out)
}

// pageFor is the page of a host, made if it is missing, or the default page
// for no host. A page without incidents takes the given name and zone.
func (im Importer) pageFor(ctx context.Context, by auth.Actor, host, name, zone string) (pages.Page, bool, error) {
	store := pages.Store{DB: im.DB}
	all, err := store.All(ctx)
	if err != nil {
		return pages.Page{}, false, err
	}
	host = pages.NormalHost(host)
	for _, p := range all {
		if (host == "" && p.IsDefault) || (host != "" && has(p.Hosts, host)) {
			p, err := im.named(ctx, by, p, name, zone)
			return p, false, err
		}
	}
	p := pages.Usual()
	p.Name, p.TimeZone, p.IsDefault = name, zone, len(all) == 0
	if host != "" {
		p.Hosts = []string{host}
	}
	err = im.DB.Private(ctx, func(tx *db.Tx) error {
		p.SetUpAt = &tx.Now
		if p, err = pages.Create(tx, p); err != nil {
			return err
		}
		return auth.Record(tx, p.ID, by, "page.create", "page "+p.Code, nil, map[string]any{"name": p.Name, "hosts": p.Hosts})
	})
	return p, true, err
}

func has(all []string, one string) bool {
	for _, x := range all {
		if x == one {
			return true
		}
	}
	return false
}

func (im Importer) named(ctx context.Context, by auth.Actor, p pages.Page, name, zone string) (pages.Page, error) {
	some, err := incidents.Store{DB: im.DB}.List(ctx, p.ID, "", 0, 1)
	if err != nil || len(some) > 0 || (p.Name == name && p.TimeZone == zone) {
		return p, err
	}
	p.Name, p.TimeZone = name, zone
	if err := im.Desk.SaveSettings(ctx, by, p); err != nil {
		return p, err
	}
	return pages.Store{DB: im.DB}.ByID(ctx, p.ID)
}

// component finds a component by its name and group's name, or adds it.
func (im Importer) component(ctx context.Context, by auth.Actor, page int64, group, name string) (string, bool, error) {
	groups, cs, err := components.Store{DB: im.DB}.List(ctx, page)
	if err != nil {
		return "", false, err
	}
	var in *components.Group
	for _, g := range groups {
		if group != "" && strings.EqualFold(g.Name, group) {
			in = &g
		}
	}
	for _, c := range cs {
		if strings.EqualFold(c.Name, name) && (c.GroupID == nil) == (in == nil) && (in == nil || *c.GroupID == in.ID) && (in != nil || group == "") {
			return c.Code, false, nil
		}
	}
	code := ""
	if group != "" {
		if in == nil {
			g, err := im.Desk.AddGroup(ctx, by, page, group, "")
			if err != nil {
				return "", false, err
			}
			in = &g
		}
		code = in.Code
	}
	c, err := im.Desk.AddComponent(ctx, by, incidents.AddComponent{Page: page, Group: code, Name: name, Showcase: true})
	return c.Code, true, err
}

// missing turns "there is none" into false.
func missing(err error) (bool, error) {
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for what was imported before: %w", err)
	}
	return false, nil
}
