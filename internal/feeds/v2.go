package feeds

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// V2 is the public read API that monitors, bots and widgets of other status
// pages ask (CONTRACT 2): names, types, nulls and the order of keys are theirs.
var V2 = []Format{
	v2("status", func(o *v2Page, s *snapshot.Snapshot) { o.Status = v2StatusOf(s) }),
	v2("summary", func(o *v2Page, s *snapshot.Snapshot) {
		o.Components, o.Incidents, o.Status = ptr(v2Components(s)), ptr(v2Incidents(s, unresolved)), v2StatusOf(s)
		o.Maintenances = ptr(v2Incidents(s, func(i *snapshot.Incident) bool { return i.Kind == incidents.KindMaintenance && i.Open() }))
	}),
	v2("components", func(o *v2Page, s *snapshot.Snapshot) { o.Components = ptr(v2Components(s)) }),
	v2("incidents", func(o *v2Page, s *snapshot.Snapshot) {
		o.Incidents = ptr(v2Incidents(s, func(i *snapshot.Incident) bool { return i.Kind == incidents.KindIncident }))
	}),
	v2("incidents/unresolved", func(o *v2Page, s *snapshot.Snapshot) { o.Incidents = ptr(v2Incidents(s, unresolved)) }),
	v2("scheduled-maintenances", func(o *v2Page, s *snapshot.Snapshot) {
		o.Maintenances = ptr(v2Incidents(s, func(i *snapshot.Incident) bool { return i.Kind == incidents.KindMaintenance }))
	}),
	v2("scheduled-maintenances/upcoming", func(o *v2Page, s *snapshot.Snapshot) {
		o.Maintenances = ptr(v2Incidents(s, func(i *snapshot.Incident) bool { return i.State == incidents.Scheduled }))
	}),
	v2("scheduled-maintenances/active", func(o *v2Page, s *snapshot.Snapshot) {
		o.Maintenances = ptr(v2Incidents(s, func(i *snapshot.Incident) bool {
			return i.State == incidents.InProgress || i.State == incidents.Verifying
		}))
	}),
}

// v2Most is how many incidents a list holds.
const v2Most = 50

// jsonType is what JSON is served as.
const jsonType = "application/json; charset=utf-8"

func v2(name string, fill func(*v2Page, *snapshot.Snapshot)) Format {
	return Format{Kind: "v2/" + name, Path: "/api/v2/" + name + ".json", ContentType: jsonType, Render: func(src Source) ([]byte, error) {
		s := src.Snapshot
		o := &v2Page{Page: v2HeaderOf(s)}
		fill(o, s)
		raw, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("write %s.json: %w", name, err)
		}
		return raw, nil
	}}
}

func v2HeaderOf(s *snapshot.Snapshot) v2Header {
	return v2Header{ID: s.Page.Code, Name: s.Page.Name, URL: s.Page.BaseURL, TimeZone: s.Page.TimeZone, UpdatedAt: local(s, s.ChangedAt)}
}

func ptr[T any](v T) *T { return &v }

func unresolved(i *snapshot.Incident) bool { return i.Kind == incidents.KindIncident && i.Open() }

// v2Page is every answer; what a path does not have is left out.
type v2Page struct {
	Page         v2Header       `json:"page"`
	Components   *[]v2Component `json:"components,omitempty"`
	Incidents    *[]v2Incident  `json:"incidents,omitempty"`
	Maintenances *[]v2Incident  `json:"scheduled_maintenances,omitempty"`
	Status       *v2Status      `json:"status,omitempty"`
}

type v2Header struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	TimeZone  string `json:"time_zone"`
	UpdatedAt string `json:"updated_at"`
}

type v2Status struct {
	Indicator   components.Indicator `json:"indicator"`
	Description string               `json:"description"`
}

type v2Component struct {
	ID                 string            `json:"id"`
	Name               string            `json:"name"`
	Status             components.Status `json:"status"`
	CreatedAt          string            `json:"created_at"`
	UpdatedAt          string            `json:"updated_at"`
	Position           int               `json:"position"`
	Description        *string           `json:"description"`
	Showcase           bool              `json:"showcase"`
	StartDate          *string           `json:"start_date"`
	GroupID            *string           `json:"group_id"`
	PageID             string            `json:"page_id"`
	Group              bool              `json:"group"`
	OnlyShowIfDegraded bool              `json:"only_show_if_degraded"`
	Components         []string          `json:"components,omitempty"` // of a group
}

type v2Incident struct {
	ID             string               `json:"id"`
	Name           string               `json:"name"`
	Status         string               `json:"status"`
	CreatedAt      string               `json:"created_at"`
	UpdatedAt      string               `json:"updated_at"`
	MonitoringAt   *string              `json:"monitoring_at"`
	ResolvedAt     *string              `json:"resolved_at"`
	Impact         components.Indicator `json:"impact"`
	Shortlink      string               `json:"shortlink"`
	StartedAt      string               `json:"started_at"`
	PageID         string               `json:"page_id"`
	Updates        []v2Update           `json:"incident_updates"`
	Components     []v2Component        `json:"components"`
	ScheduledFor   *string              `json:"scheduled_for,omitempty"`
	ScheduledUntil *string              `json:"scheduled_until,omitempty"`
}

type v2Update struct {
	ID                   string       `json:"id"`
	Status               string       `json:"status"`
	Body                 string       `json:"body"`
	IncidentID           string       `json:"incident_id"`
	CreatedAt            string       `json:"created_at"`
	UpdatedAt            string       `json:"updated_at"`
	DisplayAt            string       `json:"display_at"`
	AffectedComponents   []v2Affected `json:"affected_components"` // null for none
	DeliverNotifications bool         `json:"deliver_notifications"`
	CustomTweet          *string      `json:"custom_tweet"`
	TweetID              *string      `json:"tweet_id"`
}

type v2Affected struct {
	Code      string            `json:"code"`
	Name      string            `json:"name"`
	OldStatus components.Status `json:"old_status"`
	NewStatus components.Status `json:"new_status"`
}

// v2StatusOf is the page's own status. It follows the components alone, as the
// contract has it, unless the page asks for the truth about open incidents too.
func v2StatusOf(s *snapshot.Snapshot) *v2Status {
	out := &v2Status{Indicator: s.Indicator, Description: components.Describe(s.Statuses())}
	if !s.Page.RaiseIndicator {
		return out
	}
	for _, i := range s.Open() {
		if i.Impact.Rank() > out.Indicator.Rank() {
			out.Indicator, out.Description = i.Impact, raised[i.Impact]
		}
	}
	return out
}

// raised are the headlines of an indicator that an incident raised.
var raised = map[components.Indicator]string{
	components.Minor: "Minor Service Outage", components.Major: "Partial System Outage", components.Critical: "Major System Outage",
}

// local is a time in the page's zone, with milliseconds; a page in UTC prints Z
// (CONTRACT 1.2).
func local(s *snapshot.Snapshot, t time.Time) string {
	return t.In(s.Zone).Format("2006-01-02T15:04:05.000Z07:00")
}

func localOrNull(s *snapshot.Snapshot, t *time.Time) *string {
	if t == nil {
		return nil
	}
	return ptr(local(s, *t))
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// v2Components are all components in page order, the children of a group after
// it. Positions begin at 1 on the page and again inside each group.
func v2Components(s *snapshot.Snapshot) []v2Component {
	out := []v2Component{}
	place := 0
	for _, g := range s.Groups {
		if g.Name == "" {
			for _, c := range g.Components {
				place++
				one := v2ComponentOf(s, c, nil)
				one.Position = place
				out = append(out, one)
			}
			continue
		}
		place++
		group := v2Component{
			ID: g.Code, Name: g.Name, Status: g.Status, CreatedAt: local(s, g.CreatedAt), UpdatedAt: local(s, g.UpdatedAt), Position: place,
			Description: orNull(g.Description), PageID: s.Page.Code, Group: true,
		}
		for _, c := range g.Components {
			group.Components = append(group.Components, c.Code)
		}
		out = append(out, group)
		for _, c := range g.Components {
			out = append(out, v2ComponentOf(s, c, &g.Code))
		}
	}
	return out
}

func v2ComponentOf(s *snapshot.Snapshot, c snapshot.Component, group *string) v2Component {
	return v2Component{
		ID: c.Code, Name: c.Name, Status: c.Status, CreatedAt: local(s, c.CreatedAt), UpdatedAt: local(s, c.UpdatedAt), Position: c.Position,
		Description: orNull(c.Description), Showcase: c.Showcase, StartDate: orNull(c.StartDate), GroupID: group, PageID: s.Page.Code,
	}
}

// v2Incidents are the incidents that are wanted, newest first by when they were
// made.
func v2Incidents(s *snapshot.Snapshot, want func(*snapshot.Incident) bool) []v2Incident {
	var all []*snapshot.Incident
	for _, i := range s.Incidents {
		if want(i) {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b *snapshot.Incident) int { return b.CreatedAt.Compare(a.CreatedAt) })
	byCode := v2ByCode(s)
	out := []v2Incident{}
	for _, i := range all[:min(v2Most, len(all))] {
		out = append(out, v2IncidentOf(s, i, byCode))
	}
	return out
}

func v2ByCode(s *snapshot.Snapshot) map[string]v2Component {
	out := map[string]v2Component{}
	for _, c := range v2Components(s) {
		out[c.ID] = c
	}
	return out
}

func v2IncidentOf(s *snapshot.Snapshot, i *snapshot.Incident, byCode map[string]v2Component) v2Incident {
	out := v2Incident{
		ID: i.Code, Name: i.Title, Status: string(i.State), CreatedAt: local(s, i.CreatedAt), UpdatedAt: local(s, i.UpdatedAt),
		MonitoringAt: localOrNull(s, i.MonitoringAt), ResolvedAt: localOrNull(s, i.ResolvedAt), Impact: i.Impact, Shortlink: address(s, i),
		StartedAt: local(s, i.StartedAt), PageID: s.Page.Code, Updates: []v2Update{}, Components: []v2Component{},
		ScheduledFor: localOrNull(s, i.ScheduledFor), ScheduledUntil: localOrNull(s, i.ScheduledUntil),
	}
	if m := i.Postmortem; m != nil {
		out.Status = "postmortem"
		at := local(s, m.PublishedAt)
		out.Updates = append(out.Updates, v2Update{ID: m.Code, Status: "postmortem", Body: m.Plain, IncidentID: i.Code, CreatedAt: at, UpdatedAt: v2Edited(s, m.PublishedAt, m.EditedAt), DisplayAt: at})
	}
	for n, u := range i.Updates {
		out.Updates = append(out.Updates, v2Update{
			ID: u.Code, Status: string(u.State), Body: u.Plain, IncidentID: i.Code, CreatedAt: local(s, u.PostedAt), UpdatedAt: v2Edited(s, u.PostedAt, u.EditedAt),
			DisplayAt: local(s, u.HappenedAt), AffectedComponents: v2AffectedAt(i, n), DeliverNotifications: u.Notify,
		})
	}
	for _, a := range i.Affected {
		if c, ok := byCode[a.Code]; ok { // archived ones are no components any more
			out.Components = append(out.Components, c)
		}
	}
	return out
}

func v2Edited(s *snapshot.Snapshot, made time.Time, edited *time.Time) string {
	if edited != nil {
		return local(s, *edited)
	}
	return local(s, made)
}

// v2AffectedAt is what the n-th newest update says of all components that are
// attached by then: those it does not speak of stay as they were.
func v2AffectedAt(i *snapshot.Incident, n int) []v2Affected {
	said := map[string]v2Affected{}
	for k := len(i.Updates) - 1; k >= n; k-- {
		for code, a := range said {
			a.OldStatus = a.NewStatus
			said[code] = a
		}
		for _, a := range i.Updates[k].Affected {
			said[a.Code] = v2Affected{Code: a.Code, Name: v2Name(a), OldStatus: a.Old, NewStatus: a.New}
		}
	}
	var out []v2Affected
	for _, a := range i.Affected {
		if one, ok := said[a.Code]; ok {
			out = append(out, one)
		}
	}
	return out
}

func v2Name(a snapshot.Affected) string {
	if a.Group == "" {
		return a.Name
	}
	return a.Group + " - " + a.Name
}
