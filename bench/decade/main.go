// decade makes the database of a page with a long life: by default 1,000 components in 40 groups, 10,000 incidents with
// 6 updates each over ten years up to now, and 500 maintenances.
//
//	decade -data FOLDER [-seed 1] [-components 1000] [-groups 40] [-incidents 10000] [-updates 6] [-maintenances 500] [-years 10]
//
// Everything is an act of statusd's own desk, at its own moment of a clock that this program moves: ledger, revisions and their
// hash chain, audit and codes are what ten years of staff would have left. The same seed gives the same story; codes that
// the desk draws are random. On a disk it takes as long as so many commits take there: make it in a tmpfs and copy it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

type size struct{ components, groups, incidents, updates, maintenances, years int }

func main() {
	var s size
	data := flag.String("data", "", "folder for statusd.db, which must not be there yet")
	seed := flag.Uint64("seed", 1, "of the story")
	flag.IntVar(&s.components, "components", 1000, "components")
	flag.IntVar(&s.groups, "groups", 40, "groups that they are in")
	flag.IntVar(&s.incidents, "incidents", 10_000, "incidents")
	flag.IntVar(&s.updates, "updates", 6, "updates of each, at least 2")
	flag.IntVar(&s.maintenances, "maintenances", 500, "maintenances")
	flag.IntVar(&s.years, "years", 10, "years")
	flag.Parse()
	if *data == "" || s.updates < 2 || s.groups < 1 || s.components < s.groups {
		flag.Usage()
		os.Exit(2)
	}
	if err := live(context.Background(), *data, *seed, s); err != nil {
		log.Fatal(err)
	}
}

func live(ctx context.Context, data string, seed uint64, s size) (err error) {
	path := filepath.Join(data, "statusd.db")
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s is there already", path)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	end := time.Now().UTC().Truncate(time.Minute)
	w := &world{size: s, rnd: rand.New(rand.NewPCG(seed, seed)), now: end.AddDate(-s.years, 0, 0)}
	w.db, err = db.Open(ctx, db.Config{Path: path, Create: true, Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	if err := w.db.Health(); err != nil {
		return err
	}
	w.desk = &incidents.Desk{DB: w.db, Text: markdown.New(markdown.Options{})}
	began := time.Now()
	if err := w.settle(ctx); err != nil {
		return err
	}
	acts := w.plot(end)
	for n, a := range acts {
		w.now = a.at
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("act %d of %s: %w", n, a.at.Format(time.RFC3339), err)
		}
	}
	w.now = end
	broken, err := incidents.Store{DB: w.db}.VerifyRevisions(ctx, w.page)
	if err != nil || broken != 0 {
		return fmt.Errorf("revision %d does not fit the chain: %w", broken, err)
	}
	fmt.Printf("%d components, %d incidents, %d maintenances, %d acts in %.0f s\n", s.components, s.incidents, s.maintenances, len(acts), time.Since(began).Seconds())
	return nil
}

type world struct {
	size
	rnd   *rand.Rand
	now   time.Time
	db    *db.DB
	desk  *incidents.Desk
	page  int64
	codes []string // of the components
}

// act is what somebody does at a moment.
type act struct {
	at time.Time
	do func(context.Context) error
}

var staff = auth.Actor{Name: "Ana", Role: auth.Owner}

// settle makes the page and its components.
func (w *world) settle(ctx context.Context) error {
	err := w.db.Private(ctx, func(tx *db.Tx) error {
		p := pages.Usual()
		p.Name, p.TimeZone, p.IsDefault, p.SetUpAt, p.HoldSeconds = "Northwind", "America/New_York", true, &tx.Now, 0
		p, err := pages.Create(tx, p)
		w.page = p.ID
		return err
	})
	if err != nil {
		return err
	}
	var in []string
	for n := range w.groups {
		g, err := w.desk.AddGroup(ctx, staff, w.page, fmt.Sprintf("%s %d", pick(w.rnd, regions), n+1), "")
		if err != nil {
			return err
		}
		in = append(in, g.Code)
	}
	for n := range w.components {
		c, err := w.desk.AddComponent(ctx, staff, incidents.AddComponent{
			Page: w.page, Group: in[n*w.groups/w.size.components], Name: fmt.Sprintf("%s %d", pick(w.rnd, services), n+1), Showcase: true,
		})
		if err != nil {
			return err
		}
		w.codes = append(w.codes, c.Code)
	}
	return nil
}

// plot is everything that happens, in order of time.
func (w *world) plot(end time.Time) []act {
	begin := w.now.Add(time.Hour)
	var all []act
	for n := range w.incidents {
		at := begin.Add(time.Duration(w.rnd.Int64N(int64(end.Sub(begin)))))
		all = append(all, w.outage(fmt.Sprintf("i%011d", n), at)...)
	}
	for n := range w.maintenances {
		at := begin.Add(time.Duration(w.rnd.Int64N(int64(end.Sub(begin)))))
		all = append(all, w.maintenance(n, at)...)
	}
	slices.SortStableFunc(all, func(a, b act) int { return a.at.Compare(b.at) })
	// Of what began lately not all has happened yet: it is open, or planned.
	return slices.DeleteFunc(all, func(a act) bool { return !a.at.Before(end) })
}

// outage is an incident: it is reported, told of again while it lasts, and over.
func (w *world) outage(code string, at time.Time) []act {
	bad := pick(w.rnd, []components.Status{components.Degraded, components.Degraded, components.PartialOutage, components.MajorOutage})
	hit := w.some(1 + w.rnd.IntN(3))
	title := fmt.Sprintf("%s on %s", pick(w.rnd, symptoms), pick(w.rnd, regions))
	out := []act{{at, func(ctx context.Context) error {
		_, _, err := w.desk.Report(ctx, staff, incidents.Report{Page: w.page, Title: title, Body: w.text(title), Code: code, Components: changes(hit, bad), Notify: true})
		return err
	}}}
	for n := 1; n < w.updates; n++ {
		at = at.Add(5*time.Minute + time.Duration(w.rnd.Int64N(int64(40*time.Minute))))
		p := incidents.Post{Page: w.page, Incident: code, Body: w.text(title), Notify: true, State: incidents.Investigating}
		switch {
		case n == w.updates-1:
			p.State = incidents.Resolved
		case n >= w.updates*2/3:
			p.State = incidents.Monitoring
		case n >= w.updates/3:
			p.State = incidents.Identified
		}
		if p.State == incidents.Monitoring {
			p.Components = changes(hit, components.Degraded)
		}
		p.AllOperational = p.State == incidents.Resolved
		out = append(out, act{at, func(ctx context.Context) error { _, err := w.desk.Post(ctx, staff, p); return err }})
	}
	return out
}

// maintenance is announced a week before.
func (w *world) maintenance(n int, at time.Time) []act {
	hit := w.some(1 + w.rnd.IntN(5))
	title := fmt.Sprintf("%s %d", pick(w.rnd, works), n+1)
	window := time.Hour + time.Duration(w.rnd.IntN(6))*time.Hour
	code := ""
	step := func(at time.Time, state incidents.State) act {
		body := w.text(title)
		return act{at, func(ctx context.Context) error {
			_, err := w.desk.Post(ctx, staff, incidents.Post{Page: w.page, Incident: code, State: state, Body: body})
			return err
		}}
	}
	start := at.Add(7 * 24 * time.Hour).Truncate(15 * time.Minute)
	body := w.text(title)
	return []act{
		{at, func(ctx context.Context) error {
			i, err := w.desk.Plan(ctx, staff, incidents.Plan{Page: w.page, Title: title, Body: body, Components: hit, Start: start, End: start.Add(window)})
			code = i.Code
			return err
		}},
		step(start, incidents.InProgress),
		step(start.Add(window*3/4), incidents.Completed),
	}
}

func changes(hit []string, to components.Status) (out []components.Change) {
	for _, c := range hit {
		out = append(out, components.Change{Component: c, Status: to})
	}
	return out
}

// some are n different components, the first ones more often than the last: some
// services fail all the time, as they do.
func (w *world) some(n int) (out []string) {
	for len(out) < n {
		f := w.rnd.Float64()
		if c := w.codes[int(f*f*float64(len(w.codes)))]; !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// text is what is written in an update: two to four sentences, now and then a list.
func (w *world) text(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", strings.ToLower(title[:1])+title[1:], pick(w.rnd, sentences))
	for range 1 + w.rnd.IntN(3) {
		b.WriteString(" " + pick(w.rnd, sentences))
	}
	if w.rnd.IntN(5) == 0 {
		fmt.Fprintf(&b, "\n\n- %s\n- %s\n", pick(w.rnd, sentences), pick(w.rnd, sentences))
	}
	return b.String()
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

var (
	regions  = []string{"Frankfurt", "Dublin", "Oregon", "Virginia", "Mumbai", "Singapore", "Sydney", "São Paulo", "Montréal", "Cape Town", "Osaka", "Stockholm"}
	services = []string{"API", "Dashboard", "Webhooks", "Search", "Exports", "Object storage", "Queue", "Sign-in", "Billing", "E-mail delivery", "Call routing", "DNS", "Load balancer", "Database", "Metrics"}
	symptoms = []string{"Elevated error rates", "Slow answers", "Calls fail", "Delayed webhooks", "Sign-in does not work", "Reports are late", "Connections are dropped", "Search finds nothing new"}
	works    = []string{"Database upgrade", "Network maintenance", "Certificate renewal", "Storage migration", "Failover exercise"}

	sentences = []string{
		"Since 13:30 more requests than usual are failing, and we are looking into it.",
		"We found that one of three load balancers sends requests to machines that are not there any more.",
		"About one in ten requests is affected; trying again mostly works.",
		"We moved traffic to the backup route. Requests succeed, but take up to two seconds longer.",
		"A change of this morning was taken back on half of the machines, and errors there are gone.",
		"The queue has 40,000 jobs in it and shrinks by 1,000 a minute; nothing was lost.",
		"Our provider confirms a fault in **one availability zone** and works on it. See [their report](https://status.example.com/).",
		"Data that was written during this time is safe, and shows once the index has caught up.",
		"You need not do anything. Retries by your systems are enough.",
		"We watch this for another half hour before we call it over.",
		"All systems work as they should again. We will write down what happened and what we change.",
		"The next word from us comes within 30 minutes.",
	}
)
