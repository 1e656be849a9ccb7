package public_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// listener reads the events of a live stream.
type listener struct {
	t     *testing.T
	lines chan string
	res   *http.Response
}

func (h house) listen(srv *httptest.Server) *listener {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, srv.URL+"/live", nil)
	must(h.t, err)
	res, err := srv.Client().Do(req)
	must(h.t, err)
	h.t.Cleanup(func() { _ = res.Body.Close() })
	l := &listener{h.t, make(chan string, 100), res}
	go func() {
		defer close(l.lines)
		for r := bufio.NewReader(res.Body); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			l.lines <- strings.TrimSpace(line)
		}
	}()
	return l
}

// event is the data of the next event.
func (l *listener) event() string {
	l.t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case line, ok := <-l.lines:
			if !ok {
				l.t.Fatal("the stream ended")
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				return data
			}
		case <-timeout:
			l.t.Fatal("no event within ten seconds")
		}
	}
}

func (h house) serving() *httptest.Server {
	h.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.streams.Run(ctx) }()
	srv := httptest.NewServer(h.handler)
	h.t.Cleanup(func() { stop(); <-done; srv.Close() })
	return srv
}

func TestLive_saysThatThePageMoved(t *testing.T) {
	t.Parallel()
	h := open(t)
	i := h.Reports("Calls fail", "one")
	srv := h.serving()
	l := h.listen(srv)
	if got := l.res.Header.Get("Content-Type"); got != "text/event-stream" || l.res.Header.Get("Cache-Control") != "no-store" || l.res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", l.res.Header)
	}
	first := l.event()
	if want := h.ask(http.MethodGet, "/live.json").Body.String(); first != want || !strings.Contains(first, "Calls fail") {
		t.Errorf("at first %s, /live.json says %s", first, want)
	}
	i.Posts(incidents.Resolved, "over")
	if got := l.event(); got == first || !strings.Contains(got, "Everything is working") {
		t.Errorf("after the post: %s", got)
	}
}

func TestLive_isBounded(t *testing.T) {
	t.Parallel()
	h := open(t)
	srv := h.serving()
	var all []*listener
	for range 3 {
		l := h.listen(srv)
		l.event()
		all = append(all, l)
	}
	full := h.listen(srv)
	if full.res.StatusCode != http.StatusServiceUnavailable || full.res.Header.Get("Retry-After") == "" {
		t.Fatalf("the fourth of one client: %d", full.res.StatusCode)
	}
	must(t, all[0].res.Body.Close())
	for n := 0; h.streams.Count() > 2; n++ {
		if n > 1000 {
			t.Fatal("a reader who left still has a place")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if again := h.listen(srv); again.res.StatusCode != http.StatusOK {
		t.Errorf("after one left: %d", again.res.StatusCode)
	}
}

func TestLive_endsWithTheServer(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.streams.Run(ctx) }()
	srv := httptest.NewServer(h.handler)
	defer srv.Close()
	l := h.listen(srv)
	l.event()
	stop()
	<-done
	if _, err := io.Copy(io.Discard, l.res.Body); err == nil {
		for range l.lines { // whatever came before the end
		}
	}
	if w := h.listen(srv); w.res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", w.res.StatusCode)
	}
}

// Between its place and its connection a stream cannot be told anything. That must not trip whoever tells, nor be lost.
func TestLive_hearsWhatIsPostedWhileItBegins(t *testing.T) {
	t.Parallel()
	h := open(t)
	i := h.Reports("Calls fail", "one")
	say, begins := h.streams.Say, true
	h.streams.Say = func(p *snapshot.Snapshot) ([]byte, error) {
		line, err := say(p)
		if begins {
			begins = false
			h.streams.Beat()
			i.Posts(incidents.Resolved, "over")
		}
		return line, err
	}
	srv := httptest.NewServer(h.handler) // and nobody looks for news
	t.Cleanup(srv.Close)
	l := h.listen(srv)
	if first, then := l.event(), l.event(); !strings.Contains(first, "Calls fail") || !strings.Contains(then, "Everything is working") {
		t.Errorf("told %s and %s", first, then)
	}
}
