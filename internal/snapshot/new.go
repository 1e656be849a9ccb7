package snapshot

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/statusd/statusd/internal/components"
)

// New completes a picture from its facts: order, look-ups, what groups and the
// page come to, and when it must be built again. s must not be used afterwards.
func New(s Snapshot) *Snapshot {
	zone, err := time.LoadLocation(s.Page.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	s.Zone = zone
	s.bodies, s.tongues, s.days, s.chosen, s.own, s.root, s.told = &bodies{}, &tongues{}, &atomic.Pointer[calendar]{}, ByPage, s.Page.Language, nil, nil
	for i := range s.Groups {
		var in []components.Status
		for _, c := range s.Groups[i].Components {
			in = append(in, c.Status)
		}
		s.Groups[i].Status = components.Worst(in...)
	}
	s.Status = components.Worst(s.Statuses()...)
	s.Indicator = components.Indicate(s.Statuses())
	slices.SortStableFunc(s.Incidents, func(a, b *Incident) int {
		return cmp.Or(b.Shown().Compare(a.Shown()), cmp.Compare(b.Number, a.Number))
	})
	s.byCode = make(map[string]*Incident, len(s.Incidents))
	s.byID = make(map[int64]*Incident, len(s.Incidents))
	for _, i := range s.Incidents {
		s.byCode[i.Code], s.byID[i.ID] = i, i
		if i.folded == nil {
			i.folded = &folded{}
		}
	}
	s.NotAfter = s.expires()
	return &s
}

const quarter = 15 * time.Minute

// expires is the next local midnight, when the past days move, or the moment
// an open promise is missed, whichever is first. While something is wrong,
// uptime falls: then it is looked at every quarter of an hour.
func (s *Snapshot) expires() time.Time {
	now := s.BuiltAt.In(s.Zone)
	next := components.NextDay(now)
	if soon := s.BuiltAt.Truncate(quarter).Add(quarter); s.Page.ShowUptime && s.Status.Rank() > components.Maintenance.Rank() && soon.Before(next) {
		next = soon
	}
	for _, i := range s.Incidents {
		if p := i.NextUpdateBy; i.Open() && p != nil && p.After(s.BuiltAt) && p.Before(next) {
			next = *p
		}
	}
	return next.UTC()
}
