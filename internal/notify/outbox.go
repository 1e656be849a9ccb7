package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// Outbox keeps what is to be told. Its rows are written in the transaction of
// the act they tell of, so there is neither an update without its mails nor a
// mail without its update. It implements incidents.Announcer.
type Outbox struct {
	DB    *db.DB
	Press Press // makes the letters that staff read here
	// SMTP says whether anything can leave; nil when mail is not set up.
	SMTP *SMTP
}

var _ incidents.Announcer = (*Outbox)(nil)

// announcementRow is a row of announcements.
type announcementRow struct {
	ID          int64
	PageID      int64
	Code        string
	Kind        incidents.Telling
	IncidentID  *int64
	UpdateID    *int64
	Payload     string // incidents.Announcement as JSON
	DueAt       time.Time
	CursorID    int64 // the last subscriber that was looked at
	ExpandedAt  *time.Time
	CancelledAt *time.Time
	Recipients  int
	Sent        int
	Failed      int
	Skipped     int
	CreatedAt   time.Time `gorm:"autoCreateTime:false"`
}

// TableName is the table of the rows.
func (announcementRow) TableName() string { return "announcements" }

const announcementColumns = `id, page_id, code, kind, incident_id, update_id, payload, due_at, cursor_id, expanded_at, cancelled_at, recipients, sent, failed, skipped, created_at`

func (r announcementRow) announcement() (incidents.Announcement, error) {
	var a incidents.Announcement
	if err := json.Unmarshal([]byte(r.Payload), &a); err != nil {
		return a, fmt.Errorf("read announcement %d: %w", r.ID, err)
	}
	return a, nil
}

// incident is the incident that the deliveries keep their order in; 0 for none.
func (r announcementRow) incident() int64 {
	if r.IncidentID == nil {
		return 0
	}
	return *r.IncidentID
}

func newAnnouncement(tx *db.Tx, page int64, a incidents.Announcement, due time.Time) (announcementRow, error) {
	payload, err := json.Marshal(a)
	if err != nil {
		return announcementRow{}, fmt.Errorf("write announcement: %w", err)
	}
	return announcementRow{
		PageID: page, Code: db.NewCode(), Kind: a.Telling, IncidentID: ref(a.IncidentID), UpdateID: ref(a.UpdateID),
		Payload: string(payload), DueAt: due, CreatedAt: tx.Now,
	}, nil
}

func ref(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func insertDelivery(tx *db.Tx, a announcementRow, subscriber int64) error {
	err := tx.Exec(`insert into deliveries (page_id, announcement_id, subscriber_id, incident_id, channel, state, due_at, created_at)
		values (?, ?, ?, ?, ?, 'ready', ?, ?)`, a.PageID, a.ID, subscriber, a.incident(), channelEmail, a.DueAt, tx.Now).Error
	if err != nil {
		return fmt.Errorf("add a delivery: %w", err)
	}
	return nil
}

// Announce stores an announcement, one row whatever the number of its
// readers. It leaves after the page's hold.
func (o *Outbox) Announce(tx *db.Tx, page pages.Page, a incidents.Announcement) error {
	row, err := newAnnouncement(tx, page.ID, a, tx.Now.Add(page.Hold()))
	if err != nil {
		return err
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

// Amend changes the announcement of an update while not one delivery has been
// made from it; after that it does nothing.
func (o *Outbox) Amend(tx *db.Tx, update int64, change func(*incidents.Announcement)) error {
	row, err := lockOfUpdate(tx, update)
	if err != nil || row == nil || row.CursorID != 0 || row.ExpandedAt != nil || row.CancelledAt != nil {
		return err
	}
	a, err := row.announcement()
	if err != nil {
		return err
	}
	change(&a)
	payload, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write announcement: %w", err)
	}
	if err := tx.Exec(`update announcements set payload = ? where id = ?`, string(payload), row.ID).Error; err != nil {
		return fmt.Errorf("amend announcement %d: %w", row.ID, err)
	}
	return nil
}

// Cancel stops the announcement of an update. What waits is skipped in the
// same transaction; what a courier holds is looked at again before it leaves
// (R3.9: within 2 s). held reports that not one message left, or may be leaving.
func (o *Outbox) Cancel(tx *db.Tx, update int64) (held bool, err error) {
	row, err := lockOfUpdate(tx, update)
	if err != nil || row == nil {
		return err == nil, err
	}
	return cancel(tx, row)
}

// CancelLetter stops the newest letter about an incident's postmortem.
func (o *Outbox) CancelLetter(tx *db.Tx, incident int64) (held bool, err error) {
	row, err := lockOf(tx, `incident_id = ? and kind = 'postmortem'`, incident)
	if err != nil || row == nil {
		return err == nil, err
	}
	return cancel(tx, row)
}

// HeldLetter is when the letter about an incident's postmortem will leave, and
// to how many so far; false when none is held.
func (o *Outbox) HeldLetter(ctx context.Context, page, incident int64) (due time.Time, held bool, err error) {
	var rows []announcementRow
	err = o.DB.Read(ctx).Raw(`select `+announcementColumns+` from announcements where page_id = ? and incident_id = ? and kind = 'postmortem' order by id desc limit 1`, page, incident).Scan(&rows).Error
	if err != nil {
		return due, false, fmt.Errorf("load the letter about incident %d: %w", incident, err)
	}
	if len(rows) == 0 || rows[0].CancelledAt != nil || rows[0].ExpandedAt != nil || rows[0].CursorID != 0 {
		return due, false, nil
	}
	return rows[0].DueAt, rows[0].DueAt.After(o.DB.Now()), nil
}

func cancel(tx *db.Tx, row *announcementRow) (held bool, err error) {
	var out int
	err = tx.Raw(`select count(*) from (select 1 from deliveries where announcement_id = ? and (state in ('leased', 'sent', 'failed') or attempts > 0) limit 1) x`, row.ID).Scan(&out).Error
	if err != nil {
		return false, fmt.Errorf("look what left of announcement %d: %w", row.ID, err)
	}
	if err := tx.Exec(`update announcements set cancelled_at = ? where id = ? and cancelled_at is null`, tx.Now, row.ID).Error; err != nil {
		return false, fmt.Errorf("cancel announcement %d: %w", row.ID, err)
	}
	return out == 0, skipWaiting(tx, `announcement_id = ?`, row.ID)
}

// lockOfUpdate is the announcement of an update, held for the transaction so
// that no courier expands it meanwhile; nil when there is none. The update
// that changes nothing is the lock: both engines understand it.
func lockOfUpdate(tx *db.Tx, update int64) (*announcementRow, error) {
	return lockOf(tx, `update_id = ?`, update)
}

func lockOf(tx *db.Tx, where string, id int64) (*announcementRow, error) {
	var r announcementRow
	err := tx.Raw(`update announcements set cursor_id = cursor_id where id = (select max(id) from announcements where `+where+`) returning `+announcementColumns, id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load the announcement of %d: %w", id, err)
	}
	return &r, nil
}
