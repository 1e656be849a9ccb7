package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"slices"
	"time"
	"unsafe"
)

// The file of a month is a list of fields without names: ten years of them are
// read at each start, and reading JSON took longer than asking the database.
// Strings point into the text of the whole file, so that little is copied.
//
//	monthMark, CRC-32 (IEEE) of the rest as 8 hexadecimal digits, newline, fields
//
// What is changed here, or in the types that are kept, needs another diskFormat.

const monthMark = "statusd month 4 "

var errTorn = errors.New("the file is torn or of another format")

// encode is the file of a month.
func (m *month) encode() []byte {
	size := 1 << 10
	for _, i := range m.Incidents {
		for _, u := range i.Updates {
			size += 200 + len(u.HTML) + len(u.Plain) + len(u.Body) + 100*len(u.Affected)
		}
	}
	t := tape{out: fmt.Appendf(make([]byte, 0, size), "%s%08x\n", monthMark, 0)}
	begin := len(t.out)
	t.month(m)
	copy(t.out, sumLine(monthMark, t.out[begin:]))
	return t.out
}

// sumLine is the first line of a file: what it is, and the sum of the rest.
func sumLine(mark string, rest []byte) string {
	return fmt.Sprintf("%s%08x", mark, crc32.ChecksumIEEE(rest))
}

func firstLine(raw []byte) string {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return string(line)
}

// readMonth reads the file of a month, of which the head knows the first line;
// errTorn when it is not what was written.
func readMonth(path, known string) (m month, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	line, fields, ok := bytes.Cut(raw, []byte("\n"))
	if !ok || string(line) != known || known != sumLine(monthMark, fields) {
		return m, fmt.Errorf("%s: %w", path, errTorn)
	}
	// Nobody else has these bytes, and nobody writes to them again.
	t := tape{reading: true, in: unsafe.String(unsafe.SliceData(fields), len(fields))}
	if t.month(&m); t.torn || t.in != "" {
		return month{}, fmt.Errorf("%s: %w", path, errTorn)
	}
	return m, nil
}

// tape writes values one after the other, or reads them in the same order: one
// list of fields serves both, so that they cannot differ. Writing only reads the
// values: they stand in a picture that others look at.
type tape struct {
	reading bool
	out     []byte // written so far
	in      string // yet to be read
	torn    bool   // what was read cannot have been written by us
}

func (t *tape) uint(n *uint64) {
	if !t.reading {
		t.out = binary.AppendUvarint(t.out, *n)
		return
	}
	*n = 0
	for shift := 0; shift < 64; shift += 7 {
		if t.in == "" {
			break
		}
		b := t.in[0]
		t.in = t.in[1:]
		*n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return
		}
	}
	t.tear()
}

func (t *tape) tear() { t.torn, t.in = true, "" }

func (t *tape) int(n *int64) {
	u := uint64(*n<<1) ^ uint64(*n>>63) //nolint:gosec // zigzag, as encoding/binary does it
	t.uint(&u)
	if t.reading {
		*n = int64(u>>1) ^ -int64(u&1) //nolint:gosec // and back
	}
}

// size is a length: of what is read there must be as many bytes at least.
func (t *tape) size(n int) int {
	u := uint64(n) //nolint:gosec // never negative
	t.uint(&u)
	if t.reading && u > uint64(len(t.in)) {
		t.tear()
		return 0
	}
	return int(u) //nolint:gosec // bounded by a length
}

func (t *tape) str(s *string) {
	n := t.size(len(*s))
	if !t.reading {
		t.out = append(t.out, *s...)
		return
	}
	*s, t.in = t.in[:n], t.in[n:]
}

func (t *tape) bool(b *bool) {
	u := uint64(0)
	if *b {
		u = 1
	}
	t.uint(&u)
	if t.reading {
		*b = u == 1
	}
}

// time keeps an instant; what is read is in UTC.
func (t *tape) time(at *time.Time) {
	sec, nano := at.Unix(), int64(at.Nanosecond())
	t.int(&sec)
	t.int(&nano)
	if t.reading {
		*at = time.Unix(sec, nano).UTC()
	}
}

func word[S ~string](t *tape, s *S) {
	v := string(*s)
	t.str(&v)
	if t.reading {
		*s = S(v)
	}
}

func list[T any](t *tape, all *[]T, each func(*T)) {
	n := t.size(len(*all))
	if t.reading && n > 0 {
		*all = slices.Grow(*all, min(n, 1<<16))
		for ; n > 0 && !t.torn; n-- {
			*all = append(*all, *new(T))
			each(&(*all)[len(*all)-1])
		}
		return
	}
	for i := range *all {
		each(&(*all)[i])
	}
}

func table[T any](t *tape, all *map[string]T, each func(*T)) {
	n := t.size(len(*all))
	if t.reading && n > 0 {
		*all = make(map[string]T)
		for ; n > 0 && !t.torn; n-- {
			var key string
			var value T
			t.str(&key)
			each(&value)
			(*all)[key] = value
		}
		return
	}
	for _, key := range slices.Sorted(maps.Keys(*all)) {
		value := (*all)[key]
		t.str(&key)
		each(&value)
	}
}

func maybe[T any](t *tape, p **T, each func(*T)) {
	there := *p != nil
	if t.bool(&there); !there {
		return
	}
	if t.reading {
		*p = new(T)
	}
	each(*p)
}

func (t *tape) month(m *month) {
	list(t, &m.Incidents, func(i **Incident) {
		if t.reading {
			*i = &Incident{}
		}
		t.incident(*i)
	})
	list(t, &m.Lives, func(l *lived) {
		t.int(&l.Component)
		t.int(&l.ID)
		word(t, &l.Status)
		t.time(&l.From)
		t.time(&l.To)
		word(t, &l.Cause)
		t.int(&l.IncidentID)
	})
}

func (t *tape) incident(i *Incident) {
	t.int(&i.ID)
	t.str(&i.Code)
	t.int(&i.Number)
	word(t, &i.Kind)
	t.str(&i.Title)
	word(t, &i.State)
	word(t, &i.Impact)
	t.time(&i.StartedAt)
	for _, at := range []**time.Time{&i.MonitoringAt, &i.ResolvedAt, &i.ScheduledFor, &i.ScheduledUntil, &i.NextUpdateBy} {
		maybe(t, at, t.time)
	}
	t.int(&i.Revision)
	t.time(&i.CreatedAt)
	t.time(&i.UpdatedAt)
	list(t, &i.Updates, t.update)
	list(t, &i.Affected, t.affected)
	maybe(t, &i.Postmortem, t.postmortem)
	table(t, &i.Titles, t.str)
}

func (t *tape) update(u *Update) {
	t.str(&u.Code)
	n := int64(u.N)
	t.int(&n)
	if t.reading {
		u.N = int(n)
	}
	word(t, &u.State)
	t.str(&u.Label)
	t.bool(&u.FellBack)
	t.str(&u.HTML)
	t.str(&u.Plain)
	t.str(&u.Body)
	t.time(&u.HappenedAt)
	t.time(&u.PostedAt)
	maybe(t, &u.NextUpdateBy, t.time)
	t.bool(&u.Notify)
	maybe(t, &u.EditedAt, t.time)
	list(t, &u.Earlier, t.earlier)
	list(t, &u.Affected, t.affected)
	table(t, &u.In, t.wording)
}

func (t *tape) wording(w *Wording) {
	t.str(&w.HTML)
	t.str(&w.Plain)
	t.str(&w.Body)
}

func (t *tape) earlier(e *Earlier) {
	t.str(&e.HTML)
	t.time(&e.HappenedAt)
	t.time(&e.From)
	t.time(&e.Until)
}

func (t *tape) affected(a *Affected) {
	t.int(&a.ID)
	t.str(&a.Code)
	t.str(&a.Name)
	t.str(&a.Group)
	word(t, &a.Old)
	word(t, &a.New)
}

func (t *tape) postmortem(m *Postmortem) {
	t.str(&m.Code)
	t.str(&m.HTML)
	t.str(&m.Plain)
	t.str(&m.Body)
	t.time(&m.PublishedAt)
	maybe(t, &m.EditedAt, t.time)
	t.str(&m.AuthorName)
	list(t, &m.Earlier, t.earlier)
	table(t, &m.In, t.wording)
}
