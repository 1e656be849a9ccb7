package snapshot_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

var base = &url.URL{Scheme: "https", Host: "status.example.com"}

// Whatever is done, the picture that grew act by act, the one that goes on from
// what a stopped program kept, and the one that is read from the database alone
// are the same.
func TestShelf_everyWayToThePictureLeadsToTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := statustest.NewSite(t)
			l := life{Site: s, rnd: rand.New(rand.NewPCG(seed, 1))}
			for n := range 3 {
				l.parts = append(l.parts, s.Component(fmt.Sprintf("Part %d", n)).Code)
			}
			dir := t.TempDir()
			for range 8 { // runs of the program, each with some acts
				shelf, disk := start(t, s, dir, "one")
				s.DB.AfterChange(shelf.Refresh)
				for range 1 + l.rnd.IntN(6) {
					s.Clock.Advance(time.Duration(1+l.rnd.IntN(40*24*60)) * time.Minute)
					l.act(t)
					if l.rnd.IntN(2) == 0 {
						disk.Flush() // else the program is killed before
					}
				}
				fresh := snapshot.NewShelf(s.DB, base, nil, s.Log)
				fresh.Tick(t.Context())
				again, _ := start(t, s, dir, "one")
				for name, got := range map[string]*snapshot.Snapshot{"act by act": shelf.Get(s.Page.ID), "gone on from the disk": again.Get(s.Page.ID)} {
					if diff := cmp.Diff(fresh.Get(s.Page.ID), got, comparing(), cmpopts.IgnoreFields(snapshot.Snapshot{}, "NotAfter")); diff != "" {
						t.Fatalf("%s: at once (-) and so (+) differ:\n%s", name, diff)
					}
				}
			}
		})
	}
}

func start(t *testing.T, s *statustest.Site, dir, build string) (*snapshot.Shelf, *snapshot.Disk) {
	t.Helper()
	disk, err := snapshot.NewDisk(dir, build, s.Log)
	must(t, err)
	shelf := snapshot.NewShelf(s.DB, base, disk, s.Log)
	shelf.Tick(t.Context())
	if shelf.Get(s.Page.ID) == nil {
		t.Fatal(shelf.Trouble())
	}
	return shelf, disk
}

// life does this and that.
type life struct {
	*statustest.Site
	rnd   *rand.Rand
	parts []string // codes of components
	codes []string // of incidents
}

func (l *life) act(t *testing.T) {
	t.Helper()
	ctx, page := t.Context(), l.Page.ID
	part := l.parts[l.rnd.IntN(len(l.parts))]
	all := components.Statuses()
	change := []components.Change{{Component: part, Status: all[l.rnd.IntN(len(all))]}}
	kind := l.rnd.IntN(14)
	if len(l.codes) == 0 {
		kind = 0
	}
	var err error
	switch kind {
	case 0, 1:
		var i incidents.Incident
		i, _, err = l.Desk.Report(ctx, l.Staff, incidents.Report{Page: page, Title: "It fails", Body: "one", Components: change, StartedAt: l.Clock.Now().Add(-time.Duration(l.rnd.IntN(50*24)) * time.Hour), Backdate: true})
		l.codes = append(l.codes, i.Code)
	case 2:
		var i incidents.Incident
		i, err = l.Desk.Plan(ctx, l.Staff, incidents.Plan{Page: page, Title: "Work", Body: "one", Components: []string{part}, Start: l.Clock.Now().Add(time.Hour), End: l.Clock.Now().Add(3 * time.Hour)})
		_ = i // it is only planned
	case 3, 4, 5:
		_, err = l.Desk.Post(ctx, l.Staff, incidents.Post{
			Page: page, Incident: l.some(), Body: "more", Components: change, Reopen: true,
			State: []incidents.State{incidents.Identified, incidents.Monitoring, incidents.Resolved}[l.rnd.IntN(3)],
		})
	case 6:
		err = l.onUpdate(t, func(u incidents.Update) error {
			_, err := l.Desk.Correct(ctx, l.Staff, incidents.Correct{Page: page, Update: u.Code, Body: u.Body + " again"})
			return err
		})
	case 7:
		err = l.onUpdate(t, func(u incidents.Update) error {
			return l.Desk.Withdraw(ctx, l.Staff, incidents.Withdraw{Page: page, Update: u.Code})
		})
	case 8:
		err = l.Desk.EditComponent(ctx, l.Staff, incidents.EditComponent{Page: page, Component: part, Name: "Named " + part[:4], Hidden: l.rnd.IntN(4) == 0, Showcase: true})
	case 9:
		// Another one: who says by hand what is so already moves no version, and readers notice nothing.
		for _, c := range l.Snapshot().Components() {
			if c.Code == part && c.Status != change[0].Status {
				err = l.Desk.SetStatus(ctx, l.Staff, page, part, change[0].Status)
			}
		}
	case 10:
		_, err = l.Desk.PublishPostmortem(ctx, l.Staff, incidents.PublishPostmortem{Page: page, Incident: l.some(), Body: "Why it was so."})
	case 12:
		err = l.Desk.WithdrawIncident(ctx, l.Staff, page, l.some())
	case 13: // mostly into another month
		code := l.some()
		i, e := incidents.Store{DB: l.DB}.ByCode(ctx, page, code)
		must(t, e)
		_, err = l.Desk.Edit(ctx, l.Staff, incidents.Edit{Page: page, Incident: code, Title: i.Title, StartedAt: i.StartedAt.Add(-30 * 24 * time.Hour), Backdate: true})
	case 11:
		c, e := l.Desk.AddComponent(ctx, l.Staff, incidents.AddComponent{Page: page, Name: fmt.Sprint("Part ", len(l.parts)), Showcase: true})
		l.parts, err = append(l.parts, c.Code), e
	}
	if _, rule := errors.AsType[*fault.Error](err); err != nil && !rule { // a rule that says no is as good
		t.Fatal(err)
	}
}

func (l *life) some() string { return l.codes[l.rnd.IntN(len(l.codes))] }

func (l *life) onUpdate(t *testing.T, do func(incidents.Update) error) error {
	t.Helper()
	s, err := incidents.Store{DB: l.DB}.Story(t.Context(), l.Page.ID, l.some())
	if err != nil {
		return err
	}
	return do(s.Updates[l.rnd.IntN(len(s.Updates))])
}

// A start asks the database only for what changed since the picture was kept.
func TestShelf_goesOnFromTheKeptPicture(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	i := s.Reports("Calls fail", "one")
	_, disk := start(t, s, dir, "one")
	disk.Flush()
	// What nobody told of is not looked for: so it can be seen where the picture came from.
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`update incidents set title = 'never told' where code = ?`, i.Code).Error
	}))
	s.Reports("Another", "one")
	title := func(build string) string {
		shelf, _ := start(t, s, dir, build)
		if n := len(shelf.Get(s.Page.ID).Incidents); n != 2 {
			t.Errorf("%d incidents, want both", n)
		}
		return shelf.Get(s.Page.ID).Incident(i.Code).Title
	}
	if got := title("one"); got != "Calls fail" {
		t.Errorf("%q: all was read anew", got)
	}
	if got := title("two"); got != "never told" {
		t.Errorf("%q: another program's picture was built upon", got)
	}
}

// After an upgrade the page is there at once, as the program before kept it, and
// then built anew.
func TestShelf_showsWhatAnotherBuildKeptUntilItsOwnIsThere(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	i := s.Reports("Calls fail", "one")
	_, disk := start(t, s, dir, "one")
	disk.Flush()
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`update incidents set title = 'as it is told now' where code = ?`, i.Code).Error
	}))
	shelf, _ := start(t, s, dir, "two")
	if got := shelf.Get(s.Page.ID); got.Incident(i.Code).Title != "Calls fail" || !got.AsOf.IsZero() {
		t.Errorf("at once: %q, as of %v", got.Incident(i.Code).Title, got.AsOf)
	}
	if n := shelf.Tick(t.Context()); n != 1 || shelf.Get(s.Page.ID).Incident(i.Code).Title != "as it is told now" {
		t.Errorf("then: %d pictures, %q", n, shelf.Get(s.Page.ID).Incident(i.Code).Title)
	}
}

// A backup was put back and life went on: the kept picture tells what is no
// longer so, though its version looks like the past of this one.
func TestShelf_aPictureOfAnotherPastIsNotGoneOnFrom(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.Reports("Before the backup", "one")
	must(t, s.DB.Close())
	backup := filepath.Join(t.TempDir(), "statusd.db")
	copyFile(t, s.Path, backup)
	open := func(path string) *statustest.Site {
		d, err := db.Open(t.Context(), db.Config{Path: path, Now: s.Clock.Now, Log: s.Log})
		must(t, err)
		must(t, d.Health())
		t.Cleanup(func() { _ = d.Close() })
		other, desk := *s, *s.Desk
		desk.DB = d
		other.DB, other.Desk = d, &desk
		return &other
	}
	report := func(s *statustest.Site, title string) {
		_, _, err := s.Desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: title, Body: "one"})
		must(t, err)
	}
	dir := t.TempDir()
	lost := open(s.Path)
	report(lost, "Lost with the disk")
	_, disk := start(t, lost, dir, "one")
	disk.Flush()

	s.Clock.Advance(time.Minute)
	back := open(backup)
	for n := range 3 {
		report(back, fmt.Sprintf("After the backup %d", n))
	}
	shelf, _ := start(t, back, dir, "one")
	fresh := snapshot.NewShelf(back.DB, base, nil, s.Log)
	fresh.Tick(t.Context())
	if diff := cmp.Diff(fresh.Get(s.Page.ID), shelf.Get(s.Page.ID), comparing()); diff != "" {
		t.Errorf("at once (-) and started (+) differ:\n%s", diff)
	}
}

// The same while statusd runs: what stood in the picture and is in no database
// any more goes, what is posted is seen at once, and nothing of it is kept.
func TestShelf_aBackupPutBackWhileItRunsIsNoticed(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	s.Reports("Before the backup", "one")
	must(t, s.DB.Close())
	backup := filepath.Join(t.TempDir(), "statusd.db")
	copyFile(t, s.Path, backup)
	d, err := db.Open(t.Context(), db.Config{Path: s.Path, Now: s.Clock.Now, Log: s.Log})
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	now, desk := *s, *s.Desk
	desk.DB, now.DB = d, d
	report := func(title string) {
		t.Helper()
		s.Clock.Advance(time.Minute)
		_, _, err := desk.Report(t.Context(), s.Staff, incidents.Report{Page: s.Page.ID, Title: title, Body: "one"})
		must(t, err)
	}
	dir := t.TempDir()
	shelf, disk := start(t, &now, dir, "one")
	d.AfterChange(shelf.Refresh)
	for n := range 3 {
		report(fmt.Sprintf("Lost with the disk %d", n))
	}
	disk.Flush()
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(s.Path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	must(t, os.Rename(backup, s.Path))
	same := func(when string) {
		t.Helper()
		fresh := snapshot.NewShelf(d, base, nil, s.Log)
		fresh.Tick(t.Context())
		if diff := cmp.Diff(fresh.Get(s.Page.ID), shelf.Get(s.Page.ID), comparing()); diff != "" {
			t.Errorf("%s: of the database (-) and shown (+) differ:\n%s", when, diff)
		}
	}
	shelf.Tick(t.Context()) // sees that the file is another
	shelf.Tick(t.Context())
	same("put back")
	for n := range 3 { // the last comes to the version that the lost ones came to
		report(fmt.Sprintf("After the backup %d", n))
		same("posted")
	}
	disk.Flush()
	again, _ := start(t, &now, dir, "one")
	if n := len(again.Get(s.Page.ID).Incidents); n != 4 {
		t.Errorf("%d incidents after a start, want 4", n)
	}
}

// A picture of another build that was taken because there was no database is
// not built upon when there is one.
func TestShelf_whatWasLoadedOfAnotherBuildIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	i := s.Reports("Calls fail", "one")
	_, disk := start(t, s, dir, "one")
	disk.Flush()
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`update incidents set title = 'as it is' where code = ?`, i.Code).Error
	}))
	kept, err := snapshot.NewDisk(dir, "two", s.Log)
	must(t, err)
	shelf := snapshot.NewShelf(s.DB, base, kept, s.Log)
	n, err := shelf.Load()
	if must(t, err); n != 1 {
		t.Fatalf("%d pages", n)
	}
	shelf.Tick(t.Context())
	if got := shelf.Get(s.Page.ID).Incident(i.Code).Title; got != "as it is" {
		t.Errorf("%q: built upon what was loaded", got)
	}
}

// Of a page whose kept month is torn, or an older one, the rest is shown while
// there is no database.
func TestDisk_Load_showsWhatIsLeftOfAPage(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	s.Reports("In May", "one")
	_, disk := start(t, s, dir, "one")
	disk.Flush()
	older, err := os.ReadFile(filepath.Join(dir, s.Page.Code, "2018-05.month"))
	must(t, err)
	s.Reports("In May too", "one")
	s.Clock.Advance(31 * 24 * time.Hour)
	s.Reports("In June", "one")
	_, disk = start(t, s, dir, "one")
	disk.Flush()
	must(t, os.WriteFile(filepath.Join(dir, s.Page.Code, "2018-05.month"), older, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, s.Page.Code, ".new-1"), older, 0o600))
	disk, err = snapshot.NewDisk(dir, "one", s.Log)
	must(t, err)
	all, err := disk.Load()
	if err == nil || len(all) != 1 || len(all[0].Incidents) != 1 || all[0].Incidents[0].Title != "In June" {
		t.Errorf("%d pages, %v", len(all), err)
	}
	if _, err := os.Stat(filepath.Join(dir, s.Page.Code, ".new-1")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a killed process left is still there: %v", err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	must(t, err)
	defer in.Close() //nolint:errcheck // only read
	out, err := os.Create(to)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, err)
	must(t, out.Close())
}

// A damaged month is no reason not to start, nor to show a page without it.
func TestShelf_aDamagedMonthIsReadFromTheDatabase(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	dir := t.TempDir()
	s.Reports("Calls fail", "one")
	shelf, disk := start(t, s, dir, "one")
	disk.Flush()
	want := shelf.Get(s.Page.ID)
	must(t, os.Truncate(filepath.Join(dir, s.Page.Code, "2018-05.month"), 40))
	shelf, disk = start(t, s, dir, "one")
	if diff := cmp.Diff(want, shelf.Get(s.Page.ID), comparing()); diff != "" {
		t.Errorf("before (-) and after (+) differ:\n%s", diff)
	}
	disk.Flush() // and is mended
	if all, err := disk.Load(); err != nil || len(all) != 1 || len(all[0].Incidents) != 1 {
		t.Errorf("afterwards: %d pages, %v", len(all), err)
	}
}
