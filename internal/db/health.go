package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrationFiles embed.FS

// ErrNewerSchema says that the database was migrated by a newer statusd. An
// older one must not touch it (R15.6).
var ErrNewerSchema = errors.New("the database was written by a newer statusd: start that version, or restore a backup")

// reopen replaces the handles. It leaves the DB down, with the reason, when
// that fails; whoever calls says when it is up. The old ones close first: SQLite shares what it knows of a file
// among the connections of a process, so as long as one is open that met the
// file read-only, a new one finds it read-only too.
func (d *DB) reopen(ctx context.Context, create bool) error {
	d.mu.Lock()
	old := d.h
	d.h = nil
	if d.down == nil {
		d.down = ErrUnusable
	}
	d.mu.Unlock()
	if old != nil {
		if err := old.drop(); err != nil {
			d.cfg.Log.Debug("old database handles closed with an error", "error", err)
		}
	}
	h, err := d.openAndMigrate(ctx, create)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.h = h
	if err != nil {
		d.h, d.down = nil, unusable(err)
	}
	return err
}

func (d *DB) openAndMigrate(ctx context.Context, create bool) (*handles, error) {
	if create && !d.cfg.Keep {
		if err := d.dialect.make(ctx, d.migrate); err != nil {
			return nil, fmt.Errorf("make the database: %w", err)
		}
	}
	h, err := d.dialect.open(ctx)
	if err != nil {
		return nil, err
	}
	if d.cfg.Keep {
		return h, nil
	}
	if err := d.migrate(ctx, h); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (d *DB) migrate(ctx context.Context, h *handles) error {
	p, err := d.dialect.provider(h, migrationFiles)
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	if have > newest {
		return ErrNewerSchema
	}
	if have == newest {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// SchemaStatus tells which migrations are applied; nothing is changed.
func (d *DB) SchemaStatus(ctx context.Context) (have, newest int64, err error) {
	h, err := d.handles()
	if err != nil {
		return 0, 0, err
	}
	p, err := d.dialect.provider(h, migrationFiles)
	if err != nil {
		return 0, 0, err
	}
	have, err = p.GetDBVersion(ctx)
	var last *goose.Source
	for _, s := range p.ListSources() {
		last = s
	}
	return have, last.Version, err
}

// Engine is "sqlite" or "postgres".
func (d *DB) Engine() string { return d.dialect.name() }

// Health is nil while the database can be read and written, else the reason.
func (d *DB) Health() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.down
}

// Heal looks whether the database can be read and written, opens it afresh
// when the file was replaced or the connections cannot be trusted, and returns
// what Health will say. It never creates or repairs a file. Call it about once
// a second.
func (d *DB) Heal(ctx context.Context) error {
	d.mu.RLock()
	before, count := d.down, d.doubts.count
	d.mu.RUnlock()
	err := d.lookThrough(ctx)
	if err == nil {
		err = d.probe(ctx, before != nil)
		if err != nil && !d.dialect.damaged(err) && (d.handlesMissing() || d.dialect.lost(err)) {
			err = d.reopen(ctx, false)
			if err == nil {
				err = d.probe(ctx, true)
			}
		}
	}
	d.mu.Lock()
	switch {
	case err != nil:
		d.down = unusable(err)
		if d.dialect.damaged(err) && d.doubts.damaged == nil {
			d.doubts.damaged, d.doubts.looked = d.down, nil
		}
	case d.doubts.count == count:
		d.down, d.doubts.locked = nil, nil
	default: // it failed again while we looked
		err = d.down
	}
	d.mu.Unlock()
	switch {
	case before == nil && err != nil:
		d.cfg.Log.Error("the database cannot be used; the public page goes on from its last good picture", "error", err)
	case before != nil && err == nil:
		d.cfg.Log.Info("the database can be used again")
	}
	return d.Health()
}

func (d *DB) handlesMissing() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.h == nil
}

// probe asks a question and, if a door failed before, also tries the writer:
// a full or read-only disk answers questions well.
func (d *DB) probe(ctx context.Context, write bool) error {
	h, err := d.handles()
	if err != nil {
		return err
	}
	if err := d.dialect.alive(h); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var n int64
	err = h.read.WithContext(ctx).Raw(`select count(*) from page_versions`).Scan(&n).Error
	d.mu.Lock()
	d.doubts.blind = nil
	if d.dialect.locked(err) {
		d.doubts.blind = unusable(err)
	}
	d.mu.Unlock()
	if err != nil || !write {
		return err
	}
	done, err := d.line(ctx)
	if err != nil {
		return err
	}
	defer done()
	// A write that changes nothing a reader sees, and makes the engine really write.
	return h.write.WithContext(ctx).Exec(`update page_versions set changed_at = changed_at`).Error
}

func isNetwork(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	_, ok := errors.AsType[net.Error](err)
	return ok
}

// watchers wake whoever waits for a page's next version. A channel of one,
// latest wins: nobody who is slow makes the writer wait.
type watchers struct {
	mu   sync.Mutex
	next int
	all  map[int64]map[int]chan int64
}

func (w *watchers) init() { w.all = map[int64]map[int]chan int64{} }

func (w *watchers) wake(page, version int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all[page] {
		select {
		case <-c: // an older version that nobody took
		default:
		}
		c <- version
	}
}

// Watch hands out a channel that holds the newest version not yet taken, and a
// function that ends the watching. It never blocks the writer. Versions raised
// by other processes come through Wake.
func (d *DB) Watch(page int64) (version <-chan int64, stop func()) {
	w := &d.watchers
	c := make(chan int64, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.next
	w.next++
	if w.all[page] == nil {
		w.all[page] = map[int]chan int64{}
	}
	w.all[page][id] = c
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all[page], id)
	}
}

// Wake tells the watchers of a version that another process committed.
func (d *DB) Wake(page, version int64) { d.watchers.wake(page, version) }
