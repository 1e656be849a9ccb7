package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
)

// Counts are a page's subscribers by state.
func (s *Subscribers) Counts(ctx context.Context, page int64) (Counts, error) {
	var rows []struct {
		State string
		N     int
	}
	err := s.DB.Read(ctx).Raw(`select state, count(*) as n from subscribers where page_id = ? group by state order by state`, page).Scan(&rows).Error
	if err != nil {
		return Counts{}, fmt.Errorf("count subscribers: %w", err)
	}
	var c Counts
	for _, r := range rows {
		switch r.State {
		case Active:
			c.Active = r.N
		case Unconfirmed:
			c.Unconfirmed = r.N
		case Unsubscribed:
			c.Unsubscribed = r.N
		case Suppressed:
			c.Suppressed = r.N
		}
	}
	return c, nil
}

// maxList is the most that List hands out at once.
const maxList = 200

// List is a page's subscribers whose address holds find, in the order in which
// they came, after the id of the last one seen. Those who left are not among
// them: there is nothing to show. Who may see addresses is up to the caller
// (R9.7); see Masked.
func (s *Subscribers) List(ctx context.Context, page int64, find string, after int64, limit int) ([]Subscriber, error) {
	var rows []subscriberRow
	like := "%" + likeEscaper.Replace(addressKey(strings.TrimSpace(find))) + "%"
	g := s.DB.Read(ctx)
	err := g.Raw(`select `+subscriberColumns+` from subscribers where page_id = ? and id > ? and state <> 'unsubscribed' and address_key like ? escape '!'
		order by id limit ?`, page, after, like, min(max(limit, 1), maxList)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list subscribers: %w", err)
	}
	out := make([]Subscriber, len(rows))
	refs := make([]*Subscriber, len(rows))
	for i, r := range rows {
		out[i] = r.subscriber()
		refs[i] = &out[i]
	}
	return out, fill(g, refs)
}

var likeEscaper = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// Remove unsubscribes somebody who asked staff for it. It is for admins; as
// with Unsubscribe nothing of the address is kept but a keyed hash.
func (s *Subscribers) Remove(ctx context.Context, by auth.Actor, page int64, code string) error {
	if err := by.Need(auth.Admin); err != nil {
		return err
	}
	return s.DB.Private(ctx, func(tx *db.Tx) error {
		row, err := subscriberByCode(tx.DB, page, code)
		if err != nil {
			return err
		}
		if err := s.leave(tx, row.subscriber()); err != nil {
			return err
		}
		return auth.Record(tx, page, by, "subscriber.remove", code, nil, nil)
	})
}

// Swept is what Sweep forgot.
type Swept struct{ Unconfirmed, Clients int64 }

// Run sweeps once an hour until ctx ends.
func (s *Subscribers) Run(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		if _, err := s.Sweep(ctx); err != nil && ctx.Err() == nil && s.Log != nil {
			s.Log.Warn("old subscription requests were not forgotten; trying again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// Sweep forgets what need not be known any longer (R9.6): who did not confirm
// within a week, and client addresses after 30 days.
func (s *Subscribers) Sweep(ctx context.Context) (Swept, error) {
	var out Swept
	err := s.DB.Private(ctx, func(tx *db.Tx) error {
		stale, month := tx.Now.Add(-confirmFor), tx.Now.Add(-30*24*time.Hour)
		gone := `subscriber_id in (select id from subscribers where state <> 'active' and asked_at <= ?)`
		if err := skipWaiting(tx, gone, stale); err != nil {
			return err
		}
		res := tx.Exec(`delete from subscribers where state = 'unconfirmed' and asked_at <= ?`, stale)
		if res.Error != nil {
			return fmt.Errorf("forget who did not confirm: %w", res.Error)
		}
		out.Unconfirmed = res.RowsAffected
		// Somebody who had left and asked again without clicking is as gone as before.
		err := tx.Exec(`update subscribers set asked_at = null, wanted = '', consent_address = '', address = case when state = 'unsubscribed' then '' else address end
			where state <> 'active' and asked_at <= ?`, stale).Error
		if err != nil {
			return fmt.Errorf("forget stale asks: %w", err)
		}
		res = tx.Exec(`update subscribers set consent_address = '' where consent_address <> '' and created_at <= ? and (confirmed_at is null or confirmed_at <= ?)`, month, month)
		if res.Error != nil {
			return fmt.Errorf("forget client addresses: %w", res.Error)
		}
		out.Clients = res.RowsAffected
		// Asks that sent nothing bound their client for an hour; those that sent
		// something bound their address until somebody clicks.
		if err := tx.Exec(`delete from confirmation_asks where address_hash = '' and at <= ?`, tx.Now.Add(-24*time.Hour)).Error; err != nil {
			return fmt.Errorf("forget asks: %w", err)
		}
		return nil
	})
	return out, err
}
