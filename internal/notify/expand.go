package notify

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
)

// expandChunk is how many subscribers one transaction looks at. A post waits
// for one such transaction at most, some tens of milliseconds.
const expandChunk = 10_000

// expand makes the next chunk of deliveries of the oldest announcement that is
// due. more says that there is, or may be, another chunk.
//
// A crash between two chunks loses and doubles nothing: the cursor moves in the
// transaction of its chunk, and one reader can have one delivery of an
// announcement only.
func (c *Courier) expand(ctx context.Context) (made int, more bool, err error) {
	id, err := c.nextAnnouncement(ctx)
	if err != nil || id == 0 {
		return 0, false, err
	}
	err = c.DB.Private(ctx, func(tx *db.Tx) error {
		row, err := lockAnnouncement(tx, id)
		if err != nil || row == nil {
			return err
		}
		made, err = c.expandRow(tx, *row)
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("expand announcement %d: %w", id, err)
	}
	return made, true, nil
}

// nextAnnouncement: one of an incident has to wait until all older ones of it
// are expanded, or a reader's deliveries would be numbered in the wrong order.
func (c *Courier) nextAnnouncement(ctx context.Context) (int64, error) {
	var id int64
	// served by announcements_due
	err := c.DB.Read(ctx).Raw(`select a.id from announcements a
		where a.expanded_at is null and a.cancelled_at is null and a.due_at <= ?
			and not exists (select 1 from announcements o where o.incident_id = a.incident_id and o.id < a.id and o.expanded_at is null and o.cancelled_at is null)
		order by a.due_at, a.id limit 1`, c.DB.Now()).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("look for due announcements: %w", err)
	}
	return id, nil
}

// lockAnnouncement loads an announcement that is still to be expanded and
// keeps other nodes, Cancel and Amend off it; nil when there is nothing to do.
func lockAnnouncement(tx *db.Tx, id int64) (*announcementRow, error) {
	var r announcementRow
	err := tx.Raw(`update announcements set cursor_id = cursor_id where id = ? and expanded_at is null and cancelled_at is null returning `+announcementColumns, id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}

func (c *Courier) expandRow(tx *db.Tx, row announcementRow) (made int, err error) {
	news, err := row.announcement()
	if err != nil {
		return 0, err
	}
	var top int64
	// served by subscribers_state
	err = tx.Raw(`select coalesce(max(id), 0) from (select id from subscribers where page_id = ? and state = 'active' and id > ? order by id limit ?) x`,
		row.PageID, row.CursorID, c.chunk()).Scan(&top).Error
	if err != nil {
		return 0, err
	}
	if top == 0 {
		return 0, c.expanded(tx, row)
	}
	rule, args := audienceOf(news).where()
	args = append([]any{row.ID, row.incident(), row.DueAt, tx.Now, row.PageID, row.CursorID, top}, args...)
	res := tx.Exec(`insert into deliveries (page_id, announcement_id, subscriber_id, incident_id, channel, state, due_at, created_at)
		select s.page_id, ?, s.id, ?, s.channel, 'ready', ?, ? from subscribers s
		where s.page_id = ? and s.id > ? and s.id <= ? and `+rule+` order by s.id
		on conflict do nothing`, args...)
	if res.Error != nil {
		return 0, res.Error
	}
	made = int(res.RowsAffected)
	return made, tx.Exec(`update announcements set cursor_id = ?, recipients = recipients + ? where id = ?`, top, made, row.ID).Error
}

// expanded notes that everybody was looked at. A fan-out is on the record with
// its count (R§14).
func (c *Courier) expanded(tx *db.Tx, row announcementRow) error {
	if err := tx.Exec(`update announcements set expanded_at = ? where id = ?`, tx.Now, row.ID).Error; err != nil {
		return err
	}
	return auth.Record(tx, row.PageID, auth.Actor{Name: "courier"}, "announcement.sent_out", row.Code, nil, map[string]any{"kind": row.Kind, "recipients": row.Recipients})
}

func (c *Courier) chunk() int {
	if c.chunkSize > 0 {
		return c.chunkSize
	}
	return expandChunk
}
