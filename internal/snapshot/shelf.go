package snapshot

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/pages"
)

// staleAfter is how long the database may be away before pages say so (R2.3).
const staleAfter = 60 * time.Second

// Shelf keeps the current picture of every page. Readers only ever load a
// pointer from it.
type Shelf struct {
	db   *db.DB
	base *url.URL
	disk *Disk
	log  *slog.Logger

	pages atomic.Pointer[directory]
	mu    sync.Mutex // guards slots and the making of a new directory
	slots map[int64]*slot

	lastGood time.Time // only Tick's goroutine touches these two
	stale    bool
	away     atomic.Pointer[error] // why the last Tick learned nothing from the database; nil when it did
}

// slot is the place of one page.
type slot struct {
	building sync.Mutex
	snap     atomic.Pointer[Snapshot]
	trouble  atomic.Pointer[error] // why the present picture could not be built; nil when it was
	good     time.Time             // when it was known to be true last; only Tick's goroutine touches it
}

// directory says which page answers a host. It is replaced whole.
type directory struct {
	byHost map[string]*slot
	first  *slot // the default page
	any    bool  // no page has hosts: the default one answers all
	base   string
}

// NewShelf makes an empty shelf. base is the configured public address of the
// default page; disk may be nil.
func NewShelf(d *db.DB, base *url.URL, disk *Disk, log *slog.Logger) *Shelf {
	s := &Shelf{db: d, base: base, disk: disk, log: log, slots: map[int64]*slot{}, lastGood: d.Now()}
	s.pages.Store(&directory{})
	return s
}

// Get is the picture of a page; nil only for a page that never was on the
// shelf.
func (s *Shelf) Get(page int64) *Snapshot {
	s.mu.Lock()
	sl := s.slots[page]
	s.mu.Unlock()
	if sl == nil {
		return nil
	}
	return sl.snap.Load()
}

// ByHost is the picture of the page that answers a Host header; nil when none
// does (421). It neither waits nor queries.
func (s *Shelf) ByHost(host string) *Snapshot {
	dir := s.pages.Load()
	if dir.any {
		return dir.first.load()
	}
	if sl := dir.byHost[host]; sl != nil { // as browsers send it, mostly
		return sl.load()
	}
	h := pages.NormalHost(host)
	if sl := dir.byHost[h]; sl != nil {
		return sl.load()
	}
	if h == dir.base || loopback(h) {
		return dir.first.load()
	}
	return nil
}

func (sl *slot) load() *Snapshot {
	if sl == nil {
		return nil
	}
	return sl.snap.Load()
}

// loopback hosts always mean the default page: whoever can send them sits on
// the machine itself.
func loopback(h string) bool {
	if h == "localhost" {
		return true
	}
	ip := net.ParseIP(h)
	return ip != nil && ip.IsLoopback()
}

// All are the current pictures, in no order.
func (s *Shelf) All() []*Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Snapshot
	for sl := range maps.Values(s.slots) {
		if p := sl.snap.Load(); p != nil {
			out = append(out, p)
		}
	}
	return out
}

// Refresh makes sure that the shelf shows at least the given version of a
// page, and returns once it does or cannot. It runs after each commit, before
// the writer is answered. Of several at once, one builds for all.
func (s *Shelf) Refresh(ctx context.Context, page, version int64) {
	_ = s.refresh(ctx, page, version, false) // it is logged, and Tick tries again
}

// refresh is Refresh; of a failure that goes on the log hears once.
func (s *Shelf) refresh(ctx context.Context, page, version int64, force bool) error {
	sl := s.slotOf(page)
	err := s.rebuild(ctx, sl, page, version, force)
	if err == nil {
		if sl.trouble.Swap(nil) != nil {
			s.log.Info("the picture can be built again", "page", page)
		}
		return nil
	}
	if sl.trouble.Swap(&err) == nil {
		s.log.Error("picture not built; readers keep the last one", "page", page, "version", version, "error", err)
	}
	return err
}

// Trouble is why a page cannot be shown as it is at this moment; nil while all
// can. The server is not ready as long as there is some.
func (s *Shelf) Trouble() error {
	if err := s.away.Load(); err != nil {
		return *err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for sl := range maps.Values(s.slots) {
		if err := sl.trouble.Load(); err != nil {
			return *err
		}
	}
	return nil
}

func (s *Shelf) rebuild(ctx context.Context, sl *slot, page, version int64, force bool) error {
	sl.building.Lock()
	defer sl.building.Unlock()
	// The writer was answered yes by the database: a client that hangs up now
	// must not leave the old page standing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	prev := sl.snap.Load()
	if !force && prev != nil && prev.Version >= version && prev.AsOf.IsZero() {
		// Another built for all; or the database went back in time.
		if same, err := goesOn(s.db.Read(ctx), page, prev.Version, prev); err != nil || same {
			return err
		}
	}
	var err error
	if prev == nil && s.disk != nil {
		if prev, err = s.recall(ctx, page, version); err != nil {
			return err
		}
		if prev != nil && prev.foreign && prev.Version == version {
			sl.snap.Store(prev)
			s.index()
			return nil // Tick builds it anew while this is read
		}
	}
	next, err := build(ctx, s.db, page, prev, s.baseOf)
	if err != nil {
		return err
	}
	sl.snap.Store(next)
	s.index()
	if s.disk != nil {
		s.disk.Keep(next)
	}
	return nil
}

// recall is the picture that was kept of a page, to go on from; nil when there
// is none, or it tells another story than the database: of a backup that was
// put back, or of another database altogether.
func (s *Shelf) recall(ctx context.Context, page, version int64) (*Snapshot, error) {
	g := s.db.Read(ctx)
	var code string
	if err := g.Raw(`select code from pages where id = ?`, page).Scan(&code).Error; err != nil || code == "" {
		return nil, err
	}
	p, err := s.disk.recall(code)
	another := errors.Is(err, errAnother)
	if err != nil && !another {
		if !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("the kept picture cannot be read: building it from the database", "page", page, "error", err)
		}
		return nil, nil //nolint:nilerr,nilnil // the database has everything
	}
	same, err := goesOn(g, page, version, p)
	if err != nil {
		return nil, err
	}
	if !same || p.Page.ID != page || !p.AsOf.IsZero() {
		s.disk.forget(page)
		return nil, nil //nolint:nilnil // see above
	}
	if another {
		p = New(*p)
		p.foreign = true
	}
	return p, nil
}

func (s *Shelf) slotOf(page int64) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	sl := s.slots[page]
	if sl == nil {
		sl = &slot{}
		s.slots[page] = sl
	}
	return sl
}

// index makes the directory of hosts anew if it changed.
func (s *Shelf) index() {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := &directory{byHost: map[string]*slot{}, any: true, base: pages.NormalHost(s.base.Host)}
	for _, id := range slices.Sorted(maps.Keys(s.slots)) {
		sl := s.slots[id]
		p := sl.snap.Load()
		if p == nil {
			continue
		}
		if p.Page.Default {
			dir.first = sl
		}
		for _, h := range p.Page.Hosts {
			dir.byHost[h] = sl
			dir.any = false
		}
	}
	if dir.first == nil {
		dir.any = false
	}
	s.pages.Store(dir)
}

// BaseOf is the absolute address of a page: the configured one for the default
// page, else that one with the page's first host. Never from a request (R7.5).
func BaseOf(base *url.URL, p pages.Page) string {
	host := base.Host
	if !p.IsDefault && len(p.Hosts) > 0 {
		host = p.Hosts[0]
		if port := base.Port(); port != "" {
			host = net.JoinHostPort(host, port)
		}
	}
	return base.Scheme + "://" + host
}

func (s *Shelf) baseOf(p pages.Page) string { return BaseOf(s.base, p) }

// Load takes the last good pictures from the disk, of pages that could not be
// built, or if the database does not even tell which there are, of all that are
// not on the shelf. It returns how many it took.
func (s *Shelf) Load() (int, error) {
	if s.disk == nil {
		return 0, nil
	}
	known := s.known()
	all, err := s.disk.Load()
	n := 0
	for _, p := range all {
		if len(known) > 0 && !known[p.Page.ID] {
			continue // a page of another database, or one that was taken off
		}
		sl := s.slotOf(p.Page.ID)
		sl.building.Lock()
		if sl.snap.Load() == nil {
			p.AsOf = p.BuiltAt
			taken := New(*p)
			taken.foreign = p.foreign
			sl.snap.Store(taken)
			n++
		}
		sl.building.Unlock()
	}
	s.index()
	return n, err
}

// known are the pages that the database told of.
func (s *Shelf) known() map[int64]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int64]bool{}
	for id := range s.slots {
		out[id] = true
	}
	return out
}

// Tick is one turn of the loop: look after the database, notice what other
// processes committed, rebuild pictures whose time is up, and say so on the
// page when the database has been away for a minute. It returns how many
// pictures it made.
func (s *Shelf) Tick(ctx context.Context) int {
	err := s.db.Heal(ctx)
	var versions map[int64]int64
	if err == nil {
		versions, err = s.db.Versions(ctx)
	}
	if err != nil {
		s.away.Store(&err)
		return s.age(err)
	}
	back := s.stale
	s.away.Store(nil)
	s.lastGood, s.stale = s.db.Now(), false
	s.forget(versions)
	n := 0
	for _, page := range slices.Sorted(maps.Keys(versions)) {
		p := s.Get(page)
		force := p != nil && (back || p.foreign || !p.AsOf.IsZero() || !s.db.Now().Before(p.NotAfter) || s.slotOf(page).trouble.Load() != nil)
		if p != nil && !force {
			// A picture that is newer than what was just asked is made again for nothing; one of a time that the database
			// no longer knows, because a backup was put back, is untrue.
			same, err := goesOn(s.db.Read(ctx), page, versions[page], p)
			if err == nil && same && p.Version == versions[page] {
				s.slotOf(page).good = s.lastGood
				continue
			}
			force = err == nil && !same
		}
		if err := s.refresh(ctx, page, versions[page], force); err != nil {
			if sl := s.slotOf(page); !sl.good.IsZero() && s.lastGood.Sub(sl.good) >= staleAfter {
				sl.age(sl.good)
			}
			continue
		}
		s.slotOf(page).good = s.lastGood
		s.db.Wake(page, versions[page])
		n++
	}
	return n
}

// age marks the pictures once the database has been away for long enough.
func (s *Shelf) age(cause error) int {
	if s.stale || s.db.Now().Sub(s.lastGood) < staleAfter {
		return 0
	}
	s.stale = true
	if len(s.All()) == 0 {
		return 0
	}
	s.log.Error("pages now say how old they are: the database has been away for a minute", "error", cause)
	n := 0
	for _, p := range s.All() {
		if s.slotOf(p.Page.ID).age(s.lastGood) {
			n++
		}
	}
	return n
}

// age marks a picture as true for an earlier moment, unless it was so marked
// before.
func (sl *slot) age(asOf time.Time) bool {
	sl.building.Lock()
	defer sl.building.Unlock()
	p := sl.snap.Load()
	if p == nil || !p.AsOf.IsZero() {
		return false
	}
	old := *p
	old.AsOf = asOf
	sl.snap.Store(New(old))
	return true
}

// forget drops the trouble with pages that there are no more.
func (s *Shelf) forget(versions map[int64]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, sl := range s.slots {
		if _, is := versions[id]; !is {
			sl.trouble.Store(nil)
		}
	}
}

// Stale reports whether the pages say that they are old.
func (s *Shelf) Stale() bool {
	for _, p := range s.All() {
		if !p.AsOf.IsZero() {
			return true
		}
	}
	return false
}

// Run ticks every second until ctx ends.
func (s *Shelf) Run(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			s.Tick(ctx)
		}
	}
}

// ErrNothing says that there is neither a database nor a picture to show.
var ErrNothing = errors.New("neither the database nor a kept picture can be read")
