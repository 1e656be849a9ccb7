package notify

import (
	"context"
	"fmt"

	"github.com/statusd/statusd/internal/incidents"
)

// audience is to whom an announcement goes.
type audience struct {
	Components  []int64
	Incident    int64
	Ends        bool // also to those who want only start and end
	Maintenance bool
}

func audienceOf(a incidents.Announcement) audience {
	who := audience{Incident: a.IncidentID, Maintenance: a.Telling == incidents.TellMaintenance}
	for _, c := range a.Affected {
		who.Components = append(who.Components, c.ID)
	}
	switch a.Telling {
	case incidents.TellNew, incidents.TellResolved, incidents.TellPostmortem:
		who.Ends = true // a postmortem is the end of the end
	default:
		who.Ends = a.Ends
	}
	return who
}

// where is the one rule of who gets what, over subscribers s. Who follows one
// incident gets it whatever components it touches, and maintenance they asked
// for by name too.
func (a audience) where() (sql string, args []any) {
	follows := `exists (select 1 from subscriber_incidents si where si.incident_id = ? and si.subscriber_id = s.id)`
	sql = `s.state = 'active' and s.channel = 'email'
		and (s.scope = 'all'
			or (s.scope = 'some' and exists (select 1 from subscriber_components sc where sc.subscriber_id = s.id and sc.component_id in ?))
			or ` + follows + `)`
	args = []any{a.Components, a.Incident}
	if len(a.Components) == 0 {
		args[0] = []int64{0} // no component has it
	}
	if !a.Ends {
		sql += ` and s.frequency = 'every'`
	}
	if a.Maintenance {
		sql += ` and (s.maintenance or ` + follows + `)`
		args = append(args, a.Incident)
	}
	return sql, args
}

// Recipients is how many subscribers an announcement would go to: the number
// on the button that publishes. components are those that the incident
// affects, incident is 0 for a new one. An update that is neither start nor
// end leaves out those who want only these.
func (s *Subscribers) Recipients(ctx context.Context, page int64, components []int64, incident int64, t incidents.Telling) (int, error) {
	a := incidents.Announcement{Telling: t, IncidentID: incident, Ends: t == incidents.TellMaintenance}
	for _, id := range components {
		a.Affected = append(a.Affected, incidents.AnnouncedComponent{ID: id})
	}
	sql, args := audienceOf(a).where()
	var n int
	// served by subscribers_state
	err := s.DB.Read(ctx).Raw(`select count(*) from subscribers s where s.page_id = ? and `+sql, append([]any{page}, args...)...).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count recipients: %w", err)
	}
	return n, nil
}
