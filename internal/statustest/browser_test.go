package statustest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/statustest"
)

const livePage = `<!doctype html><title>Status</title>
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }</style>
<form><input name="email"><button>Subscribe</button></form>
<p id="said">%s</p><script>document.querySelector("#said").append(" with script")</script>`

func site(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, livePage, "Hello "+r.FormValue("email"))
	}))
	t.Cleanup(server.Close)
	return server
}

func evaluate[T any](t *testing.T, url string, expression string, opts ...statustest.BrowserOption) T {
	t.Helper()
	ctx := statustest.Browser(t, opts...)
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestBrowser_fillsAFormAndReadsTheAnswer(t *testing.T) {
	t.Parallel()
	ctx := statustest.Browser(t)
	response, err := chromedp.Run(ctx, chromedp.NavigateResponse(site(t).URL))
	if err != nil || response.Status != 200 {
		t.Fatalf("got %v, %v", response, err)
	}
	_, err = chromedp.RunResponse(ctx,
		chromedp.SendKeys(chromedp.CSS("input[name=email]"), "ada@reader.test"),
		chromedp.Click(chromedp.CSS("button")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("#said")))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Hello ada@reader.test with script"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

func TestBrowser_isAsWideAsAsked(t *testing.T) {
	t.Parallel()
	const size = "innerWidth + 'x' + innerHeight"
	if got, want := evaluate[string](t, site(t).URL, size, statustest.Window(360, 740)), "360x740"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBrowser_prefersDarkWhenAsked(t *testing.T) {
	t.Parallel()
	const background = "getComputedStyle(document.body).backgroundColor"
	if got, want := evaluate[string](t, site(t).URL, background, statustest.Dark()), "rgb(0, 0, 0)"; got != want {
		t.Errorf("dark: got %s, want %s", got, want)
	}
}

func TestBrowser_runsNoScriptWhenAsked(t *testing.T) {
	t.Parallel()
	const said = "document.querySelector('#said').textContent.trim()"
	if got, want := evaluate[string](t, site(t).URL, said, statustest.WithoutJavaScript()), "Hello"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBrowser_leavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	var pid int
	t.Run("a test with a browser", func(t *testing.T) {
		ctx := statustest.Browser(t)
		pid = chromedp.FromContext(ctx).Browser.Process().Pid
		if len(processGroup(t, pid)) < 2 {
			t.Fatal("the browser has no helpers in its group: this test would see nothing")
		}
	})
	if pid == 0 {
		t.Skip("no Chromium is installed")
	}
	// A killed process is gone a moment later, and nothing tells us when: it is not our child.
	var left []string
	for range 100 {
		if left = processGroup(t, pid); len(left) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("still running: %q", left)
}

// processGroup lists the living processes of a group by their names.
func processGroup(t *testing.T, pgid int) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Skip("no /proc on this system")
	}
	var names []string
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (name) state ppid pgrp; proc_pid_stat(5). The name may hold blanks, so count from its bracket.
		name, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if fields[2] == fmt.Sprint(pgid) && fields[0] != "Z" {
			names = append(names, name)
		}
	}
	return names
}
