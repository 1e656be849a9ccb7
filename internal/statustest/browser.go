package statustest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browserLife is how long one test may keep a browser. It turns a wait for something that never comes into a failure of
// that test, with a line number, instead of the time-out of the whole package.
const browserLife = 4 * time.Minute

type browserSetting struct {
	width, height int64
	dark, noJS    bool
}

// BrowserOption changes the reader whose browser it is.
type BrowserOption func(*browserSetting)

// Window sets the size of the page in CSS pixels; 1280 by 900 otherwise. The mock-ups know 360 and 1280 wide.
func Window(width, height int) BrowserOption {
	return func(s *browserSetting) { s.width, s.height = int64(width), int64(height) }
}

// Dark is a reader who prefers a dark page.
func Dark() BrowserOption { return func(s *browserSetting) { s.dark = true } }

// WithoutJavaScript is a reader whose browser runs no script. chromedp itself can still evaluate expressions.
func WithoutJavaScript() BrowserOption { return func(s *browserSetting) { s.noJS = true } }

// Browser starts a Chromium without a window, and with an empty profile, that ends with the test: use its context with
// chromedp.Do and chromedp.Run, and chromedp.NewContext(ctx) for another tab that shares its cookies. Where no Chromium
// is installed the test is skipped.
//
// A start costs a second or two, so a test of a whole story wants one browser and not one a step.
func Browser(t testing.TB, opts ...BrowserOption) context.Context {
	t.Helper()
	path, err := chromium()
	if err != nil {
		missing(t, err.Error())
	}
	s := browserSetting{width: 1280, height: 900}
	for _, opt := range opts {
		opt(&s)
	}
	// Not t.Context(), which ends before the cleanups run: the browser is to be closed and not to be shot.
	ctx, stopTime := context.WithTimeout(context.Background(), browserLife)
	ctx, stopAllocator := chromedp.NewExecAllocator(ctx, append(launch(path), chromedp.Env("TMPDIR="+scratch(t)))...)
	ctx, stopBrowser := chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		killGroup := group(ctx)
		stopBrowser()
		killGroup()
		stopAllocator()
		stopTime()
	})
	if err := chromedp.Do(ctx, s.apply()); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// scratch is a folder for what Chromium leaves lying about when it is killed. Not t.TempDir(): the names of tests are
// sentences, and Chromium puts a socket in there whose whole path has room for about 100 bytes.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "statusd-browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Logf("remove the browser's scratch folder: %v", err)
		}
	})
	return dir
}

// launch are the flags of every browser. chromedp's own set comes first: headless, no background work, and since none
// of these names one, a user data folder that is new for each browser and removed with it.
func launch(path string) []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // tests run as root in containers, where Chromium's sandbox cannot start
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		// The next two keep the browser from talking to anybody but the page under test.
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.ModifyCmdFunc(inOwnGroup),
	)
}

func (s browserSetting) apply() chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.EmulateViewport(s.width, s.height),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			if !s.dark {
				return nil
			}
			scheme := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"}
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia,
				emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{scheme}})
			return err
		}),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled,
				emulation.SetScriptExecutionDisabledParams{Value: s.noJS})
			return err
		}),
	)
}

// chromium finds the browser: STATUSD_TEST_CHROMIUM, or the names it goes by.
func chromium() (string, error) {
	if path := os.Getenv("STATUSD_TEST_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed (Debian: apt-get install chromium)")
}

// group returns a function that kills the browser's process group: its helpers outlive it when it is killed, and one
// that still writes would keep its folder from being removed. Call it before the browser stops, when its pid is still its.
func group(ctx context.Context) func() {
	browser := chromedp.FromContext(ctx).Browser
	if browser == nil || browser.Process() == nil {
		return func() {}
	}
	pid := browser.Process().Pid
	return func() {
		// Its only error is that nobody is left, which is what is wanted.
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}
