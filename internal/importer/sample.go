package importer

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
)

// Sample fills the page of a host with a company that does not exist, in the
// middle of an outage that began a good hour before now: what a page looks like
// while it is needed, which reports from years ago cannot show. What is there
// already stays as it is.
func (im Importer) Sample(ctx context.Context, by auth.Actor, host string) (Result, error) {
	var r Result
	var err error
	if r.Page, r.NewPage, err = im.pageFor(ctx, by, host, "Larkline", "America/New_York"); err != nil {
		return r, err
	}
	s := sampler{Importer: im, by: by, now: im.DB.Now().Truncate(time.Minute), codes: map[string]string{}, r: &r}
	if err := s.services(ctx); err != nil {
		return r, err
	}
	for _, o := range outages {
		if err := s.outage(ctx, o); err != nil {
			return r, err
		}
	}
	return r, s.maintenance(ctx)
}

type sampler struct {
	Importer
	by    auth.Actor
	now   time.Time
	codes map[string]string // of services, by name
	r     *Result
}

var sampleServices = []struct{ group, name, description string }{
	{"Calls", "Call routing", "Finds who should answer, and connects."},
	{"Calls", "Backup call routing", ""},
	{"Calls", "Number tracking", ""},
	{"Calls", "Call recording", ""},
	{"Apps and API", "Dashboard", ""},
	{"Apps and API", "Reports API", ""},
	{"Apps and API", "Mobile app", ""},
	{"Integrations", "Webhooks", ""},
	{"Integrations", "Salesforce sync", ""},
	{"Integrations", "Ads import", ""},
}

// outage is one incident: it began so long ago, each word came so much later.
type outage struct {
	title  string
	ago    time.Duration
	mortem string
	said   []saying
}

type saying struct {
	after   time.Duration
	state   incidents.State
	body    string
	sets    map[string]components.Status
	promise time.Duration // from now; 0 is none
}

const day = 24 * time.Hour

var outages = []outage{
	{title: "Reports API returns errors", ago: 71*day + 5*time.Hour, said: []saying{
		{9 * time.Minute, incidents.Investigating, "Two of three requests to the Reports API fail. Nothing is lost: reports can be fetched again later.", map[string]components.Status{"Reports API": components.MajorOutage}, 0},
		{52 * time.Minute, incidents.Resolved, "Requests work again. A certificate between two of our own services had expired; it has been renewed, and the next one renews itself.", map[string]components.Status{"Reports API": components.Operational}, 0},
	}},
	{title: "Ads import runs late", ago: 44*day + 11*time.Hour, said: []saying{
		{20 * time.Minute, incidents.Identified, "Imports of this morning are waiting in line. They run in order; expect yours up to five hours late.", map[string]components.Status{"Ads import": components.PartialOutage}, 0},
		{5 * time.Hour, incidents.Resolved, "All imports have caught up.", map[string]components.Status{"Ads import": components.Operational}, 0},
	}},
	{title: "Webhooks arrive late", ago: 19*day + 3*time.Hour, said: []saying{
		{6 * time.Minute, incidents.Investigating, "Webhooks arrive up to ten minutes after the call. None is lost.", map[string]components.Status{"Webhooks": components.Degraded}, 0},
		{31 * time.Minute, incidents.Monitoring, "We have added workers, and the line is getting shorter.", nil, 0},
		{58 * time.Minute, incidents.Resolved, "Webhooks arrive within seconds again.", map[string]components.Status{"Webhooks": components.Operational}, 0},
	}},
	{
		title: "Calls to some numbers were not recorded", ago: 8*day + 7*time.Hour,
		said: []saying{
			{12 * time.Minute, incidents.Investigating, "Calls connect, but some recordings are missing.", map[string]components.Status{"Call recording": components.PartialOutage}, 0},
			{38 * time.Minute, incidents.Identified, "One of four storage hosts refuses new recordings. We are moving its share to the others.", nil, 0},
			{95 * time.Minute, incidents.Resolved, "Recording works for all numbers. What was not recorded in this time cannot be brought back, and we are sorry for that.", map[string]components.Status{"Call recording": components.Operational}, 0},
		},
		mortem: "## What happened\n\nFor 95 minutes one storage host of four refused new recordings, so about every fourth call was not recorded.\n\n" +
			"## Why\n\nIts disk was full. The alarm for that was set for the *average* of the four hosts, which looked fine.\n\n" +
			"## What we have changed\n\n- Each host has an alarm of its own.\n- A host that refuses a recording is left out at once, and the next one is asked.\n",
	},
	{title: "Calls are failing on some numbers", ago: 79 * time.Minute, said: []saying{
		{38 * time.Minute, incidents.Investigating, "For the last half hour, more calls than usual are failing. We are looking into it with our carriers.", map[string]components.Status{"Call routing": components.PartialOutage}, 0},
		{73 * time.Minute, "", "We have taken the dashboard offline on purpose, so that all calls go through backup routing.", map[string]components.Status{"Dashboard": components.MajorOutage, "Call recording": components.PartialOutage, "Number tracking": components.PartialOutage}, 0},
		{78 * time.Minute, "", "Calls to your main number now connect through backup routing. They are not tracked or recorded meanwhile, and the dashboard stays offline. We are still looking for the cause with our carrier.", nil, 31 * time.Minute},
	}},
}

func (s sampler) services(ctx context.Context) error {
	groups, there, err := components.Store{DB: s.DB}.List(ctx, s.r.Page.ID)
	if err != nil {
		return err
	}
	for _, c := range there {
		s.codes[c.Name] = c.Code
	}
	in := map[string]string{}
	for _, g := range groups {
		in[g.Name] = g.Code
	}
	for _, c := range sampleServices {
		if s.codes[c.name] != "" {
			continue
		}
		if in[c.group] == "" {
			g, err := s.Desk.AddGroup(ctx, s.by, s.r.Page.ID, c.group, "")
			if err != nil {
				return fmt.Errorf("group %q: %w", c.group, err)
			}
			in[c.group] = g.Code
		}
		made, err := s.Desk.AddComponent(ctx, s.by, incidents.AddComponent{
			Page: s.r.Page.ID, Group: in[c.group], Name: c.name, Description: c.description, Showcase: true, StartDate: s.now.Add(-200 * day).Format(time.DateOnly),
		})
		if err != nil {
			return fmt.Errorf("service %q: %w", c.name, err)
		}
		s.codes[c.name] = made.Code
		s.r.Components++
	}
	return nil
}

func (s sampler) outage(ctx context.Context, o outage) error {
	code, began := codeOf(s.r.Page.Code, o.title), s.now.Add(-o.ago)
	for n, u := range o.said {
		var err error
		if n == 0 {
			err = s.report(ctx, code, o, u, began)
		} else {
			err = s.post(ctx, code, codeOf(code, fmt.Sprint(n)), u, began)
		}
		if err != nil {
			return fmt.Errorf("%s, update %d: %w", o.title, n, err)
		}
	}
	if o.mortem == "" {
		return nil
	}
	story, err := incidents.Store{DB: s.DB}.Story(ctx, s.r.Page.ID, code)
	if err != nil || story.Postmortem != nil {
		return err
	}
	_, err = s.Desk.PublishPostmortem(ctx, s.by, incidents.PublishPostmortem{
		Page: s.r.Page.ID, Incident: code, Body: o.mortem, PublishedAt: began.Add(26 * time.Hour), Backdate: true, Cause: components.CauseImport,
	})
	s.r.NewPostmortem = err == nil
	return err
}

func (s sampler) report(ctx context.Context, code string, o outage, u saying, began time.Time) error {
	_, err := incidents.Store{DB: s.DB}.ByCode(ctx, s.r.Page.ID, code)
	if none, err := missing(err); err != nil || !none {
		return err
	}
	_, _, err = s.Desk.Report(ctx, s.by, incidents.Report{
		Page: s.r.Page.ID, Title: o.title, State: u.state, Body: u.body, Components: s.changes(u), StartedAt: began, HappenedAt: began.Add(u.after),
		NextUpdateBy: s.promise(u), Backdate: true, Code: code, Cause: components.CauseImport,
	})
	s.r.NewIncident = err == nil
	return err
}

func (s sampler) post(ctx context.Context, incident, code string, u saying, began time.Time) error {
	_, _, err := incidents.Store{DB: s.DB}.UpdateByCode(ctx, s.r.Page.ID, code)
	if none, err := missing(err); err != nil || !none {
		return err
	}
	_, err = s.Desk.Post(ctx, s.by, incidents.Post{
		Page: s.r.Page.ID, Incident: incident, State: u.state, Body: u.body, Components: s.changes(u), HappenedAt: began.Add(u.after),
		NextUpdateBy: s.promise(u), Backdate: true, Code: code, Cause: components.CauseImport,
	})
	return err
}

func (s sampler) changes(u saying) []components.Change {
	var out []components.Change
	for _, c := range sampleServices { // in the page's order
		if status, ok := u.sets[c.name]; ok {
			out = append(out, components.Change{Component: s.codes[c.name], Status: status})
		}
	}
	return out
}

func (s sampler) promise(u saying) time.Time {
	if u.promise == 0 {
		return time.Time{}
	}
	return s.now.Add(u.promise)
}

// maintenance is planned for a Sunday night ahead.
func (s sampler) maintenance(ctx context.Context) error {
	code := codeOf(s.r.Page.Code, "maintenance")
	_, err := incidents.Store{DB: s.DB}.ByCode(ctx, s.r.Page.ID, code)
	if none, err := missing(err); err != nil || !none {
		return err
	}
	local := s.now.In(s.r.Page.Location())
	ahead := cmp.Or((int(time.Sunday)-int(local.Weekday())+7)%7, 7)
	start := time.Date(local.Year(), local.Month(), local.Day()+ahead, 1, 0, 0, 0, local.Location())
	_, err = s.Desk.Plan(ctx, s.by, incidents.Plan{
		Page: s.r.Page.ID, Title: "Database upgrade for reports", Body: "Reports and the dashboard may be slow for up to ten minutes. Calls are not affected.",
		Components: []string{s.codes["Dashboard"], s.codes["Reports API"]}, Start: start, End: start.Add(90 * time.Minute), Code: code,
	})
	return err
}
