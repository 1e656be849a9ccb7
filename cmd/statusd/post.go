package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// postCommand is the desk without a browser: the same rules, audit and
// announcements. It needs neither a running server nor mail (R2.7).
type postCommand struct {
	Incident       *string  `xor:"what" required:"" help:"Code of the incident to post to."`
	New            *string  `xor:"what" required:"" placeholder:"TITLE" help:"Report a new incident with this title."`
	State          string   `help:"investigating, identified, monitoring or resolved; default: unchanged, or investigating for a new one."`
	Body           string   `required:"" help:"The text, in Markdown; - reads it from standard input."`
	Component      []string `placeholder:"NAME=STATUS" help:"Set a component (by name, “Group / Name” or code): operational, degraded_performance, partial_outage, major_outage, under_maintenance. May be repeated."`
	AllOperational bool     `help:"Set every affected component operational."`
	Started        string   `help:"When the effect began, for a new incident: RFC 3339, or local time of the page."`
	At             string   `help:"When this was so; default: now."`
	Next           string   `help:"When the next update will come: a time, or a length like 30m."`
	Backdate       bool     `help:"Times more than 30 days back are meant."`
	Reopen         bool     `help:"Open a resolved incident again."`
	Notify         bool     `default:"true" negatable:"" help:"Tell subscribers."`
	Key            string   `help:"Sent twice with the same key, it is posted once."`
	Page           hostName `placeholder:"HOST" help:"Host of the page; default: the default page."`
}

// Run implements the command.
func (p postCommand) Run(s *streams) error {
	if err := p.check(); err != nil {
		return err
	}
	a, err := needOld(s)
	if err != nil {
		return err
	}
	return errors.Join(p.post(s, a), a.close())
}

// check is about what was typed as such: kong sees to it that there is an
// incident or a title, and not both.
func (p postCommand) check() error {
	switch {
	case p.New != nil && strings.TrimSpace(*p.New) == "":
		return errors.New("--new: the title is empty; write in a few words what is happening")
	case p.Incident != nil && strings.TrimSpace(*p.Incident) == "":
		return errors.New("--incident: the code is empty; it stands at the end of the incident's address")
	}
	return nil
}

func (p postCommand) post(s *streams, a *app) error {
	page, err := a.pageByHost(s, p.Page)
	if err != nil {
		return err
	}
	t, err := p.times(page, a.db.Now())
	if err != nil {
		return err
	}
	body, err := p.text(s.in)
	if err != nil {
		return err
	}
	changes, err := p.changes(s, a, page)
	if err != nil {
		return err
	}
	sent, err := p.sent(page, body)
	if err != nil {
		return err
	}
	code := ""
	if p.New != nil {
		i, _, err := a.desk.Report(s.ctx, auth.CommandLine(), incidents.Report{
			Page: page.ID, Title: *p.New, State: incidents.State(p.State), Body: body, Components: changes, StartedAt: t.started, HappenedAt: t.at,
			NextUpdateBy: t.next, Backdate: p.Backdate, Notify: p.Notify, Key: p.Key, Sent: sent,
		})
		if err != nil {
			return err
		}
		code = i.Code
	} else {
		code = *p.Incident
		_, err := a.desk.Post(s.ctx, auth.CommandLine(), incidents.Post{
			Page: page.ID, Incident: code, State: incidents.State(p.State), Body: body, Components: changes, AllOperational: p.AllOperational,
			HappenedAt: t.at, NextUpdateBy: t.next, Backdate: p.Backdate, Reopen: p.Reopen, Notify: p.Notify, Key: p.Key, Sent: sent,
		})
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(s.out, "%s/incidents/%s\n", a.baseOf(page), code)
	return err
}

// sent tells another command under the same key from the same one sent again:
// it covers all that was typed, as it was typed. "In 30 minutes" is the same
// when it is said again.
func (p postCommand) sent(page pages.Page, body string) (string, error) {
	p.Body, p.Page, p.Key = body, hostName(page.Code), ""
	raw, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16]), nil
}

func (p postCommand) text(in io.Reader) (string, error) {
	if p.Body != "-" {
		return p.Body, nil
	}
	raw, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return "", fmt.Errorf("read the text: %w", err)
	}
	return strings.TrimRight(string(raw), "\n"), nil
}

type postTimes struct{ started, at, next time.Time }

func (p postCommand) times(page pages.Page, now time.Time) (postTimes, error) {
	var t postTimes
	var c fault.Collector
	read := func(field, typed string) time.Time {
		out, err := pages.ParseLocal(field, typed, "", page.Location())
		if err != nil {
			_ = c.AddErr(err) // ParseLocal gives nothing but faults with fields
		}
		return out
	}
	t.started, t.at = read("started", p.Started), read("at", p.At)
	if d, err := time.ParseDuration(p.Next); err == nil {
		t.next = now.Add(d)
	} else {
		t.next = read("next", p.Next)
	}
	return t, c.Err()
}

func (p postCommand) changes(s *streams, a *app, page pages.Page) ([]components.Change, error) {
	groups, cs, err := components.Store{DB: a.db}.List(s.ctx, page.ID)
	if err != nil {
		return nil, err
	}
	groupOf := map[int64]string{}
	for _, g := range groups {
		groupOf[g.ID] = g.Name
	}
	var out []components.Change
	for _, arg := range p.Component {
		name, status, ok := cutLast(arg, "=")
		if !ok || !components.Status(status).Valid() {
			return nil, fmt.Errorf("--component %q: write NAME=STATUS", arg)
		}
		var found []string
		for _, c := range cs {
			full := c.Name
			if c.GroupID != nil {
				full = groupOf[*c.GroupID] + " / " + c.Name
			}
			if c.Code == name || strings.EqualFold(c.Name, name) || strings.EqualFold(full, name) {
				found = append(found, c.Code)
			}
		}
		if len(found) != 1 {
			return nil, fmt.Errorf("--component %q: %d components have that name", name, len(found))
		}
		out = append(out, components.Change{Component: found[0], Status: components.Status(status)})
	}
	return out, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	n := strings.LastIndex(s, sep)
	if n < 0 {
		return s, "", false
	}
	return s[:n], s[n+len(sep):], true
}
