package view

import (
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/notify"
)

// AdminSubscribers is /admin/subscribers.
type AdminSubscribers struct {
	AdminBase
	Tiles []AdminTile
	Rows  []AdminSubscriber
	Find  string
	Older string
	Form  AdminForm
}

func (AdminSubscribers) adminSet() string { return "subscribers" }

// AdminTile is a number with its name.
type AdminTile struct{ Name, Count string }

// AdminTiles are the numbers of subscribers by state.
func AdminTiles(p *i18n.Printer, c notify.Counts) []AdminTile {
	return []AdminTile{
		{p.T("subscribers.active"), AdminCount(p, c.Active)},
		{p.T("subscribers.unconfirmed"), AdminCount(p, c.Unconfirmed)},
		{p.T("subscribers.suppressed"), AdminCount(p, c.Suppressed)},
		{p.T("subscribers.unsubscribed"), AdminCount(p, c.Unsubscribed)},
	}
}

// AdminSubscriber is somebody who follows the page.
type AdminSubscriber struct {
	Code, Address string
	Wants         string
	State         string // empty: active
	Since         AdminTime
}

// NewAdminSubscriber words a subscriber. Who may not read addresses gets them
// masked (R9.7).
func NewAdminSubscriber(p *i18n.Printer, s notify.Subscriber, readable bool) AdminSubscriber {
	a := AdminSubscriber{Code: s.Code, Address: s.Address, Wants: adminWants(p, s), Since: adminDay(p, s.CreatedAt)}
	if s.ConfirmedAt != nil {
		a.Since = adminDay(p, *s.ConfirmedAt)
	}
	if !readable {
		a.Address = AdminMask(s.Address)
	}
	if s.State != notify.Active {
		a.State = p.T("subscribers." + s.State)
	}
	return a
}

func adminWants(p *i18n.Printer, s notify.Subscriber) string {
	what := p.T("subscribers.wants.all")
	switch s.Scope {
	case notify.ScopeSome:
		what = p.T("subscribers.wants.some", "Count", len(s.Components))
	case notify.ScopeNone:
		what = p.T("subscribers.wants.one", "Count", len(s.Incidents))
	}
	return what + " · " + p.T("subscribers.frequency."+s.Frequency)
}
