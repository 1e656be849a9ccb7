package incidents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
)

// AddComponent adds a component, last in its group.
type AddComponent struct {
	Page        int64
	Group       string // code; empty for none
	Name        string
	Description string
	StartDate   string // "2006-01-02", or empty: uptime counts from it
	Hidden      bool
	Showcase    bool
	Code        string // import only
}

// EditComponent changes everything of a component but its status.
type EditComponent struct {
	Page        int64
	Component   string // code
	Group       string
	Name        string
	Description string
	StartDate   string
	Hidden      bool
	Showcase    bool
	Names       []components.Naming // in other languages; of those that are not among them they stay
	Expect      string              // what ComponentMark said when the form was opened; empty: do not check
}

// EditGroup changes a group.
type EditGroup struct {
	Page        int64
	Group       string // code
	Name        string
	Description string
	Names       []components.Naming // as in EditComponent
	Expect      string              // what GroupMark said when the form was opened; empty: do not check
}

// ComponentMark stands for what a component's form shows: it changes when
// somebody saves the form, and not when a status moves.
func ComponentMark(c components.Component, names []components.Naming) string {
	group := int64(0)
	if c.GroupID != nil {
		group = *c.GroupID
	}
	return mark(c.Name, c.Description, c.StartDate, strconv.FormatInt(group, 10), strconv.FormatBool(c.Hidden), strconv.FormatBool(c.Showcase), namesMark(names))
}

// GroupMark is ComponentMark for a group's form.
func GroupMark(g components.Group, names []components.Naming) string {
	return mark(g.Name, g.Description, namesMark(names))
}

func namesMark(ns []components.Naming) string {
	var parts []string
	for _, n := range ns {
		parts = append(parts, n.Language, n.Name, n.Description)
	}
	return mark(parts...)
}

func mark(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:8])
}

// The longest name and description of a component or group (R§11).
const (
	maxName = 100
	maxText = 500
)

// firstYear is the first that a start date may be in: earlier ones are slips of the pen.
const firstYear = 1970

func checkComponent(name, description, start string, names []components.Naming) error {
	var c fault.Collector
	pages.CheckName(&c, "name", name, maxName, "field.required")
	checkDescription(&c, "description", description)
	for _, n := range names[:min(len(names), mostLanguages)] {
		checkLanguage(&c, "name_"+n.Language, n.Language)
		pages.CheckText(&c, "name_"+n.Language, n.Name, maxName)
		checkDescription(&c, "description_"+n.Language, n.Description)
	}
	if start != "" {
		if t, err := time.Parse(time.DateOnly, start); err != nil || t.Format(time.DateOnly) != start || t.Year() < firstYear {
			c.Add("start_date", "component.start_date")
		}
	}
	return c.Err()
}

func checkDescription(c *fault.Collector, field, s string) {
	if n := utf8.RuneCountInString(s); n > maxText {
		c.Add(field, "field.toolong", "Max", maxText, "Have", n)
		return
	}
	pages.CheckText(c, field, strings.NewReplacer("\r\n", " ", "\n", " ").Replace(s), maxText)
}

// AddComponent adds a component. Needs an admin. Faults: name, description,
// group, start_date.
func (d *Desk) AddComponent(ctx context.Context, by auth.Actor, a AddComponent) (components.Component, error) {
	if err := by.Need(auth.Admin); err != nil {
		return components.Component{}, err
	}
	a.Name = strings.TrimSpace(a.Name)
	if err := checkComponent(a.Name, a.Description, a.StartDate, nil); err != nil {
		return components.Component{}, err
	}
	var c components.Component
	_, err := d.change(ctx, by, a.Page, func(tx *db.Tx) error {
		var err error
		if c, err = addComponent(tx, by, a); err == nil && c.Hidden {
			tx.Quiet()
		}
		return err
	})
	return c, err
}

func addComponent(tx *db.Tx, by auth.Actor, a AddComponent) (components.Component, error) {
	c := components.Component{PageID: a.Page, Code: a.Code, Name: a.Name, Description: a.Description, StartDate: a.StartDate, Hidden: a.Hidden, Showcase: a.Showcase}
	groups, all, err := components.ListIn(tx, a.Page)
	if err != nil {
		return c, err
	}
	if len(all) >= components.MaxComponents {
		return c, fault.At("name", "component.too_many", "Max", components.MaxComponents)
	}
	if c.GroupID, err = groupID(groups, a.Group); err != nil {
		return c, err
	}
	c, err = components.Add(tx, c, tx.Now, components.Why{Cause: components.CauseStart, AuthorID: by.Ref(), AuthorName: by.Name})
	if err != nil {
		return c, err
	}
	if err := begin(tx, by, c); err != nil {
		return c, err
	}
	return c, auth.Record(tx, a.Page, by, "component.add", "component "+c.Code, nil, map[string]any{"name": c.Name})
}

// begin writes down what a start date in the past says: it worked since then,
// as far as nothing else is known.
func begin(tx *db.Tx, by auth.Actor, c components.Component) error {
	if c.StartDate == "" {
		return nil
	}
	page, err := pages.Load(tx, c.PageID)
	if err != nil {
		return err
	}
	start, err := time.ParseInLocation(time.DateOnly, c.StartDate, page.Location())
	if err != nil {
		return fmt.Errorf("start date of component %s: %w", c.Code, err)
	}
	// Not every day has a midnight: noon names it.
	return components.Begin(tx, c, components.StartOfDay(start.Add(12*time.Hour)).UTC(), components.Why{Cause: components.CauseStart, AuthorID: by.Ref(), AuthorName: by.Name})
}

func groupID(groups []components.Group, code string) (*int64, error) {
	if code == "" {
		return nil, nil //nolint:nilnil // no group is an answer
	}
	for _, g := range groups {
		if g.Code == code {
			return &g.ID, nil
		}
	}
	return nil, fault.At("group", "component.group_unknown")
}

// EditComponent changes a component. Needs an admin. Faults as AddComponent's.
func (d *Desk) EditComponent(ctx context.Context, by auth.Actor, e EditComponent) error {
	e.Name = strings.TrimSpace(e.Name)
	if err := checkComponent(e.Name, e.Description, e.StartDate, e.Names); err != nil {
		return err
	}
	return d.onComponent(ctx, by, e.Page, e.Component, "component.edit", func(tx *db.Tx, c *components.Component) error {
		names, err := components.NamingsOf(tx.DB, e.Page, components.OfComponent, c.ID)
		if err != nil {
			return err
		}
		if e.Expect != "" && e.Expect != ComponentMark(*c, names) {
			return fault.New(fault.Conflict, "component.changed")
		}
		groups, _, err := components.ListIn(tx, e.Page)
		if err != nil {
			return err
		}
		if c.GroupID, err = groupID(groups, e.Group); err != nil {
			return err
		}
		c.Name, c.Description, c.StartDate, c.Hidden, c.Showcase = e.Name, e.Description, e.StartDate, e.Hidden, e.Showcase
		if err := components.Save(tx, *c); err != nil {
			return err
		}
		if err := begin(tx, by, *c); err != nil {
			return err
		}
		return saveNames(tx, by, components.Naming{PageID: e.Page, Subject: components.OfComponent, SubjectID: c.ID}, c.Code, names, e.Names)
	})
}

// ArchiveComponent takes a component off the page; its history keeps its name.
func (d *Desk) ArchiveComponent(ctx context.Context, by auth.Actor, page int64, code string) error {
	return d.onComponent(ctx, by, page, code, "component.archive", func(tx *db.Tx, c *components.Component) error {
		c.ArchivedAt = &tx.Now
		return components.Save(tx, *c)
	})
}

// RestoreComponent brings an archived component back; fault of name when
// another has taken it.
func (d *Desk) RestoreComponent(ctx context.Context, by auth.Actor, page int64, code string) error {
	return d.onComponent(ctx, by, page, code, "component.restore", func(tx *db.Tx, c *components.Component) error {
		c.ArchivedAt = nil
		return components.Save(tx, *c)
	})
}

// onComponent runs an admin's act upon one component. Incidents name their
// components, so all of them are told to be made again.
func (d *Desk) onComponent(ctx context.Context, by auth.Actor, page int64, code, action string, fn func(*db.Tx, *components.Component) error) error {
	if err := by.Need(auth.Admin); err != nil {
		return err
	}
	_, err := d.change(ctx, by, page, func(tx *db.Tx) error {
		c, err := components.ByCode(tx, page, code)
		if err != nil {
			return err
		}
		was := c
		if err := fn(tx, &c); err != nil {
			return err
		}
		if was.Hidden && c.Hidden && was.Position == c.Position {
			tx.Quiet()
		}
		return auth.Record(tx, page, by, action, "component "+code, facts(was), facts(c))
	})
	return err
}

func facts(c components.Component) map[string]any {
	return map[string]any{"name": c.Name, "description": c.Description, "hidden": c.Hidden, "showcase": c.Showcase, "start_date": c.StartDate, "status": c.Status, "archived": c.ArchivedAt != nil}
}

// MoveComponent swaps a component with its neighbour in the same group.
func (d *Desk) MoveComponent(ctx context.Context, by auth.Actor, page int64, code string, up bool) error {
	return d.onComponent(ctx, by, page, code, "component.move", func(tx *db.Tx, c *components.Component) error {
		_, all, err := components.ListIn(tx, page)
		if err != nil {
			return err
		}
		var same []components.Component
		for _, x := range all {
			if sameGroup(x.GroupID, c.GroupID) {
				same = append(same, x)
			}
		}
		at := -1
		for n, x := range same {
			if x.ID == c.ID {
				at = n
			}
		}
		other := neighbour(at, up)
		if at < 0 || other < 0 || other >= len(same) {
			return nil
		}
		a, b := same[at], same[other]
		a.Position, b.Position = b.Position, a.Position
		c.Position = a.Position
		if err := components.Save(tx, a); err != nil {
			return err
		}
		return components.Save(tx, b)
	})
}

func neighbour(at int, up bool) int {
	if up {
		return at - 1
	}
	return at + 1
}

func sameGroup(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// SetStatus sets a component's status by hand, now and until further notice.
// Needs a responder: it is part of the work at two in the morning.
func (d *Desk) SetStatus(ctx context.Context, by auth.Actor, page int64, code string, s components.Status) error {
	if err := by.Need(auth.Responder); err != nil {
		return err
	}
	_, err := d.change(ctx, by, page, func(tx *db.Tx) error {
		done, err := components.Apply(tx, page, []components.Change{{Component: code, Status: s}}, tx.Now, components.Why{Cause: components.CauseManual, AuthorID: by.Ref(), AuthorName: by.Name})
		if err != nil {
			return err
		}
		if done[0].Component.Hidden || done[0].Old == done[0].New {
			tx.Quiet()
		}
		return auth.Record(tx, page, by, "component.status", "component "+code, done[0].Old, done[0].New)
	})
	return err
}

// AddGroup adds a group, last on the page. Needs an admin. Faults: name, description.
func (d *Desk) AddGroup(ctx context.Context, by auth.Actor, page int64, name, description string) (components.Group, error) {
	if err := by.Need(auth.Admin); err != nil {
		return components.Group{}, err
	}
	name = strings.TrimSpace(name)
	if err := checkComponent(name, description, "", nil); err != nil {
		return components.Group{}, err
	}
	var g components.Group
	_, err := d.change(ctx, by, page, func(tx *db.Tx) error {
		var err error
		g, err = addGroup(tx, by, page, name, description)
		tx.Quiet() // empty, so nowhere yet
		return err
	})
	return g, err
}

func addGroup(tx *db.Tx, by auth.Actor, page int64, name, description string) (components.Group, error) {
	groups, _, err := components.ListIn(tx, page)
	if err != nil {
		return components.Group{}, err
	}
	if len(groups) >= components.MaxGroups {
		return components.Group{}, fault.At("name", "component.too_many_groups", "Max", components.MaxGroups)
	}
	g, err := components.AddGroup(tx, components.Group{PageID: page, Name: name, Description: description})
	if err != nil {
		return g, err
	}
	return g, auth.Record(tx, page, by, "group.add", "group "+g.Code, nil, map[string]any{"name": name})
}

// EditGroup renames a group. Needs an admin. Faults as AddGroup's; Conflict when
// Expect has moved.
func (d *Desk) EditGroup(ctx context.Context, by auth.Actor, e EditGroup) error {
	e.Name = strings.TrimSpace(e.Name)
	if err := checkComponent(e.Name, e.Description, "", e.Names); err != nil {
		return err
	}
	return d.onGroup(ctx, by, e.Page, e.Group, "group.edit", func(tx *db.Tx, g components.Group) error {
		names, err := components.NamingsOf(tx.DB, e.Page, components.OfGroup, g.ID)
		if err != nil {
			return err
		}
		if e.Expect != "" && e.Expect != GroupMark(g, names) {
			return fault.New(fault.Conflict, "component.changed")
		}
		g.Name, g.Description = e.Name, e.Description
		if err := components.SaveGroup(tx, g); err != nil {
			return err
		}
		return saveNames(tx, by, components.Naming{PageID: e.Page, Subject: components.OfGroup, SubjectID: g.ID}, g.Code, names, e.Names)
	})
}

// saveNames replaces what something is called in other languages, and notes it
// where that is not what it was.
func saveNames(tx *db.Tx, by auth.Actor, of components.Naming, code string, was, now []components.Naming) error {
	if err := components.SaveNamings(tx, of.PageID, of.Subject, of.SubjectID, now); err != nil {
		return err
	}
	before, after := named(was), named(was)
	for _, n := range now {
		delete(after, n.Language)
	}
	maps.Copy(after, named(now))
	if maps.EqualFunc(before, after, slices.Equal) {
		return nil
	}
	return auth.Record(tx, of.PageID, by, string(of.Subject)+".names", string(of.Subject)+" "+code, before, after)
}

// named is what something is called by language: name and description.
func named(ns []components.Naming) map[string][]string {
	out := map[string][]string{}
	for _, n := range ns {
		if n.Name != "" || n.Description != "" {
			out[n.Language] = []string{n.Name, n.Description}
		}
	}
	return out
}

// MoveGroup swaps a group with its neighbour.
func (d *Desk) MoveGroup(ctx context.Context, by auth.Actor, page int64, code string, up bool) error {
	return d.onGroup(ctx, by, page, code, "group.move", func(tx *db.Tx, g components.Group) error {
		groups, _, err := components.ListIn(tx, page)
		if err != nil {
			return err
		}
		for n, x := range groups {
			other := neighbour(n, up)
			if x.ID != g.ID || other < 0 || other >= len(groups) {
				continue
			}
			a, b := groups[n], groups[other]
			a.Position, b.Position = b.Position, a.Position
			if err := components.SaveGroup(tx, a); err != nil {
				return err
			}
			return components.SaveGroup(tx, b)
		}
		return nil
	})
}

// ArchiveGroup takes a group off the page; its components stand alone.
func (d *Desk) ArchiveGroup(ctx context.Context, by auth.Actor, page int64, code string) error {
	return d.onGroup(ctx, by, page, code, "group.archive", func(tx *db.Tx, g components.Group) error {
		_, all, err := components.ListIn(tx, page)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.GroupID == nil || *c.GroupID != g.ID {
				continue
			}
			c.GroupID = nil
			if err := components.Save(tx, c); err != nil {
				return err
			}
		}
		g.ArchivedAt = &tx.Now
		return components.SaveGroup(tx, g)
	})
}

func (d *Desk) onGroup(ctx context.Context, by auth.Actor, page int64, code, action string, fn func(*db.Tx, components.Group) error) error {
	if err := by.Need(auth.Admin); err != nil {
		return err
	}
	_, err := d.change(ctx, by, page, func(tx *db.Tx) error {
		g, err := components.GroupByCode(tx, page, code)
		if err != nil {
			return err
		}
		if err := fn(tx, g); err != nil {
			return err
		}
		if seen, err := groupIsSeen(tx, g); err != nil {
			return err
		} else if !seen {
			tx.Quiet()
		}
		return auth.Record(tx, page, by, action, "group "+code, map[string]any{"name": g.Name}, nil)
	})
	return err
}

// groupIsSeen reports whether readers may know of a group: one of its
// components is on the page, or was and stands in the history.
func groupIsSeen(tx *db.Tx, g components.Group) (bool, error) {
	var n int64
	err := tx.Raw(`select count(*) from components where page_id = ? and group_id = ? and not hidden`, g.PageID, g.ID).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("count components of a group: %w", err)
	}
	return n > 0, nil
}
