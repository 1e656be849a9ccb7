package feeds

import (
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
)

// What programs read that take their figures from the pages of the service that
// statusd stands in for (CONTRACT 3): the months that its history page carries
// for a script of its own, and the days of services behind its bars. Both are
// for programs, so they speak English whatever the page does.

type historyProps struct {
	Status    historyStatus  `json:"page_status"`
	All       []v2Component  `json:"components"`
	Months    []historyMonth `json:"months"`
	Filter    bool           `json:"show_component_filter"`
	Calendar  bool           `json:"show_uptime_calendar"`
	Component *string        `json:"component_filter"` // always null
	Start     string         `json:"start_time"`
	End       string         `json:"end_time"`
}

type historyStatus struct {
	Page historyPage `json:"page"`
}

// historyPage holds what is known of the page, and not that product's settings.
type historyPage struct {
	Name        string  `json:"name"`
	Domain      string  `json:"domain"`
	CreatedAt   string  `json:"created_at"`
	UpdatedAt   string  `json:"updated_at"`
	URL         string  `json:"url"`
	Hidden      bool    `json:"hidden_from_search"`
	Subscribers bool    `json:"allow_page_subscribers"`
	OfIncidents bool    `json:"allow_incident_subscribers"`
	Email       bool    `json:"allow_email_subscribers"`
	SMS         bool    `json:"allow_sms_subscribers"`
	Feeds       bool    `json:"allow_rss_atom_feeds"`
	Members     bool    `json:"viewers_must_be_team_members"`
	Support     *string `json:"support_url"`
	Description *string `json:"page_description"`
	Headline    string  `json:"headline"`
	TimeZone    string  `json:"time_zone"` // an IANA name, as in v2
	ID          string  `json:"id"`
}

type historyMonth struct {
	Name      string            `json:"name"`
	Year      int               `json:"year"`
	StartsOn  int               `json:"starts_on"` // weekday of the first; 0 is Sunday
	Days      int               `json:"days"`
	Incidents []historyIncident `json:"incidents"`
}

type historyIncident struct {
	Code      string               `json:"code"`
	Name      string               `json:"name"`
	Message   string               `json:"message"`
	Impact    components.Indicator `json:"impact"`
	Timestamp string               `json:"timestamp"`
}

// HistoryProps is the JSON that a page of the history carries, of the months
// that it shows and of at most that many incidents of each.
func HistoryProps(s *snapshot.Snapshot, months []snapshot.Month, most int) ([]byte, error) {
	out := historyProps{Status: historyStatus{Page: historyPageOf(s)}, All: v2Components(s), Months: []historyMonth{}, Calendar: s.Page.ShowUptime}
	if len(out.All) > mostInProps {
		out.All = []v2Component{}
	}
	for _, m := range months {
		out.Months = append(out.Months, historyMonthOf(s, m, most))
	}
	if len(months) > 0 {
		const layout = "2006-01-02T15:04:05-07:00"
		out.Start = months[len(months)-1].From.In(s.Zone).Format(layout)
		out.End = months[0].To.Add(-time.Second).In(s.Zone).Format(layout)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write the months of the history: %w", err)
	}
	return raw, nil
}

func historyPageOf(s *snapshot.Snapshot) historyPage {
	return historyPage{
		Name: s.Page.Name, Domain: host(s), CreatedAt: local(s, s.Page.CreatedAt), UpdatedAt: local(s, s.ChangedAt), URL: s.Page.BaseURL,
		Hidden: s.Page.HideFromSearch, Subscribers: true, OfIncidents: true, Email: true, Feeds: true,
		Support: orNull(s.Page.SupportURL), Headline: s.Page.Name, TimeZone: s.Page.TimeZone, ID: s.Page.Code,
	}
}

func historyMonthOf(s *snapshot.Snapshot, m snapshot.Month, most int) historyMonth {
	first := m.From.In(s.Zone)
	out := historyMonth{Name: first.Month().String(), Year: first.Year(), StartsOn: int(first.Weekday()), Days: daysIn(first), Incidents: []historyIncident{}}
	for _, i := range m.Incidents {
		if notBegun(i) { // it is no history yet
			continue
		}
		if len(out.Incidents) == most {
			break
		}
		out.Incidents = append(out.Incidents, historyIncident{
			Code: i.Code, Name: i.Title, Message: short(i.Latest().Plain, longestMessage), Impact: i.Impact, Timestamp: historyTime(s, i),
		})
	}
	return out
}

func daysIn(t time.Time) int { return time.Date(t.Year(), t.Month()+1, 0, 12, 0, 0, 0, time.UTC).Day() }

// mostInProps is for how many components and groups the page carries them.
// Beyond it has none, rather than some: readers pay for them, and programs find
// them in the read API.
const mostInProps = 100

// longestMessage is how much of an update stands there, in characters, as on the page.
const longestMessage = 200

func short(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return strings.TrimRight(string(runes[:most-1]), " ") + "…"
	}
	return text
}

// historyTime is from when to when, or since when: "Feb 29, 22:00 - 23:00 GMT".
// Programs read the day by its mark-up, and without padding here.
func historyTime(s *snapshot.Snapshot, i *snapshot.Incident) string {
	from := i.Shown().In(s.Zone)
	at := func(t time.Time, day bool) string {
		text := "<var data-var='time'>" + t.Format("15:04") + "</var>"
		if day {
			text = t.Format("Jan ") + "<var data-var='date'>" + t.Format("2") + "</var>, " + text
		}
		return text
	}
	out, last := at(from, true), from
	if i.ResolvedAt != nil {
		last = i.ResolvedAt.In(s.Zone)
		out += " - " + at(last, from.Format(time.DateOnly) != last.Format(time.DateOnly))
	}
	return out + " " + zoneName(last)
}

func zoneName(t time.Time) string {
	name, seconds := t.Zone()
	if strings.ContainsAny(name, "+-") { // a zone without letters of its own is called "+0545"
		return i18n.Offset(seconds)
	}
	return name
}

type showcase struct {
	Components map[string]string           `json:"components"` // by code: its bars and figure as HTML
	Timelines  map[string]showcaseTimeline `json:"timelines"`
	Values     []showcaseValue             `json:"values"`
}

type showcaseTimeline struct {
	Component showcaseComponent `json:"component"`
	Days      []showcaseDay     `json:"days"` // ninety, the oldest first
}

type showcaseComponent struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	StartDate string `json:"startDate,omitempty"`
}

type showcaseDay struct {
	Date    string          `json:"date"`
	Outages showcaseOutages `json:"outages"`
	Related []showcaseEvent `json:"related_events"`
}

type showcaseOutages struct {
	Partial int64 `json:"p,omitempty"` // seconds
	Major   int64 `json:"m,omitempty"`
}

type showcaseEvent struct {
	Name string `json:"name"`
	Code string `json:"code"`
}

type showcaseValue struct {
	Component string   `json:"component"`
	Ninety    *float64 `json:"ninety"` // per cent; null where nothing is known
	Sixty     *float64 `json:"sixty"`
	Thirty    *float64 `json:"thirty"`
}

// ShowcaseBatch is for how many services programs ask at once.
const ShowcaseBatch = 60

// ShowcasePath is where programs ask for the days of services.
const ShowcasePath = "/uptime_showcase"

// Showcased are the components whose uptime is shown, in page order.
func Showcased(s *snapshot.Snapshot) []snapshot.Component {
	if !s.Page.ShowUptime {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Components()), func(c snapshot.Component) bool { return !c.Showcase })
}

// Showcase is the days of components, as the bars of that service's pages get
// them.
func Showcase(s *snapshot.Snapshot, of []snapshot.Component) ([]byte, error) {
	out := showcase{Components: map[string]string{}, Timelines: map[string]showcaseTimeline{}, Values: []showcaseValue{}}
	from, to := s.LastDays(90)
	for _, c := range of {
		days := s.Days(c, from, to)
		line := showcaseTimeline{Component: showcaseComponent{Code: c.Code, Name: c.Name, StartDate: c.StartDate}}
		for _, d := range days {
			line.Days = append(line.Days, showcaseDayOf(s, c, d))
		}
		value := showcaseValue{Component: c.Code, Ninety: figure(s, c, 90), Sixty: figure(s, c, 60), Thirty: figure(s, c, 30)}
		out.Timelines[c.Code], out.Components[c.Code] = line, showcaseHTML(c, days, value.Ninety)
		out.Values = append(out.Values, value)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write the days of services: %w", err)
	}
	return raw, nil
}

func showcaseDayOf(s *snapshot.Snapshot, c snapshot.Component, d components.Day) showcaseDay {
	out := showcaseDay{Date: d.Key(), Related: []showcaseEvent{}, Outages: showcaseOutages{
		Partial: int64(d.Tally.In(components.PartialOutage).Seconds()), Major: int64(d.Tally.In(components.MajorOutage).Seconds()),
	}}
	for _, i := range s.IncidentsOn(c, d) {
		out.Related = append(out.Related, showcaseEvent{Name: i.Title, Code: i.Code})
	}
	return out
}

// figure is the uptime of the last days in per cent, cut as on the page.
func figure(s *snapshot.Snapshot, c snapshot.Component, days int) *float64 {
	from, to := s.LastDays(days)
	p, known := s.Uptime(from, to, c)
	if !known {
		return nil
	}
	return ptr(float64(p) / 100)
}

// The colours of a day's bar there, by its worst outage.
const (
	barFine, barPartial, barMajor, barUnknown = "#76ad2a", "#e86235", "#e04343", "#b3bac5"
)

// showcaseHTML is what some programs search for a figure and for the colours of
// days.
func showcaseHTML(c snapshot.Component, days []components.Day, percent *float64) string {
	code := html.EscapeString(c.Code)
	var b strings.Builder
	b.WriteString(`<svg class="availability-time-line-graphic" id="uptime-component-` + code + `" preserveAspectRatio="none" height="34" viewBox="0 0 448 34">`)
	for n, d := range days {
		fill := barFine
		switch {
		case d.Tally.Known() == 0:
			fill = barUnknown
		case d.Tally.In(components.MajorOutage) > 0:
			fill = barMajor
		case d.Tally.In(components.PartialOutage) > 0:
			fill = barPartial
		}
		k := strconv.Itoa(n)
		b.WriteString(`<rect height="34" width="3" x="` + strconv.Itoa(5*n) + `" y="0" fill="` + fill + `" class="uptime-day component-` + code + ` day-` + k + `"/>`)
	}
	b.WriteString(`</svg>`)
	if percent != nil {
		b.WriteString(`<span id="uptime-percent-` + code + `"><var data-var="uptime-percent">` + strconv.FormatFloat(*percent, 'f', -1, 64) + `</var></span>`)
	}
	return b.String()
}
