package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/importer"
	"github.com/statusd/statusd/internal/notify"
)

type importCommand struct {
	Seed importSeedCommand `cmd:"" help:"An incident report as JSON. A second run changes nothing."`
}

type importSeedCommand struct {
	File string   `arg:"" type:"existingfile" help:"The report."`
	Page hostName `placeholder:"HOST" help:"Into the page of this host, made if it is missing; default: the default page."`
}

// Run implements the command.
func (c importSeedCommand) Run(s *streams) error {
	a, err := need(s)
	if err != nil {
		return err
	}
	return errors.Join(c.load(s, a), a.close())
}

func (c importSeedCommand) load(s *streams, a *app) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	seed, err := importer.ReadSeed(f)
	if err != nil {
		return err
	}
	r, err := importer.Importer{DB: a.db, Desk: a.desk}.Seed(s.ctx, auth.CommandLine(), seed, string(c.Page))
	if err != nil {
		return err
	}
	if !r.Changed() {
		_, err = fmt.Fprintf(s.out, "Nothing to do: %s has it already (%s/incidents/%s)\n", r.Page.Name, a.baseOf(r.Page), r.Incident)
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: %d components, %d updates (%s/incidents/%s)\n", r.Page.Name, r.Components, r.Updates, a.baseOf(r.Page), r.Incident)
	return err
}

type subscribersCommand struct {
	Import subscribersImportCommand `cmd:"" help:"Confirmed e-mail subscribers from a CSV file. A second run changes nothing."`
}

type subscribersImportCommand struct {
	File    string   `arg:"" type:"existingfile" help:"CSV with a column email (commas, semicolons or tabs), or one address a line."`
	Consent string   `required:"" help:"How and when these people agreed; kept with each of them."`
	Page    hostName `placeholder:"HOST" help:"Host of the page; default: the default page."`
}

// Run implements the command.
func (c subscribersImportCommand) Run(s *streams) error {
	a, err := need(s)
	if err != nil {
		return err
	}
	return errors.Join(c.load(s, a), a.close())
}

func (c subscribersImportCommand) load(s *streams, a *app) error {
	page, err := a.pageByHost(s, c.Page)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	r, err := a.subscribers.Import(s.ctx, auth.CommandLine(), page.ID, f, c.Consent)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%d added, %d known already, %d left alone because they unsubscribed or bounced, %d lines that hold no address\n", r.Added, r.Known, r.Suppressed, r.Bad)
	return errors.Join(err, printBad(s, r))
}

// printBad says which lines were left out, and why.
func printBad(s *streams, r notify.Imported) error {
	if r.Bad == 0 {
		return nil
	}
	catalog, err := loadCatalog()
	if err != nil {
		return err
	}
	p := catalog.Printer("en", nil, "")
	for _, b := range r.BadLines {
		_, _ = fmt.Fprintf(s.err, "line %d: %s: %s\n", b.Line, b.Text, p.T(b.Key))
	}
	if more := r.Bad - len(r.BadLines); more > 0 {
		_, _ = fmt.Fprintf(s.err, "and %d more\n", more)
	}
	return nil
}
