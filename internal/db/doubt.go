package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// doubts are what doors and questions met since the database was last found to
// be well. Heal clears them; DB.mu guards them.
type doubts struct {
	count   int         // of all times; Heal trusts its own look only if nothing came in meanwhile
	locked  error       // another process has the lock: no write waits for it again until Heal had a turn
	blind   error       // not even a question gets through that lock
	damaged error       // a page of the file cannot be: nothing is written until all of it was looked through
	looked  os.FileInfo // the file when that was done last
	turns   int         // of Heal since
}

// suspect notes that a door or a question failed; Heal looks into it.
func (d *DB) suspect(err error) {
	err = unusable(err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.doubts.count++
	if d.dialect.locked(err) {
		d.doubts.locked = err
	}
	if d.dialect.damaged(err) && d.doubts.damaged == nil {
		d.doubts.damaged, d.doubts.looked = err, nil
	}
	if d.down == nil {
		d.down = err
		d.cfg.Log.Error("the database cannot be used; the public page goes on from its last good picture", "error", err)
	}
}

func unusable(err error) error {
	if err == nil || errors.Is(err, ErrUnusable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnusable, err)
}

// writer hands out the connections to write with, and the turn to do so. On
// SQLite there is one writer. Whoever waits for it gives up after the time that
// a lock may take, and does not begin to wait anew for what another has just
// waited for in vain: so the answer comes within twice that time.
func (d *DB) writer(ctx context.Context) (h *handles, done func(), err error) {
	if _, err = d.writable(); err != nil {
		return nil, nil, err
	}
	done, err = d.line(ctx)
	if err != nil {
		return nil, nil, err
	}
	if h, err = d.writable(); err == nil { // the one before us may have met a lock
		if err = d.dialect.alive(h); err != nil {
			d.suspect(err)
			err = unusable(err)
		}
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return h, done, nil
}

// line waits for the turn of the one writer; on PostgreSQL there are many.
func (d *DB) line(ctx context.Context) (done func(), err error) {
	if d.turn == nil {
		return func() {}, nil
	}
	wait := time.NewTimer(max(d.cfg.Busy, 5*time.Second))
	defer wait.Stop()
	select {
	case d.turn <- struct{}{}:
		return func() { <-d.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		err := fmt.Errorf("%w: the write before this one does not end", ErrUnusable)
		d.suspect(err)
		return nil, err
	}
}

func (d *DB) writable() (*handles, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch {
	case d.h == nil:
		return nil, d.down
	case d.doubts.damaged != nil:
		return nil, d.doubts.damaged
	case d.doubts.locked != nil:
		return nil, d.doubts.locked
	}
	return d.h, nil
}

func (d *DB) askable() (*handles, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch {
	case d.h == nil:
		return nil, d.down
	case d.doubts.blind != nil:
		return nil, d.doubts.blind
	}
	return d.h, nil
}

// lookThrough reads the whole of a file that was found damaged: at once, when
// it was changed since, and else at every eighth turn, for a machine that read
// wrongly once may read well again. What was kept in memory of a bad file goes
// before a good one is used.
func (d *DB) lookThrough(ctx context.Context) error {
	d.mu.Lock()
	known := d.doubts
	d.doubts.turns++
	d.mu.Unlock()
	if known.damaged == nil {
		return nil
	}
	now, err := os.Stat(d.cfg.Path)
	if err == nil && known.looked != nil && known.turns < 8 && sameFile(now, known.looked) {
		return known.damaged
	}
	if h, herr := d.handles(); herr != nil || d.dialect.alive(h) != nil {
		d.reopen(ctx, false)
	}
	err = d.dialect.examine(ctx)
	if err == nil {
		d.reopen(ctx, false)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.doubts.looked, d.doubts.turns = now, 0
	if err != nil {
		d.doubts.damaged = unusable(err)
		return d.doubts.damaged
	}
	d.doubts.damaged = nil
	return nil
}

func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
