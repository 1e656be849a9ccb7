package snapshot_test

import (
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

func TestShelf_showsTheNewPageBeforeTheWriterIsAnswered(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		i := s.Reports("Calls fail", "one")
		for range 20 {
			u := i.Posts("", "more")
			if got := i.Seen().Latest().Code; got != u.Code {
				t.Fatalf("after the answer readers see %s, want %s", got, u.Code)
			}
		}
	})
}

func TestShelf_builtPieceByPieceEqualsBuiltAtOnce(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	api := s.Component("API")
	voice := s.Group("Calls", "Voice")[0]
	a := s.Reports("First", "one", statustest.Is(api, components.Degraded))
	b := s.Reports("Second", "one", statustest.Is(voice, components.MajorOutage))
	a.Posts(incidents.Monitoring, "two")
	u := b.Posts(incidents.Identified, "wrong")
	must(t, s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}))
	must(t, s.Desk.EditComponent(t.Context(), s.Staff, incidents.EditComponent{Page: s.Page.ID, Component: api.Code, Name: "Public API", Showcase: true}))
	a.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	fresh := snapshot.NewShelf(s.DB, &url.URL{Scheme: "https", Host: "status.example.com"}, nil, s.Log)
	fresh.Tick(t.Context())
	if diff := cmp.Diff(fresh.Get(s.Page.ID), s.Snapshot(), comparing()); diff != "" {
		t.Errorf("at once (-) and piece by piece (+) differ:\n%s", diff)
	}
}

func comparing() cmp.Options {
	return cmp.Options{cmpopts.IgnoreUnexported(snapshot.Snapshot{}, snapshot.Incident{}), cmpopts.IgnoreFields(snapshot.Snapshot{}, "Zone", "BuiltAt"), cmpopts.EquateEmpty()}
}

func TestShelf_anotherProcessIsNoticedByTick(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	other, err := db.Open(t.Context(), db.Config{Path: s.Path, Now: s.Clock.Now, Log: s.Log})
	must(t, err)
	t.Cleanup(func() { _ = other.Close() })
	desk := *s.Desk
	desk.DB = other
	i, _, err := desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "From the command line", Body: "one"})
	must(t, err)
	if s.Snapshot().Incident(i.Code) != nil {
		t.Fatal("seen without a look: the test proves nothing")
	}
	if n := s.Shelf.Tick(t.Context()); n != 1 || s.Snapshot().Incident(i.Code) == nil {
		t.Errorf("%d pictures made, incident seen: %t", n, s.Snapshot().Incident(i.Code) != nil)
	}
}

func TestShelf_saysItsAgeAfterAMinuteWithoutDatabaseAndHeals(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	i := s.Reports("Calls fail", "one")
	s.Shelf.Tick(t.Context())
	good := s.Clock.Now()
	for _, f := range []string{"", "-wal", "-shm"} {
		must(t, os.Rename(s.Path+f, s.Path+".away"+f))
	}
	s.Clock.Advance(59 * time.Second)
	s.Shelf.Tick(t.Context())
	if !i.Seen().Open() || !s.Snapshot().AsOf.IsZero() {
		t.Fatalf("within the minute: as of %v", s.Snapshot().AsOf)
	}
	s.Clock.Advance(2 * time.Second)
	s.Shelf.Tick(t.Context())
	if got := s.Snapshot().AsOf; !got.Equal(good) {
		t.Fatalf("after the minute: as of %v, want %v", got, good)
	}
	for _, f := range []string{"", "-wal", "-shm"} {
		if _, err := os.Stat(s.Path + ".away" + f); err == nil {
			must(t, os.Rename(s.Path+".away"+f, s.Path+f))
		}
	}
	s.Shelf.Tick(t.Context())
	if got := s.Snapshot(); !got.AsOf.IsZero() || got.Incident(i.Code) == nil {
		t.Errorf("healed: as of %v", got.AsOf)
	}
	i.Posts(incidents.Resolved, "over")
}

func TestShelf_outlivesItsDatabaseThroughARestart(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	disk, err := snapshot.NewDisk(dir, "test", s.Log)
	must(t, err)
	if !disk.Empty() {
		t.Error("a new folder is not empty")
	}
	base := &url.URL{Scheme: "https", Host: "status.example.com"}
	shelf := snapshot.NewShelf(s.DB, base, disk, s.Log)
	s.DB.AfterChange(shelf.Refresh)
	api := s.Component("API")
	i := s.Reports("Calls fail", "one", statustest.Is(api, components.MajorOutage))
	disk.Flush()
	i.Posts(incidents.Resolved, "over", statustest.Is(api, components.Operational))
	disk.Flush()
	inGerman(s, i, api)
	must(t, s.Desk.WriteHeadline(t.Context(), s.Staff, incidents.WriteHeadline{Page: s.Page.ID, Text: "All is well again"}))
	disk.Flush()
	want := shelf.Get(s.Page.ID)
	must(t, s.DB.Close())

	broken, err := db.Open(t.Context(), db.Config{Path: filepath.Join(dir, "none.db"), Now: s.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	again, err := snapshot.NewDisk(dir, "test", s.Log)
	must(t, err)
	after := snapshot.NewShelf(broken, base, again, s.Log)
	n, err := after.Load()
	must(t, err)
	got := after.ByHost("status.example.com")
	if n != 1 || got == nil || got.AsOf.IsZero() {
		t.Fatalf("%d pages, %+v", n, got)
	}
	if diff := cmp.Diff(want, got, comparing(), cmpopts.IgnoreFields(snapshot.Snapshot{}, "AsOf")); diff != "" {
		t.Errorf("before (-) and after (+) the restart differ:\n%s", diff)
	}
	if got.Incident(i.Code) == nil {
		t.Error("the incident cannot be found by its code")
	}
	german := got.In("de", snapshot.ByReader)
	if seen := german.Incident(i.Code); seen.Title != "Anrufe scheitern" || seen.Updates[1].Plain != "eins" || seen.Affected[0].Name != "Schnittstelle" || german.Components()[0].Name != "Schnittstelle" || german.Headline != "All is well again" {
		t.Errorf("in German after the restart: %+v under %q", seen, german.Headline)
	}
}

// inGerman says the title and the first update of an incident, and a component,
// in German.
func inGerman(s *statustest.Site, i statustest.Incident, c components.Component) {
	s.T.Helper()
	story, none := i.Story(), incidents.WordingMark("")
	for _, x := range []struct {
		subject             incidents.Subject
		code, original, now string
	}{
		{incidents.OfIncident, i.Code, story.Incident.Title, "Anrufe scheitern"},
		{incidents.OfUpdate, story.Updates[0].Code, story.Updates[0].Body, "eins"},
	} {
		must(s.T, s.Desk.Translate(s.T.Context(), s.Staff, incidents.Translate{
			Page: s.Page.ID, Subject: x.subject, Code: x.code, Of: incidents.WordingMark(x.original), Texts: []incidents.Wording{{Language: "de", Text: x.now, Was: none}},
		}))
	}
	must(s.T, s.Desk.EditComponent(s.T.Context(), s.Staff, incidents.EditComponent{Page: c.PageID, Component: c.Code, Name: c.Name, Showcase: true, Names: []components.Naming{{Language: "de", Name: "Schnittstelle"}}}))
}

// One page that cannot be built takes the others not along, and is shown as it
// was kept.
func TestShelf_aPageThatCannotBeBuiltIsShownAsItWasKept(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	ctx := t.Context()
	s.Reports("Calls fail", "one")
	var second pages.Page
	must(t, s.DB.Private(ctx, func(tx *db.Tx) (err error) {
		second, err = pages.Create(tx, pages.Page{Name: "RACO", TimeZone: "UTC", Language: "en", Words: "plain", PastDays: 14, Hosts: []string{"raco.example"}})
		return err
	}))
	i, _, err := s.Desk.Report(ctx, s.Staff, incidents.Report{Page: second.ID, Title: "Alarms are late", Body: "one"})
	must(t, err)
	dir, base := t.TempDir(), &url.URL{Scheme: "https", Host: "status.example.com"}
	start := func() (*snapshot.Shelf, *snapshot.Disk) {
		disk, err := snapshot.NewDisk(dir, "test", s.Log)
		must(t, err)
		return snapshot.NewShelf(s.DB, base, disk, s.Log), disk
	}
	shelf, disk := start()
	shelf.Tick(ctx)
	disk.Flush()
	kept := shelf.Get(second.ID).BuiltAt
	spoil := func(number any) {
		must(t, s.DB.Private(ctx, func(tx *db.Tx) error {
			return tx.Exec(`update incidents set number = ? where code = ?`, number, i.Code).Error
		}))
	}
	spoil("none")
	s.Clock.Advance(time.Hour)
	good := s.Clock.Now()
	shelf.Tick(ctx) // it has run all the while
	must(t, s.DB.Private(ctx, func(tx *db.Tx) error {
		return errors.Join(tx.Exec(`update page_versions set version = version + 1 where page_id = ?`, second.ID).Error,
			tx.Exec(`update incidents set changed_version = 1000000 where page_id = ?`, second.ID).Error)
	}))
	again, _ := start()
	again.Tick(ctx)
	if again.Trouble() == nil {
		t.Fatal("all pages could be built: the test proves nothing")
	}
	if n, err := again.Load(); n != 1 || err != nil {
		t.Errorf("%d pages taken from the disk, %v; want the one that could not be built", n, err)
	}
	if got := again.ByHost("raco.example"); got == nil || got.Incident(i.Code) == nil || !got.AsOf.Equal(kept) {
		t.Errorf("the page that cannot be built: %+v", got)
	}
	if got := again.Get(s.Page.ID); got == nil || !got.AsOf.IsZero() {
		t.Errorf("the other page: %+v", got)
	}
	shelf.Tick(ctx)
	if shelf.Trouble() == nil || !shelf.Get(second.ID).AsOf.IsZero() {
		t.Errorf("at once: %v, as of %v", shelf.Trouble(), shelf.Get(second.ID).AsOf)
	}
	s.Clock.Advance(61 * time.Second)
	shelf.Tick(ctx)
	if got := shelf.Get(second.ID).AsOf; !got.Equal(good) || !shelf.Get(s.Page.ID).AsOf.IsZero() {
		t.Errorf("after a minute: as of %v, want %v; the other as of %v", got, good, shelf.Get(s.Page.ID).AsOf)
	}
	spoil(1)
	for _, x := range []*snapshot.Shelf{shelf, again} {
		x.Tick(ctx)
		if got := x.Get(second.ID); x.Trouble() != nil || !got.AsOf.IsZero() {
			t.Errorf("mended: %v, as of %v", x.Trouble(), got.AsOf)
		}
	}
}

func TestDisk_writesOnlyTheMonthsThatMoved(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	disk, err := snapshot.NewDisk(dir, "test", s.Log)
	must(t, err)
	shelf := snapshot.NewShelf(s.DB, &url.URL{Scheme: "https", Host: "status.example.com"}, disk, s.Log)
	s.DB.AfterChange(shelf.Refresh)
	old := s.Reports("In May", "one")
	old.Posts(incidents.Resolved, "over")
	disk.Flush()
	may := filepath.Join(dir, s.Page.Code, "2018-05.month")
	before, err := os.Stat(may)
	must(t, err)
	s.Clock.Advance(40 * 24 * time.Hour)
	s.Reports("In June", "one")
	disk.Flush()
	after, err := os.Stat(may)
	must(t, err)
	if !os.SameFile(before, after) {
		t.Error("May was written again though nothing in it moved")
	}
	if _, err := os.Stat(filepath.Join(dir, s.Page.Code, "2018-06.month")); err != nil {
		t.Error(err)
	}
}

func TestDisk_aDamagedFileDoesNotTakeTheOthersAlong(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	disk, err := snapshot.NewDisk(dir, "test", s.Log)
	must(t, err)
	shelf := snapshot.NewShelf(s.DB, &url.URL{Scheme: "https", Host: "status.example.com"}, disk, s.Log)
	shelf.Tick(t.Context())
	disk.Flush()
	must(t, os.MkdirAll(filepath.Join(dir, "abcdefghijkl"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "abcdefghijkl", "head.json"), []byte("{"), 0o600))
	got, err := disk.Load()
	if len(got) != 1 || err == nil || !strings.Contains(err.Error(), "abcdefghijkl") {
		t.Errorf("%d pages, error %v; want the good one and a word about the other", len(got), err)
	}
}

func TestShelf_ByHost(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	if s.Shelf.ByHost("anything.example") == nil {
		t.Error("with one page and no hosts, that page answers any host")
	}
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`insert into page_hosts (page_id, host) values (?, 'help.callrail.example')`, s.Page.ID).Error
	}))
	_, err := s.DB.Change(t.Context(), s.Page.ID, func(*db.Tx) error { return nil })
	must(t, err)
	for host, want := range map[string]bool{
		"help.callrail.example": true, "HELP.callrail.example:8080": true, "help.callrail.example.": true,
		"status.example.com": true, "localhost:8080": true, "127.0.0.1:8080": true, "[::1]:8080": true,
		"anything.example": false, "": false, "10.0.0.1": false,
	} {
		if got := s.Shelf.ByHost(host) != nil; got != want {
			t.Errorf("%q: answered %t, want %t", host, got, want)
		}
	}
}

func TestShelf_rebuildsAtMidnightAndWhenAPromiseIsMissed(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	_, _, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: "x", Body: "y", NextUpdateBy: s.Clock.Now().Add(30 * time.Minute)})
	must(t, err)
	if got, want := s.Snapshot().NotAfter, s.Clock.Now().Add(30*time.Minute); !got.Equal(want) {
		t.Errorf("good until %v, want the promise %v", got, want)
	}
	s.Clock.Advance(30 * time.Minute)
	if n := s.Shelf.Tick(t.Context()); n != 1 {
		t.Errorf("%d pictures made when the promise was missed", n)
	}
	if got, want := s.Snapshot().NotAfter, time.Date(2018, 5, 15, 4, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("good until %v, want midnight in New York %v", got, want)
	}
	if n := s.Shelf.Tick(t.Context()); n != 0 {
		t.Errorf("%d pictures made though nothing happened", n)
	}
}

func TestSnapshot_Body_isRenderedOnceHoweverManyAsk(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	snap := s.Snapshot()
	var made atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			b, err := snap.Body(snapshot.Key{Kind: "home"}, "text/html", func() ([]byte, error) { made.Add(1); return []byte("hello"), nil })
			if err != nil || string(b.Plain.Bytes) != "hello" {
				t.Errorf("got %v, %v", b, err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("rendered %d times", made.Load())
	}
}

func TestSnapshot_Body_boundsWhatIsKept(t *testing.T) {
	t.Parallel()
	snap := statustest.NewSite(t).Snapshot()
	for n := range 3000 {
		key := snapshot.Key{Kind: "incident", Arg: string(rune('a'+n%26)) + time.Duration(n).String()}
		_, err := snap.Body(key, "text/html", func() ([]byte, error) { return make([]byte, 100), nil })
		must(t, err)
	}
	kept := 0
	for n := range 3000 {
		if snap.Cached(snapshot.Key{Kind: "incident", Arg: string(rune('a'+n%26)) + time.Duration(n).String()}) != nil {
			kept++
		}
	}
	if kept > 1000 {
		t.Errorf("%d bodies kept, at most 1000 may be", kept)
	}
}

func TestSnapshot_Body_failureIsNotKept(t *testing.T) {
	t.Parallel()
	snap := statustest.NewSite(t).Snapshot()
	key := snapshot.Key{Kind: "home"}
	if _, err := snap.Body(key, "text/html", func() ([]byte, error) { return nil, errors.New("no") }); err == nil {
		t.Fatal("the error was lost")
	}
	b, err := snap.Body(key, "text/html", func() ([]byte, error) { return []byte("yes"), nil })
	if err != nil || string(b.Plain.Bytes) != "yes" {
		t.Errorf("got %v, %v", b, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
