package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	sqlite3 "github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// handles are the open connections: on SQLite two pools on one file, on
// PostgreSQL the same pool twice.
type handles struct {
	write, read *gorm.DB
	closers     []func() error
	file        os.FileInfo // the SQLite file as it was opened
}

func (h *handles) close() error {
	var errs []error
	for _, c := range h.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// dialect is what differs between the engines.
type dialect interface {
	check() error                                              // a configuration that can never work
	open(ctx context.Context, create bool) (*handles, error)   // connections, not migrated
	provider(h *handles, files fs.FS) (*goose.Provider, error) // migrations
	alive(h *handles) error                                    // is the thing we opened still there? Cheap: asked before each write
	unusable(err error) bool                                   // does err mean that the machine cannot?
	lost(err error) bool                                       // should the connections be opened afresh?
	name() string
	viewOptions() *sql.TxOptions // of a transaction that only asks
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		TranslateError:         true,
		SkipDefaultTransaction: true,                                    // the doors open the only transactions there are
		Logger:                 logger.Discard,                          // errors come back wrapped and are logged once, at the top
		NowFunc:                func() time.Time { return time.Time{} }, // rows get their times from Tx.Now; one forgotten shows
	}
}

// downHandle answers every query with the error that is put on it.
var downHandle = func() *gorm.DB {
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: deadPool{}}), gormConfig())
	if err != nil {
		panic(err) // a bug: nothing is dialled here
	}
	return g
}()

type deadPool struct{}

func (deadPool) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, ErrUnusable }

func (deadPool) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, ErrUnusable
}

func (deadPool) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, ErrUnusable
}
func (deadPool) QueryRowContext(context.Context, string, ...any) *sql.Row { return &sql.Row{} }

// ---- SQLite

type sqliteDialect struct {
	path string
	busy time.Duration
}

func (s *sqliteDialect) name() string { return "sqlite" }

// viewOptions: in WAL mode any read transaction keeps its moment.
func (s *sqliteDialect) viewOptions() *sql.TxOptions { return &sql.TxOptions{} }

func (s *sqliteDialect) check() error {
	if s.path == "" {
		return errors.New("db: neither a URL nor a path")
	}
	return nil
}

// dsn carries the pragmas: run once through a pool they would reach one
// connection of many.
func (s *sqliteDialect) dsn(extra ...string) string {
	q := []string{
		"_journal_mode=WAL",
		fmt.Sprintf("_busy_timeout=%d", s.busy.Milliseconds()),
		"_foreign_keys=1",
		"_synchronous=FULL",
		"_loc=UTC",
	}
	return "file:" + (&url.URL{Path: s.path}).EscapedPath() + "?" + strings.Join(append(q, extra...), "&")
}

func (s *sqliteDialect) open(ctx context.Context, create bool) (*handles, error) {
	if _, err := os.Stat(s.path); err != nil {
		if !errors.Is(err, fs.ErrNotExist) || !create {
			return nil, err
		}
		if err := touch(s.path); err != nil {
			return nil, err
		}
	}
	h := &handles{}
	// Immediate: a transaction that reads first and writes later must not meet a
	// busy writer half-way (no busy_timeout helps there).
	w, err := s.pool(ctx, h, 1, "mode=rw", "_txlock=immediate")
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	r, err := s.pool(ctx, h, 4, "mode=ro", "_query_only=1")
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	h.write, h.read = w, r
	h.file, err = os.Stat(s.path)
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// touch makes the file readable by its owner alone before SQLite sees it; the
// WAL gets the same mode.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (s *sqliteDialect) pool(ctx context.Context, h *handles, n int, extra ...string) (*gorm.DB, error) {
	p, err := sql.Open("sqlite3", s.dsn(extra...))
	if err != nil {
		return nil, err
	}
	// Readers close first: the last to close folds the WAL into the file, and
	// only the writer can.
	h.closers = append([]func() error{p.Close}, h.closers...)
	p.SetMaxOpenConns(n)
	p.SetMaxIdleConns(n)
	if err := p.PingContext(ctx); err != nil {
		return nil, err
	}
	return gorm.Open(sqlite.New(sqlite.Config{Conn: p}), gormConfig())
}

func (s *sqliteDialect) provider(h *handles, files fs.FS) (*goose.Provider, error) {
	p, err := h.write.DB()
	if err != nil {
		return nil, err
	}
	sub, err := fs.Sub(files, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, p, sub)
}

// alive: SQLite goes on writing into a file that was deleted or replaced under
// it, and every such write would be lost. So the path must still be the file
// that we hold.
func (s *sqliteDialect) alive(h *handles) error {
	now, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("the database file is gone: %w", err)
	}
	if !os.SameFile(now, h.file) {
		return errors.New("the database file was replaced by another")
	}
	return nil
}

func (s *sqliteDialect) unusable(err error) bool {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrReadonly,
		sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrNomem, sqlite3.ErrProtocol, sqlite3.ErrAuth:
		return true
	}
	return false
}

// lost: a busy or full database gets well in the hands we have; after these,
// only new connections can be trusted.
func (s *sqliteDialect) lost(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		switch e.Code {
		case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull:
			return false
		}
	}
	return !errors.Is(err, context.DeadlineExceeded)
}

// ---- PostgreSQL

type postgresDialect struct{ url string }

func (p postgresDialect) name() string { return "postgres" }

func (p postgresDialect) viewOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (p postgresDialect) check() error {
	_, err := pgxpool.ParseConfig(p.url)
	if err != nil {
		return errors.New("db: STATUSD_DATABASE_URL cannot be read") // pgx' error may quote the password
	}
	return nil
}

func (p postgresDialect) open(ctx context.Context, _ bool) (*handles, error) {
	cfg, err := pgxpool.ParseConfig(p.url)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "statusd"
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	h := &handles{closers: []func() error{func() error { pool.Close(); return nil }}}
	conn := stdlib.OpenDBFromPool(pool)
	h.closers = append([]func() error{conn.Close}, h.closers...)
	ping, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := conn.PingContext(ping); err != nil {
		return nil, errors.Join(err, h.close())
	}
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: conn}), gormConfig())
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	h.write, h.read = g, g
	return h, nil
}

func (p postgresDialect) provider(h *handles, files fs.FS) (*goose.Provider, error) {
	conn, err := h.write.DB()
	if err != nil {
		return nil, err
	}
	sub, err := fs.Sub(files, "migrations/postgres")
	if err != nil {
		return nil, err
	}
	l, err := lock.NewPostgresSessionLocker() // nodes that start together wait for each other
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, conn, sub, goose.WithSessionLocker(l))
}

func (p postgresDialect) alive(*handles) error { return nil } // a lost server answers with an error of its own

func (p postgresDialect) unusable(err error) bool {
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if pgconn.SafeToRetry(err) || pgconn.Timeout(err) {
		return true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// 08 connection, 25006 read-only, 53 out of resources, 57 shut down, 58 system, XX internal
		return e.Code == "25006" || strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "53") ||
			strings.HasPrefix(e.Code, "57") || strings.HasPrefix(e.Code, "58") || strings.HasPrefix(e.Code, "XX") || e.Code == "55P03"
	}
	return isNetwork(err)
}

func (p postgresDialect) lost(error) bool { return false } // the pool dials anew by itself
