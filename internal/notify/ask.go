package notify

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// confirmFor is how long a confirmation link works, and how long an address
// that nobody confirmed is kept.
const confirmFor = 7 * 24 * time.Hour

// How often one may ask (R9.2).
const (
	perClientHour   = 5
	perServerHour   = 500
	perAddressPause = 15 * time.Minute
	perAddressDay   = 3
	perAddressEver  = 5 // without a click
)

// Ask notes what somebody wants and sends them a mail to confirm it. Whoever
// already follows keeps their preferences and gets a mail that says so: an
// address typed into a form proves nothing. The answer is the same for every
// address, known or not (R9.1); an address that was asked for too often gets
// no further mail, which the answer does not tell either.
//
// Faults: email, scope, components, frequency; NotFound for an incident that
// is not there; TooMany for a client, or a whole server, that asks too often.
func (s *Subscribers) Ask(ctx context.Context, a Ask) error {
	var c fault.Collector
	email, err := pages.WireEmail("email", a.Email)
	if err := c.AddErr(err); err != nil {
		return err
	}
	prefs, err := a.normal(a.Incident != "")
	if err := c.AddErr(err); err != nil {
		return err
	}
	if err := c.Err(); err != nil {
		return err
	}
	return s.DB.Private(ctx, func(tx *db.Tx) error {
		if err := checkWanted(tx, a.Page, prefs, a.Incident); err != nil {
			return err
		}
		quiet, err := s.allow(tx, a.Page, email, a.Client)
		if err != nil {
			return err
		}
		if err := s.noteAsk(tx, a.Page, email, a.Client, quiet); err != nil || quiet {
			return err
		}
		id, err := s.want(tx, a, email, wanted{Preferences: prefs, Incident: a.Incident})
		if err != nil {
			return err
		}
		return askToConfirm(tx, a.Page, id)
	})
}

// allow applies the limits. quiet: say yes and send nothing.
func (s *Subscribers) allow(tx *db.Tx, page int64, email, client string) (quiet bool, err error) {
	n, err := countAsks(tx, hashed(s.Key, "fold", folded(email)), clientKey(s.Key, client))
	if err != nil {
		return false, err
	}
	switch {
	case n.Client >= perClientHour:
		return false, &fault.Error{Kind: fault.TooMany, Key: "subscribe.too_many", RetryAfter: time.Hour}
	case n.Server >= perServerHour:
		if s.Log != nil {
			s.Log.Error("more people ask to subscribe than this server confirms in an hour; the rest are asked to come back", "limit", perServerHour, "page", page)
		}
		return false, &fault.Error{Kind: fault.TooMany, Key: "subscribe.busy", RetryAfter: 15 * time.Minute}
	}
	return n.Recent > 0 || n.Day >= perAddressDay || n.Ever >= perAddressEver, nil
}

// clientKey is a client as asks are counted: IPv6 by /64, since every customer
// has at least as many (R9.2). Only a keyed hash is stored.
func clientKey(key []byte, client string) string {
	a, err := netip.ParseAddr(client)
	if err != nil {
		return hashed(key, "client", client)
	}
	bits := 32
	if a = a.Unmap().WithZone(""); a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return hashed(key, "client", client)
	}
	return hashed(key, "client", p.String())
}

// askToConfirm puts the mail into the outbox. It has no hold: somebody waits
// for it. What it says is decided when it leaves, by what the subscriber is
// then; so asking for a known and an unknown address does the same work.
func askToConfirm(tx *db.Tx, page, subscriber int64) error {
	row, err := newAnnouncement(tx, page, incidents.Announcement{Telling: incidents.TellConfirm}, tx.Now)
	if err != nil {
		return err
	}
	row.ExpandedAt, row.Recipients = &tx.Now, 1
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("announce a confirmation: %w", err)
	}
	return insertDelivery(tx, row, subscriber)
}

// Pending is the subscriber whom a confirmation link is about, with what they
// asked for, for the page that asks once more.
func (s *Subscribers) Pending(ctx context.Context, page int64, tok string) (Subscriber, error) {
	sub, row, err := s.open(s.DB.Read(ctx), page, PurposeConfirm, tok, s.DB.Now())
	if err != nil {
		return Subscriber{}, err
	}
	w, err := decodeWanted(row.Wanted)
	if err != nil {
		return Subscriber{}, err
	}
	sub.Preferences = w.Preferences
	sub.Incidents = nil
	if w.Incident != "" {
		sub.Incidents = []string{w.Incident}
	}
	return sub, nil
}

// Confirm makes a subscriber of whoever asked. The link works once.
func (s *Subscribers) Confirm(ctx context.Context, page int64, tok string) (Subscriber, error) {
	var out Subscriber
	err := s.DB.Private(ctx, func(tx *db.Tx) error {
		sub, row, err := s.open(tx.DB, page, PurposeConfirm, tok, tx.Now)
		if err != nil {
			return err
		}
		w, err := decodeWanted(row.Wanted)
		if err != nil {
			return err
		}
		if err := activate(tx, sub, w); err != nil {
			return err
		}
		// A click proves that the mailbox is theirs, so the bounds begin anew.
		if err := forgetAsks(tx, hashed(s.Key, "fold", folded(sub.Address))); err != nil {
			return err
		}
		// A second confirmation that still waits would only say "you already follow".
		if err := skipWaiting(tx, `subscriber_id = ? and incident_id = 0`, sub.ID); err != nil {
			return err
		}
		out, err = loadSubscriber(tx.DB, page, sub.Code)
		return err
	})
	return out, err
}

// ByToken is the subscriber whom a link of the purpose belongs to. The link to
// unsubscribe also finds somebody who has left, with an empty address.
func (s *Subscribers) ByToken(ctx context.Context, page int64, p Purpose, tok string) (Subscriber, error) {
	sub, _, err := s.open(s.DB.Read(ctx), page, p, tok, s.DB.Now())
	if err != nil || p == PurposeConfirm {
		return sub, err
	}
	return sub, fill(s.DB.Read(ctx), []*Subscriber{&sub})
}

// Token makes the token of a subscriber's link, as for the way from the
// confirmation to the preferences.
func (s *Subscribers) Token(p Purpose, sub Subscriber) string {
	return token(s.Key, p, sub.Code, sub.Generation)
}

// SavePreferences changes what the owner of a manage link gets.
func (s *Subscribers) SavePreferences(ctx context.Context, page int64, tok string, p Preferences) error {
	return s.DB.Private(ctx, func(tx *db.Tx) error {
		sub, _, err := s.open(tx.DB, page, PurposeManage, tok, tx.Now)
		if err != nil {
			return err
		}
		if err := fill(tx.DB, []*Subscriber{&sub}); err != nil {
			return err
		}
		if p, err = p.normal(len(sub.Incidents) > 0); err != nil {
			return err
		}
		if err := checkWanted(tx, page, p, ""); err != nil {
			return err
		}
		if err := forgetAsks(tx, hashed(s.Key, "fold", folded(sub.Address))); err != nil {
			return err
		}
		return savePreferences(tx, sub.ID, page, p)
	})
}

// Unsubscribe acts at once and as often as one likes: mail that waits is
// skipped in the same transaction, mail that is about to leave is looked at
// again before it does. Of the address nothing is kept but a keyed hash, by
// which an import knows whom not to bring back.
func (s *Subscribers) Unsubscribe(ctx context.Context, page int64, tok string) error {
	return s.DB.Private(ctx, func(tx *db.Tx) error {
		sub, _, err := s.open(tx.DB, page, PurposeUnsubscribe, tok, tx.Now)
		if err != nil {
			return err
		}
		return s.leave(tx, sub)
	})
}

func (s *Subscribers) leave(tx *db.Tx, sub Subscriber) error {
	if sub.State == Unsubscribed && sub.Address == "" {
		return nil
	}
	if err := skipWaiting(tx, `subscriber_id = ?`, sub.ID); err != nil {
		return err
	}
	return erase(tx, sub.ID, hashed(s.Key, "address", addressKey(sub.Address)))
}
