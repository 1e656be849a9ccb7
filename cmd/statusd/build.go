package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/server/admin"
	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
	"github.com/statusd/statusd/web"
)

// app is the whole program, wired.
type app struct {
	cfg         parsed
	log         *slog.Logger
	now         func() time.Time
	db          *db.DB
	auth        *auth.Auth
	pages       pages.Store
	desk        *incidents.Desk
	outbox      *notify.Outbox
	subscribers *notify.Subscribers
	courier     *notify.Courier
	shelf       *snapshot.Shelf
	disk        *snapshot.Disk
	server      *server.Server
	streams     *public.Streams
	ownHeap     bool // nobody set GOGC
}

// core makes what every command needs: the database and the desk. fresh says
// that a database may be made where there never was one.
func core(s *streams, fresh bool) (*app, error) { return coreWith(s, fresh, false) }

// coreWith is core; keep leaves the schema as it is.
func coreWith(s *streams, fresh, keep bool) (*app, error) {
	cfg, err := s.config.parse()
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: newLog(s.err, cfg.Log), now: clock(s.env)}
	if err := checkData(cfg.Data, a.log); err != nil {
		return nil, err
	}
	disk, err := snapshot.NewDisk(cfg.Snapshots, thisBuild(), a.log)
	if err != nil {
		a.log.Error("last good pictures will not be kept on disk", "error", err)
		disk = nil
	}
	a.disk = disk
	path := filepath.Join(cfg.Data, "statusd.db")
	// A file that is missing is made only where there never was one: beside kept
	// pictures its absence is a fault that somebody must look at (R2.5).
	create := fresh && (disk == nil || disk.Empty())
	a.db, err = db.Open(s.ctx, db.Config{URL: string(cfg.DatabaseURL), Path: path, Create: create, Keep: keep, Now: a.now, Log: a.log})
	if err != nil {
		return nil, err
	}
	key, made, err := secret(cfg)
	if err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	if made && a.hasSubscribers(s.ctx) {
		a.log.Warn("secret.key was missing and a new one was made: links in mails already sent stop working; restore it from a backup", "folder", cfg.Data)
	}
	a.auth = auth.New(a.db)
	a.pages = pages.Store{DB: a.db}
	if err := a.telling(key); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	a.desk = &incidents.Desk{DB: a.db, Text: markdown.New(markdown.Options{OwnHosts: []string{cfg.base.Host}}), Announce: a.outbox}
	return a, nil
}

// thisBuild tells this program from any other: a picture that another one made
// of the same rows may be another. Builds of a working copy say the same
// version, so the file counts too.
func thisBuild() string {
	name := version + " " + commit
	if path, err := os.Executable(); err == nil {
		if f, err := os.Stat(path); err == nil {
			name += fmt.Sprintf(" %d %d", f.Size(), f.ModTime().UnixNano())
		}
	}
	return name
}

// hasSubscribers reports whether links were handed out. A database that cannot
// be asked was in use before.
func (a *app) hasSubscribers(ctx context.Context) bool {
	var n int64
	err := a.db.Read(ctx).Raw(`select count(*) from (select 1 from subscribers limit 1) x`).Scan(&n).Error
	return n > 0 || a.db.Unusable(err)
}

// telling wires subscribers, outbox and courier.
func (a *app) telling(key []byte) error {
	catalog, err := loadCatalog()
	if err != nil {
		return err
	}
	templates, err := fs.Sub(web.FS, "templates")
	if err != nil {
		return err
	}
	mailer, err := view.NewMailer(templates, catalog)
	if err != nil {
		return err
	}
	var smtp *notify.SMTP
	if a.cfg.smtp != nil {
		smtp = &notify.SMTP{Config: *a.cfg.smtp, Hello: a.cfg.base.Hostname()}
	}
	press := notify.Press{Renderer: mailer, Base: a.baseOf, Key: key}
	a.subscribers = &notify.Subscribers{DB: a.db, Key: key, Log: a.log}
	a.outbox = &notify.Outbox{DB: a.db, Press: press, SMTP: smtp}
	a.courier = &notify.Courier{DB: a.db, Press: press, SMTP: smtp, Log: a.log, Node: node(a.cfg), Now: a.now}
	return nil
}

// need is core for commands that cannot do without the database; one that never
// was is made.
func need(s *streams) (*app, error) { return needing(s, true) }

// needOld is need for commands that make no sense without what is in the
// database: in the wrong folder they must not leave an empty one behind.
func needOld(s *streams) (*app, error) { return needing(s, false) }

func needing(s *streams, fresh bool) (*app, error) {
	a, err := core(s, fresh)
	if err != nil {
		return nil, err
	}
	if err := a.db.Health(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no database in %s: is that the folder that the server uses?", a.cfg.Data)
		}
		return nil, errors.Join(err, a.db.Close())
	}
	return a, a.firstPage(s.ctx)
}

// firstPage makes the default page of a new database.
func (a *app) firstPage(ctx context.Context) error {
	p, err := a.pages.Default(ctx)
	if err != nil || p != nil {
		return err
	}
	return a.db.Private(ctx, func(tx *db.Tx) error {
		p := pages.Usual()
		p.Name, p.TimeZone, p.IsDefault = "Status", "UTC", true
		_, err := pages.Create(tx, p)
		return err
	})
}

// web wires the reading half and the server.
func (a *app) web() error {
	catalog, err := loadCatalog()
	if err != nil {
		return err
	}
	files, err := fs.Sub(web.FS, "static")
	if err != nil {
		return err
	}
	static, err := server.NewStatic(files)
	if err != nil {
		return err
	}
	templates, err := fs.Sub(web.FS, "templates")
	if err != nil {
		return err
	}
	views, err := view.New(templates, catalog, static)
	if err != nil {
		return err
	}
	a.shelf = snapshot.NewShelf(a.db, a.cfg.base, a.disk, a.log)
	a.db.AfterChange(a.shelf.Refresh)
	a.server, err = server.New(server.Config{
		DB: a.db, Auth: a.auth, Pages: a.pages, Shelf: a.shelf, Views: views, Catalog: catalog, Base: a.cfg.base, Proxies: a.cfg.proxies, Log: a.log,
	}, static)
	if err != nil {
		return err
	}
	a.streams = &public.Streams{Snapshot: a.shelf.Get, Say: views.Live, Wall: time.Now, MaxAll: a.cfg.Streams, MaxClient: a.cfg.ClientStreams}
	readers := &public.Handlers{Snapshot: a.server.Snapshot, Views: views, Static: static, Subscribers: a.subscribers, Streams: a.streams, ClientIP: server.ClientIP, Unusable: a.db.Unusable, AsOf: a.shelf.AsOf}
	staff := &admin.Handlers{
		Desk: a.desk, Auth: a.auth, Incidents: incidents.Store{DB: a.db}, Subscribers: a.subscribers, Outbox: a.outbox,
		Views: views, Server: a.server, DB: a.db, Shelf: a.shelf,
	}
	return errors.Join(a.server.Mount(readers.Routes()), a.server.Mount(staff.Routes()))
}

func (a *app) close() error {
	if a.disk != nil {
		a.disk.Flush()
	}
	return a.db.Close()
}

func loadCatalog() (*i18n.Catalog, error) {
	files, err := fs.Sub(web.FS, "locales")
	if err != nil {
		return nil, err
	}
	return i18n.Load(files)
}

func newLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l}))
}

// node names this process among those that share a database, the same after a
// restart.
func node(cfg parsed) string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host + " " + cfg.Listen
}

// secret is what links in mails are signed with: the setting, or a file made
// once, readable by its owner alone. made says that it was made just now.
func secret(cfg parsed) (key []byte, made bool, err error) {
	if cfg.Secret != "" {
		return []byte(cfg.Secret), false, nil
	}
	path := filepath.Join(cfg.Data, "secret.key")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = newSecret(path)
		return key, err == nil, err
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the secret: %w", err)
	}
	key, err = hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(key) < 32 {
		return nil, false, fmt.Errorf("the secret in %s cannot be read: restore it from a backup, or links in old mails stop working", path)
	}
	return key, false, nil
}

func newSecret(path string) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the secret: %w", err)
	}
	return key, nil
}

// baseOf is the absolute address of a page, without a slash at the end.
func (a *app) baseOf(p pages.Page) string { return snapshot.BaseOf(a.cfg.base, p) }
