package components

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// The most there may be on one page.
const (
	MaxComponents = 1000
	MaxGroups     = 100
)

// Store asks for components and spans.
type Store struct{ DB *db.DB }

const (
	componentColumns = `id, page_id, group_id, code, name, description, status, status_since, position, start_date, hidden, showcase, changed_version, created_at, updated_at, archived_at`
	groupColumns     = `id, page_id, code, name, description, position, changed_version, created_at, updated_at, archived_at`
	spanColumns      = `id, page_id, component_id, status, valid_from, valid_to, recorded_at, superseded_at, cause, incident_id, update_id, author_id, author_name, version, superseded_version`
)

// List is a page's components that are not archived: groups in their order,
// components in theirs. Staff see hidden ones too.
func (s Store) List(ctx context.Context, page int64) ([]Group, []Component, error) {
	return list(s.DB.Read(ctx), page, false)
}

// Codes are List's components with nothing but their codes: what a form is
// checked against, without the cost of a thousand whole rows.
func (s Store) Codes(ctx context.Context, page int64) ([]Component, error) {
	var codes []string
	// served by components_page
	if err := s.DB.Read(ctx).Raw(`select code from components where page_id = ? and archived_at is null order by position, id`, page).Scan(&codes).Error; err != nil {
		return nil, fmt.Errorf("load codes of components: %w", err)
	}
	cs := make([]Component, len(codes))
	for n, code := range codes {
		cs[n].Code = code
	}
	return cs, nil
}

// All is List with the archived ones, for history that names them.
func (s Store) All(ctx context.Context, page int64) ([]Group, []Component, error) {
	return list(s.DB.Read(ctx), page, true)
}

// ListIn is List inside a transaction.
func ListIn(tx *db.Tx, page int64) ([]Group, []Component, error) { return list(tx.DB, page, false) }

// Changed are the groups and components that were written after a page version,
// archived ones too, in no order, for the picture; with a negative version all.
func Changed(g *gorm.DB, page, after int64) ([]Group, []Component, error) {
	return rows(g, ` where page_id = ? and changed_version > ?`, page, after)
}

func list(g *gorm.DB, page int64, archived bool) ([]Group, []Component, error) {
	where := ` where page_id = ?`
	if !archived {
		where += ` and archived_at is null`
	}
	// served by components_page
	return rows(g, where+` order by position, id`, page)
}

func rows(g *gorm.DB, where string, args ...any) (groups []Group, cs []Component, err error) {
	if err := g.Raw(`select `+groupColumns+` from component_groups`+where, args...).Scan(&groups).Error; err != nil {
		return nil, nil, fmt.Errorf("load groups: %w", err)
	}
	if err := g.Raw(`select `+componentColumns+` from components`+where, args...).Scan(&cs).Error; err != nil {
		return nil, nil, fmt.Errorf("load components: %w", err)
	}
	return groups, cs, nil
}

// ByCode is one component of the page, archived or not; fault.NotFound when
// there is none.
func ByCode(tx *db.Tx, page int64, code string) (Component, error) {
	var c Component
	err := tx.Raw(`select `+componentColumns+` from components where page_id = ? and code = ?`, page, code).Take(&c).Error
	return c, notFound(err, "load component")
}

// GroupByCode is one group of the page that is not archived.
func GroupByCode(tx *db.Tx, page int64, code string) (Group, error) {
	var g Group
	err := tx.Raw(`select `+groupColumns+` from component_groups where page_id = ? and code = ? and archived_at is null`, page, code).Take(&g).Error
	return g, notFound(err, "load group")
}

func notFound(err error, doing string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Add inserts a component, last in its group, with its first span from since.
func Add(tx *db.Tx, c Component, since time.Time, why Why) (Component, error) {
	c.Code, c.ChangedVersion, c.CreatedAt, c.UpdatedAt = codeOr(c.Code), tx.Version, tx.Now, tx.Now
	if c.Status == "" {
		c.Status = Operational
	}
	c.StatusSince = since
	if c.Position == 0 {
		if err := tx.Raw(`select coalesce(max(position), 0) + 1 from components where page_id = ?`, c.PageID).Scan(&c.Position).Error; err != nil {
			return c, fmt.Errorf("place component: %w", err)
		}
	}
	if err := tx.Create(&c).Error; err != nil {
		return c, taken(err, "name", "component.name_taken", c.Name, "add component")
	}
	if err := insertSpan(tx, c, Span{Status: c.Status, ValidFrom: since, Cause: why.Cause, AuthorID: why.AuthorID, AuthorName: why.AuthorName}); err != nil {
		return c, err
	}
	return c, nil
}

// AddGroup inserts a group, last on the page.
func AddGroup(tx *db.Tx, g Group) (Group, error) {
	g.Code, g.ChangedVersion, g.CreatedAt, g.UpdatedAt = codeOr(g.Code), tx.Version, tx.Now, tx.Now
	if g.Position == 0 {
		if err := tx.Raw(`select coalesce(max(position), 0) + 1 from component_groups where page_id = ?`, g.PageID).Scan(&g.Position).Error; err != nil {
			return g, fmt.Errorf("place group: %w", err)
		}
	}
	if err := tx.Table("component_groups").Create(&g).Error; err != nil {
		return g, taken(err, "name", "component.group_taken", g.Name, "add group")
	}
	return g, nil
}

// TableName is the table of the rows.
func (Group) TableName() string { return "component_groups" }

// TableName is the table of the rows.
func (Span) TableName() string { return "component_spans" }

// Save writes everything of a component but its status, which only Apply and
// SetRange move.
func Save(tx *db.Tx, c Component) error {
	err := tx.Exec(`update components set group_id = ?, name = ?, description = ?, position = ?, start_date = ?, hidden = ?, showcase = ?, changed_version = ?, updated_at = ?, archived_at = ? where page_id = ? and id = ?`,
		c.GroupID, c.Name, c.Description, c.Position, c.StartDate, c.Hidden, c.Showcase, tx.Version, tx.Now, c.ArchivedAt, c.PageID, c.ID).Error
	return taken(err, "name", "component.name_taken", c.Name, "save component")
}

// SaveGroup writes a group.
func SaveGroup(tx *db.Tx, g Group) error {
	err := tx.Exec(`update component_groups set name = ?, description = ?, position = ?, changed_version = ?, updated_at = ?, archived_at = ? where page_id = ? and id = ?`,
		g.Name, g.Description, g.Position, tx.Version, tx.Now, g.ArchivedAt, g.PageID, g.ID).Error
	return taken(err, "name", "component.group_taken", g.Name, "save group")
}

func taken(err error, field, key, name, doing string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.At(field, key, "Name", name)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func codeOr(code string) string {
	if code != "" {
		return code
	}
	return db.NewCode()
}

// Apply sets components to statuses from at on, until the next change that the
// ledger already knows; usually that is "until further notice". It returns
// what each was before and is now. What says the same as before is said again,
// by its own update: when that before is taken back, this still stands. An
// unknown or archived component is a fault beside field "components".
func Apply(tx *db.Tx, page int64, changes []Change, at time.Time, why Why) ([]Applied, error) {
	var out []Applied
	for _, ch := range changes {
		c, err := ByCode(tx, page, ch.Component)
		if fault.Is(err, fault.NotFound) || (err == nil && c.ArchivedAt != nil && !ch.Archived) {
			return nil, fault.At("components", "incident.unknown_component")
		}
		if err != nil {
			return nil, err
		}
		if !ch.Status.Valid() {
			return nil, fault.At("components", "component.status")
		}
		old, err := applyOne(tx, c, ch, at, why)
		if err != nil {
			return nil, err
		}
		said := ch.Status
		if ch.Attach {
			said = old
		}
		c.Status = said
		out = append(out, Applied{Component: c, Old: old, New: said})
	}
	return out, nil
}

func applyOne(tx *db.Tx, c Component, ch Change, from time.Time, why Why) (Status, error) {
	live, err := live(tx, c)
	if err != nil {
		return "", err
	}
	old := Operational
	if s := at(live, from); s != nil && s.contains(from) {
		old = s.Status
	}
	if ch.Attach {
		return old, nil
	}
	return old, setRange(tx, c, live, ch.Status, from, nextChange(live, from), why)
}

// SetRange says that a component was in status during [from, to), whatever was
// said before; to may be nil for "until further notice".
func SetRange(tx *db.Tx, c Component, status Status, from time.Time, to *time.Time, why Why) error {
	if to != nil && !to.After(from) {
		return nil
	}
	live, err := live(tx, c)
	if err != nil {
		return err
	}
	return setRange(tx, c, live, status, from, to, why)
}

// Begin says that a component worked from a moment on until the first thing that
// is known of it, as somebody does who gives it a start date in the past.
// Nothing changes where something is known of that moment.
func Begin(tx *db.Tx, c Component, from time.Time, why Why) error {
	live, err := live(tx, c)
	if err != nil || len(live) == 0 || !from.Before(live[0].ValidFrom) {
		return err
	}
	return setRange(tx, c, live, Operational, from, &live[0].ValidFrom, why)
}

// TakeBack says that a span was never so: what stood before it goes on through
// it, for the reason it stood there, which is returned. With nothing before it
// the component worked.
func TakeBack(tx *db.Tx, c Component, s Span) (stands Span, err error) {
	live, err := live(tx, c)
	if err != nil {
		return stands, err
	}
	stands = Span{Status: Operational, Cause: CauseStart}
	for _, x := range live {
		if x.ValidTo != nil && x.ValidTo.Equal(s.ValidFrom) {
			stands = x
		}
	}
	why := Why{Cause: stands.Cause, IncidentID: stands.IncidentID, UpdateID: stands.UpdateID, AuthorID: stands.AuthorID, AuthorName: stands.AuthorName}
	return stands, setRange(tx, c, live, stands.Status, s.ValidFrom, s.ValidTo, why)
}

func setRange(tx *db.Tx, c Component, live []Span, status Status, from time.Time, to *time.Time, why Why) error {
	gone, added := rewrite(live, status, from, to, why)
	for _, s := range gone {
		if err := tx.Exec(`update component_spans set superseded_at = ?, superseded_version = ? where page_id = ? and id = ?`, tx.Now, tx.Version, c.PageID, s.ID).Error; err != nil {
			return fmt.Errorf("supersede span %d: %w", s.ID, err)
		}
	}
	for _, s := range added {
		if err := insertSpan(tx, c, s); err != nil {
			return err
		}
	}
	return settle(tx, c)
}

// settle writes the component's current status: that of the live span which
// holds this moment, or of the one that lasts until further notice.
func settle(tx *db.Tx, c Component) error {
	live, err := live(tx, c)
	if err != nil {
		return err
	}
	s := at(live, tx.Now)
	if s == nil && len(live) > 0 {
		s = &live[len(live)-1]
	}
	if s == nil {
		return nil
	}
	since := since(live, *s)
	if s.Status == c.Status && since.Equal(c.StatusSince) {
		return nil
	}
	err = tx.Exec(`update components set status = ?, status_since = ?, changed_version = ?, updated_at = ? where page_id = ? and id = ?`, s.Status, since, tx.Version, tx.Now, c.PageID, c.ID).Error
	if err != nil {
		return fmt.Errorf("settle component %d: %w", c.ID, err)
	}
	return nil
}

func insertSpan(tx *db.Tx, c Component, s Span) error {
	s.ID, s.PageID, s.ComponentID, s.RecordedAt, s.SupersededAt = 0, c.PageID, c.ID, tx.Now, nil
	s.Version, s.SupersededVersion = tx.Version, nil
	if err := tx.Create(&s).Error; err != nil {
		return fmt.Errorf("add span of component %d: %w", c.ID, err)
	}
	return nil
}

// live are the spans that we still say, oldest first; served by component_spans_live.
func live(tx *db.Tx, c Component) ([]Span, error) {
	var out []Span
	err := tx.Raw(`select `+spanColumns+` from component_spans where page_id = ? and component_id = ? and superseded_at is null order by valid_from`, c.PageID, c.ID).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("load spans of component %d: %w", c.ID, err)
	}
	return out, nil
}

// OfUpdate are the live spans that an update caused.
func OfUpdate(tx *db.Tx, page, update int64) ([]Span, error) {
	var out []Span
	err := tx.Raw(`select `+spanColumns+` from component_spans where page_id = ? and update_id = ? and superseded_at is null order by component_id, valid_from`, page, update).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("load spans of update %d: %w", update, err)
	}
	return out, nil
}

// ByID are components by their row ids, archived ones too.
func ByID(tx *db.Tx, page int64, ids []int64) (map[int64]Component, error) {
	m := map[int64]Component{}
	if len(ids) == 0 {
		return m, nil
	}
	var cs []Component
	if err := tx.Raw(`select `+componentColumns+` from components where page_id = ? and id in ?`, page, ids).Scan(&cs).Error; err != nil {
		return nil, fmt.Errorf("load components by id: %w", err)
	}
	for _, c := range cs {
		m[c.ID] = c
	}
	return m, nil
}

// Spans are what we still say of the page's components, with an instant after
// since; oldest first.
func (s Store) Spans(ctx context.Context, page int64, since time.Time) ([]Span, error) {
	var out []Span
	err := s.DB.Read(ctx).Raw(`select `+spanColumns+` from component_spans where page_id = ? and superseded_at is null and (valid_to is null or valid_to > ?) order by component_id, valid_from`, page, since).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("load spans: %w", err)
	}
	return out, nil
}

// SpansChanged are the spans that were said or taken back after a page version,
// for the picture; with a negative version all that are still said.
func SpansChanged(g *gorm.DB, page, after int64) ([]Span, error) {
	where := `superseded_at is null`
	args := []any{page}
	if after >= 0 {
		// served by component_spans_version and component_spans_taken_back
		where = `(version > ? or superseded_version > ?)`
		args = append(args, after, after)
	}
	var out []Span
	if err := g.Raw(`select `+spanColumns+` from component_spans where page_id = ? and `+where+` order by component_id, valid_from, id`, args...).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("load changed spans: %w", err)
	}
	return out, nil
}

// StatusesAt is what we said at the moment asOf of the statuses at the moment
// when: component id to status. Two moments, since what we say of yesterday
// may change today. What was imported, and that it worked since its start date,
// counts as said of its own time where nothing else was.
func (s Store) StatusesAt(ctx context.Context, page int64, when, asOf time.Time) (map[int64]Status, error) {
	var rows []Span
	err := s.DB.Read(ctx).Raw(`select `+spanColumns+` from component_spans where page_id = ? and valid_from <= ? and (valid_to is null or valid_to > ?) and (
		(recorded_at <= ? and (superseded_at is null or superseded_at > ?)) or
		(cause in ('import', 'start') and recorded_at > ? and superseded_at is null)) order by component_id, recorded_at desc, id`, page, when, when, asOf, asOf, asOf).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load statuses as of a moment: %w", err)
	}
	m := make(map[int64]Status, len(rows))
	for _, r := range rows {
		m[r.ComponentID] = r.Status
	}
	return m, nil
}
