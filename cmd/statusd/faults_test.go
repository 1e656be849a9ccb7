package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for looking into PostgreSQL from outside
)

// stricken is a program with an open incident whose database is about to have
// an accident.
type stricken struct {
	*program
	staff *visitor
	code  string
}

func strike(t *testing.T, p *program) stricken {
	t.Helper()
	p.start()
	staff := p.setUp("CallRail", "America/New_York", "API")
	staff.open("/admin/incidents/new")
	staff.submit("/admin/incidents", fill{"title": {"Calls fail"}, "body": {"The first word."}}).want(200)
	return stricken{p, staff, staff.url.Path[strings.LastIndexByte(staff.url.Path, '/')+1:]}
}

const sentences = "Three sentences that must not be lost. They are here. Still."

// refused posts while the database is away: 503, nothing claims to be saved,
// and the text stands in the form that came back.
func (s stricken) refused() {
	s.t.Helper()
	s.staff.post("/admin/incidents/"+s.code+"/updates", url.Values{"body": {sentences}, "state": {"investigating"}, "key": {"stricken"}}).want(http.StatusServiceUnavailable)
	if !bytes.Contains(s.staff.body, []byte(sentences)) {
		s.t.Errorf("the text is lost:\n%s", s.staff.body)
	}
	if said := s.staff.page().Text(); !strings.Contains(said, "Not saved") {
		s.t.Errorf("the page does not say that nothing was saved:\n%s", said)
	}
}

// served: every public page and feed answers 200 with what was said last.
func (s stricken) served() {
	s.t.Helper()
	v := visit(s.t, s.base)
	for _, at := range []string{"/", "/incidents/" + s.code, "/history", "/history.atom", "/history.rss", "/subscribe"} {
		v.open(at).want(200)
		if at != "/subscribe" && at != "/history" && !strings.Contains(string(v.body), "The first word.") {
			s.t.Errorf("%s does not tell the incident:\n%s", at, v.body)
		}
	}
	visit(s.t, s.base).open("/incidents/abcdefghijkl").want(404)
}

func (s stricken) saysItsAge() bool {
	return strings.Contains(visit(s.t, s.base).open("/").want(200).page().Text(), "Shown as of")
}

// healed: by itself, and what was refused can be posted now, once.
func (s stricken) healed() {
	s.t.Helper()
	s.eventually("the database to be usable again", func() bool { return visit(s.t, s.base).open("/readyz").status == 200 })
	s.eventually("the page to be current", func() bool { return !s.saysItsAge() })
	if !s.staff.try("/admin/incidents/"+s.code+"/updates", url.Values{"body": {sentences}, "state": {"investigating"}, "key": {"stricken"}}) {
		s.t.Error("the post is still refused")
	}
	if n := strings.Count(visit(s.t, s.base).open("/incidents/"+s.code).page().Find("ol.ups").Text(), sentences); n != 1 {
		s.t.Errorf("the text stands %d times on the page", n)
	}
}

func (s stricken) file() string { return filepath.Join(s.dir, "data", "statusd.db") }

func (s stricken) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s stricken) away(from, to string) {
	s.t.Helper()
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(s.file()+from+end, s.file()+to+end); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.t.Fatal(err)
		}
	}
}

func TestFault_databaseGone_thePageStaysThroughARestart(t *testing.T) {
	t.Parallel()
	s := strike(t, newProgram(t))
	s.away("", ".away")
	s.refused()
	s.served()
	s.clock(s.now().Add(61 * time.Second))
	s.eventually("the page to say its age", s.saysItsAge)
	s.kill()
	s.start() // in that state
	s.served()
	if !s.saysItsAge() {
		t.Error("after the restart the page does not say its age")
	}
	visit(t, s.base).open("/readyz").want(503)
	visit(t, s.base).open("/healthz").want(200)
	if _, err := os.Stat(s.file()); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("a new database was made beside the kept pictures")
	}
	s.refused()
	s.away(".away", "")
	s.healed()
}

func TestFault_databaseLocked(t *testing.T) {
	t.Parallel()
	s := strike(t, newProgram(t))
	other, err := sql.Open("sqlite3", "file:"+s.file()+"?_txlock=immediate&_busy_timeout=1000")
	s.must(err)
	defer other.Close() //nolint:errcheck // a test's
	tx, err := other.BeginTx(t.Context(), nil)
	s.must(err)
	s.refused()
	s.served()
	s.must(tx.Rollback())
	s.healed()
}

func TestFault_databaseCorrupt(t *testing.T) {
	t.Parallel()
	s := strike(t, newProgram(t))
	s.stop() // so that everything is in the one file
	good, err := os.ReadFile(s.file())
	s.must(err)
	junk := bytes.Repeat([]byte("this was a database. "), len(good)/21)
	s.must(os.WriteFile(s.file(), junk, 0o600))
	s.start()
	s.served()
	if !s.saysItsAge() {
		t.Error("the page does not say its age")
	}
	s.refused()
	now, err := os.ReadFile(s.file())
	s.must(err)
	if !bytes.Equal(now, junk) {
		t.Error("the damaged file was changed")
	}
	s.must(os.WriteFile(s.file()+".good", good, 0o600))
	s.must(os.Rename(s.file()+".good", s.file()))
	s.healed()
}

// damage overwrites the root of a table, as a bad sector does.
func (s stricken) damage(table string) {
	s.t.Helper()
	d, err := sql.Open("sqlite3", "file:"+s.file()+"?mode=ro")
	s.must(err)
	var root, size int64
	s.must(d.QueryRowContext(s.t.Context(), `select rootpage from sqlite_master where type = 'table' and name = ?`, table).Scan(&root))
	s.must(d.QueryRowContext(s.t.Context(), `pragma page_size`).Scan(&size))
	s.must(d.Close())
	junk := make([]byte, size)
	_, err = rand.Read(junk)
	s.must(err)
	f, err := os.OpenFile(s.file(), os.O_WRONLY, 0)
	s.must(err)
	_, err = f.WriteAt(junk, (root-1)*size)
	s.must(errors.Join(err, f.Close()))
}

// One bad page is as bad as a bad file, wherever it lies: what is kept is
// served, nothing is written, and a file that is put back is enough.
func TestFault_onePageOfTheDatabaseDamaged_atAStart(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"updates", "pages", "page_versions", "staff", "goose_db_version"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			s := strike(t, newProgram(t))
			s.stop() // so that everything is in the one file
			good, err := os.ReadFile(s.file())
			s.must(err)
			s.damage(table)
			bad, err := os.ReadFile(s.file())
			s.must(err)
			s.start()
			s.served()
			s.refused()
			visit(t, s.base).open("/healthz").want(200)
			visit(t, s.base).open("/readyz").want(503)
			if table != "staff" && !s.saysItsAge() { // of that one the pictures know nothing
				t.Error("the page does not say its age")
			}
			if now, err := os.ReadFile(s.file()); err != nil || !bytes.Equal(now, bad) {
				t.Errorf("the damaged file was changed: %v", err)
			}
			s.must(os.WriteFile(s.file()+".good", good, 0o600))
			s.must(os.Rename(s.file()+".good", s.file()))
			s.healed()
			s.stop()
			s.integrity()
		})
	}
}

func TestFault_onePageOfTheDatabaseDamaged_whileRunning(t *testing.T) {
	t.Parallel()
	s := strike(t, newProgram(t))
	s.stop() // so that everything is in the one file
	good, err := os.ReadFile(s.file())
	s.must(err)
	s.start()
	s.damage("updates")
	s.refused()
	s.served()
	for range 30 { // a minute is over for everything that looks again
		visit(t, s.base).open("/readyz").want(503)
		time.Sleep(100 * time.Millisecond)
	}
	s.clock(s.now().Add(61 * time.Second))
	s.eventually("the page to say its age", s.saysItsAge)
	s.served()
	s.refused()
	s.must(os.WriteFile(s.file(), good, 0o600)) // in place, as a copy does
	s.healed()
	s.stop()
	s.integrity()
}

// Posts do not line up behind each other for one time-out after the other.
func TestFault_databaseLockedAtTheStart_postsAreAnsweredSoon(t *testing.T) {
	t.Parallel()
	s := strike(t, newProgram(t))
	s.stop()
	other, err := sql.Open("sqlite3", "file:"+s.file()+"?_txlock=exclusive&_busy_timeout=1000")
	s.must(err)
	defer other.Close() //nolint:errcheck // a test's
	tx, err := other.BeginTx(t.Context(), nil)
	s.must(err)
	s.clock(s.now().Add(10 * time.Minute)) // so that sessions want to be noted as used
	s.start()
	s.served()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			v := *s.staff
			began := time.Now()
			v.post("/admin/incidents/"+s.code+"/updates", url.Values{"body": {sentences}, "state": {"investigating"}, "key": {"stricken"}}).want(http.StatusServiceUnavailable)
			if took := time.Since(began); took > 11*time.Second {
				t.Errorf("answered after %v", took)
			}
			if !bytes.Contains(v.body, []byte(sentences)) {
				t.Errorf("the text is lost:\n%s", v.body)
			}
		})
	}
	all.Wait()
	s.refused()
	s.served()
	s.must(tx.Rollback())
	s.healed()
}

// A file that somebody emptied is a broken database and not a new one: while
// running, at a start, and for commands.
func TestFault_databaseEmptied(t *testing.T) {
	t.Parallel()
	s := strike(t, newProgram(t))
	real := s.file() + ".real"
	raw, err := os.ReadFile(s.file()) // what came since stands in the log beside it
	s.must(err)
	s.must(os.WriteFile(real, raw, 0o600))
	s.must(os.Truncate(s.file(), 0))
	s.eventually("the program to notice", func() bool { return visit(t, s.base).open("/readyz").status == 503 })
	s.refused()
	s.served()
	s.stillEmpty()
	s.kill()
	s.start() // in that state
	s.served()
	visit(t, s.base).open("/readyz").want(503)
	visit(t, s.base).open("/healthz").want(200)
	s.refused()
	if n := strings.Count(s.out.String(), `"msg":"the database cannot be used`); n != 1 {
		t.Errorf("the log says %d times that the database cannot be used:\n%s", n, s.out)
	}
	if !strings.Contains(s.out.String(), "the database file is empty") {
		t.Errorf("the log does not say why:\n%s", s.out)
	}
	for _, args := range [][]string{
		{"post", "--new", "x", "--body", "x"}, {"user", "add", "--email", "ben@callrail.example", "--role", "viewer"}, {"migrate"}, {"migrate", "--check"},
	} {
		if _, err := s.run(ownerPassword, args...); err == nil || !strings.Contains(err.Error(), "the database file is empty") {
			t.Errorf("%v: %v", args, err)
		}
	}
	s.stillEmpty()
	s.must(os.Rename(real, s.file()))
	s.healed()
	s.stop()
	s.integrity()
}

func (s stricken) stillEmpty() {
	s.t.Helper()
	info, err := os.Stat(s.file())
	s.must(err)
	if info.Size() != 0 {
		s.t.Fatalf("the emptied file was written: %d bytes", info.Size())
	}
}

// Without a picture of an earlier life there is nothing to show, but an empty
// file is no invitation either.
func TestFault_databaseEmptyAndNothingKept(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := stricken{program: p}
	s.must(os.MkdirAll(filepath.Dir(s.file()), 0o700))
	s.must(os.WriteFile(s.file(), nil, 0o600))
	p.start()
	visit(t, p.base).open("/").want(503)
	visit(t, p.base).open("/healthz").want(200)
	s.stillEmpty()
	s.must(os.Remove(s.file()))
	p.stop()
	p.start() // now there never was one
	visit(t, p.base).open("/").want(200)
}

// disk is a small disk of the test's own, mounted as the data folder.
func disk(t *testing.T, p *program) string {
	t.Helper()
	dir := filepath.Join(p.dir, "data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", dir).CombinedOutput(); err != nil {
		if os.Getenv("STATUSD_TEST_REQUIRE") == "1" {
			t.Fatalf("a disk cannot be mounted: %v\n%s", err, out)
		}
		t.Skipf("a full or read-only disk needs the right to mount one: %s", out)
	}
	t.Cleanup(func() {
		p.kill()
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, out)
		}
	})
	return dir
}

func TestFault_diskFull(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	dir := disk(t, p)
	s := strike(t, p)
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	s.must(err)
	for _, chunk := range []int{64 << 10, 1 << 10, 1} { // to the last byte
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, chunk))
		}
	}
	_ = f.Close() // it may complain that the disk is full
	// The WAL may have room left in its last page; it is used up soon.
	accepted := 0
	for s.staff.try("/admin/incidents/"+s.code+"/updates", url.Values{"body": {strings.Repeat("More words. ", 500)}, "state": {"investigating"}, "key": {time.Now().String()}}) && accepted < 200 {
		accepted++
	}
	s.refused()
	s.served()
	s.must(os.Remove(ballast))
	s.healed()
}

func TestFault_diskReadOnly(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	dir := disk(t, p)
	s := strike(t, p)
	s.kill() // the WAL stays behind
	remount := func(how string) {
		t.Helper()
		if out, err := exec.Command("mount", "-o", "remount,"+how, dir).CombinedOutput(); err != nil {
			t.Fatalf("remount %s: %v\n%s", how, err, out)
		}
	}
	remount("ro")
	s.start()
	s.served()
	s.refused()
	remount("rw")
	s.healed()
}
