package incidents

import (
	"context"
	"strings"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
)

// SetUp is what the first-run form gives. Field names in faults: page_name,
// time_zone, postal_address, sender_name, sender_address, name, email,
// password, services.
type SetUp struct {
	Token         string
	PageName      string
	TimeZone      string
	PostalAddress string
	SenderName    string
	SenderAddress string
	OwnerName     string
	OwnerEmail    string
	Password      string
	Services      string // one per line; a line that ends with a colon starts a group, an empty line ends it
	Address       string // of the client, for the audit
}

// Services is a list of components as it is pasted: Group is empty for those
// that stand alone.
type serviceLine struct{ group, name string }

// SetUp spends the one-time token and makes the default page what the form
// says: settings, components, first owner. All or nothing.
func (d *Desk) SetUp(ctx context.Context, a *auth.Auth, s SetUp) (pages.Page, error) {
	page, lines, hash, err := d.checkSetUp(ctx, a, s)
	if err != nil {
		return page, err
	}
	_, err = d.DB.Change(ctx, page.ID, func(tx *db.Tx) error {
		if err := auth.UseSetupToken(tx, s.Token); err != nil {
			return err
		}
		by, err := firstOwner(tx, page.ID, s, hash)
		if err != nil {
			return err
		}
		page.SetUpAt = &tx.Now
		if err := pages.Save(tx, page); err != nil {
			return err
		}
		return addServices(tx, by, page.ID, lines)
	})
	return page, err
}

func (d *Desk) checkSetUp(ctx context.Context, a *auth.Auth, s SetUp) (pages.Page, []serviceLine, string, error) {
	p, err := pages.Store{DB: d.DB}.Default(ctx)
	if err != nil {
		return pages.Page{}, nil, "", err
	}
	if p == nil {
		return pages.Page{}, nil, "", fault.New(fault.NotFound, "fault.notfound")
	}
	page := *p
	if err := a.CheckSetupToken(ctx, s.Token); err != nil {
		return page, nil, "", err
	}
	page.Name, page.TimeZone = strings.TrimSpace(s.PageName), strings.TrimSpace(s.TimeZone)
	page.PostalAddress, page.SenderName, page.SenderAddress = strings.TrimSpace(s.PostalAddress), strings.TrimSpace(s.SenderName), strings.TrimSpace(s.SenderAddress)
	var c fault.Collector
	if f := fault.Of(page.Validate()); f != nil {
		for _, x := range f.Fields {
			if x.Name == "name" { // the owner's name has that field here
				x.Name = "page_name"
			}
			collect(&c, &fault.Error{Kind: fault.Invalid, Fields: []fault.Field{x}})
		}
	}
	pages.CheckName(&c, "name", s.OwnerName, 80, "field.required")
	_, err = pages.CleanEmail("email", s.OwnerEmail)
	collect(&c, err)
	collect(&c, auth.CheckPassword(s.Password, s.OwnerName, s.PageName, s.OwnerEmail))
	lines := parseServices(&c, s.Services)
	if err := c.Err(); err != nil {
		return page, nil, "", err
	}
	hash, err := a.HashPassword(ctx, s.Password, s.OwnerName, s.PageName)
	return page, lines, hash, err
}

func firstOwner(tx *db.Tx, page int64, s SetUp, hash string) (auth.Actor, error) {
	n := auth.NewStaff{Email: strings.TrimSpace(s.OwnerEmail), Name: strings.TrimSpace(s.OwnerName), Role: auth.Owner}
	st, err := auth.AddStaff(tx, page, n, hash)
	if err != nil {
		return auth.Actor{}, err
	}
	by := auth.Actor{StaffID: st.ID, Name: st.Name, Role: auth.Owner, Address: s.Address}
	return by, auth.Record(tx, page, by, "page.setup", "page", nil, map[string]any{"owner": st.Email})
}

// parseServices reads the pasted list. Names must differ within their group.
func parseServices(c *fault.Collector, text string) []serviceLine {
	var out []serviceLine
	group := ""
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "-*• "))
		if line == "" {
			group = ""
		}
		if line == "" || c.Has("services") {
			continue
		}
		if name, ok := strings.CutSuffix(line, ":"); ok {
			group = strings.TrimSpace(name)
			line = group
		} else {
			key := strings.ToLower(group + "\x00" + line)
			if seen[key] {
				c.Add("services", "component.name_taken", "Name", line)
			}
			seen[key] = true
			out = append(out, serviceLine{group: group, name: line})
		}
		pages.CheckText(c, "services", line, 100)
	}
	if len(out) == 0 && !c.Has("services") {
		c.Add("services", "setup.services")
	}
	return out
}

func addServices(tx *db.Tx, by auth.Actor, page int64, lines []serviceLine) error {
	groups := map[string]string{}
	for _, l := range lines {
		key := strings.ToLower(l.group)
		if l.group != "" && groups[key] == "" {
			g, err := addGroup(tx, by, page, l.group, "")
			if err != nil {
				return asServices(err)
			}
			groups[key] = g.Code
		}
		if _, err := addComponent(tx, by, AddComponent{Page: page, Group: groups[key], Name: l.name, Showcase: true}); err != nil {
			return asServices(err)
		}
	}
	return nil
}

// asServices puts a fault of one line beside the list.
func asServices(err error) error {
	if f := fault.Of(err); f != nil && len(f.Fields) > 0 {
		return fault.At("services", f.Fields[0].Key)
	}
	return err
}

// SaveSettings changes a page's settings. Needs an admin. Faults as
// pages.Page.Validate gives them; Conflict when somebody saved since
// p.UpdatedAt, unless that is zero. Only what the settings form shows is taken
// from p; the rest is read back.
func (d *Desk) SaveSettings(ctx context.Context, by auth.Actor, p pages.Page) error {
	if err := by.Need(auth.Admin); err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	_, err := d.change(ctx, by, p.ID, func(tx *db.Tx) error {
		was, err := pages.Load(tx, p.ID)
		if err != nil {
			return err
		}
		if !p.UpdatedAt.IsZero() && !p.UpdatedAt.Equal(was.UpdatedAt) {
			return fault.New(fault.Conflict, "settings.changed")
		}
		p.SetUpAt = was.SetUpAt
		if err := pages.Save(tx, p); err != nil {
			return err
		}
		return auth.Record(tx, p.ID, by, "page.settings", "page", settings(was), settings(p))
	})
	return err
}

func settings(p pages.Page) map[string]any {
	return map[string]any{
		"name": p.Name, "time_zone": p.TimeZone, "words": p.Words, "hold": p.HoldSeconds, "postal_address": p.PostalAddress, "sender": p.SenderAddress, "sender_name": p.SenderName, "reply_to": p.ReplyTo, "support": p.SupportURL,
		"language": p.Language, "auto_language": p.AutoLanguage, "show_uptime": p.ShowUptime, "past_days": p.PastDays, "weights": []int{p.WeightMajor, p.WeightPartial, p.WeightDegraded}, "raise_indicator": p.RaiseIndicator, "hide_from_search": p.HideFromSearch,
	}
}
