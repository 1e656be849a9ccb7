package snapshot

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Key names one rendering of a picture: which page of it, in which language.
type Key struct {
	Kind string // home, incident, history, month, atom, rss, …
	Arg  string // code or month; checked before, so that the set of keys is bounded
	Lang string
	kept bool // links keep the language
}

// Body is one rendered answer, with header values ready to be set, so that an
// answer from the shelf allocates nothing. Each content coding is made once, when
// the first reader asks for it: who waits for a new page waits for one of them.
type Body struct {
	Type  []string
	Plain Form
	tag   string
	forms [len(codings)]lazily
}

// lazily is a form that is made when it is first wanted.
type lazily struct {
	once sync.Once
	form atomic.Pointer[Form] // Plain, where the coding saves nothing
}

// Form is a body in one content coding.
type Form struct {
	Coding Coding
	Bytes  []byte
	Name   []string // Content-Encoding; nil for the bytes as they are
	ETag   []string // strong, and different for each form
	Len    []string
}

// Coding is a content coding, or a set of them.
type Coding uint8

// The codings that are kept ready.
const (
	Gzip Coding = 1 << iota
	Zstd
	Brotli
)

// Best is the form in the best coding among those that are accepted.
func (b *Body) Best(accepted Coding) *Form {
	if len(b.Plain.Bytes) < worthwhile {
		return &b.Plain
	}
	for n := range codings {
		if codings[n].coding&accepted == 0 {
			continue
		}
		if f := b.in(n); f != &b.Plain {
			return f
		}
	}
	return &b.Plain
}

func (b *Body) in(n int) *Form {
	l := &b.forms[n]
	if f := l.form.Load(); f != nil {
		return f
	}
	b.code(n)
	return l.form.Load()
}

func (b *Body) code(n int) {
	b.forms[n].once.Do(func() {
		out := &b.Plain
		defer func() {
			_ = recover() // a coding that fails is one that saves nothing: there is the plain form
			b.forms[n].form.Store(out)
		}()
		if small, err := codings[n].compress(b.Plain.Bytes); err == nil && len(small) < len(b.Plain.Bytes) {
			f := form(codings[n].coding, codings[n].name, b.tag, small)
			out = &f
		}
	})
}

// size is about what a body comes to in all its forms.
func (b *Body) size() int { return 2 * len(b.Plain.Bytes) }

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
	key.kept = s.Kept()
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
	key.kept = s.Kept()
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
		s.bodies.bytes.Add(int64(e.body.size()))
		e.done.Store(true)
	})
	return e.body, e.err
}

func (s *Snapshot) make(contentType string, render func() ([]byte, error)) (*Body, error) {
	plain, err := render()
	if err != nil {
		return nil, err
	}
	return NewBody(contentType, plain), nil
}

// worthwhile is the size from which on compressing saves a packet.
const worthwhile = 600

// NewBody prepares the headers of an answer. The ETag is that of the content, so
// a reader's copy stays good through versions that do not touch it.
func NewBody(contentType string, plain []byte) *Body {
	h := sha256.Sum256(plain)
	tag := base64.RawURLEncoding.EncodeToString(h[:12])
	return &Body{Type: []string{contentType}, Plain: form(0, "", tag, plain), tag: tag}
}

func form(c Coding, name, tag string, raw []byte) Form {
	f := Form{Coding: c, Bytes: raw, ETag: []string{`"` + tag + `"`}, Len: []string{strconv.Itoa(len(raw))}}
	if name != "" {
		f.Name, f.ETag = []string{name}, []string{`"` + tag + "-" + name + `"`}
	}
	return f
}

// codings are tried in this order, that of what they save. Levels are those at which a page of 50 KB
// takes milliseconds: somebody waits for the first rendering after a post.
var codings = [...]struct {
	coding   Coding
	name     string
	compress func([]byte) ([]byte, error)
}{
	{Brotli, "br", func(plain []byte) ([]byte, error) {
		return through(plain, func(w io.Writer) (io.WriteCloser, error) {
			return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: lighter(plain, 5, 6), LGWin: 18}), nil
		})
	}},
	{Zstd, "zstd", func(plain []byte) ([]byte, error) {
		e, err := zstdEncoder()
		if err != nil {
			return nil, err
		}
		return e.EncodeAll(plain, nil), nil // several at once may
	}},
	{Gzip, "gzip", func(plain []byte) ([]byte, error) {
		return through(plain, func(w io.Writer) (io.WriteCloser, error) {
			return gzip.NewWriterLevel(w, lighter(plain, 6, gzip.BestCompression))
		})
	}},
}

// big is the size from which on codings take long enough to be noticed.
const big = 128 << 10

// lighter is the first level for what is big, where the second takes long for a
// hundredth of the size.
func lighter(plain []byte, light, usual int) int {
	if len(plain) >= big {
		return light
	}
	return usual
}

var zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(256<<10))
})

func through(plain []byte, open func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var buf bytes.Buffer
	w, err := open(&buf)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	err = w.Close()
	return buf.Bytes(), err
}
