package notify

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// subscriberRow is a row of subscribers.
type subscriberRow struct {
	ID             int64
	PageID         int64
	Code           string
	Channel        string
	Address        string
	AddressKey     string // addressKey, or a keyed hash once the address is erased
	State          string
	Scope          string
	Frequency      string
	Maintenance    bool
	Generation     int
	Wanted         string // preferences that count from the click
	Consent        string
	ConsentAddress string
	AskedAt        *time.Time // of a confirmation that was not answered yet
	CreatedAt      time.Time
	ConfirmedAt    *time.Time
	UnsubscribedAt *time.Time
}

// TableName is the table of the rows.
func (subscriberRow) TableName() string { return "subscribers" }

const subscriberColumns = `id, page_id, code, channel, address, address_key, state, scope, frequency, maintenance, generation, wanted, consent, consent_address, asked_at, created_at, confirmed_at, unsubscribed_at`

func (r subscriberRow) subscriber() Subscriber {
	return Subscriber{
		ID: r.ID, PageID: r.PageID, Code: r.Code, Channel: r.Channel, Address: r.Address, State: r.State,
		Preferences: Preferences{Scope: r.Scope, Frequency: r.Frequency, Maintenance: r.Maintenance},
		Generation:  r.Generation, Consent: r.Consent,
		CreatedAt: r.CreatedAt, ConfirmedAt: r.ConfirmedAt, UnsubscribedAt: r.UnsubscribedAt,
	}
}

// asking reports whether a confirmation is open. Somebody who left, or whose
// mailbox was gone, may ask again, and so may somebody who follows single
// incidents alone; until the click they stay what they are.
func (r subscriberRow) asking(now time.Time) bool {
	return (r.State != Active || r.Scope == ScopeNone) && r.AskedAt != nil && now.Sub(*r.AskedAt) < confirmFor
}

// open finds the subscriber to whom a link belongs, if the link works.
func (s *Subscribers) open(g *gorm.DB, page int64, p Purpose, tok string, now time.Time) (Subscriber, subscriberRow, error) {
	code, mac, err := splitToken(tok)
	if err != nil {
		return Subscriber{}, subscriberRow{}, err
	}
	row, err := subscriberByCode(g, page, code)
	if fault.Is(err, fault.NotFound) {
		return Subscriber{}, row, errLink()
	}
	if err != nil {
		return Subscriber{}, row, err
	}
	sub := row.subscriber()
	works := opens(s.Key, p, sub, mac)
	switch p {
	case PurposeConfirm:
		works = works && row.asking(now)
	case PurposeManage:
		works = works && row.State == Active
	case PurposeUnsubscribe: // never expires
	default:
		works = false
	}
	if !works {
		return Subscriber{}, row, errLink()
	}
	return sub, row, nil
}

func subscriberByCode(g *gorm.DB, page int64, code string) (subscriberRow, error) {
	var r subscriberRow
	err := g.Raw(`select `+subscriberColumns+` from subscribers where page_id = ? and code = ?`, page, code).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, fault.New(fault.NotFound, "fault.notfound")
	}
	if err != nil {
		return r, fmt.Errorf("load subscriber: %w", err)
	}
	return r, nil
}

func loadSubscriber(g *gorm.DB, page int64, code string) (Subscriber, error) {
	r, err := subscriberByCode(g, page, code)
	if err != nil {
		return Subscriber{}, err
	}
	sub := r.subscriber()
	return sub, fill(g, []*Subscriber{&sub})
}

// fill adds the codes of components and incidents.
func fill(g *gorm.DB, subs []*Subscriber) error {
	ids := make([]int64, len(subs))
	byID := make(map[int64]*Subscriber, len(subs))
	for i, s := range subs {
		ids[i], byID[s.ID] = s.ID, s
	}
	var rows []struct {
		SubscriberID int64
		Code         string
	}
	err := g.Raw(`select sc.subscriber_id, c.code from subscriber_components sc join components c on c.id = sc.component_id
		where sc.subscriber_id in ? and c.archived_at is null order by sc.subscriber_id, c.position, c.id`, ids).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("load followed components: %w", err)
	}
	for _, r := range rows {
		byID[r.SubscriberID].Components = append(byID[r.SubscriberID].Components, r.Code)
	}
	rows = nil
	err = g.Raw(`select si.subscriber_id, i.code from subscriber_incidents si join incidents i on i.id = si.incident_id
		where si.subscriber_id in ? order by si.subscriber_id, i.id`, ids).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("load followed incidents: %w", err)
	}
	for _, r := range rows {
		byID[r.SubscriberID].Incidents = append(byID[r.SubscriberID].Incidents, r.Code)
	}
	return nil
}

// checkWanted refuses components and an incident that no reader of the page knows.
func checkWanted(tx *db.Tx, page int64, p Preferences, incident string) error {
	if len(p.Components) > 0 {
		var n int
		err := tx.Raw(`select count(*) from components where page_id = ? and code in ? and not hidden and archived_at is null`, page, p.Components).Scan(&n).Error
		if err != nil {
			return fmt.Errorf("check components: %w", err)
		}
		if n != len(p.Components) {
			return fault.At("components", "incident.unknown_component")
		}
	}
	if incident == "" {
		return nil
	}
	var n int
	err := tx.Raw(`select count(*) from incidents where page_id = ? and code = ? and withdrawn_at is null`, page, incident).Scan(&n).Error
	if err != nil {
		return fmt.Errorf("check the incident: %w", err)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	return nil
}

// asks counts what bounds the confirmations.
type asks struct{ Client, Server, Recent, Day, Ever int }

func countAsks(tx *db.Tx, address, client string) (asks, error) {
	var n asks
	hour, day := tx.Now.Add(-time.Hour), tx.Now.Add(-24*time.Hour)
	err := tx.Raw(`select
		(select count(*) from confirmation_asks where client = ? and at > ?) as client,
		(select count(*) from confirmation_asks where at > ? and address_hash <> '') as server,
		(select count(*) from confirmation_asks where address_hash = ? and at > ?) as recent,
		(select count(*) from confirmation_asks where address_hash = ? and at > ?) as day,
		(select count(*) from confirmation_asks where address_hash = ?) as ever`,
		client, hour, hour, address, tx.Now.Add(-perAddressPause), address, day, address).Scan(&n).Error
	if err != nil {
		return n, fmt.Errorf("count asks: %w", err)
	}
	return n, nil
}

// noteAsk counts an ask. One that sends nothing counts against its client only.
func (s *Subscribers) noteAsk(tx *db.Tx, page int64, email, client string, quiet bool) error {
	address := hashed(s.Key, "fold", folded(email))
	if quiet {
		address = ""
	}
	err := tx.Exec(`insert into confirmation_asks (page_id, address_hash, client, at) values (?, ?, ?, ?)`, page, address, clientKey(s.Key, client), tx.Now).Error
	if err != nil {
		return fmt.Errorf("note an ask: %w", err)
	}
	return nil
}

func forgetAsks(tx *db.Tx, address string) error {
	if err := tx.Exec(`delete from confirmation_asks where address_hash = ?`, address).Error; err != nil {
		return fmt.Errorf("forget asks: %w", err)
	}
	return nil
}

// want keeps what was asked for beside whatever the address is already: one
// statement for the new and the known, so that they take the same time.
func (s *Subscribers) want(tx *db.Tx, a Ask, email string, w wanted) (id int64, err error) {
	text, err := w.encode()
	if err != nil {
		return 0, err
	}
	plain, erased := addressKey(email), hashed(s.Key, "address", addressKey(email))
	var key string
	err = tx.Raw(`select coalesce((select address_key from subscribers where page_id = ? and channel = ? and address_key = ?), ?)`, a.Page, channelEmail, erased, plain).Scan(&key).Error
	if err != nil {
		return 0, fmt.Errorf("look for the address: %w", err)
	}
	err = tx.Raw(`insert into subscribers (page_id, code, channel, address, address_key, state, wanted, consent, consent_address, asked_at, created_at)
		values (?, ?, ?, ?, ?, 'unconfirmed', ?, 'form', ?, ?, ?)
		on conflict (page_id, channel, address_key) do update set
			address = case when subscribers.address = '' then excluded.address else subscribers.address end,
			wanted = case when subscribers.state = 'active' and subscribers.scope <> 'none' then subscribers.wanted else excluded.wanted end,
			consent_address = case when subscribers.state = 'active' and subscribers.scope <> 'none' then subscribers.consent_address else excluded.consent_address end,
			asked_at = case when subscribers.state = 'active' and subscribers.scope <> 'none' then subscribers.asked_at else excluded.asked_at end
		returning id`, a.Page, db.NewCode(), channelEmail, email, key, text, a.Client, tx.Now, tx.Now).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("keep what was asked for: %w", err)
	}
	return id, nil
}

// activate makes a subscriber of somebody who clicked. What they wanted and is
// no longer there is left out; if nothing is left they get everything, which
// one click in the first mail changes. Somebody who follows single incidents
// goes on following them.
func activate(tx *db.Tx, sub Subscriber, w wanted) error {
	err := tx.Exec(`update subscribers set state = 'active', address_key = ?, wanted = '', asked_at = null, consent = 'form', confirmed_at = ?, unsubscribed_at = null where id = ?`,
		addressKey(sub.Address), tx.Now, sub.ID).Error
	if err != nil {
		return fmt.Errorf("activate subscriber %d: %w", sub.ID, err)
	}
	if err := savePreferences(tx, sub.ID, sub.PageID, w.Preferences); err != nil {
		return err
	}
	if sub.State != Active {
		if err := tx.Exec(`delete from subscriber_incidents where subscriber_id = ?`, sub.ID).Error; err != nil {
			return fmt.Errorf("forget followed incidents: %w", err)
		}
	}
	if w.Incident == "" {
		return nil
	}
	err = tx.Exec(`insert into subscriber_incidents (subscriber_id, incident_id) select ?, id from incidents where page_id = ? and code = ? on conflict do nothing`, sub.ID, sub.PageID, w.Incident).Error
	if err != nil {
		return fmt.Errorf("follow the incident: %w", err)
	}
	return nil
}

func savePreferences(tx *db.Tx, id, page int64, p Preferences) error {
	if err := tx.Exec(`delete from subscriber_components where subscriber_id = ?`, id).Error; err != nil {
		return fmt.Errorf("forget followed components: %w", err)
	}
	if p.Scope == ScopeSome {
		res := tx.Exec(`insert into subscriber_components (subscriber_id, component_id)
			select ?, id from components where page_id = ? and code in ? and not hidden and archived_at is null`, id, page, p.Components)
		if res.Error != nil {
			return fmt.Errorf("follow components: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			p.Scope = ScopeAll
		}
	}
	err := tx.Exec(`update subscribers set scope = ?, frequency = ?, maintenance = ? where id = ?`, p.Scope, p.Frequency, p.Maintenance, id).Error
	if err != nil {
		return fmt.Errorf("save preferences: %w", err)
	}
	return nil
}

// erase ends a subscription and keeps nothing of it but a keyed hash.
func erase(tx *db.Tx, id int64, key string) error {
	err := tx.Exec(`update subscribers set state = 'unsubscribed', address = '', address_key = ?, wanted = '', asked_at = null,
		consent_address = '', generation = generation + 1, unsubscribed_at = ? where id = ?`, key, tx.Now, id).Error
	if err != nil {
		return fmt.Errorf("unsubscribe %d: %w", id, err)
	}
	for _, table := range []string{"subscriber_components", "subscriber_incidents"} {
		if err := tx.Exec(`delete from `+table+` where subscriber_id = ?`, id).Error; err != nil {
			return fmt.Errorf("forget what %d followed: %w", id, err)
		}
	}
	return nil
}

// skipWaiting takes deliveries that nobody holds out of the queue. Those that
// are held are looked at again by whoever holds them, before they leave.
func skipWaiting(tx *db.Tx, where string, args ...any) error {
	var of []int64
	err := tx.Raw(`update deliveries set state = 'skipped' where state = 'ready' and `+where+` returning announcement_id`, args...).Scan(&of).Error
	if err != nil {
		return fmt.Errorf("skip deliveries: %w", err)
	}
	return count(tx, stateSkipped, of)
}

// count adds ended deliveries, each named by its announcement, to the
// announcements. Everybody locks deliveries first and then announcements in
// their order, so that no two transactions wait for each other in a circle.
func count(tx *db.Tx, state string, of []int64) error {
	slices.Sort(of)
	for len(of) > 0 {
		id, n := of[0], 1
		for n < len(of) && of[n] == id {
			n++
		}
		of = of[n:]
		// state is one of three constants, and the name of a column too
		if err := tx.Exec(`update announcements set `+state+` = `+state+` + ? where id = ?`, n, id).Error; err != nil {
			return fmt.Errorf("count deliveries: %w", err)
		}
	}
	return nil
}
