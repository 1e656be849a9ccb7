package snapshot

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
)

// Key names one rendering of a picture: which page of it, in which language.
type Key struct {
	Kind string // home, incident, history, month, atom, rss, …
	Arg  string // code or month; checked before, so that the set of keys is bounded
	Lang string
}

// Body is one rendered answer, kept with its header values ready to be set, so
// that an answer from the shelf allocates nothing.
type Body struct {
	Plain, Gzip []byte // Gzip is nil where it would not be smaller
	Type        []string
	ETag        []string // strong, of the identity bytes
	ETagGzip    []string
	Len         []string
	LenGzip     []string
}

// Bounds of the cache of one picture (R1.3). What does not fit is rendered for
// each request that asks; the pages everyone reads come first and fit.
const (
	maxBodies = 1000
	maxBytes  = 64 << 20
)

type bodies struct {
	m     sync.Map // Key → *entry
	count atomic.Int64
	bytes atomic.Int64
}

type entry struct {
	once sync.Once
	done atomic.Bool
	body *Body
	err  error
}

// Body is the rendering of key, made by render once for this picture however
// many ask at the same moment. A failed rendering is not kept.
func (s *Snapshot) Body(key Key, contentType string, render func() ([]byte, error)) (*Body, error) {
	if e, ok := s.bodies.m.Load(key); ok {
		return s.finish(key, e.(*entry), contentType, render)
	}
	if s.bodies.count.Load() >= maxBodies || s.bodies.bytes.Load() >= maxBytes {
		return s.make(contentType, render)
	}
	e, loaded := s.bodies.m.LoadOrStore(key, &entry{})
	if !loaded {
		s.bodies.count.Add(1)
	}
	return s.finish(key, e.(*entry), contentType, render)
}

// Cached is the rendering of key if it was made before; nil otherwise.
func (s *Snapshot) Cached(key Key) *Body {
	if e, ok := s.bodies.m.Load(key); ok && e.(*entry).done.Load() {
		return e.(*entry).body
	}
	return nil
}

func (s *Snapshot) finish(key Key, e *entry, contentType string, render func() ([]byte, error)) (*Body, error) {
	if e.done.Load() {
		return e.body, nil
	}
	e.once.Do(func() {
		e.body, e.err = s.make(contentType, render)
		if e.err != nil {
			if s.bodies.m.CompareAndDelete(key, e) {
				s.bodies.count.Add(-1)
			}
			return
		}
		s.bodies.bytes.Add(int64(len(e.body.Plain) + len(e.body.Gzip)))
		e.done.Store(true)
	})
	return e.body, e.err
}

func (s *Snapshot) make(contentType string, render func() ([]byte, error)) (*Body, error) {
	plain, err := render()
	if err != nil {
		return nil, err
	}
	return NewBody(contentType, plain)
}

// NewBody compresses bytes and prepares their headers. The ETag is that of the
// content, so a reader's copy stays good through versions that do not touch it.
func NewBody(contentType string, plain []byte) (*Body, error) {
	h := sha256.Sum256(plain)
	tag := base64.RawURLEncoding.EncodeToString(h[:12])
	b := &Body{
		Plain: plain,
		Type:  []string{contentType},
		ETag:  []string{`"` + tag + `"`}, ETagGzip: []string{`"` + tag + `-gz"`},
		Len: []string{strconv.Itoa(len(plain))},
	}
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if buf.Len() < len(plain) {
		b.Gzip = buf.Bytes()
		b.LenGzip = []string{strconv.Itoa(buf.Len())}
	}
	return b, nil
}
