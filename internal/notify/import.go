package notify

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
)

// Imported is what an import did.
type Imported struct {
	Added      int // follow the page from now on
	Known      int // did so before, or stand in the list twice
	Suppressed int // had left, or their mailbox is gone: not brought back
	Bad        int
	BadLines   []BadLine // the first 100
}

// BadLine is a line of an import that holds no usable address.
type BadLine struct {
	Line int
	Text string // the address, or the line; what a terminal would obey is escaped
	Key  string // message key of what is wrong
}

const (
	importBatch = 5000 // addresses a transaction; a post waits for one of them at most
	maxBadLines = 100
)

// Import adds people who agreed to get mail, as consent says in words that are
// kept with each of them. What it reads stands at addressList. Everybody gets
// everything, which one click in a mail changes. Importing the same list again
// changes nothing; whoever has left stays away. For admins.
//
// It works in several transactions: an import that breaks half-way is run
// again. Faults: consent, file.
func (s *Subscribers) Import(ctx context.Context, by auth.Actor, page int64, r io.Reader, consent string) (Imported, error) {
	var out Imported
	if err := by.Need(auth.Admin); err != nil {
		return out, err
	}
	var c fault.Collector
	pages.CheckName(&c, "consent", consent, 300, "subscribers.consent")
	if err := c.Err(); err != nil {
		return out, err
	}
	list, err := newAddressList(r)
	if err != nil {
		return out, err
	}
	counted := 0 // people when the database last counted them
	for {
		batch, err := list.next(importBatch, &out)
		if err != nil {
			return out, err
		}
		if len(batch) == 0 {
			break
		}
		err = s.DB.Private(ctx, func(tx *db.Tx) error {
			if err := s.addBatch(tx, page, batch, consent, &out); err != nil || out.Added < 2*counted {
				return err
			}
			counted = max(out.Added, 1)
			return recount(tx)
		})
		if err != nil {
			return out, err
		}
	}
	err = s.DB.Private(ctx, func(tx *db.Tx) error {
		return auth.Record(tx, page, by, "subscribers.import", "", nil, map[string]any{"consent": consent, "added": out.Added, "known": out.Known, "suppressed": out.Suppressed, "bad": out.Bad})
	})
	return out, err
}

// recount refreshes PostgreSQL's figures of a table that grows: it would go on
// asking as if there were nobody, which takes a hundred times as long.
func recount(tx *db.Tx) error {
	if tx.Dialector.Name() != "postgres" {
		return nil
	}
	if err := tx.Exec(`analyze subscribers`).Error; err != nil {
		return fmt.Errorf("count subscribers anew: %w", err)
	}
	return nil
}

func (o *Imported) bad(line int, text, key string) {
	o.Bad++
	if len(o.BadLines) >= maxBadLines {
		return
	}
	o.BadLines = append(o.BadLines, BadLine{Line: line, Text: visible(text), Key: key})
}

// visible is the beginning of a text that strangers wrote, for a terminal: with
// nothing in it that moves the cursor, turns the line round or cannot be seen.
func visible(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		if n++; n > 80 {
			return b.String() + "…"
		}
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
}

// addBatch adds the addresses of a batch in few statements.
func (s *Subscribers) addBatch(tx *db.Tx, page int64, batch []string, consent string, out *Imported) error {
	type entry struct{ address, key, erased string }
	entries := make([]entry, 0, len(batch))
	seen := make(map[string]bool, len(batch))
	for _, a := range batch {
		key := addressKey(a)
		if seen[key] {
			out.Known++
			continue
		}
		seen[key] = true
		entries = append(entries, entry{a, key, hashed(s.Key, "address", key)})
	}
	for part := range slices.Chunk(entries, 500) {
		keys := make([]string, 0, 2*len(part))
		for _, e := range part {
			keys = append(keys, e.key, e.erased)
		}
		known, err := statesOf(tx, page, keys)
		if err != nil {
			return err
		}
		var values []string
		var args []any
		for _, e := range part {
			state := known[e.key]
			if state == "" {
				state = known[e.erased]
			}
			switch state {
			case Active:
				out.Known++
				continue
			case Unsubscribed, Suppressed:
				out.Suppressed++
				continue
			}
			values = append(values, `(?, ?, ?, ?, ?, 'active', ?, ?, ?)`)
			args = append(args, page, db.NewCode(), channelEmail, e.address, e.key, consent, tx.Now, tx.Now)
		}
		out.Added += len(values)
		if err := insertActive(tx, values, args); err != nil {
			return err
		}
	}
	return nil
}

// statesOf joins instead of asking with IN: for a long list PostgreSQL might
// compare every row with every member.
func statesOf(tx *db.Tx, page int64, keys []string) (map[string]string, error) {
	var rows []struct{ AddressKey, State string }
	args := make([]any, 0, len(keys)+2)
	for _, k := range keys {
		args = append(args, k)
	}
	err := tx.Raw(`with listed(k) as (values `+strings.TrimSuffix(strings.Repeat("(?),", len(keys)), ",")+`)
		select s.address_key, s.state from listed join subscribers s on s.page_id = ? and s.channel = ? and s.address_key = listed.k`, append(args, page, channelEmail)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for known addresses: %w", err)
	}
	m := make(map[string]string, len(rows))
	for _, r := range rows {
		m[r.AddressKey] = r.State
	}
	return m, nil
}

// insertActive adds subscribers. Who asked by the form and has not clicked yet
// needs not click any more: staff say that they agreed.
func insertActive(tx *db.Tx, values []string, args []any) error {
	if len(values) == 0 {
		return nil
	}
	err := tx.Exec(`insert into subscribers (page_id, code, channel, address, address_key, state, consent, created_at, confirmed_at) values `+strings.Join(values, ", ")+`
		on conflict (page_id, channel, address_key) do update set state = 'active', consent = excluded.consent, confirmed_at = excluded.confirmed_at, wanted = '', asked_at = null
		where subscribers.state = 'unconfirmed'`, args...).Error
	if err != nil {
		return fmt.Errorf("add subscribers: %w", err)
	}
	return nil
}
