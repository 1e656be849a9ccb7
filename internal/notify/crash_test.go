package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/statustest"
)

// The courier of TestMain's other life: a process of its own, so that a test
// can really kill it. It works on the database and server that it is told.
func TestMain(m *testing.M) {
	if os.Getenv("NOTIFY_TEST_COURIER") == "" {
		os.Exit(m.Run())
	}
	if err := lonelyCourier(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func lonelyCourier() error {
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	now, err := time.Parse(time.RFC3339, os.Getenv("NOTIFY_TEST_NOW"))
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{Path: os.Getenv("NOTIFY_TEST_PATH"), URL: os.Getenv("NOTIFY_TEST_URL"), Now: func() time.Time { return now }, Log: log})
	if err != nil {
		return err
	}
	smtp, err := notify.ParseSMTPURL(os.Getenv("NOTIFY_TEST_SMTP"))
	if err != nil {
		return err
	}
	press, err := makePress()
	if err != nil {
		return err
	}
	c := &notify.Courier{DB: d, Press: press, SMTP: &notify.SMTP{Config: smtp}, Node: "crashing", Log: log, Now: time.Now}
	c.SetChunk(300)
	return c.Run(ctx)
}

// TestCourier_killed kills a courier with SIGKILL again and again in the middle
// of a fan-out. Nobody may be left out; nobody may get a letter twice but for
// those that were between final dot and record, at most one a connection.
func TestCourier_killed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		dsn := address(t, s)
		const readers, kills, conns = 3000, 6, 4
		var mu sync.Mutex
		var proc *exec.Cmd
		accepted, nextKill, killed := 0, 150, 0
		ids := map[string]map[string]int{}
		sink := newSink(t, nil)
		sink.obey(true, func(verb, _ string) string {
			mu.Lock()
			defer mu.Unlock()
			if verb != "." {
				return ""
			}
			if accepted++; accepted >= nextKill && killed < kills && proc != nil {
				killed++
				nextKill = accepted + 250 + 37*killed // somewhere else in its steps each time
				_ = proc.Process.Kill()
				return "cut"
			}
			return ""
		})
		h := furnish(s, nil)
		h.follow(readers)
		i := s.Reports("Calls fail", "one")
		i.Posts("", "two")
		h.afterHold()
		deadline := time.Now().Add(3 * time.Minute)
		for {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "NOTIFY_TEST_COURIER=1", "NOTIFY_TEST_PATH="+s.Path, "NOTIFY_TEST_URL="+dsn, "NOTIFY_TEST_NOW="+s.DB.Now().Format(time.RFC3339),
				fmt.Sprintf("NOTIFY_TEST_SMTP=smtp://%s?tls=none&conns=%d", sink.Addr(), conns))
			cmd.Stderr = os.Stderr
			mu.Lock()
			h.ok(cmd.Start())
			proc = cmd
			mu.Unlock()
			ended := make(chan struct{})
			go func() { _ = cmd.Wait(); close(ended) }()
			if waitFor(ended, deadline, func() bool { return h.states()["sent"] == 2*readers }) {
				_ = cmd.Process.Kill()
				<-ended
				break
			}
			if time.Now().After(deadline) {
				_ = cmd.Process.Kill()
				<-ended
				t.Fatalf("not done in time: %v after %d kills", h.states(), killed)
			}
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		for _, raw := range sink.data {
			head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
			to, id := field(head, "To"), field(head, "Message-ID")
			if ids[to] == nil {
				ids[to] = map[string]int{}
			}
			ids[to][id]++
		}
		twice := 0
		for to, mine := range ids {
			if len(mine) != 2 {
				t.Errorf("%s got %d different letters, want 2", to, len(mine))
			}
			for _, n := range mine {
				twice += n - 1
			}
		}
		if len(ids) != readers || killed != kills || twice > kills*conns {
			t.Errorf("%d readers of %d; %d duplicates after %d kills with %d connections", len(ids), readers, twice, killed, conns)
		}
		t.Logf("%d duplicates after %d kills with %d connections", twice, killed, conns)
		h.ok(h.DB.Private(t.Context(), func(tx *db.Tx) error { return intact(tx) }))
	})
}

// address is the site's PostgreSQL database as a child process finds it; empty
// on SQLite.
func address(t *testing.T, s *statustest.Site) string {
	t.Helper()
	if s.DB.Engine() != "postgres" {
		return ""
	}
	var at struct{ Db, Who, Dir, Port string }
	err := s.DB.Read(t.Context()).Raw(`select current_database() as db, current_user as who, current_setting('unix_socket_directories') as dir, current_setting('port') as port`).Scan(&at).Error
	if err != nil {
		t.Fatal(err)
	}
	if given := os.Getenv("STATUSD_TEST_POSTGRES"); strings.Contains(given, "://") {
		u, err := url.Parse(given)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + at.Db
		return u.String()
	}
	dir, _, _ := strings.Cut(at.Dir, ",")
	u := url.URL{Scheme: "postgres", User: url.User(at.Who), Path: "/" + at.Db, RawQuery: url.Values{"host": {dir}, "port": {at.Port}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

func field(head, name string) string {
	for line := range strings.SplitSeq(head, "\r\n") {
		if v, ok := strings.CutPrefix(line, name+": "); ok {
			return v
		}
	}
	return ""
}

// waitFor waits until done says so, or the process ended.
func waitFor(ended <-chan struct{}, deadline time.Time, done func() bool) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(deadline) {
		if done() {
			return true
		}
		select {
		case <-ended:
			return false
		case <-tick.C:
		}
	}
	return false
}

func intact(tx *db.Tx) error {
	if tx.Dialector.Name() != "sqlite" {
		return nil
	}
	var said string
	if err := tx.Raw(`pragma integrity_check`).Scan(&said).Error; err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("integrity check: %s", said)
	}
	return nil
}
