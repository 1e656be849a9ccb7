package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
)

// leaseFor is how long a claim holds without being renewed. A node that dies
// and does not come back is succeeded after that.
const leaseFor = 60 * time.Second

// job is a delivery that this courier holds.
type job struct {
	ID             int64
	PageID         int64
	AnnouncementID int64
	IncidentID     int64
	SubscriberID   int64
	Attempts       int
	DueAt          time.Time
	Kind           incidents.Telling
	CancelledAt    *time.Time
	TakenBack      bool // what it tells of is not to be seen any more
	Code           string
	Generation     int
	Address        string
	State          string // of the subscriber
	Scope          string
	Wanted         string
	AskedAt        *time.Time

	looked time.Time // when it was last ours and wanted, by the network clock
	letter *letter   `gorm:"-"`
	to     reader    `gorm:"-"`
	named  []int64   `gorm:"-"` // components that the reader's reason names
}

// wants reports whether the subscriber, as they are now, is still to get it (R3.3).
func (j *job) wants() bool {
	if j.Kind == incidents.TellConfirm {
		return j.Address != "" && (j.State == Active || j.AskedAt != nil)
	}
	return j.State == Active && j.CancelledAt == nil && !j.TakenBack
}

// letterKind: what a confirmation says depends on who the subscriber has
// become since it was asked for.
func (j *job) letterKind() Kind {
	switch {
	case j.Kind != incidents.TellConfirm:
		return Kind(j.Kind)
	case j.State == Active && (j.Scope != ScopeNone || j.AskedAt == nil):
		return KindFollows
	}
	return KindConfirm
}

const jobColumns = `d.id, d.page_id, d.announcement_id, d.incident_id, d.subscriber_id, d.attempts, d.due_at, a.kind, a.cancelled_at,
	s.code, s.generation, s.address, s.state, s.scope, s.wanted, s.asked_at,
	case when i.withdrawn_at is not null or u.withdrawn_at is not null or (a.kind = 'postmortem' and m.published_at is null) then true else false end as taken_back`

// jobTables: the desk cancels the announcement of what it takes back; that
// nothing of it leaves is too much to rest on one row.
const jobTables = `deliveries d join subscribers s on s.id = d.subscriber_id join announcements a on a.id = d.announcement_id
	left join incidents i on i.id = a.incident_id left join updates u on u.id = a.update_id
	left join postmortems m on m.incident_id = a.incident_id and a.kind = 'postmortem'`

// claim takes up to n deliveries that are due, oldest first, and never one
// whose reader still waits for an older one of the same incident (R3.2).
// Those that nobody is to get any more are skipped on the way.
func (c *Courier) claim(ctx context.Context, ready []int64, n int) (jobs []*job, skipped int, err error) {
	if len(ready) == 0 || n == 0 {
		return nil, 0, nil
	}
	if due, err := c.anyDue(ctx, ready); err != nil || !due {
		return nil, 0, err
	}
	// Not to be broken off: a commit that is interrupted may have happened, and
	// then nobody would know what is held. It takes milliseconds.
	err = c.DB.Private(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		jobs, skipped = nil, 0
		if err := walkIndexes(tx); err != nil {
			return err
		}
		ids, err := c.lease(tx, ready, n)
		if err != nil || len(ids) == 0 {
			return err
		}
		var all []*job
		err = tx.Raw(`select `+jobColumns+` from `+jobTables+`
			where d.id in ?`, ids).Scan(&all).Error
		if err != nil {
			return fmt.Errorf("load claimed deliveries: %w", err)
		}
		slices.SortFunc(all, func(a, b *job) int { return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID)) })
		var unwanted []int64
		for _, j := range all {
			if j.wants() {
				jobs = append(jobs, j)
				continue
			}
			unwanted = append(unwanted, j.ID)
		}
		skipped = len(unwanted)
		return finish(tx, stateSkipped, unwanted)
	})
	return jobs, skipped, err
}

// walkIndexes: in the middle of a fan-out PostgreSQL's figures are those of a
// table that was nearly empty a second ago. It would sort or hash everything
// that waits, for each batch; a batch is a thousand rows along an index.
func walkIndexes(tx *db.Tx) error {
	if tx.Dialector.Name() != "postgres" {
		return nil
	}
	err := tx.Exec(`select set_config(name, 'off', true) from unnest(array['enable_sort', 'enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin']) name`).Error
	if err != nil {
		return fmt.Errorf("choose indexes: %w", err)
	}
	return nil
}

// anyDue is asked before the writer is: most of the time there is nothing.
func (c *Courier) anyDue(ctx context.Context, ready []int64) (bool, error) {
	var n int
	// served by deliveries_due
	err := c.DB.Read(ctx).Raw(`select count(*) from (select 1 from deliveries where state in ('ready','leased') and due_at <= ? and page_id in ? limit 1) x`, c.DB.Now(), ready).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for due deliveries: %w", err)
	}
	return n > 0, nil
}

// lease marks deliveries as held by this courier. Its own leases never run
// out for itself, however its clock jumps (R4.4): it knows what it holds.
func (c *Courier) lease(tx *db.Tx, ready []int64, n int) (ids []int64, err error) {
	pick := `select d.id from deliveries d
		where d.state in ('ready','leased') and d.due_at <= ? and d.page_id in ?
			and (d.state = 'ready' or (d.lease_until < ? and d.lease_by <> ?))
			and not exists (select 1 from deliveries o where o.subscriber_id = d.subscriber_id and o.incident_id = d.incident_id and o.id < d.id and o.state in ('ready','leased'))
		order by d.due_at, d.id limit ?`
	set := `update deliveries set state = 'leased', lease_until = ?, lease_by = ? where id in (` + pick + `) returning id`
	if tx.Dialector.Name() == "postgres" {
		// Rows that another node is claiming are passed over instead of waited for.
		// Materialized, so that the limit holds: else the plan may run it twice.
		set = `with picked as materialized (` + pick + ` for update of d skip locked)
			update deliveries set state = 'leased', lease_until = ?, lease_by = ? from picked where deliveries.id = picked.id returning deliveries.id`
		err = tx.Raw(set, tx.Now, ready, tx.Now, c.self, n, tx.Now.Add(leaseFor), c.self).Scan(&ids).Error
	} else {
		err = tx.Raw(set, tx.Now.Add(leaseFor), c.self, tx.Now, ready, tx.Now, c.self, n).Scan(&ids).Error
	}
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return ids, nil
}

// finish ends deliveries and counts them on their announcements. One that was
// sent already stays so: that is the truth, whatever came after. Ending one
// again counts nothing: a commit whose answer was lost is tried once more.
func finish(tx *db.Tx, state string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	set := `state = ?, lease_until = null, lease_by = ''`
	args := []any{state}
	if state == stateSent {
		set += `, sent_at = ?, answer = '', attempts = attempts + 1`
		args = append(args, tx.Now)
	}
	var of []int64
	err := tx.Raw(`update deliveries set `+set+` where id in ? and state not in ('sent', ?) returning announcement_id`, append(args, ids, state)...).Scan(&of).Error
	if err != nil {
		return fmt.Errorf("end deliveries as %s: %w", state, err)
	}
	return count(tx, state, of)
}

// stillOurs looks again at a delivery that was claimed a while ago: its reader
// may have left, staff may have stopped it, another node may have taken it.
// A component that it names may have been hidden.
func (c *Courier) stillOurs(ctx context.Context, j *job) (s standing, err error) {
	var now []struct {
		Job     job `gorm:"embedded"`
		LeaseBy string
		Lease   string
		Hidden  int
	}
	named := append([]int64{0}, j.named...) // never empty
	for _, x := range j.letter.news.Affected {
		named = append(named, x.ID)
	}
	err = c.DB.Read(ctx).Raw(`select `+jobColumns+`, d.lease_by, d.state as lease, (select count(*) from components c where c.id in ? and c.hidden) as hidden
		from `+jobTables+` where d.id = ?`, named, j.ID).Scan(&now).Error
	if err != nil {
		return s, fmt.Errorf("look again at delivery %d: %w", j.ID, err)
	}
	if len(now) == 0 || now[0].Lease != stateLeased || now[0].LeaseBy != c.self {
		return s, nil
	}
	return standing{ours: true, wanted: now[0].Job.wants(), current: now[0].Hidden == 0}, nil
}

// standing is how a delivery stands when it is looked at again.
type standing struct{ ours, wanted, current bool }

// renew keeps what this courier holds.
func (c *Courier) renew(ctx context.Context) error {
	return c.DB.Private(ctx, func(tx *db.Tx) error {
		return tx.Exec(`update deliveries set lease_until = ? where state = 'leased' and lease_by = ?`, tx.Now.Add(leaseFor), c.self).Error
	})
}

// takeOver frees what an earlier process of this node held when it died, so
// that a restart need not wait for its leases (R3.2: within 10 s).
func (c *Courier) takeOver(ctx context.Context) error {
	return c.DB.Private(ctx, func(tx *db.Tx) error {
		err := tx.Exec(`update deliveries set state = 'ready', lease_until = null, lease_by = '' where state = 'leased' and lease_by like ? escape '!' and lease_by <> ?`,
			likeEscaper.Replace(c.Node)+"/%", c.self).Error
		if err != nil {
			return fmt.Errorf("take over the leases of %s: %w", c.Node, err)
		}
		return nil
	})
}

// freeOwn frees what this process holds, between two rounds: then nothing of
// it is being sent.
func (c *Courier) freeOwn(ctx context.Context) error {
	return c.DB.Private(ctx, func(tx *db.Tx) error {
		return tx.Exec(`update deliveries set state = 'ready', lease_until = null, lease_by = '' where state = 'leased' and lease_by = ?`, c.self).Error
	})
}

// reasons finds out why each reader gets the letter.
type reasons struct {
	g        *gorm.DB
	renderer Renderer
	titles   map[string]string // of incidents, by code, for one batch
	known    map[reasonKey]reason
}

// reasonKey is what a reason depends on.
type reasonKey struct {
	page    int64
	kind    Kind
	follows string
}

func newReasons(r Renderer) *reasons {
	return &reasons{renderer: r, titles: map[string]string{}, known: map[reasonKey]reason{}}
}

// fill gives each job its reason, with a question or two a batch.
func (r *reasons) fill(ctx context.Context, d *db.DB, jobs []*job, pages map[int64]known) error {
	r.g = d.Read(ctx)
	clear(r.titles)
	followed, err := r.followed(jobs)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.letter == nil {
			continue
		}
		cs := pages[j.PageID].visible
		var f Follows
		var named []components.Component
		if j.letterKind() == KindConfirm {
			f, named, err = r.askedFor(j, cs)
		} else {
			f, named = follows(j.Scope, followed[j.SubscriberID], j.letter.news, cs, j.letterKind())
		}
		if err != nil {
			return err
		}
		for _, c := range named {
			j.named = append(j.named, c.ID)
		}
		key := reasonKey{j.PageID, j.letterKind(), f.key()}
		known, ok := r.known[key]
		if !ok {
			if len(r.known) >= 1000 { // so many wordings are not worth remembering
				clear(r.known)
			}
			known = newReason(r.renderer.Reason(j.letter.page, key.kind, f))
			r.known[key] = known
		}
		j.to.Reason = known
	}
	return nil
}

func (r *reasons) followed(jobs []*job) (map[int64][]int64, error) {
	var ids []int64
	for _, j := range jobs {
		if j.Scope == ScopeSome {
			ids = append(ids, j.SubscriberID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct{ SubscriberID, ComponentID int64 }
	err := r.g.Raw(`select subscriber_id, component_id from subscriber_components where subscriber_id in ? order by subscriber_id, component_id`, ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load what readers follow: %w", err)
	}
	m := map[int64][]int64{}
	for _, x := range rows {
		m[x.SubscriberID] = append(m[x.SubscriberID], x.ComponentID)
	}
	return m, nil
}

// follows is what a reader follows, seen from the letter: a reader of chosen
// components who has none of the affected ones follows the incident itself.
func follows(scope string, chosen []int64, a incidents.Announcement, cs []components.Component, k Kind) (f Follows, named []components.Component) {
	if scope == ScopeAll {
		return Follows{Everything: true}, nil
	}
	affected := map[int64]bool{}
	for _, c := range a.Affected {
		affected[c.ID] = true
	}
	var mine []components.Component
	hit := k == KindFollows
	for _, c := range cs {
		if slices.Contains(chosen, c.ID) {
			mine = append(mine, c)
			hit = hit || affected[c.ID]
		}
	}
	if !hit || len(mine) == 0 {
		return Follows{Incident: true}, nil
	}
	slices.SortStableFunc(mine, func(x, y components.Component) int {
		return cmp.Compare(boolRank(affected[x.ID]), boolRank(affected[y.ID]))
	})
	return Follows{Components: names(mine)}, mine
}

func boolRank(first bool) int {
	if first {
		return 0
	}
	return 1
}

func (r *reasons) askedFor(j *job, cs []components.Component) (f Follows, named []components.Component, err error) {
	w, err := decodeWanted(j.Wanted)
	if err != nil {
		return f, nil, err
	}
	switch w.Scope {
	case ScopeAll:
		f.Everything = true
	case ScopeSome:
		named = slices.DeleteFunc(slices.Clone(cs), func(c components.Component) bool { return !slices.Contains(w.Components, c.Code) })
		f.Components = names(named)
	}
	if f.Incident = w.Incident != ""; f.Incident {
		f.Title, err = r.title(j.PageID, w.Incident)
	}
	return f, named, err
}

// title is that of an incident that readers may know of, or "".
func (r *reasons) title(page int64, code string) (string, error) {
	if t, ok := r.titles[code]; ok {
		return t, nil
	}
	var t string
	if err := r.g.Raw(`select title from incidents where page_id = ? and code = ? and withdrawn_at is null`, page, code).Scan(&t).Error; err != nil {
		return "", fmt.Errorf("load the title of an incident: %w", err)
	}
	r.titles[code] = t
	return t, nil
}

func names(cs []components.Component) []string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = strings.TrimSpace(c.Name)
	}
	return out
}

// readyPages are the pages whose letters may leave.
func (c *Courier) readyPages(ctx context.Context) (map[int64]pages.Page, []int64, error) {
	all, err := pages.Store{DB: c.DB}.All(ctx)
	if err != nil {
		return nil, nil, err
	}
	byID := map[int64]pages.Page{}
	var ids []int64
	for _, p := range all {
		if p.MailReady() {
			byID[p.ID] = p
			ids = append(ids, p.ID)
		}
	}
	return byID, ids, nil
}
