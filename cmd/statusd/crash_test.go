package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

// try posts and says whether the post was accepted; the program may be killed
// meanwhile.
func (v *visitor) try(address string, values url.Values) bool {
	c := *v.client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.base+address, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Error(err)
		return false
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusSeeOther
}

// kill -9 at any moment of a post: what was accepted is there after the start,
// and the same form sent again is no second post.
func TestCrash_noAcceptedUpdateIsLost(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, p *program) {
		p.start()
		staff := p.setUp("CallRail", "America/New_York", "API")
		staff.open("/admin/incidents/new")
		staff.submit("/admin/incidents", fill{"title": {"Calls fail"}, "body": {"The first word."}}).want(200)
		code := staff.url.Path[strings.LastIndexByte(staff.url.Path, '/')+1:]
		accepted := map[string]bool{}
		r := rand.New(rand.NewPCG(7, 7))
		for round := range 12 {
			body := fmt.Sprintf("Word number %d of the crash.", round)
			form := url.Values{"body": {body}, "state": {"investigating"}, "key": {fmt.Sprintf("crash-%d", round)}}
			done := make(chan bool, 1)
			go func() { done <- staff.try("/admin/incidents/"+code+"/updates", form) }()
			time.Sleep(time.Duration(r.IntN(60)) * time.Millisecond) // the moment of the crash is the input of this test
			p.kill()
			if <-done {
				accepted[body] = true
			}
			p.start()
			// A person who saw no answer presses again.
			if staff.try("/admin/incidents/"+code+"/updates", form) {
				accepted[body] = true
			}
		}
		page := visit(t, p.base).open("/incidents/" + code).want(200).page()
		if len(accepted) != 12 {
			t.Errorf("%d of 12 posts were accepted in the end", len(accepted))
		}
		for body := range accepted {
			if n := strings.Count(page.Text(), body); n != 1 {
				t.Errorf("%q stands %d times on the page", body, n)
			}
		}
		p.stop()
		p.integrity()
	})
}

// kill -9 again and again in a fan-out of 5,000: nobody is missed, nobody gets
// two different messages, and what came twice is bounded by the connections
// that were open at each crash.
func TestCrash_fanOutReachesEverybodyOnce(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, p *program) {
		const people, conns = 5000, 4
		mail := statustest.NewMail(t)
		p.env = append(p.env, fmt.Sprintf("STATUSD_SMTP_URL=%s&conns=%d", mail.URL(), conns))
		p.start()
		staff := p.setUp("CallRail", "America/New_York", "API")
		p.must("", "subscribers", "import", p.addresses(people), "--consent", "a test")
		staff.open("/admin/incidents/new")
		staff.submit("/admin/incidents", fill{"title": {"Calls fail"}, "body": {"The first word."}}).want(200)
		p.clock(p.now().Add(25 * time.Second))
		crashes := 0
		for _, at := range []int{1, 700, 1900, 3600, 4800} {
			p.eventually(fmt.Sprintf("%d mails", at), func() bool { return len(mail.Messages()) >= at })
			p.kill()
			crashes++
			p.start()
		}
		p.eventually("everybody", func() bool { return len(recipients(mail)) >= people })
		p.eventually("the outbox to be empty", func() bool {
			return !strings.Contains(staff.open("/admin/outbox").page().Text(), "waiting for their turn") && p.waiting() == 0
		})
		p.stop()
		got := recipients(mail)
		extra := 0
		for address, ids := range got {
			extra += ids.n - 1
			if len(ids.different) != 1 {
				t.Errorf("%s got %d different messages", address, len(ids.different))
			}
		}
		if len(got) != people {
			t.Errorf("%d people reached, want %d", len(got), people)
		}
		if extra > crashes*conns {
			t.Errorf("%d duplicates after %d crashes with %d connections", extra, crashes, conns)
		}
		t.Logf("%d people, %d crashes, %d duplicates", len(got), crashes, extra)
		p.integrity()
	})
}

type messagesOf struct {
	n         int
	different map[string]bool
}

func recipients(mail *statustest.Mail) map[string]*messagesOf {
	out := map[string]*messagesOf{}
	for _, m := range mail.Messages() {
		for _, to := range m.To {
			if out[to] == nil {
				out[to] = &messagesOf{different: map[string]bool{}}
			}
			out[to].n++
			out[to].different[m.Header.Get("Message-Id")] = true
		}
	}
	return out
}

// addresses writes a file of so many people.
func (p *program) addresses(n int) string {
	p.t.Helper()
	var b strings.Builder
	b.WriteString("email\n")
	for i := range n {
		fmt.Fprintf(&b, "reader%d@example.net\n", i)
	}
	path := filepath.Join(p.dir, "people.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// waiting is how many deliveries are not done, asked of the database itself.
func (p *program) waiting() (n int) {
	p.t.Helper()
	p.query(`select count(*) from deliveries where state in ('ready','leased')`, &n)
	return n
}

func (p *program) query(q string, into any) {
	p.t.Helper()
	d := p.database()
	defer d.Close() //nolint:errcheck // only read
	if err := d.QueryRowContext(p.t.Context(), q).Scan(into); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) database() *sql.DB {
	p.t.Helper()
	driver, dsn := "sqlite3", "file:"+filepath.Join(p.dir, "data", "statusd.db")+"?mode=ro"
	for _, e := range p.env {
		if v, ok := strings.CutPrefix(e, "STATUSD_DATABASE_URL="); ok {
			driver, dsn = "pgx", v
		}
	}
	d, err := sql.Open(driver, dsn)
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}

// integrity asks SQLite whether its file is whole.
func (p *program) integrity() {
	p.t.Helper()
	if strings.Contains(strings.Join(p.env, " "), "STATUSD_DATABASE_URL=") {
		return
	}
	var ok string
	p.query(`pragma integrity_check`, &ok)
	if ok != "ok" {
		p.t.Errorf("integrity_check: %s", ok)
	}
	d := p.database()
	defer d.Close() //nolint:errcheck // only read
	rows, err := d.QueryContext(p.t.Context(), `pragma foreign_key_check`)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // only read
	if rows.Next() {
		p.t.Error("foreign_key_check found rows without a parent")
	}
	if err := rows.Err(); err != nil {
		p.t.Fatal(err)
	}
}
