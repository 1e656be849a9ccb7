package feeds

import (
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/snapshot"
)

// Calendar is all maintenance as a calendar to subscribe to (RFC 5545). The UID
// of an event stays, SEQUENCE grows with every change, and what was withdrawn
// stays as CANCELLED, so that a calendar which has it strikes it out.
func Calendar(o Source) ([]byte, error) {
	var events []*ics.VEvent
	for _, i := range o.about() {
		if i.Kind == incidents.KindMaintenance && i.ScheduledFor != nil && i.ScheduledUntil != nil {
			events = append(events, o.event(o.Told(i)))
		}
	}
	for _, c := range o.CalledOff {
		if o.Only == nil || slices.Contains(c.Components, o.Only.Code) {
			events = append(events, o.struckOut(c))
		}
	}
	name := o.Page.Name + " maintenance"
	if o.Only != nil {
		name += ": " + o.Only.Name
	}
	return o.calendar(name, events...), nil
}

// OneEvent is a single maintenance, to be put into one's calendar.
func OneEvent(o Source, i *snapshot.Incident) []byte {
	return o.calendar(i.Title, o.event(i))
}

func (o Source) calendar(name string, events ...*ics.VEvent) []byte {
	cal := ics.NewCalendarFor("statusd")
	cal.SetProductId("-//statusd//status page//EN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName(legal(name))
	cal.SetName(legal(name))
	cal.SetRefreshInterval("PT1H")
	cal.SetXPublishedTTL("PT1H")
	for _, e := range events {
		cal.AddVEvent(e)
	}
	return []byte(cal.Serialize(ics.WithNewLine("\r\n")))
}

func (o Source) uid(code string) string { return code + "@" + host(o.Snapshot) }

func (o Source) event(i *snapshot.Incident) *ics.VEvent {
	e := o.begin(i.Code, *i.ScheduledFor, *i.ScheduledUntil, i.UpdatedAt, i.Revision)
	e.SetCreatedTime(i.CreatedAt)
	e.SetSummary(legal(i.Title))
	e.SetURL(address(o.Snapshot, i))
	var names []string
	for _, a := range i.Affected {
		names = append(names, a.FullName())
	}
	text := []string{i.Latest().Plain, strings.Join(names, ", "), address(o.Snapshot, i)}
	e.SetDescription(legal(strings.Join(slices.DeleteFunc(text, func(s string) bool { return s == "" }), "\n\n")))
	e.SetStatus(ics.ObjectStatusConfirmed)
	return e
}

func (o Source) struckOut(c snapshot.CalledOff) *ics.VEvent {
	e := o.begin(c.Code, c.From, c.To, c.At, c.Revision)
	e.SetSummary(legal(o.Page.Name))
	e.SetStatus(ics.ObjectStatusCancelled)
	return e
}

func (o Source) begin(code string, from, to, changed time.Time, revision int64) *ics.VEvent {
	e := ics.NewEvent(o.uid(code))
	e.SetDtStampTime(changed)
	e.SetModifiedAt(changed)
	e.SetStartAt(from)
	e.SetEndAt(to)
	e.SetSequence(int(revision))
	e.SetTimeTransparency(ics.TransparencyTransparent) // it keeps nobody from meetings
	return e
}
