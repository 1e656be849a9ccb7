// Package db owns the database: it opens SQLite or PostgreSQL, migrates it,
// and is the only door through which anything is written.
//
// There are two doors. Change is for what a reader can see: it raises the
// page's version inside the commit. Private is for the rest (sessions,
// subscribers, deliveries). Read is for questions; on SQLite its connections
// are query-only, so a write that avoids the doors fails.
//
// The database may be unusable: locked, full, read-only, corrupt or gone. Then
// the doors answer fault.Unavailable-shaped errors (ErrUnusable), nothing is
// created or repaired, and Heal brings it back when the cause has gone. A
// SQLite file is created only where there never was one, and appears whole: one
// that is there and empty has lost its contents, and is broken like any other.
//
// Start with DB in this file; dialect.go is the only place that knows which
// engine is running; health.go knows when it is not.
package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"
)

// ErrUnusable wraps every error that means "the machine cannot", as opposed to
// "the rule says no". The server answers it with 503 and keeps what was typed.
var ErrUnusable = errors.New("the database cannot be used")

// Config says where the database is.
type Config struct {
	URL    string // postgres://…; empty means SQLite at Path
	Path   string // the SQLite file
	Create bool   // make the SQLite file if it and its log are missing; only right where there never was one
	Keep   bool   // leave the schema as it is, for a command that only looks

	Now func() time.Time // the one clock; required
	Log *slog.Logger     // required
	// Busy is how long a writer waits for a lock of another process (default 5 s, R2.1).
	Busy time.Duration
}

// DB is an open, or at the moment unusable, database. Safe for concurrent use.
type DB struct {
	cfg      Config
	dialect  dialect
	mu       sync.RWMutex // guards h, down and doubts
	h        *handles
	down     error // why h is nil or not to be trusted
	doubts   doubts
	turn     chan struct{} // of the one writer; nil where there are many
	after    []func(ctx context.Context, page, version int64)
	watchers watchers
}

// Tx is one write transaction. Now is the one reading of the clock for all of it.
type Tx struct {
	*gorm.DB
	Now     time.Time
	Version int64 // the page version this commit will have; 0 in a Private one
	page    int64
	quiet   bool
}

// Page is the page that this Change is about; 0 in a Private transaction.
func (tx *Tx) Page() int64 { return tx.page }

// Quiet says that readers can notice nothing of this Change after all, as of
// work on a hidden component: the page keeps its version and its "updated".
func (tx *Tx) Quiet() { tx.quiet = true }

// Open opens and migrates the database. A database that cannot be used is not
// an error of Open: the DB is returned down, Health says why, and Heal tries
// again. Open fails only for a configuration that can never work.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Now == nil || cfg.Log == nil {
		return nil, errors.New("db: Now and Log are required")
	}
	if cfg.Busy == 0 {
		cfg.Busy = 5 * time.Second
	}
	d := &DB{cfg: cfg}
	d.watchers.init()
	if cfg.URL != "" {
		d.dialect = postgresDialect{url: cfg.URL}
	} else {
		d.dialect = &sqliteDialect{path: cfg.Path, busy: cfg.Busy}
		d.turn = make(chan struct{}, 1)
	}
	if err := d.dialect.check(); err != nil {
		return nil, err
	}
	if d.reopen(ctx, cfg.Create) == nil {
		d.down = nil
	}
	return d, nil
}

// Close releases the connections.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.h
	d.h, d.down = nil, fmt.Errorf("%w: closed", ErrUnusable)
	if h == nil {
		return nil
	}
	return h.close()
}

// Now reads the one clock, in UTC and cut to the millisecond, which is what
// both engines keep exactly.
func (d *DB) Now() time.Time { return d.cfg.Now().UTC().Truncate(time.Millisecond) }

// AfterChange adds a function that runs after each commit of Change, in the
// caller's goroutine and before Change returns. The shelf swaps in the new
// page here, so that nobody who asks after the answer sees the old one. Call
// it while wiring, before the first Change.
func (d *DB) AfterChange(fn func(ctx context.Context, page, version int64)) {
	d.after = append(d.after, fn)
}

// Change runs fn in one transaction that raises the page's version: all or
// nothing. It returns the new version. Watchers wake after the commit, never
// before. Do not use d inside fn: there is one writer.
func (d *DB) Change(ctx context.Context, page int64, fn func(*Tx) error) (int64, error) {
	var version int64
	var quiet bool
	err := d.write(ctx, func(g *gorm.DB, now time.Time) error {
		v, err := raise(g, page)
		if err != nil {
			return err
		}
		tx := &Tx{DB: g, Now: now, Version: v, page: page}
		if err := fn(tx); err != nil {
			return err
		}
		if version, quiet = v, tx.quiet; quiet {
			version-- // nobody has seen the higher one
		}
		return setVersion(g, page, version, now, quiet)
	})
	if err != nil {
		return 0, err
	}
	if quiet {
		return version, nil
	}
	for _, fn := range d.after {
		fn(ctx, page, version)
	}
	d.watchers.wake(page, version)
	return version, nil
}

// Private runs fn in one transaction that readers cannot notice.
func (d *DB) Private(ctx context.Context, fn func(*Tx) error) error {
	return d.write(ctx, func(g *gorm.DB, now time.Time) error {
		return fn(&Tx{DB: g, Now: now})
	})
}

// Read is for questions. The handle of a database that is down answers every
// query with ErrUnusable.
func (d *DB) Read(ctx context.Context) *gorm.DB {
	h, err := d.askable()
	if err != nil {
		g := downHandle.WithContext(ctx)
		_ = g.AddError(err) // AddError hands back what it was given
		return g
	}
	return h.read.WithContext(ctx)
}

// raise lifts the version of a page by one; on PostgreSQL its row lock also
// lines up the writers of one page.
func raise(g *gorm.DB, page int64) (int64, error) {
	var v int64
	res := g.Raw(`update page_versions set version = version + 1 where page_id = ? returning version`, page).Scan(&v)
	if res.Error != nil {
		return 0, fmt.Errorf("raise the version of page %d: %w", page, res.Error)
	}
	if v == 0 {
		return 0, fmt.Errorf("raise the version of page %d: no such page", page)
	}
	return v, nil
}

// setVersion ends what raise began: with the time of the change, or as if
// nothing had been.
func setVersion(g *gorm.DB, page, v int64, now time.Time, quiet bool) error {
	res := g.Exec(`update page_versions set version = ?, changed_at = case when ? then changed_at else ? end where page_id = ?`, v, quiet, now, page)
	if res.Error != nil {
		return fmt.Errorf("set the version of page %d: %w", page, res.Error)
	}
	return nil
}

func (d *DB) write(ctx context.Context, fn func(g *gorm.DB, now time.Time) error) error {
	h, done, err := d.writer(ctx)
	if err != nil {
		return err
	}
	defer done()
	// A writer that waits for ever would hold the queue of all others.
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err = h.write.WithContext(ctx).Transaction(func(g *gorm.DB) error { return fn(g, d.Now()) })
	if err == nil {
		return nil
	}
	if d.dialect.unusable(err) {
		d.suspect(err)
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return err
}

func (d *DB) handles() (*handles, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.h == nil {
		return nil, d.down
	}
	return d.h, nil
}

// Versions reads the version of every page: the one small query that each node
// asks every second, by which it also notices another process' commits.
func (d *DB) Versions(ctx context.Context) (map[int64]int64, error) {
	var rows []struct {
		PageID  int64
		Version int64
	}
	if err := d.Read(ctx).Raw(`select page_id, version from page_versions order by page_id`).Scan(&rows).Error; err != nil {
		return nil, d.mark(err)
	}
	m := make(map[int64]int64, len(rows))
	for _, r := range rows {
		m[r.PageID] = r.Version
	}
	return m, nil
}

// mark wraps errors of questions that mean the machine cannot.
func (d *DB) mark(err error) error {
	if err == nil || errors.Is(err, ErrUnusable) {
		return err
	}
	if d.Unusable(err) {
		return unusable(err)
	}
	return err
}

// Unusable reports whether err, from a question or a door, means that the
// machine cannot, as opposed to a rule that says no. An error that tells of
// damage is taken for Heal to look into: questions through Read tell nobody else.
func (d *DB) Unusable(err error) bool {
	if d.dialect.damaged(err) && !errors.Is(err, ErrUnusable) {
		d.suspect(err)
	}
	return err != nil && (errors.Is(err, ErrUnusable) || d.dialect.unusable(err))
}

// View runs questions that must see one and the same moment: a read-only
// transaction, on PostgreSQL of repeatable reads.
func (d *DB) View(ctx context.Context, fn func(*gorm.DB) error) error {
	h, err := d.askable()
	if err != nil {
		return err
	}
	if err := d.dialect.alive(h); err != nil {
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return d.mark(h.read.WithContext(ctx).Transaction(fn, d.dialect.viewOptions()))
}
