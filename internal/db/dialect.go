package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
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
	closers     []func() error // in the order of an orderly end
	file        os.FileInfo    // the SQLite file as it was opened
	size        atomic.Int64   // the most that was ever seen in it
}

func (h *handles) close() error {
	var errs []error
	for _, c := range h.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// drop closes in the opposite order. On SQLite that leaves the files as they
// are: only a last connection that may write folds the log into the file and
// deletes it, and the file may not be ours any more. (On PostgreSQL nothing is
// ever dropped: the pool dials anew by itself.)
func (h *handles) drop() error {
	slices.Reverse(h.closers)
	return h.close()
}

// dialect is what differs between the engines.
type dialect interface {
	check() error                                              // a configuration that can never work
	make(ctx context.Context, fill filler) error               // a database where there never was one; nil if there is one now
	open(ctx context.Context) (*handles, error)                // connections, not migrated
	provider(h *handles, files fs.FS) (*goose.Provider, error) // migrations
	alive(h *handles) error                                    // is the thing we opened still there? Cheap: asked before each write
	unusable(err error) bool                                   // does err mean that the machine cannot?
	lost(err error) bool                                       // should the connections be opened afresh?
	locked(err error) bool                                     // does err mean that another process has the lock?
	damaged(err error) bool                                    // does err mean that what the file holds cannot be?
	examine(ctx context.Context) error                         // is all of the file as it must be?
	name() string
	viewOptions() *sql.TxOptions // of a transaction that only asks
}

// filler makes the schema in a new database.
type filler func(ctx context.Context, h *handles) error

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
	return s.address() + "?" + strings.Join(append(q, extra...), "&")
}

func (s *sqliteDialect) address() string { return "file:" + (&url.URL{Path: s.path}).EscapedPath() }

// make fills a file of another name and gives it its own only when it is whole.
// So a file that is there was a database: one that is empty has lost it, also
// when a first start was killed or two came at once.
func (s *sqliteDialect) make(ctx context.Context, fill filler) error {
	if there(s.path) || there(s.path+"-wal") { // a log without its file: of an earlier life too
		return nil
	}
	err := s.filled(ctx, fill)
	if err != nil && there(s.path) { // another process was faster
		return nil
	}
	return err
}

// there: what cannot be looked at counts as there. Opening it tells why.
func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

const unfinished = ".new-" // follows the file's name while it is filled

func (s *sqliteDialect) filled(ctx context.Context, fill filler) error {
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+unfinished+"*") // readable by its owner alone; the log gets the same mode
	if err != nil {
		return err
	}
	defer s.sweep()
	young := &sqliteDialect{path: f.Name(), busy: s.busy}
	h, err := young.pools(ctx)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := errors.Join(fill(ctx, h), h.close()); err != nil { // closing folds everything into the one file
		return err
	}
	if err := os.Link(young.path, s.path); err != nil {
		if there(s.path) {
			return nil
		}
		if err := os.Rename(young.path, s.path); err != nil { // a file system without hard links
			return err
		}
	}
	return syncDir(filepath.Dir(s.path))
}

// sweep removes what unfinished files there are, also those of starts that were
// killed. Somebody else's who is at it now has lost the race anyway.
func (s *sqliteDialect) sweep() {
	if !there(s.path) {
		return
	}
	all, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil {
		return
	}
	for _, e := range all {
		if strings.HasPrefix(e.Name(), filepath.Base(s.path)+unfinished) {
			_ = os.Remove(filepath.Join(filepath.Dir(s.path), e.Name())) // the next new file tries again
		}
	}
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// What a file that is no database of ours is told of. It is left as it is.
var (
	errEmpty   = errors.New("the database file is empty: put the real one back, or restore a backup")
	errDamaged = errors.New("the database file is damaged: put the real one back, or restore a backup")
	errForeign = errors.New("the database file holds no statusd data: put the real one back, or restore a backup")
)

func (s *sqliteDialect) open(ctx context.Context) (*handles, error) {
	if err := s.look(ctx); err != nil {
		return nil, err
	}
	return s.pools(ctx)
}

// look makes sure that there is a database of ours, before anything is opened
// that could write: SQLite takes an empty file for a new database.
func (s *sqliteDialect) look(ctx context.Context) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errEmpty
	}
	p, err := sql.Open("sqlite3", s.address()+fmt.Sprintf("?mode=ro&_busy_timeout=%d", s.busy.Milliseconds()))
	if err != nil {
		return err
	}
	defer p.Close() //nolint:errcheck // only read
	var n int
	if err := p.QueryRowContext(ctx, `select count(*) from sqlite_master where type = 'table' and name = 'page_versions'`).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return errForeign
	}
	return nil
}

func (s *sqliteDialect) pools(ctx context.Context) (*handles, error) {
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

// alive: SQLite goes on writing into a file that was deleted, replaced or
// emptied under it, and every such write would be lost. So the path must still
// be the file that we hold, with no less in it than before. (It never shrinks
// by itself. After somebody's VACUUM it is opened afresh, and that is all.)
func (s *sqliteDialect) alive(h *handles) error {
	seen := h.size.Load() // before the look, or another's later one would make a growing file seem cut
	now, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("the database file is gone: %w", err)
	}
	if !os.SameFile(now, h.file) {
		return errors.New("the database file was replaced by another")
	}
	switch size := now.Size(); {
	case size == 0:
		return errEmpty
	case size < seen:
		return errors.New("the database file was cut off")
	case size > seen:
		h.size.CompareAndSwap(seen, size) // if that fails somebody saw a larger one, or the next look will
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

func (s *sqliteDialect) locked(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked
	}
	return errors.Is(err, context.DeadlineExceeded) // who gives up earlier than SQLite
}

func (s *sqliteDialect) damaged(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB
	}
	return errors.Is(err, errDamaged)
}

// examine reads every page of the file, through a connection of its own that
// remembers none.
func (s *sqliteDialect) examine(ctx context.Context) error {
	if err := s.look(ctx); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	p, err := sql.Open("sqlite3", s.address()+fmt.Sprintf("?mode=ro&_query_only=1&_busy_timeout=%d", s.busy.Milliseconds()))
	if err != nil {
		return err
	}
	defer p.Close() //nolint:errcheck // only read
	var found string
	if err := p.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&found); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, found)
	}
	return nil
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

// make: whoever runs the server of the database makes the database.
func (p postgresDialect) make(context.Context, filler) error { return nil }

func (p postgresDialect) open(ctx context.Context) (*handles, error) {
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

// What locks and damage are to SQLite, the server of PostgreSQL deals with.
func (p postgresDialect) locked(error) bool             { return false }
func (p postgresDialect) damaged(error) bool            { return false }
func (p postgresDialect) examine(context.Context) error { return nil }
