package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/statusd/statusd/internal/db"
)

// serveCommand serves the pages.
type serveCommand struct{}

// Run implements the command.
func (serveCommand) Run(s *streams) error {
	a, err := core(s, true)
	if err != nil {
		return err
	}
	return errors.Join(a.serve(s, nil), a.close())
}

// serve runs the server and its loops until the context ends. ready runs once
// the address is listened on.
func (a *app) serve(s *streams, ready func() error) error {
	checkClock(a.now(), date, a.log)
	a.ownHeap = s.env["GOGC"] == ""
	if a.ownHeap {
		debug.SetGCPercent(gcPercent(0))
	}
	if err := a.web(); err != nil {
		return err
	}
	if err := a.start(s.ctx); err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if ready == nil {
		ready = func() error { return a.welcome(s) }
	}
	if err := ready(); err != nil {
		return errors.Join(err, l.Close())
	}
	return a.loops(s.ctx, l)
}

// start fills the shelf: from the database, and where that cannot be used, or
// not all of it, from the last good pictures on disk.
func (a *app) start(ctx context.Context) error {
	err := a.db.Health()
	if err == nil {
		if err = a.firstPage(ctx); err == nil {
			a.shelf.Tick(ctx)
			if err = a.shelf.Trouble(); err == nil {
				return nil
			}
		}
	}
	if errors.Is(err, db.ErrNewerSchema) {
		return err
	}
	n, lerr := a.shelf.Load()
	if lerr != nil {
		a.log.Error("some kept pictures cannot be read", "error", lerr)
	}
	a.log.Error("the database cannot be used: serving the last good pictures, read-only. Put the database file back or restore a backup; nothing was changed, and statusd goes on by itself once it can be read",
		"error", err, "pages", n)
	return nil
}

// loops runs everything until ctx ends or one of them fails, and waits for all.
func (a *app) loops(ctx context.Context, l net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.server.Serve(ctx, l) })
	g.Go(func() error { return a.shelf.Run(ctx) })
	g.Go(func() error { return a.streams.Run(ctx) })
	g.Go(func() error { return a.courier.Run(ctx) })
	g.Go(func() error { return a.subscribers.Run(ctx) })
	g.Go(func() error { return a.sweep(ctx) })
	if a.ownHeap {
		g.Go(func() error { return mindHeap(ctx) })
	}
	if a.disk != nil {
		g.Go(func() error { a.disk.Run(ctx.Done()); return nil })
	}
	return g.Wait()
}

// welcome tells where the page is, and while nobody is staff yet, the one-time
// link by which somebody becomes the owner.
func (a *app) welcome(s *streams) error {
	said := fmt.Sprintf("The status page: %s/\n", a.cfg.base)
	if a.db.Health() == nil {
		token, err := a.setupToken(s.ctx)
		switch {
		case err != nil: // the page is served all the same
			a.log.Error("it cannot be told whether somebody set this page up; start again once the database can be used", "error", err, "unusable", a.db.Unusable(err))
		case token != "":
			said += fmt.Sprintf("Set it up here, once: %s/setup/%s\n", a.cfg.base, token)
		}
	}
	_, _ = io.WriteString(s.out, said) // a closed terminal is no reason not to serve
	return nil
}

// setupToken is a new one while nobody is staff, else empty.
func (a *app) setupToken(ctx context.Context) (string, error) {
	n, err := a.auth.CountStaff(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	return a.auth.NewSetupToken(ctx)
}
