package incidents

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/components"
)

// Standing is the page as it stood at a moment: what readers were shown then,
// whatever was corrected since.
type Standing struct {
	At        time.Time
	Statuses  map[int64]components.Status // by component id, as we said then of that moment
	Incidents []Stood                     // newest first
	Headline  *Headline                   // that staff had written; nil: the automatic one
}

// Stood is an incident as it stood.
type Stood struct {
	ID         int64
	Content              // of the incident itself
	Updates    []Content // newest first
	Postmortem *Content  // nil: none was published
}

// AsOf reads the page as it stood at a moment from the two ledgers: the last
// revision of each thing that readers were shown until then, and the statuses
// that were said then of then. What was imported counts as shown when it was
// posted elsewhere.
func (s Store) AsOf(ctx context.Context, page int64, at time.Time) (Standing, error) {
	out := Standing{At: at}
	var err error
	if out.Statuses, err = (components.Store{DB: s.DB}).StatusesAt(ctx, page, at, at); err != nil {
		return out, err
	}
	if out.Headline, err = s.headlineAt(ctx, page, at); err != nil {
		return out, err
	}
	var rs []Revision
	// served by revisions_shown
	err = s.DB.Read(ctx).Raw(`select r.id, r.page_id, r.subject, r.subject_id, r.incident_id, r.revision, r.action, r.content, r.recorded_at, r.shown_at, r.author_id, r.author_name, r.prev_hash, r.hash
		from revisions r join (select max(id) as id from revisions where page_id = ? and shown_at <= ? group by subject, subject_id) last on last.id = r.id order by r.id`, page, at).Scan(&rs).Error
	if err != nil {
		return out, fmt.Errorf("load revisions as of a moment: %w", err)
	}
	out.Incidents, err = stand(rs)
	return out, err
}

// stand puts revisions together into incidents; what was hidden then is left out.
func stand(rs []Revision) ([]Stood, error) {
	byID := map[int64]*Stood{}
	var order []int64
	for _, r := range rs {
		c, err := r.Decode()
		if err != nil {
			return nil, err
		}
		st := byID[r.IncidentID]
		if st == nil {
			st = &Stood{ID: r.IncidentID}
			byID[r.IncidentID] = st
			order = append(order, r.IncidentID)
		}
		switch {
		case r.Subject == OfIncident:
			st.Content = c
		case r.Subject == OfTranslation: // the page as it stood is told in its own words
		case c.Hidden:
		case r.Subject == OfUpdate:
			st.Updates = append(st.Updates, c)
		default:
			st.Postmortem = &c
		}
	}
	var out []Stood
	for _, id := range order {
		st := byID[id]
		if st.Hidden || len(st.Updates) == 0 {
			continue
		}
		// Positions may have moved since a revision was written; times have not.
		slices.SortStableFunc(st.Updates, func(a, b Content) int {
			return cmp.Or(b.HappenedAt.Compare(*a.HappenedAt), cmp.Compare(b.Position, a.Position))
		})
		out = append(out, *st)
	}
	slices.SortStableFunc(out, func(a, b Stood) int { return cmp.Or(b.StartedAt.Compare(*a.StartedAt), cmp.Compare(b.ID, a.ID)) })
	return out, nil
}
