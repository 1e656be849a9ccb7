package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Relaxed is Private for notes that must outlive this process but need not
// outlive the machine: the commit does not wait for the disk. After kill -9
// everything is there; after a power cut the last moments may be missing, and
// nothing else (neither engine can be damaged by it, and on SQLite the next
// commit through another door waits for these too).
//
// It is there for the courier, which notes every letter that left before the
// next one may: a wait of some milliseconds for each would be most of its work,
// and a note that a power cut takes costs a reader a second copy of a letter.
func (d *DB) Relaxed(ctx context.Context, fn func(*Tx) error) error {
	h, done, err := d.writer(ctx)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err = relaxed(h.write.WithContext(ctx), func(g *gorm.DB) error { return fn(&Tx{DB: g, Now: d.Now()}) })
	if err == nil {
		return nil
	}
	if d.dialect.unusable(err) {
		d.suspect(err)
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return err
}

func relaxed(g *gorm.DB, fn func(*gorm.DB) error) error {
	if g.Name() == "postgres" {
		return g.Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec(`set local synchronous_commit = off`).Error; err != nil {
				return err
			}
			return fn(tx)
		})
	}
	// SQLite has no such setting for one transaction, so the one connection that
	// writes is held while its own setting is changed and changed back.
	return g.Connection(func(g *gorm.DB) error {
		conn, ok := g.Statement.ConnPool.(*sql.Conn)
		if !ok {
			return fmt.Errorf("relaxed: unexpected connection %T", g.Statement.ConnPool)
		}
		if err := g.Exec(`pragma synchronous = normal`).Error; err != nil {
			return err
		}
		defer strict(conn)
		return g.Transaction(fn)
	})
}

// strict gives the connection its waiting back. One that cannot have it is not
// used again: whoever opens the next gets the setting from the DSN.
func strict(conn *sql.Conn) {
	// Not under the caller's context, which may have ended.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, `pragma synchronous = full`); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // which is how database/sql is told to drop it
	}
}
