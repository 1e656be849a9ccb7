package public_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
)

// zoned is a page with one service in a zone, looked at at a moment, and one
// incident that is over.
func zoned(t *testing.T, zone, now, from, to string) (h house, code string) {
	t.Helper()
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		must(t, err)
		return when
	}
	s := usual(5)
	s.Page.TimeZone, s.BuiltAt, s.ChangedAt = zone, at(now), at(now)
	s.Groups[0].Components = s.Groups[0].Components[:1]
	c := s.Groups[0].Components[0]
	began, ended := at(from), at(to)
	s.Incidents = s.Incidents[1:2]
	i := s.Incidents[0]
	i.ID, i.StartedAt, i.ResolvedAt, i.CreatedAt, i.UpdatedAt = 1, began, &ended, began, ended
	for n := range i.Updates {
		i.Updates[n].HappenedAt = ended.Add(-time.Duration(n) * 30 * time.Minute)
	}
	i.Updates[len(i.Updates)-1].HappenedAt = began
	for n := range i.Updates {
		i.Updates[n].PostedAt = i.Updates[n].HappenedAt
	}
	plan := *i
	plan.ID, plan.Code, plan.Kind, plan.State, plan.ResolvedAt, plan.Impact = 2, "planned00000", incidents.KindMaintenance, incidents.Scheduled, nil, components.Maint
	start := s.BuiltAt.Add(36 * time.Hour)
	plan.StartedAt, plan.ScheduledFor, plan.ScheduledUntil = start, &start, new(start.Add(time.Hour))
	plan.Updates = i.Updates[:1]
	s.Incidents = append([]*snapshot.Incident{&plan}, i)
	s.Lives = map[int64][]snapshot.Period{c.ID: {
		{Status: components.Operational, From: s.Page.CreatedAt, To: began},
		{Status: components.MajorOutage, From: began, To: ended, IncidentID: 1},
		{Status: components.Operational, From: ended},
	}}
	return open(t).shows(s), c.Code
}

var numberOfDay = regexp.MustCompile(`^M(\d+)\.`)

func TestZones_daysBeginAndEndWhereTheyDoThere(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		zone, now, from, to string
		bar                 string // the day in the strip of ninety, 89 is today
		day, lasted         string // in the calendar
		today               string
		began, ended        string // in the read API
		label               string // of the end, for people
		first, days         string // of the month that the history carries for programs
	}{
		// 2:00 became 3:00 on 30 September: two hours went by between 1:30 and 4:30, and the day has 23.
		"Auckland, in spring": {
			"Pacific/Auckland", "2018-10-01T10:59:00Z", "2018-09-29T13:30:00Z", "2018-09-29T15:30:00Z", "88", "2018-09-30", "2 h", "2018-10-01",
			"2018-09-30T01:30:00.000+12:00", "2018-09-30T04:30:00.000+13:00", "04:30 NZDT", "2018-08-01T00:00:00+12:00", "2018-10-31T23:59:59+13:00",
		},
		// 3:00 became 2:00 on 1 April: the day has 25 hours. It began at 11:00 UTC and ended at 12:00.
		"Auckland, a whole day of autumn": {
			"Pacific/Auckland", "2018-04-01T12:30:00Z", "2018-03-31T11:00:00Z", "2018-04-01T12:00:00Z", "88", "2018-04-01", "1 d 1 h", "2018-04-02",
			"2018-04-01T00:00:00.000+13:00", "2018-04-02T00:00:00.000+12:00", "00:00 NZST", "2018-02-01T00:00:00+13:00", "2018-04-30T23:59:59+12:00",
		},
		// Five minutes past midnight there; in UTC it is still the day before.
		"Kathmandu": {
			"Asia/Kathmandu", "2018-05-10T18:20:00Z", "2018-05-10T18:16:00Z", "2018-05-10T18:18:00Z", "89", "2018-05-11", "2 min", "2018-05-11",
			"2018-05-11T00:01:00.000+05:45", "2018-05-11T00:03:00.000+05:45", "00:03 UTC+5:45", "2018-03-01T00:00:00+05:45", "2018-05-31T23:59:59+05:45",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, code := zoned(t, x.zone, x.now, x.from, x.to)
			s := h.readers.Snapshot(nil)
			home := statustest.Page(t, h.ask("GET", "/").Body.Bytes())
			if got := home.Find("[data-end]").Attr("data-end"); got != x.today {
				t.Errorf("the strips end on %s, want %s", got, x.today)
			}
			if m := numberOfDay.FindStringSubmatch(home.Find(".strip path.down").Attr("d")); m == nil || m[1] != x.bar {
				t.Errorf("the bar is at %v, want %s", m, x.bar)
			}
			calendar := statustest.Page(t, h.ask("GET", "/uptime/"+code).Body.Bytes())
			told := calendar.FindAll("ol.days > li")
			if len(told) != 1 || told[0].Attr("id") != "d"+x.day || !strings.Contains(told[0].Text(), x.lasted) {
				t.Errorf("%d troubled days, the first %s: %s", len(told), told[0].Attr("id"), told[0].Text())
			}
			if got, _, _ := strings.Cut(calendar.Find("[aria-current=date]").Text(), ":"); !strings.HasSuffix(x.today, got) && !strings.HasSuffix(x.today, "0"+got) {
				t.Errorf("today is the %s in the calendar", got)
			}
			i := s.Incidents[1]
			report := h.ask("GET", "/incidents/"+i.Code)
			if text := statustest.Page(t, report.Body.Bytes()).Find("main").Text(); !strings.Contains(text, x.label) {
				t.Errorf("the report does not say %s:\n%s", x.label, text)
			}
			if !strings.Contains(report.Body.String(), `datetime="`+x.to+`"`) {
				t.Errorf("the report has no %s", x.to)
			}
			var list struct{ Incidents []map[string]any }
			must(t, json.Unmarshal(h.ask("GET", "/api/v2/incidents.json").Body.Bytes(), &list))
			if got := list.Incidents[0]; got["started_at"] != x.began || got["resolved_at"] != x.ended {
				t.Errorf("the API says %v to %v", got["started_at"], got["resolved_at"])
			}
			if p := propsOf(t, h.ask("GET", "/history").Body.String()); p["start_time"] != x.first || p["end_time"] != x.days {
				t.Errorf("the history for programs is of %v to %v", p["start_time"], p["end_time"])
			}
			rss, atom := h.ask("GET", "/history.rss").Body.String(), h.ask("GET", "/history.atom").Body.String()
			_, offset, _ := strings.Cut(x.ended, ".000")
			if want := s.Incidents[1].ResolvedAt.In(s.Zone).Format(time.RFC1123Z); !strings.Contains(rss, want) || !strings.HasSuffix(want, strings.Replace(offset, ":", "", 1)) {
				t.Errorf("the RSS feed has no %s", want)
			}
			clock := x.label[:5]
			if zone := x.label[6:]; !strings.Contains(atom, "<updated>"+x.to+"</updated>") || !strings.Contains(atom, clock+"&lt;/var&gt; "+zone) {
				t.Errorf("the Atom feed does not end at %s %s:\n%s", clock, zone, atom)
			}
			if ics := h.ask("GET", "/maintenance.ics").Body.String(); !strings.Contains(ics, "DTSTART:"+s.Incidents[0].ScheduledFor.UTC().Format("20060102T150405Z")) {
				t.Errorf("the calendar:\n%s", ics)
			}
			if text := h.ask("GET", "/status.txt").Body.String(); !strings.Contains(text, "Times are in "+x.zone) {
				t.Errorf("status.txt:\n%s", text)
			}
		})
	}
}
