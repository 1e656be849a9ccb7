package admin

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
)

// typed is a posted form while it is read. What cannot be read is noted beside
// its field; the text itself stays as it was typed, to be shown again.
type typed struct {
	values url.Values
	zone   *time.Location
	faults fault.Collector
}

func read(c *gin.Context) *typed {
	return &typed{values: c.Request.PostForm, zone: server.PageOf(c).Location()}
}

// text is a long text. Browsers send CR LF; everything here has line feeds, so
// that a text which nobody touched compares equal.
func (t *typed) text(name string) string {
	return unixLines(t.values.Get(name))
}

func unixLines(s string) string { return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s) }

// line is a short text without the blanks around it.
func (t *typed) line(name string) string { return strings.TrimSpace(t.text(name)) }

func (t *typed) tick(name string) bool { return t.values.Get(name) == "1" }

// expect is the revision that the form was opened on. One that says none was
// opened when there was nothing yet, or did not come from here: it must not
// overwrite what it has not seen.
func (t *typed) expect() int64 {
	n, err := strconv.ParseInt(t.values.Get("expect"), 10, 64)
	if err != nil || n <= 0 {
		return incidents.NoneYet
	}
	return n
}

// opened is what the form was opened on, where that is no revision. A form that
// does not say has seen nothing, and overwrites nothing.
func (t *typed) opened() string { return cmp.Or(t.line("expect"), "nothing") }

func (t *typed) key() string { return t.values.Get("key") }

// sent is a digest of what was typed and chosen. Two sendings of the same form
// have the same; what the form says of itself is left out.
func (t *typed) sent() string {
	v := maps.Clone(t.values)
	delete(v, "key")
	delete(v, "expect")
	sum := sha256.Sum256([]byte(v.Encode()))
	return hex.EncodeToString(sum[:16])
}

// wants reports whether the person pressed a button that only shows the form
// again: a preview, or a ready sentence where there is no script.
func (t *typed) wants(button string) bool { return t.values.Get(button) != "" }

// when is a time in the page's zone; zero when the field is empty, or holds
// still what the page had put there (name_was): the field shows minutes, and a
// time that nobody touched must not lose its seconds.
func (t *typed) when(name string) time.Time {
	at, fold := t.line(name), t.line(name+"_fold")
	if was := t.line(name + "_was"); was != "" && was == strings.TrimSpace(at+" "+fold) {
		return time.Time{}
	}
	out, err := pages.ParseLocal(name, at, fold, t.zone)
	if err != nil {
		_ = t.faults.AddErr(err) // ParseLocal gives nothing but faults with fields
	}
	return out
}

// promise is by when the next update is promised, in minutes from now; zero for
// none.
func (t *typed) promise(now time.Time) time.Time {
	typed := t.line("next_update_by")
	if typed == "" || typed == "none" {
		return time.Time{}
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n <= 0 || n > 24*60 {
		t.faults.Add("next_update_by", "field.choice")
		return time.Time{}
	}
	// What is shown is a minute, so a minute is what is promised.
	return now.Add(time.Duration(n) * time.Minute).Truncate(time.Minute)
}

// statusOf reads a status by its mark or its API value; "" for neither.
func statusOf(s string) components.Status {
	for _, x := range components.Statuses() {
		if s == x.Mark() || s == string(x) {
			return x
		}
	}
	return ""
}

// own notes what the table of services holds that is no service of the page, or
// no status.
func (t *typed) own(cs []components.Component) {
	known := map[string]bool{}
	for _, c := range cs {
		known["m-"+c.Code] = true
	}
	for name := range t.values {
		if !strings.HasPrefix(name, "m-") || t.faults.Has("components") {
			continue
		}
		switch v := t.values.Get(name); {
		case v == "":
		case !known[name]:
			t.faults.Add("components", "incident.unknown_component")
		case statusOf(v) == "":
			t.faults.Add("components", "component.status")
		}
	}
}

// changes are the services that the form sets each on its own: m-CODE.
func (t *typed) changes(cs []components.Component) []components.Change {
	t.own(cs)
	var out []components.Change
	for _, c := range cs {
		if s := statusOf(t.values.Get("m-" + c.Code)); s != "" {
			out = append(out, components.Change{Component: c.Code, Status: s})
		}
	}
	return out
}

// affected are the services of a report: those ticked, all with the one impact,
// unless the table under "each on its own" says otherwise. A service that is
// set there need not be ticked; one that is only set to working is not affected.
// Codes that the page does not know are handed on, for the desk to refuse.
func (t *typed) affected(cs []components.Component) []components.Change {
	t.own(cs)
	all := statusOf(t.values.Get("impact"))
	if all == "" {
		all = components.PartialOutage
		if t.values.Get("impact") != "" {
			t.faults.Add("impact", "field.choice")
		}
	}
	ticked := map[string]bool{}
	for _, code := range t.values["components"] {
		ticked[code] = true
	}
	var out []components.Change
	known := map[string]bool{}
	for _, c := range cs {
		known[c.Code] = true
		own := statusOf(t.values.Get("m-" + c.Code))
		switch {
		case own != "" && (ticked[c.Code] || own != components.Operational):
			out = append(out, components.Change{Component: c.Code, Status: own})
		case own == "" && ticked[c.Code]:
			out = append(out, components.Change{Component: c.Code, Status: all})
		}
	}
	for _, code := range t.values["components"] {
		if !known[code] {
			out = append(out, components.Change{Component: code, Status: all})
		}
	}
	return out
}

// weight is the impact that staff set instead of the computed one.
func (t *typed) weight() components.Indicator {
	return components.Indicator(t.values.Get("impact_override"))
}

// err is what could not be read, if anything.
func (t *typed) err() error { return t.faults.Err() }

// newKey makes a form token: the same form sent twice is done once (R15.2).
func newKey() string { return rand.Text() }

// proposed are the values of a form on a first visit. Pairs are name, value.
func proposed(pairs ...string) url.Values {
	v := url.Values{"key": {newKey()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

const shownTime = "2006-01-02T15:04" // what a datetime-local field takes

// setTime proposes a time; when the clocks showed it twice, also which of the two.
func setTime(v url.Values, name string, t *time.Time, zone *time.Location) {
	if t == nil || t.IsZero() {
		return
	}
	local := t.In(zone).Format(shownTime)
	v.Set(name, local)
	first, err := pages.ParseLocal(name, local, "first", zone)
	if err != nil {
		return
	}
	if second, err := pages.ParseLocal(name, local, "second", zone); err == nil && !second.Equal(first) {
		v.Set(name+"_fold", "first")
		if !t.Before(second) {
			v.Set(name+"_fold", "second")
		}
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// bindPost reads the form of an update.
func bindPost(t *typed, page int64, incident string, cs []components.Component, now time.Time) incidents.Post {
	state := incidents.State(t.line("state"))
	p := incidents.Post{
		Page: page, Incident: incident, State: state, Body: meant(t), Components: t.changes(cs),
		AllOperational: state.Done() && t.tick("all_operational"),
		HappenedAt:     t.when("happened_at"), Backdate: t.tick("backdate"), Reopen: t.tick("reopen"),
		Notify: t.tick("notify"), Key: t.key(), Sent: t.sent(),
	}
	if t.values.Has("expect") { // a script's post may leave it out: it adds, and overwrites nothing
		p.Expect = t.expect()
	}
	if !state.Done() {
		p.NextUpdateBy = t.promise(now)
	}
	return p
}

// bindReport reads the composer.
func bindReport(t *typed, page int64, cs []components.Component, now time.Time) incidents.Report {
	state := incidents.State(t.line("state"))
	r := incidents.Report{
		Page: page, Title: t.line("title"), State: state, Body: meant(t), Components: t.affected(cs), Impact: t.weight(),
		StartedAt: t.when("started_at"), HappenedAt: t.when("happened_at"), Backdate: t.tick("backdate"), Notify: t.tick("notify"), Key: t.key(), Sent: t.sent(),
	}
	if !state.Done() {
		r.NextUpdateBy = t.promise(now)
	}
	return r
}
