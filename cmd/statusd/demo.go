package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/importer"
)

// demoCommand serves two real reports, and a company that does not exist in the
// middle of an outage, from a data folder of its own.
type demoCommand struct{}

const (
	demoOwner  = "demo@statusd.example"
	demoHost   = "raco.localhost"
	sampleHost = "larkline.localhost"
)

// Run implements the command.
func (demoCommand) Run(s *streams) error {
	s.config.Data = filepath.Join(s.config.Data, "demo")
	a, err := need(s)
	if err != nil {
		return err
	}
	im := importer.Importer{DB: a.db, Desk: a.desk}
	found, err := im.Demo(s.ctx, auth.CommandLine(), demoHost)
	if err != nil {
		return errors.Join(err, a.close())
	}
	sample, err := im.Sample(s.ctx, auth.CommandLine(), sampleHost)
	if err != nil {
		return errors.Join(err, a.close())
	}
	password, err := a.demoStaff(s, append(found, sample))
	if err != nil {
		return errors.Join(err, a.close())
	}
	return errors.Join(a.serve(s, func() error {
		_, port, err := net.SplitHostPort(a.cfg.base.Host)
		if err != nil {
			port = "80"
		}
		_, _ = fmt.Fprintf(s.out, "CallRail, May 2018: %s/\nRACO, July 2019:    http://%s/\nAn outage, now:     http://%s/\nStaff:              %s/admin  %s  %s\n",
			a.cfg.base, net.JoinHostPort(demoHost, port), net.JoinHostPort(sampleHost, port), a.cfg.base, demoOwner, password)
		return nil
	}), a.close())
}

// demoStaff gives the demo's owner a new password at each start.
func (a *app) demoStaff(s *streams, found []importer.Result) (string, error) {
	password := "demo-" + rand.Text()[:16]
	hash, err := a.auth.HashPassword(s.ctx, password)
	if err != nil {
		return "", err
	}
	return password, a.db.Private(s.ctx, func(tx *db.Tx) error {
		for _, r := range found {
			_, err := auth.AddStaff(tx, r.Page.ID, auth.NewStaff{Email: demoOwner, Name: "Demo", Role: auth.Owner}, hash)
			if err != nil && !isTaken(err) {
				return err
			}
		}
		return tx.Exec(`update staff set password_hash = ?, password_changed_at = ? where email_key = ?`, hash, tx.Now, auth.EmailKey(demoOwner)).Error
	})
}
