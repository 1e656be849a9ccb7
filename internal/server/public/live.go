package public

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/snapshot"
)

// Streams are the live streams of all pages (server-sent events, WHATWG HTML
// 9.2). A stream is taken over from net/http, whose buffers are given back, so
// that ten thousand of them cost little more than their sockets. An event only
// says that there is something new; the browser fetches the page itself, from
// the shelf or a cache.
type Streams struct {
	// Snapshot is the present picture of a page, nil for none.
	Snapshot func(page int64) *snapshot.Snapshot
	// Say is what an event tells of a picture: one line.
	Say func(*snapshot.Snapshot) ([]byte, error)
	// Wall is the clock of the machine: deadlines of sockets know no other.
	Wall func() time.Time
	// MaxAll and MaxClient bound the streams of this process and of one client
	// address; zero: 10,000 and 100.
	MaxAll, MaxClient int

	mu      sync.Mutex
	open    map[*stream]struct{}
	clients map[string]int
	said    map[int64]string // the tag that streams of a page were told last
	closed  bool
	trimmed int // streams when what their beginnings left was last given back
}

type stream struct {
	conn   net.Conn // nil until the stream has begun; set and read under the lock
	page   int64
	lang   string // empty: the page's own
	client string
}

const (
	lookEvery  = 200 * time.Millisecond // how long a change may go unnoticed
	beatEvery  = 15 * time.Second       // a stream without a word this long may be cut by something in between
	writeLimit = time.Second            // an event is smaller than any socket's buffer: who cannot take it is gone
)

var errFull = errors.New("too many live streams")

// Run tells the streams of every change until ctx ends, and then ends them.
func (s *Streams) Run(ctx context.Context) error {
	look, beat := time.NewTicker(lookEvery), time.NewTicker(beatEvery)
	defer look.Stop()
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			s.end()
			return nil
		case <-look.C:
			s.look()
		case <-beat.C:
			s.tell([]byte(": still here\n\n"), func(*stream) bool { return true })
		}
	}
}

// trimEvery streams, the buffers that net/http needed to begin them are worth a
// collection: most of what a stream seems to cost is that garbage.
const trimEvery = 500

func (s *Streams) trim() {
	s.mu.Lock()
	n := len(s.open)
	due := n >= s.trimmed+trimEvery
	if due || n < s.trimmed/2 {
		s.trimmed = n
	}
	s.mu.Unlock()
	if due {
		debug.FreeOSMemory()
	}
}

// look tells the streams of each page whose picture says something new.
func (s *Streams) look() {
	s.trim()
	for page, tag := range s.heard() {
		p := s.Snapshot(page)
		if p == nil || p.Tag() == tag {
			continue
		}
		for _, lang := range s.tongues(page) {
			event, err := s.event(p, lang)
			if err != nil {
				continue // the page itself will say what is wrong
			}
			s.tell(event, func(st *stream) bool { return st.page == page && st.lang == lang })
		}
		s.mu.Lock()
		s.said[page] = p.Tag()
		s.mu.Unlock()
	}
}

// heard are the pages with streams, each with the tag that they were told last.
func (s *Streams) heard() map[int64]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int64]string{}
	for st := range s.open {
		out[st.page] = s.said[st.page]
	}
	return out
}

// tongues are the languages in which a page's streams are told.
func (s *Streams) tongues(page int64) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := map[string]bool{}
	for st := range s.open {
		if st.page == page {
			set[st.lang] = true
		}
	}
	return slices.Collect(maps.Keys(set))
}

func (s *Streams) event(p *snapshot.Snapshot, lang string) ([]byte, error) {
	if lang != "" {
		p = p.In(lang, snapshot.ByReader)
	}
	line, err := s.Say(p)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "id: %s\ndata: %s\n\n", p.Tag(), bytes.TrimSpace(line)), nil
}

// tell sends bytes to some streams. Who does not take them is dropped: its
// browser connects again by itself.
func (s *Streams) tell(event []byte, whom func(*stream) bool) {
	s.mu.Lock()
	var to []*stream
	for st := range s.open {
		if st.conn != nil && whom(st) {
			to = append(to, st)
		}
	}
	s.mu.Unlock()
	for _, st := range to {
		if err := s.write(st.conn, event); err != nil {
			s.drop(st)
		}
	}
}

func (s *Streams) write(conn net.Conn, b []byte) error {
	if err := conn.SetWriteDeadline(s.Wall().Add(writeLimit)); err != nil {
		return err
	}
	_, err := conn.Write(b)
	return err
}

// admit keeps a place for a stream; errFull when there is none.
func (s *Streams) admit(st *stream, tag string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open, s.clients, s.said = map[*stream]struct{}{}, map[string]int{}, map[int64]string{}
	}
	most, each := s.MaxAll, s.MaxClient
	if most == 0 {
		most = 10_000
	}
	if each == 0 {
		each = 100
	}
	if s.closed || len(s.open) >= most || s.clients[st.client] >= each {
		return errFull
	}
	s.open[st] = struct{}{}
	s.clients[st.client]++
	if _, told := s.said[st.page]; !told {
		s.said[st.page] = tag
	}
	return nil
}

func (s *Streams) drop(st *stream) {
	s.mu.Lock()
	if _, there := s.open[st]; there {
		delete(s.open, st)
		if s.clients[st.client]--; s.clients[st.client] <= 0 {
			delete(s.clients, st.client)
		}
	}
	conn := st.conn
	s.mu.Unlock()
	if conn != nil {
		_ = conn.Close() // it is of no use any more
	}
}

// begin gives a stream its connection. From now on it is told what is new; what became new since tag, while nobody could tell it,
// it is told here.
func (s *Streams) begin(st *stream, conn net.Conn, tag string) {
	s.mu.Lock()
	st.conn = conn
	_, there := s.open[st]
	s.mu.Unlock()
	if !there { // all were ended meanwhile
		_ = conn.Close()
		return
	}
	go s.watch(st)
	if p := s.Snapshot(st.page); p != nil && p.Tag() != tag {
		if event, err := s.event(p, st.lang); err == nil && s.write(conn, event) != nil {
			s.drop(st)
		}
	}
}

func (s *Streams) end() {
	s.mu.Lock()
	s.closed = true
	var all []*stream
	for st := range s.open {
		all = append(all, st)
	}
	s.mu.Unlock()
	for _, st := range all {
		s.drop(st)
	}
}

// Count is how many streams are open.
func (s *Streams) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// stream opens a live stream. It tells at once what is on the page now, so that
// a browser whose page is older, after a break or from a cache, notices.
func (h *Handlers) stream(c *gin.Context) error {
	p := h.spoken(c)
	st := &stream{page: p.Page.ID, client: h.ClientIP(c)}
	if p.Kept() {
		st.lang = p.Page.Language
	}
	if err := h.Streams.admit(st, p.Tag()); err != nil {
		c.Header("Retry-After", "60")
		c.Header("Cache-Control", "no-store")
		c.String(http.StatusServiceUnavailable, "There are too many live streams. The page asks now and then instead.\n")
		return nil //nolint:nilerr // it is answered
	}
	hello, err := h.Streams.event(p, st.lang)
	if err != nil {
		h.Streams.drop(st)
		return err
	}
	head := c.Writer.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx in front would keep events back
	head.Set("Connection", "close")
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\n")
	if err := head.Write(&b); err != nil {
		h.Streams.drop(st)
		return fmt.Errorf("write headers: %w", err)
	}
	b.WriteString("\r\nretry: " + strconv.Itoa(3000+int(p.BuiltAt.UnixNano()%2000)) + "\n")
	b.Write(hello)
	conn, _, err := http.NewResponseController(c.Writer).Hijack()
	if err != nil {
		h.Streams.drop(st)
		return fmt.Errorf("take over the connection: %w", err)
	}
	if err := errors.Join(conn.SetDeadline(time.Time{}), h.Streams.write(conn, b.Bytes())); err != nil {
		h.Streams.drop(st)
		_ = conn.Close() // the reader is gone
		return nil       //nolint:nilerr // for the same reason
	}
	h.Streams.begin(st, conn, p.Tag())
	return nil
}

// watch waits for the reader to leave. Nothing is expected from it; whatever it
// sends is no reason to keep it.
func (s *Streams) watch(st *stream) {
	var one [1]byte
	_, _ = st.conn.Read(one[:])
	s.drop(st)
}

// live is what a stream says, for those who ask instead.
func (h *Handlers) live(c *gin.Context) error {
	s := h.spoken(c)
	return serve(c, s, snapshot.Key{Kind: "live", Lang: s.Page.Language}, "application/json; charset=utf-8", func() ([]byte, error) { return h.Views.Live(s) })
}
