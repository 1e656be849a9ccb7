package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// Status is how the outbox of a page is doing, for the banner.
type Status struct {
	Ready          int // wait, or wait again
	Leased         int // are being handed over
	Failed         int // were given up
	Held           int // announcements that wait for their hold to end
	OldestDue      time.Time
	Paused         string // the answer of a mail server that takes nothing; empty when it does, or is not known
	PausedSince    time.Time
	NextTry        time.Time
	SMTPConfigured bool
	MailReady      bool // the page has a postal address and a sender
}

// Status reads a few counters, not the deliveries: it is asked on every page
// of the desk, also while a hundred thousand wait (R3.6).
func (o *Outbox) Status(ctx context.Context, page int64) (Status, error) {
	g := o.DB.Read(ctx)
	p, err := pages.Store{DB: o.DB}.ByID(ctx, page)
	if err != nil {
		return Status{}, err
	}
	s := Status{SMTPConfigured: o.SMTP != nil, MailReady: p.MailReady()}
	var n struct{ Waiting, Failed, Held int }
	err = g.Raw(`select coalesce(sum(recipients - sent - failed - skipped), 0) as waiting, coalesce(sum(failed), 0) as failed,
		coalesce(sum(case when expanded_at is null and cancelled_at is null then 1 else 0 end), 0) as held
		from announcements where page_id = ?`, page).Scan(&n).Error
	if err != nil {
		return s, fmt.Errorf("count the outbox: %w", err)
	}
	s.Ready, s.Failed, s.Held = n.Waiting, n.Failed, n.Held
	if s.Ready > 0 {
		if err := o.statusWaiting(g, page, &s); err != nil {
			return s, err
		}
	}
	pause, err := loadPause(g)
	if pause != nil && o.SMTP != nil {
		s.Paused, s.PausedSince, s.NextTry = pause.Reason, pause.Since, pause.Until
	}
	return s, err
}

func (o *Outbox) statusWaiting(g *gorm.DB, page int64, s *Status) error {
	var due []struct{ DueAt time.Time }
	// served by deliveries_due
	err := g.Raw(`select due_at from deliveries where state in ('ready','leased') and page_id = ? order by due_at, id limit 1`, page).Scan(&due).Error
	if err != nil {
		return fmt.Errorf("look for the oldest delivery: %w", err)
	}
	if len(due) > 0 {
		s.OldestDue = due[0].DueAt
	}
	// What is held stands at the head of the queue; a bounded look is enough.
	err = g.Raw(`select count(*) from (select state from deliveries where state in ('ready','leased') and page_id = ? order by due_at, id limit 2000) x where state = 'leased'`, page).Scan(&s.Leased).Error
	if err != nil {
		return fmt.Errorf("count held deliveries: %w", err)
	}
	s.Ready = max(0, s.Ready-s.Leased)
	return nil
}

// Told is what became of the announcement of one update.
type Told struct {
	Held       bool // waits for its hold to end: can be undone
	Cancelled  bool
	DueAt      time.Time
	Recipients int // found so far
	Sent       int
	Waiting    int
	Failed     int
	Skipped    int // left meanwhile, or it was cancelled
}

// OfIncident tells what became of the announcements of an incident, by update;
// that of its postmortem is under 0.
func (o *Outbox) OfIncident(ctx context.Context, page, incident int64) (map[int64]Told, error) {
	var rows []announcementRow
	// served by announcements_incident
	err := o.DB.Read(ctx).Raw(`select id, page_id, update_id, due_at, cursor_id, expanded_at, cancelled_at, recipients, sent, failed, skipped from announcements where page_id = ? and incident_id = ? order by id`, page, incident).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load announcements of incident %d: %w", incident, err)
	}
	m := make(map[int64]Told, len(rows))
	for _, r := range rows {
		key := int64(0)
		if r.UpdateID != nil {
			key = *r.UpdateID
		}
		m[key] = Told{
			Held:      r.ExpandedAt == nil && r.CancelledAt == nil && r.CursorID == 0,
			Cancelled: r.CancelledAt != nil,
			DueAt:     r.DueAt, Recipients: r.Recipients, Sent: r.Sent, Failed: r.Failed, Skipped: r.Skipped,
			Waiting: max(0, r.Recipients-r.Sent-r.Failed-r.Skipped),
		}
	}
	return m, nil
}

// Delivery is one letter to one reader, as staff see it in the outbox.
type Delivery struct {
	ID        int64
	Telling   incidents.Telling
	Title     string // of the incident; empty for a confirmation
	Address   string // who may see it is up to the caller (R9.7)
	State     string
	DueAt     time.Time
	Attempts  int
	Answer    string // the mail server's last
	CreatedAt time.Time
}

// Waiting are deliveries that have not left, newest first, after the one with
// the id given (0 to begin).
func (o *Outbox) Waiting(ctx context.Context, page, after int64, limit int) ([]Delivery, error) {
	return o.deliveries(ctx, `d.state in ('ready','leased')`, page, after, limit)
}

// Failed are deliveries that were given up, newest first.
func (o *Outbox) Failed(ctx context.Context, page, after int64, limit int) ([]Delivery, error) {
	return o.deliveries(ctx, `d.state = 'failed'`, page, after, limit)
}

func (o *Outbox) deliveries(ctx context.Context, which string, page, after int64, limit int) ([]Delivery, error) {
	order, args := ``, []any{page}
	if after != 0 {
		order = ` and (d.due_at, d.id) < (select due_at, id from deliveries where id = ?)`
		args = append(args, after)
	}
	var out []Delivery
	err := o.DB.Read(ctx).Raw(`select d.id, a.kind as telling, coalesce(i.title, '') as title, s.address, d.state, d.due_at, d.attempts, d.answer, d.created_at
		from deliveries d join announcements a on a.id = d.announcement_id join subscribers s on s.id = d.subscriber_id left join incidents i on i.id = a.incident_id
		where d.page_id = ? and `+which+order+` order by d.due_at desc, d.id desc limit ?`, append(args, min(max(limit, 1), maxList))...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return out, nil
}

// Letter is one message as its reader would see it, links and all.
type Letter struct {
	Delivery Delivery
	From     string
	To       string
	Words
}

// Message is the letter of a delivery, so that staff of a page without mail
// can read it and pass its links on.
func (o *Outbox) Message(ctx context.Context, page, delivery int64) (Letter, error) {
	var j job
	g := o.DB.Read(ctx)
	err := g.Raw(`select `+jobColumns+` from `+jobTables+`
		where d.page_id = ? and d.id = ?`, page, delivery).Take(&j).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Letter{}, fault.New(fault.NotFound, "fault.notfound")
	}
	if err != nil {
		return Letter{}, fmt.Errorf("load delivery %d: %w", delivery, err)
	}
	var row announcementRow
	if err := g.Raw(`select `+announcementColumns+` from announcements where id = ?`, j.AnnouncementID).Take(&row).Error; err != nil {
		return Letter{}, fmt.Errorf("load announcement %d: %w", j.AnnouncementID, err)
	}
	p, err := pages.Store{DB: o.DB}.ByID(ctx, page)
	if err != nil {
		return Letter{}, err
	}
	k, err := knownOf(ctx, o.DB, page)
	if err != nil {
		return Letter{}, err
	}
	if j.letter, _, err = o.Press.draft(p, row, j.letterKind(), k); err != nil {
		return Letter{}, err
	}
	j.to = reader{Delivery: j.ID, Code: j.Code, Generation: j.Generation, Address: j.Address}
	if err := newReasons(o.Press.Renderer).fill(ctx, o.DB, []*job{&j}, map[int64]known{page: k}); err != nil {
		return Letter{}, err
	}
	d := Delivery{ID: j.ID, Telling: j.Kind, Title: j.letter.news.Title, Address: j.Address, Attempts: j.Attempts, DueAt: row.DueAt, CreatedAt: row.CreatedAt}
	return Letter{Delivery: d, From: strings.TrimSuffix(j.letter.sender()+" <"+p.SenderAddress+">", " <>"), To: j.Address, Words: addressed{j.letter, j.to}.plain()}, nil
}
