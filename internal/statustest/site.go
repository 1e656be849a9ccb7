package statustest

import (
	"context"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/snapshot"
)

// Site is a page with its own database, clock and desk.
type Site struct {
	T     testing.TB
	Clock *Clock
	DB    *db.DB
	Auth  *auth.Auth
	Desk  *incidents.Desk
	Shelf *snapshot.Shelf
	Page  pages.Page
	Staff auth.Actor // an owner
	Path  string     // the SQLite file, or empty
	Log   *slog.Logger
}

// Noon is where clocks of sites begin: the day of the CallRail outage, before it.
var Noon = time.Date(2018, 5, 14, 16, 0, 0, 0, time.UTC)

// Engines runs a test on a site of each engine. PostgreSQL is skipped, in
// words, where no server is installed.
func Engines(t *testing.T, fn func(t *testing.T, s *Site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, NewSite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, siteOn(t, db.Config{URL: Postgres(t)}))
	})
}

// NewSite is a site on SQLite in a folder of its own.
func NewSite(t testing.TB) *Site {
	t.Helper()
	return siteOn(t, db.Config{Path: filepath.Join(t.TempDir(), "statusd.db"), Create: true})
}

func siteOn(t testing.TB, cfg db.Config) *Site {
	t.Helper()
	s := &Site{T: t, Clock: NewClock(Noon), Path: cfg.Path, Log: slog.New(slog.DiscardHandler)}
	cfg.Now, cfg.Log = s.Clock.Now, s.Log
	d, err := db.Open(t.Context(), cfg)
	s.ok(err)
	s.ok(d.Health())
	t.Cleanup(func() { _ = d.Close() }) // the folder goes with it
	s.DB, s.Auth = d, auth.New(d)
	s.Desk = &incidents.Desk{DB: d, Text: markdown.New(markdown.Options{})}
	base, err := url.Parse("https://status.example.com")
	s.ok(err)
	s.Shelf = snapshot.NewShelf(d, base, nil, s.Log)
	d.AfterChange(s.Shelf.Refresh)
	s.makePage()
	return s
}

func (s *Site) makePage() {
	s.T.Helper()
	s.ok(s.DB.Private(s.ctx(), func(tx *db.Tx) error {
		now := tx.Now
		p, err := pages.Create(tx, pages.Page{
			Name: "CallRail", TimeZone: "America/New_York", Language: "en", AutoLanguage: true, Words: "plain", HoldSeconds: 20, IsDefault: true, SetUpAt: &now, ShowUptime: true, PastDays: 14, WeightMajor: 100, WeightPartial: 30,
			PostalAddress: "100 Peachtree St, Atlanta, GA 30303", SenderName: "CallRail status", SenderAddress: "status@callrail.example",
		})
		if err != nil {
			return err
		}
		s.Page = p
		st, err := auth.AddStaff(tx, p.ID, auth.NewStaff{Email: "ana@callrail.example", Name: "Ana", Role: auth.Owner}, "x")
		s.Staff = auth.Actor{StaffID: st.ID, Name: st.Name, Role: auth.Owner}
		return err
	}))
	s.Shelf.Tick(s.ctx())
}

func (s *Site) ctx() context.Context { return s.T.Context() }

func (s *Site) ok(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// Snapshot is the picture that readers get at this moment.
func (s *Site) Snapshot() *snapshot.Snapshot { return s.Shelf.Get(s.Page.ID) }

// At moves the clock to a time of the day of Noon in the page's zone: "14:08".
func (s *Site) At(clock string) *Site {
	s.T.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", Noon.In(s.Page.Location()).Format("2006-01-02 ")+clock, s.Page.Location())
	s.ok(err)
	s.Clock.Set(t)
	return s
}

// Component adds a component without a group.
func (s *Site) Component(name string) components.Component {
	s.T.Helper()
	return s.in("", name)
}

// Group adds a group with components.
func (s *Site) Group(name string, names ...string) []components.Component {
	s.T.Helper()
	g, err := s.Desk.AddGroup(s.ctx(), s.Staff, s.Page.ID, name, "")
	s.ok(err)
	var out []components.Component
	for _, n := range names {
		out = append(out, s.in(g.Code, n))
	}
	return out
}

func (s *Site) in(group, name string) components.Component {
	s.T.Helper()
	c, err := s.Desk.AddComponent(s.ctx(), s.Staff, incidents.AddComponent{Page: s.Page.ID, Group: group, Name: name, Showcase: true})
	s.ok(err)
	return c
}

// Is sets a component to a status in a report or post.
func Is(c components.Component, s components.Status) components.Change {
	return components.Change{Component: c.Code, Status: s}
}

// Incident is an incident under test.
type Incident struct {
	*Site
	Code string
}

// Reports opens an incident.
func (s *Site) Reports(title, body string, affected ...components.Change) Incident {
	s.T.Helper()
	i, _, err := s.Desk.Report(s.ctx(), s.Staff, incidents.Report{Page: s.Page.ID, Title: title, Body: body, Components: affected, Notify: true})
	s.ok(err)
	return Incident{s, i.Code}
}

// Posts adds an update.
func (i Incident) Posts(state incidents.State, body string, affected ...components.Change) incidents.Update {
	i.T.Helper()
	u, err := i.Desk.Post(i.ctx(), i.Staff, incidents.Post{Page: i.Page.ID, Incident: i.Code, State: state, Body: body, Components: affected, Notify: true})
	i.ok(err)
	return u
}

// Seen is the incident as readers see it; it fails the test when they see none.
func (i Incident) Seen() *snapshot.Incident {
	i.T.Helper()
	got := i.Snapshot().Incident(i.Code)
	if got == nil {
		i.T.Fatalf("readers see no incident %s", i.Code)
	}
	return got
}

// Story is the incident as staff see it.
func (i Incident) Story() incidents.Story {
	i.T.Helper()
	s, err := incidents.Store{DB: i.DB}.Story(i.ctx(), i.Page.ID, i.Code)
	i.ok(err)
	return s
}

// WantFault fails the test unless err is a fault with a message beside the field.
func WantFault(t testing.TB, err error, field, key string) {
	t.Helper()
	f := fault.Of(err)
	if f == nil {
		t.Fatalf("got %v, want a fault of %s: %s", err, field, key)
	}
	if field == "" && f.Key == key {
		return
	}
	for _, x := range f.Fields {
		if x.Name == field && x.Key == key {
			return
		}
	}
	t.Fatalf("got %v, want a fault of %s: %s", f, field, key)
}
