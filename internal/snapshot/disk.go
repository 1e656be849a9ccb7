package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Disk keeps the last good pictures in a folder of its own: per page a head
// (everything but the incidents) and one file a month of incidents, so that a
// post writes what it touched. Files are written beside their place, synced
// and renamed into it; the head goes last.
type Disk struct {
	dir string
	log *slog.Logger

	mu      sync.Mutex
	pending map[int64]*Snapshot // newest not yet written, by page
	written map[int64]*Snapshot
	wake    chan struct{} // of one: whoever finds it full knows that the writer will look
}

const headFile = "head.json"

// head is the file that names the others.
type head struct {
	Format   int
	Snapshot *Snapshot
	Months   []string
}

const diskFormat = 2

// month is the file of one month: the incidents that are shown under it, and
// the periods that began in it, by component.
type month struct {
	Incidents []*Incident
	Lives     []lived
}

// lived is a period and the component whose it is.
type lived struct {
	Component int64 `json:"o"`
	Period
}

func (m month) equal(o month) bool {
	return slices.Equal(m.Incidents, o.Incidents) && slices.Equal(m.Lives, o.Lives)
}

// NewDisk keeps pictures under dir, which is made if it is missing.
func NewDisk(dir string, log *slog.Logger) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder for the last good pictures: %w", err)
	}
	return &Disk{dir: dir, log: log, pending: map[int64]*Snapshot{}, written: map[int64]*Snapshot{}, wake: make(chan struct{}, 1)}, nil
}

// Empty reports whether no page was ever kept here.
func (d *Disk) Empty() bool {
	all, err := os.ReadDir(d.dir)
	return err == nil && len(all) == 0
}

// Keep hands a picture to the writer and does not wait for it: nobody who
// posts waits for this disk, and of several pictures only the last matters.
func (d *Disk) Keep(s, _ *Snapshot) {
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
		if err := d.write(s, d.written[id]); err != nil {
			d.log.Error("last good picture not kept on disk", "page", id, "error", err)
			continue
		}
		d.written[id] = s
	}
}

func (d *Disk) write(s, prev *Snapshot) error {
	dir := filepath.Join(d.dir, s.Page.Code)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	months, old := shards(s), map[string]month{}
	if prev != nil {
		old = shards(prev)
	}
	h := head{Format: diskFormat, Snapshot: s.withoutIncidents()}
	for key, m := range months {
		h.Months = append(h.Months, key)
		if was, ok := old[key]; ok && m.equal(was) {
			continue // the very same: the file holds them already
		}
		if err := writeJSON(filepath.Join(dir, key+".json"), m); err != nil {
			return err
		}
	}
	slices.Sort(h.Months)
	if err := writeJSON(filepath.Join(dir, headFile), h); err != nil {
		return err
	}
	for key := range old {
		if _, still := months[key]; !still {
			_ = os.Remove(filepath.Join(dir, key+".json")) // the head no longer names it
		}
	}
	return nil
}

func (s *Snapshot) withoutIncidents() *Snapshot {
	h := *s
	h.Incidents, h.byCode, h.byID, h.bodies, h.tongues = nil, nil, nil, nil, nil
	return &h
}

func shards(s *Snapshot) map[string]month {
	all := map[string]month{}
	put := func(at time.Time, add func(*month)) {
		key := at.UTC().Format("2006-01")
		m := all[key]
		add(&m)
		all[key] = m
	}
	for _, i := range s.Incidents {
		put(i.Shown(), func(m *month) { m.Incidents = append(m.Incidents, i) })
	}
	for _, id := range slices.Sorted(maps.Keys(s.Lives)) {
		for _, p := range s.Lives[id] {
			put(p.From, func(m *month) { m.Lives = append(m.Lives, lived{id, p}) })
		}
	}
	return all
}

// writeJSON replaces a file at once or not at all, also when the power fails.
func writeJSON(path string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
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

// Load reads every kept page. One that cannot be read is left out and told of
// in the error; the others are returned all the same.
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
		s, err := readPage(filepath.Join(d.dir, e.Name()))
		if err != nil {
			errs = append(errs, fmt.Errorf("kept page %s: %w", e.Name(), err))
			continue
		}
		out = append(out, s)
	}
	return out, errors.Join(errs...)
}

func readPage(dir string) (*Snapshot, error) {
	var h head
	if err := readJSON(filepath.Join(dir, headFile), &h); err != nil {
		return nil, err
	}
	if h.Format != diskFormat || h.Snapshot == nil {
		return nil, fmt.Errorf("unknown format %d", h.Format)
	}
	h.Snapshot.Lives = map[int64][]Period{}
	slices.Sort(h.Months) // so that periods come in order
	var errs []error
	for _, key := range h.Months {
		if strings.ContainsAny(key, `/\.`) {
			continue
		}
		var m month
		err := readJSON(filepath.Join(dir, key+".json"), &m)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		h.Snapshot.Incidents = append(h.Snapshot.Incidents, m.Incidents...)
		for _, l := range m.Lives {
			h.Snapshot.Lives[l.Component] = append(h.Snapshot.Lives[l.Component], l.Period)
		}
	}
	return h.Snapshot, errors.Join(errs...)
}

func readJSON(path string, v any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}
