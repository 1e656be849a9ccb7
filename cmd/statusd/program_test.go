package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

// binary builds the program once for all tests, with the clock that tests can
// move and with the race detector.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "statusd-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "statusd")
	out, err := exec.Command("go", "build", "-race", "-tags", "testclock", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	built = dir
	return path, nil
})

var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built) // a folder of the test's own
	}
	os.Exit(code)
}

// program is a running statusd with a data folder, an address and a clock of
// its own.
type program struct {
	t     testing.TB
	dir   string
	addr  string
	base  string
	env   []string
	cmd   *exec.Cmd
	out   *output
	ended chan error
	ahead time.Duration // of the program's clock before ours
}

// output is what a program printed so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// onEngines runs a test on a program of each engine.
func onEngines(t *testing.T, fn func(t *testing.T, p *program)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, newProgram(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, newProgram(t, "STATUSD_DATABASE_URL="+statustest.Postgres(t)))
	})
}

// newProgram prepares a program; start starts it.
func newProgram(t testing.TB, env ...string) *program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close() // the program listens there next
	p := &program{t: t, dir: t.TempDir(), addr: addr, base: "http://" + addr}
	p.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "STATUSD_LISTEN=" + addr, "STATUSD_DATA=" + filepath.Join(p.dir, "data"),
		"STATUSD_CLOCK_FILE=" + p.clockFile(),
	}, env...)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() && p.out != nil {
			t.Logf("the program printed:\n%s", p.out)
		}
	})
	return p
}

func (p *program) clockFile() string { return filepath.Join(p.dir, "clock") }

// clock moves the program's clock to a time; it runs on from there.
func (p *program) clock(at time.Time) {
	p.t.Helper()
	p.ahead = time.Until(at)
	tmp := p.clockFile() + ".new"
	if err := os.WriteFile(tmp, []byte(p.ahead.String()), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(tmp, p.clockFile()); err != nil {
		p.t.Fatal(err)
	}
}

// now is what the program's clock shows.
func (p *program) now() time.Time { return time.Now().Add(p.ahead) }

// start starts the server (or another serving command) and waits until it
// says where the page is.
func (p *program) start(args ...string) *program {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	p.out = &output{}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = p.env, p.out, p.out, p.dir
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.ended = make(chan error, 1)
	go func(c *exec.Cmd, ended chan<- error) { ended <- c.Wait() }(p.cmd, p.ended)
	p.eventually("the server to answer", func() bool {
		select {
		case err := <-p.ended:
			p.t.Fatalf("the server ended: %v\n%s", err, p.out)
		default:
		}
		c, err := net.DialTimeout("tcp", p.addr, time.Second)
		if err != nil {
			return false
		}
		_ = c.Close()
		return strings.Contains(p.out.String(), p.base)
	})
	return p
}

// kill ends the program as kill -9 does.
func (p *program) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
	p.cmd = nil
}

// stop ends it as an operator does, and fails the test unless it exits with 0.
func (p *program) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	err := <-p.ended
	p.cmd = nil
	if err != nil {
		p.t.Fatalf("stopped: %v\n%s", err, p.out)
	}
}

// run runs another command of the program on the same data and returns its
// standard output.
func (p *program) run(stdin string, args ...string) (string, error) {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	c := exec.CommandContext(p.t.Context(), path, args...)
	c.Env, c.Dir, c.Stdin = p.env, p.dir, strings.NewReader(stdin)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), fmt.Errorf("exit %d: %s", exit.ExitCode(), stderr.String())
	}
	return string(out), err
}

// must is run for a command that has to work.
func (p *program) must(stdin string, args ...string) string {
	p.t.Helper()
	out, err := p.run(stdin, args...)
	if err != nil {
		p.t.Fatalf("statusd %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// eventually waits until something outside becomes so. It is for other
// processes only; everything inside is awaited by its own signal.
func (p *program) eventually(what string, so func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 60*time.Second)
	defer cancel()
	for !so() {
		select {
		case <-ctx.Done():
			p.t.Fatalf("waited in vain for %s\n%s", what, p.out)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var setupLink = regexp.MustCompile(`http://\S+/setup/\S+`)

const ownerPassword = "three sentences at two in the morning"

// setUp goes through the first-run form and returns the owner's browser.
func (p *program) setUp(page, zone, services string) *visitor {
	p.t.Helper()
	v := visit(p.t, p.base)
	v.open(setupLink.FindString(p.out.String())).want(200)
	v.submit("", fill{
		"name": {"Ana"}, "email": {"ana@callrail.example"}, "password": {ownerPassword},
		"page_name": {page}, "time_zone": {zone}, "services": {services},
		"sender_name": {page + " status"}, "sender_address": {"status@callrail.example"}, "postal_address": {"100 Peachtree Street, Atlanta, GA 30303"},
	}).want(200)
	if v.url.Path != "/admin" {
		p.t.Fatalf("after the set-up at %s:\n%s", v.url, v.page().Text())
	}
	return v
}
