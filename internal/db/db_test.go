package db_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // a second program on the same file

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/statustest"
)

func TestDB_everyConnectionHasThePragmas(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	ask := func(pragma string) string {
		var v string
		must(t, s.DB.Read(t.Context()).Raw(`pragma `+pragma).Scan(&v).Error)
		return v
	}
	asked := func(pragma string) (v string) {
		must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error { return tx.Raw(`pragma ` + pragma).Scan(&v).Error }))
		return v
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		if got := asked(pragma); got != want {
			t.Errorf("writer: %s = %s, want %s", pragma, got, want)
		}
		// Four readers at once, so that each connection of the pool is asked.
		must(t, s.DB.View(t.Context(), func(*gorm.DB) error {
			if got := ask(pragma); got != want {
				t.Errorf("reader: %s = %s, want %s", pragma, got, want)
			}
			return nil
		}))
	}
	if got := ask("query_only"); got != "1" {
		t.Errorf("readers: query_only = %s", got)
	}
	if err := s.DB.Read(t.Context()).Exec(`update pages set name = 'x'`).Error; err == nil {
		t.Error("a write that avoids the doors was done")
	}
	var v string
	must(t, s.DB.Read(t.Context()).Raw(`select sqlite_version()`).Scan(&v).Error)
	if !slices.IsSortedFunc([]string{"3.51.3", v}, byNumbers) {
		t.Errorf("SQLite %s is older than 3.51.3", v)
	}
}

func byNumbers(a, b string) int {
	pad := func(s string) string {
		var out []string
		for _, n := range strings.Split(s, ".") {
			out = append(out, strings.Repeat("0", 4-len(n))+n)
		}
		return strings.Join(out, ".")
	}
	return strings.Compare(pad(a), pad(b))
}

func TestDB_Change_raisesTheVersionOnlyWithItsCommit(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		woken, stop := s.DB.Watch(s.Page.ID)
		defer stop()
		first, err := s.DB.Change(t.Context(), s.Page.ID, func(*db.Tx) error { return nil })
		must(t, err)
		_, err = s.DB.Change(t.Context(), s.Page.ID, func(tx *db.Tx) error {
			if tx.Version != first+1 {
				t.Errorf("inside: version %d, want %d", tx.Version, first+1)
			}
			select {
			case v := <-woken:
				if v != first {
					t.Errorf("woken to %d before the commit", v)
				}
			default:
			}
			return errors.New("no")
		})
		if err == nil {
			t.Fatal("the error of the act was lost")
		}
		again, err := s.DB.Change(t.Context(), s.Page.ID, func(*db.Tx) error { return nil })
		must(t, err)
		if again != first+1 {
			t.Errorf("versions %d, then %d: a failed act must not count", first, again)
		}
		if v := <-woken; v != again {
			t.Errorf("woken to %d, want the latest %d", v, again)
		}
	})
}

func TestDB_Change_thatIsQuietLeavesVersionAndTimeAsTheyWere(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		first, err := s.DB.Change(t.Context(), s.Page.ID, func(*db.Tx) error { return nil })
		must(t, err)
		changed := func() (at time.Time) {
			must(t, s.DB.Read(t.Context()).Raw(`select changed_at from page_versions where page_id = ?`, s.Page.ID).Scan(&at).Error)
			return at.UTC()
		}
		was := changed()
		if !was.Equal(s.DB.Now()) {
			t.Errorf("changed at %v, want now, %v", was, s.DB.Now())
		}
		s.Clock.Advance(time.Minute)
		woken, stop := s.DB.Watch(s.Page.ID)
		defer stop()
		v, err := s.DB.Change(t.Context(), s.Page.ID, func(tx *db.Tx) error { tx.Quiet(); return nil })
		must(t, err)
		if v != first || !changed().Equal(was) {
			t.Errorf("a quiet act left version %d and time %v, want %d and %v", v, changed(), first, was)
		}
		select {
		case v := <-woken:
			t.Errorf("a quiet act woke the watchers to %d", v)
		default:
		}
	})
}

func TestDB_Change_ofManyWritersAtOnceLosesNone(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		before, err := s.DB.Versions(t.Context())
		must(t, err)
		const writers, each = 8, 10
		errs := make(chan error, writers)
		for range writers {
			go func() {
				var err error
				for range each {
					_, e := s.DB.Change(context.Background(), s.Page.ID, func(tx *db.Tx) error {
						return tx.Exec(`update pages set hold_seconds = hold_seconds where id = ?`, s.Page.ID).Error
					})
					err = errors.Join(err, e)
				}
				errs <- err
			}()
		}
		for range writers {
			must(t, <-errs)
		}
		after, err := s.DB.Versions(t.Context())
		must(t, err)
		if got := after[s.Page.ID] - before[s.Page.ID]; got != writers*each {
			t.Errorf("version rose by %d, want %d", got, writers*each)
		}
	})
}

// lone is a database of its own whose file the test may mistreat.
func lone(t *testing.T) (*db.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "statusd.db")
	return open(t, path, true), path
}

func open(t *testing.T, path string, create bool) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{Path: path, Create: create, Now: time.Now, Log: slog.New(slog.DiscardHandler), Busy: 50 * time.Millisecond})
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func write(d *db.DB) error {
	return d.Private(context.Background(), func(tx *db.Tx) error {
		return tx.Exec(`insert into setup_tokens (hash, created_at) values (?, ?)`, db.NewCode(), tx.Now).Error
	})
}

func wantUnusable(t *testing.T, d *db.DB) {
	t.Helper()
	if err := write(d); !errors.Is(err, db.ErrUnusable) {
		t.Fatalf("got %v, want unusable", err)
	}
	if d.Heal(t.Context()) == nil {
		t.Fatal("Heal says that all is well")
	}
}

func wantHealed(t *testing.T, d *db.DB) {
	t.Helper()
	must(t, d.Heal(t.Context()))
	must(t, write(d))
}

func TestDB_fileTakenAwayIsNoticedAndComesBack(t *testing.T) {
	t.Parallel()
	d, path := lone(t)
	must(t, write(d))
	for _, f := range []string{"", "-wal", "-shm"} {
		must(t, os.Rename(path+f, path+".away"+f))
	}
	wantUnusable(t, d)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("a file was made in place of the lost one")
	}
	for _, f := range []string{"", "-wal", "-shm"} {
		if _, err := os.Stat(path + ".away" + f); err == nil {
			must(t, os.Rename(path+".away"+f, path+f))
		}
	}
	wantHealed(t, d)
}

func TestDB_fileReplacedByAnotherIsNotWrittenBlindly(t *testing.T) {
	t.Parallel()
	d, path := lone(t)
	other, otherPath := lone(t)
	must(t, other.Close())
	must(t, os.Rename(otherPath, path))
	if err := write(d); !errors.Is(err, db.ErrUnusable) {
		t.Fatalf("wrote into a file that is not there any more: %v", err)
	}
	_ = os.Remove(path + "-wal") // of the lost file; a restore does the same
	_ = os.Remove(path + "-shm")
	wantHealed(t, d)
}

func TestDB_corruptFileIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "statusd.db")
	junk := []byte(strings.Repeat("this is no database. ", 1000))
	must(t, os.WriteFile(path, junk, 0o600))
	d := open(t, path, true)
	if d.Health() == nil {
		t.Fatal("junk was taken for a database")
	}
	wantUnusable(t, d)
	if got, err := os.ReadFile(path); err != nil || string(got) != string(junk) {
		t.Fatal("the damaged file was changed")
	}
	good, goodPath := lone(t)
	must(t, good.Close())
	must(t, os.Rename(goodPath, path))
	wantHealed(t, d)
}

func TestDB_missingFileIsMadeOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "statusd.db")
	d := open(t, path, false)
	if d.Health() == nil {
		t.Fatal("no file, and all is well")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("a file was made")
	}
}

// emptied are the ways in which a file loses all that was in it.
func emptied(t *testing.T) map[string][]byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	other, err := sql.Open("sqlite3", "file:"+path)
	must(t, err)
	_, err = other.ExecContext(t.Context(), `create table notes (words text)`)
	must(t, err)
	must(t, other.Close())
	foreign, err := os.ReadFile(path)
	must(t, err)
	return map[string][]byte{"nothing in it": {}, "tables of another program": foreign}
}

func TestDB_emptiedFileIsBrokenAndNotANewDatabase(t *testing.T) {
	t.Parallel()
	for name, left := range emptied(t) {
		t.Run("at the start/"+name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "statusd.db")
			must(t, os.WriteFile(path, left, 0o600))
			d := open(t, path, true)
			wantUnusable(t, d)
			wantBytes(t, path, left)
			good, goodPath := lone(t)
			must(t, good.Close())
			must(t, os.Rename(goodPath, path))
			wantHealed(t, d)
		})
		t.Run("while running/"+name, func(t *testing.T) {
			t.Parallel()
			d, path := lone(t)
			must(t, d.Close()) // everything is in the one file
			d = open(t, path, false)
			good, err := os.ReadFile(path)
			must(t, err)
			for range 60 {
				must(t, write(d)) // these stand in the log, which could fill the file again
			}
			before := tokens(t, d)
			must(t, os.WriteFile(path, left, 0o600)) // in place, as a copy does
			wantUnusable(t, d)
			if len(left) == 0 {
				wantBytes(t, path, left)
			}
			must(t, os.WriteFile(path+".good", good, 0o600))
			must(t, os.Rename(path+".good", path))
			must(t, d.Heal(t.Context()))
			if got := tokens(t, d); got != before {
				t.Errorf("%d rows after the file came back, want %d: what was accepted last is lost", got, before)
			}
			must(t, write(d))
		})
	}
}

func wantBytes(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Fatalf("the file was changed: %d bytes, want %d", len(got), len(want))
	}
}

func tokens(t *testing.T, d *db.DB) (n int64) {
	t.Helper()
	must(t, d.Read(t.Context()).Raw(`select count(*) from setup_tokens`).Scan(&n).Error)
	return n
}

func TestDB_newFileAppearsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "statusd.db")
	must(t, os.WriteFile(path+".new-123", []byte("of a start that was killed"), 0o600))
	seen := make(chan error, 1)
	stop := make(chan struct{})
	go func() { seen <- watchForHalf(path, stop) }()
	errs := make(chan error, 3)
	for range cap(errs) { // three commands on a new machine at once
		go func() {
			d, err := db.Open(context.Background(), db.Config{Path: path, Create: true, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			if err == nil {
				err = errors.Join(write(d), d.Close())
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		must(t, <-errs)
	}
	close(stop)
	must(t, <-seen)
	if got := tokens(t, open(t, path, false)); got != 3 {
		t.Errorf("%d of 3 writes are there", got)
	}
	all, err := filepath.Glob(path + ".new-*")
	must(t, err)
	if len(all) > 0 {
		t.Errorf("left behind: %v", all)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
}

// watchForHalf looks at a file until it is told to stop; one without the tables is an error.
func watchForHalf(path string, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		raw, err := os.ReadFile(path)
		if err == nil && !bytes.Contains(raw, []byte("page_versions")) {
			return errors.New("the file was seen without its tables")
		}
	}
}

func TestDB_missingFileBesideItsLogIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "statusd.db")
	must(t, os.WriteFile(path+"-wal", []byte("what was accepted last"), 0o600))
	wantUnusable(t, open(t, path, true))
	wantBytes(t, path+"-wal", []byte("what was accepted last"))
}

func TestDB_lockedByAnotherProgramIsUnusableUntilItLetsGo(t *testing.T) {
	t.Parallel()
	d, path := lone(t)
	other, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate")
	must(t, err)
	defer other.Close() //nolint:errcheck // a test's
	tx, err := other.BeginTx(t.Context(), nil)
	must(t, err)
	wantUnusable(t, d)
	must(t, tx.Rollback())
	wantHealed(t, d)
}

// Of many writes that meet the lock only those that were on their way wait for
// it; the others are told at once what these found.
func TestDB_lockedWritesDoNotLineUpForOneTimeoutAfterTheOther(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "statusd.db")
	const busy = 300 * time.Millisecond
	d, err := db.Open(t.Context(), db.Config{Path: path, Create: true, Now: time.Now, Log: slog.New(slog.DiscardHandler), Busy: busy})
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	other, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate")
	must(t, err)
	defer other.Close() //nolint:errcheck // a test's
	tx, err := other.BeginTx(t.Context(), nil)
	must(t, err)
	began := time.Now()
	const writers = 20
	errs := make(chan error, writers)
	for range writers {
		go func() { errs <- write(d) }()
	}
	for range writers {
		if err := <-errs; !errors.Is(err, db.ErrUnusable) {
			t.Errorf("got %v, want unusable", err)
		}
	}
	if took := time.Since(began); took > 5*busy {
		t.Errorf("%d writes took %v to learn of a lock that each waits %v for", writers, took, busy)
	}
	must(t, tx.Rollback())
	wantHealed(t, d)
}

// A page that cannot be is not written around: all of the file is looked
// through before anything is.
func TestDB_oneDamagedPageStopsAllWritesUntilTheFileIsBack(t *testing.T) {
	t.Parallel()
	d, path := lone(t)
	must(t, write(d))
	var root, size int64
	must(t, d.Read(t.Context()).Raw(`select rootpage from sqlite_master where name = 'updates'`).Scan(&root).Error)
	must(t, d.Read(t.Context()).Raw(`pragma page_size`).Scan(&size).Error)
	must(t, d.Close())
	good, err := os.ReadFile(path)
	must(t, err)
	bad := bytes.Clone(good)
	copy(bad[(root-1)*size:root*size], bytes.Repeat([]byte("rubbish "), int(size/8)))
	must(t, os.WriteFile(path, bad, 0o600))
	d = open(t, path, false)
	must(t, d.Health()) // nobody has looked there yet
	err = d.View(t.Context(), func(g *gorm.DB) error {
		var n int64
		return g.Raw(`select count(*) from updates not indexed where body <> ''`).Scan(&n).Error
	})
	if !errors.Is(err, db.ErrUnusable) || d.Health() == nil {
		t.Fatalf("got %v, health %v; want unusable", err, d.Health())
	}
	for range 20 { // also when it is looked through again
		wantUnusable(t, d)
	}
	wantBytes(t, path, bad)
	must(t, os.WriteFile(path, good, 0o600)) // in place, as a copy does
	wantHealed(t, d)
}

func TestDB_fullDiskIsUnusableUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	d, _ := lone(t)
	limit := func(pages string) {
		must(t, d.Private(t.Context(), func(tx *db.Tx) error { return tx.Exec(`pragma max_page_count = ` + pages).Error }))
	}
	limit("1") // SQLite takes the present size instead: not one page more
	var err error
	for n := 0; n < 500 && err == nil; n++ {
		err = d.Private(t.Context(), func(tx *db.Tx) error {
			return tx.Exec(`insert into setup_tokens (hash, created_at) values (?, ?)`, strings.Repeat(db.NewCode(), 300), tx.Now).Error
		})
	}
	if !errors.Is(err, db.ErrUnusable) {
		t.Fatalf("got %v, want unusable", err)
	}
	limit("1000000")
	wantHealed(t, d)
}

func TestDB_ofANewerProgramIsNotTouched(t *testing.T) {
	t.Parallel()
	d, path := lone(t)
	must(t, d.Private(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`insert into goose_db_version (version_id, is_applied) values (9999, true)`).Error
	}))
	must(t, d.Close())
	if got := open(t, path, false).Health(); !errors.Is(got, db.ErrNewerSchema) {
		t.Errorf("got %v, want the refusal of a newer schema", got)
	}
}

func TestMigrations_areAlikeOnBothEngines(t *testing.T) {
	t.Parallel()
	lite := statustest.NewSite(t)
	columns := map[string][]string{}
	var tables []string
	must(t, lite.DB.Read(t.Context()).Raw(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'goose%'`).Scan(&tables).Error)
	for _, table := range tables {
		var names []string
		must(t, lite.DB.Read(t.Context()).Raw(`select name from pragma_table_info(?)`, table).Scan(&names).Error)
		slices.Sort(names)
		columns[table] = names
	}
	d, err := db.Open(t.Context(), db.Config{URL: statustest.Postgres(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	for table, want := range columns {
		var got []string
		must(t, d.Read(t.Context()).Raw(`select column_name from information_schema.columns where table_name = ? and table_schema = 'public'`, table).Scan(&got).Error)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: PostgreSQL has %v, SQLite %v", table, got, want)
		}
	}
	if len(tables) < 20 {
		t.Errorf("only %d tables: the test looks at the wrong place", len(tables))
	}
}

func TestNewCode_isTwelveOfTheAlphabetAndNeverTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10000 {
		c := db.NewCode()
		if !db.ValidCode(c) || seen[c] {
			t.Fatalf("code %q", c)
		}
		seen[c] = true
	}
	for _, bad := range []string{"", "abc", "ABCDEFGHIJKL", "abcdefghijk!", "abcdefghijklm", "abcdefghijk\x00"} {
		if db.ValidCode(bad) {
			t.Errorf("%q passes for a code", bad)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
