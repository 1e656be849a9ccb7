package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Disk keeps the last good pictures in a folder of its own: per page a head
// (everything but the incidents) and one file a month of incidents, so that a
// post writes what it touched. Files are written beside their place, synced
// and renamed into it; the head goes last.
//
// A start goes on from the kept picture and asks the database only for what
// changed since (Shelf.recall).
type Disk struct {
	dir   string
	build string
	log   *slog.Logger

	mu      sync.Mutex
	pending map[int64]*Snapshot // newest not yet written, by page
	written map[int64]*kept
	wake    chan struct{} // of one: whoever finds it full knows that the writer will look
}

// kept is what is on the disk of a page.
type kept struct {
	snap   *Snapshot
	months map[string]string // each with the first line of its file, which sums it up
}

const (
	headFile = "head.json"
	headMark = "statusd head 5 "
)

// head is the file that names the others.
type head struct {
	Format   int
	Build    string // of the program that made it: another may make another picture of the same rows
	Names    string // Snapshot.names and tip, which are not for others
	Tip      tip
	Snapshot *Snapshot
	Months   map[string]string // the first line of each file, so that an older one is no stand-in
}

const diskFormat = 5

// month is the file of one month: the incidents that are shown under it, and
// the periods that began in it, by component.
type month struct {
	Incidents []*Incident
	Lives     []lived
}

// lived is a period and the component whose it is.
type lived struct {
	Component int64
	Period
}

// NewDisk keeps pictures under dir, which is made if it is missing. build names
// the program: what another one kept is only shown, and never built upon.
func NewDisk(dir, build string, log *slog.Logger) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder for the last good pictures: %w", err)
	}
	torn, _ := filepath.Glob(filepath.Join(dir, "*", ".new-*")) // the pattern is sound
	for _, f := range torn {
		_ = os.Remove(f) // of a process that was killed while it wrote
	}
	return &Disk{dir: dir, build: build, log: log, pending: map[int64]*Snapshot{}, written: map[int64]*kept{}, wake: make(chan struct{}, 1)}, nil
}

// Empty reports whether no page was ever kept here.
func (d *Disk) Empty() bool {
	all, err := os.ReadDir(d.dir)
	return err == nil && len(all) == 0
}

// Keep hands a picture to the writer and does not wait for it: nobody who
// posts waits for this disk, and of several pictures only the last matters.
func (d *Disk) Keep(s *Snapshot) {
	d.mu.Lock()
	d.pending[s.Page.ID] = s
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run writes what is handed in until done is closed, and then the rest.
func (d *Disk) Run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			d.Flush()
			return
		case <-d.wake:
			d.Flush()
		}
	}
}

// Flush writes everything that is pending now.
func (d *Disk) Flush() {
	d.mu.Lock()
	todo := d.pending
	d.pending = map[int64]*Snapshot{}
	d.mu.Unlock()
	for id, s := range todo {
		d.mu.Lock()
		was := d.written[id]
		d.mu.Unlock()
		is, err := d.write(s, was)
		if err != nil {
			d.log.Error("last good picture not kept on disk", "page", id, "error", err)
			is = nil // nobody knows what is there now: the next one is written whole
		}
		d.mu.Lock()
		d.written[id] = is
		d.mu.Unlock()
	}
}

func (d *Disk) write(s *Snapshot, was *kept) (*kept, error) {
	dir := filepath.Join(d.dir, s.Page.Code)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	is := &kept{snap: s, months: map[string]string{}}
	moved := map[string]*month{}
	if was == nil {
		touch(moved, s, nil)
	} else {
		maps.Copy(is.months, was.months)
		touch(moved, s, was.snap)
	}
	fill(moved, s)
	var gone []string
	for key, m := range moved {
		if len(m.Incidents)+len(m.Lives) == 0 {
			delete(is.months, key)
			gone = append(gone, key)
			continue
		}
		raw := m.encode()
		is.months[key] = firstLine(raw)
		if err := writeFile(filepath.Join(dir, key+monthFile), raw); err != nil {
			return nil, err
		}
	}
	h := head{Format: diskFormat, Build: d.build, Names: s.names, Tip: s.tip, Snapshot: s.withoutIncidents(), Months: is.months}
	raw, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(dir, headFile), append([]byte(sumLine(headMark, raw)+"\n"), raw...)); err != nil {
		return nil, err
	}
	for _, key := range gone {
		_ = os.Remove(filepath.Join(dir, key+monthFile)) // the head no longer names it
	}
	return is, nil
}

func (s *Snapshot) withoutIncidents() *Snapshot {
	h := *s
	h.Incidents = nil
	return &h
}

const monthFile = ".month"

func monthOf(at time.Time) string { return at.UTC().Format("2006-01") }

// touch notes the months in which s and was differ: an incident was put in or
// replaced, or a period. What both share is the very same.
func touch(moved map[string]*month, s, was *Snapshot) {
	note := func(at time.Time) {
		if key := monthOf(at); moved[key] == nil {
			moved[key] = &month{}
		}
	}
	var before []*Incident
	var lives map[int64][]Period
	if was != nil {
		before, lives = was.Incidents, was.Lives
	}
	there := make(map[*Incident]bool, len(before))
	for _, i := range before {
		there[i] = true
	}
	for _, i := range s.Incidents {
		if !there[i] {
			note(i.Shown())
		}
		delete(there, i)
	}
	for i := range there {
		note(i.Shown())
	}
	for id, ps := range s.Lives {
		differing(ps, lives[id], note)
	}
	for id, ps := range lives {
		if _, still := s.Lives[id]; !still {
			differing(nil, ps, note)
		}
	}
}

// differing notes when the periods began that only one of two lists has.
func differing(a, b []Period, note func(time.Time)) {
	if len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) {
		return
	}
	is := make(map[Period]bool, len(b))
	for _, p := range b {
		is[p] = true
	}
	for _, p := range a {
		if !is[p] {
			note(p.From)
		}
		delete(is, p)
	}
	for p := range is {
		note(p.From)
	}
}

// fill puts into months what a picture has of them.
func fill(months map[string]*month, s *Snapshot) {
	of := finder(months)
	for _, i := range s.Incidents {
		if m := of(i.Shown()); m != nil {
			m.Incidents = append(m.Incidents, i)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Lives)) {
		for _, p := range s.Lives[id] {
			if m := of(p.From); m != nil {
				m.Lives = append(m.Lives, lived{id, p})
			}
		}
	}
}

// finder finds the month of a moment among some, without making its name each
// time: there are a hundred thousand moments.
func finder(months map[string]*month) func(time.Time) *month {
	type place struct {
		year  int
		month time.Month
	}
	at := make(map[place]*month, len(months))
	for key, m := range months {
		if t, err := time.Parse("2006-01", key); err == nil {
			at[place{t.Year(), t.Month()}] = m
		}
	}
	return func(t time.Time) *month {
		y, m, _ := t.UTC().Date()
		return at[place{y, m}]
	}
}

// writeFile replaces a file at once or not at all, also when the power fails.
func writeFile(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Load reads every kept page. Months that cannot be read are left out, and pages
// of which nothing can be; the error tells of both.
func (d *Disk) Load() ([]*Snapshot, error) {
	dirs, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var out []*Snapshot
	var errs []error
	for _, e := range dirs {
		if !e.IsDir() {
			continue
		}
		s, build, err := readPage(filepath.Join(d.dir, e.Name()))
		if err != nil {
			errs = append(errs, fmt.Errorf("kept page %s: %w", e.Name(), err))
		}
		if s == nil {
			continue
		}
		// What cannot be read whole is better than nothing while there is no database, but nothing to go on from.
		s.foreign = build != d.build || err != nil
		out = append(out, s)
	}
	return out, errors.Join(errs...)
}

// errAnother says that a picture was kept by another program.
var errAnother = errors.New("kept by another build")

// recall is the picture of a page that this program, or another one, kept
// whole; errAnother comes with a picture.
func (d *Disk) recall(code string) (*Snapshot, error) {
	dir := filepath.Join(d.dir, filepath.Base(code))
	h, err := readHead(dir)
	if err != nil {
		return nil, err
	}
	s, err := readMonths(dir, h)
	if err != nil {
		return nil, err
	}
	if h.Build != d.build {
		return s, errAnother
	}
	k := &kept{snap: s, months: h.Months}
	d.mu.Lock()
	d.written[s.Page.ID] = k
	d.mu.Unlock()
	return s, nil
}

// forget says that what is kept of a page is not to be gone on from.
func (d *Disk) forget(page int64) {
	d.mu.Lock()
	delete(d.written, page)
	d.mu.Unlock()
}

func readPage(dir string) (s *Snapshot, build string, err error) {
	h, err := readHead(dir)
	if err != nil {
		return nil, "", err
	}
	s, err = readMonths(dir, h)
	return s, h.Build, err
}

func readHead(dir string) (h head, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, headFile))
	if err != nil {
		return h, err
	}
	line, fields, ok := bytes.Cut(raw, []byte("\n"))
	if !ok || string(line) != sumLine(headMark, fields) {
		return h, errTorn
	}
	if err := json.Unmarshal(fields, &h); err != nil {
		return h, err
	}
	if h.Format != diskFormat || h.Snapshot == nil {
		return h, fmt.Errorf("unknown format %d", h.Format)
	}
	return h, nil
}

// readMonths is a picture with its months. Those that cannot be read are left
// out and told of in the error.
func readMonths(dir string, h head) (*Snapshot, error) {
	s := h.Snapshot
	s.names, s.tip, s.Lives = h.Names, h.Tip, map[int64][]Period{}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(h.Months)) { // so that periods come in order
		m, err := readMonth(filepath.Join(dir, filepath.Base(key)+monthFile), h.Months[key])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.Incidents = append(s.Incidents, m.Incidents...)
		for _, l := range m.Lives {
			s.Lives[l.Component] = append(s.Lives[l.Component], l.Period)
		}
	}
	return s, errors.Join(errs...)
}
