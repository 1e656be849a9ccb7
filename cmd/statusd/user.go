package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
)

type userCommand struct {
	Add userAddCommand `cmd:"" help:"Add a person; the password is read from standard input."`
}

type userAddCommand struct {
	Email string   `required:"" help:"E-mail address."`
	Role  string   `required:"" enum:"viewer,responder,admin,owner" help:"viewer, responder, admin or owner."`
	Name  *string  `help:"Name; default: the address up to the @."`
	Page  hostName `placeholder:"HOST" help:"Host of the page; default: the default page."`
}

// Run implements the command.
func (u userAddCommand) Run(s *streams) error {
	n, err := u.person() // before anybody is asked for a password
	if err != nil {
		return err
	}
	a, err := need(s)
	if err != nil {
		return err
	}
	return errors.Join(u.add(s, a, n), a.close())
}

func (u userAddCommand) person() (auth.NewStaff, error) {
	n := auth.NewStaff{Role: auth.Role(u.Role)}
	var c fault.Collector
	var err error
	n.Email, err = pages.CleanEmail("email", u.Email)
	if err := c.AddErr(err); err != nil {
		return n, err
	}
	if u.Name != nil {
		n.Name = *u.Name
		auth.CheckName(&c, "name", n.Name) // given empty, it is not left out
	}
	return n, c.Err()
}

func (u userAddCommand) add(s *streams, a *app, n auth.NewStaff) error {
	page, err := a.pageByHost(s, u.Page)
	if err != nil {
		return err
	}
	password, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the password: %w", err)
	}
	hash, err := a.auth.HashPassword(s.ctx, strings.TrimRight(password, "\r\n"), n.Email, n.Name)
	if err != nil {
		return err
	}
	return a.db.Private(s.ctx, func(tx *db.Tx) error {
		st, err := auth.AddStaff(tx, page.ID, n, hash)
		if err != nil {
			return err
		}
		return auth.Record(tx, page.ID, auth.CommandLine(), "staff.add", "staff "+st.Code, nil, map[string]any{"email": st.Email, "role": u.Role})
	})
}

// pageByHost is the page of a host, or the default page for none.
func (a *app) pageByHost(s *streams, host hostName) (pages.Page, error) {
	all, err := a.pages.All(s.ctx)
	if err != nil {
		return pages.Page{}, err
	}
	for _, p := range all {
		if host == "" && p.IsDefault {
			return p, nil
		}
		for _, h := range p.Hosts {
			if h == pages.NormalHost(string(host)) {
				return p, nil
			}
		}
	}
	return pages.Page{}, fmt.Errorf("no page answers host %q", host)
}

func isTaken(err error) bool {
	f := fault.Of(err)
	return f != nil && len(f.Fields) == 1 && f.Fields[0].Key == "auth.email_taken"
}

type keyCommand struct {
	Add keyAddCommand `cmd:"" help:"Make a key and print it, once, alone on standard output."`
}

type keyAddCommand struct {
	Name  string   `required:"" help:"What it is for."`
	Scope string   `required:"" enum:"read,incidents,subscribers,admin" help:"read, incidents, subscribers or admin."`
	Page  hostName `placeholder:"HOST" help:"Host of the page; default: the default page."`
}

// Run implements the command.
func (k keyAddCommand) Run(s *streams) error {
	var c fault.Collector
	auth.CheckName(&c, "name", k.Name)
	if err := c.Err(); err != nil {
		return err
	}
	a, err := need(s)
	if err != nil {
		return err
	}
	return errors.Join(k.add(s, a), a.close())
}

func (k keyAddCommand) add(s *streams, a *app) error {
	page, err := a.pageByHost(s, k.Page)
	if err != nil {
		return err
	}
	key, err := a.auth.AddKey(s.ctx, auth.CommandLine(), page.ID, k.Name, auth.Scope(k.Scope))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, key)
	return err
}
