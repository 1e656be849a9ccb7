package main

import (
	"errors"
	"fmt"
	"runtime"

	sqlite3 "github.com/mattn/go-sqlite3"
)

type migrateCommand struct {
	Check bool `help:"Only say what would be done."`
}

// Run implements the command. Opening the database migrates it; what is left is
// to say so.
func (c migrateCommand) Run(s *streams) error {
	a, err := coreWith(s, !c.Check, c.Check)
	if err != nil {
		return err
	}
	return errors.Join(c.report(s, a), a.close())
}

func (c migrateCommand) report(s *streams, a *app) error {
	if err := a.db.Health(); err != nil {
		return err
	}
	have, newest, err := a.db.SchemaStatus(s.ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: schema %d of %d\n", a.db.Engine(), have, newest)
	return err
}

type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(s *streams) error {
	v, _, _ := sqlite3.Version()
	_, err := fmt.Fprintf(s.out, "statusd %s (%s %s)\n%s %s/%s\nSQLite %s\n", version, commit, date, runtime.Version(), runtime.GOOS, runtime.GOARCH, v)
	return err
}
