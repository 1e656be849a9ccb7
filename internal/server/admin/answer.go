package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// reply is how a page answers. The zero reply is a first visit: the form shows
// what the page proposes.
type reply struct {
	status  int
	values  url.Values   // as typed; nil: as proposed
	fault   *fault.Error // why the form was refused
	preview bool         // render the text beside the form
}

func (r reply) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// form is the form of a reply: what was typed, or else what is proposed.
func (r reply) form(p *i18n.Printer, id string, propose url.Values) view.AdminForm {
	if r.values != nil {
		propose = r.values
	}
	return view.NewAdminForm(p, id, propose).Refused(r.fault)
}

// conflict reports whether the form was refused because somebody was faster.
func (r reply) conflict() bool { return r.fault != nil && r.fault.Kind == fault.Conflict }

// again shows a form once more with what was typed: for a preview, or with a
// ready sentence in it.
func again(t *typed) reply { return reply{values: t.values, preview: t.wants("preview")} }

// refuse shows a form again with the words of err and the status that says so.
// What is no matter of the form (not found, forbidden, a bug) goes to the
// server, which keeps the typed text too. t is nil for acts without a form of
// their own: the page then shows its usual one.
func (h *Handlers) refuse(c *gin.Context, err error, t *typed, show func(*gin.Context, reply) error) error {
	f := h.readable(err)
	if f == nil {
		return err
	}
	r := reply{status: server.Status(f.Kind), fault: f}
	if t != nil {
		r.values = t.values
		if f.Key == "form.sent_before" {
			r.values.Set("key", newKey()) // sent again, it is another form, and meant
		}
	}
	if f.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	if e := show(c, r); e != nil {
		return errors.Join(err, fmt.Errorf("show the form again: %w", e))
	}
	return nil
}

// readable is the fault that a form can show; nil for what it cannot.
func (h *Handlers) readable(err error) *fault.Error {
	f := fault.Of(err)
	if f == nil && h.DB.Unusable(err) {
		return fault.New(fault.Unavailable, "fault.unavailable")
	}
	if f == nil {
		return nil
	}
	switch f.Kind {
	case fault.Invalid, fault.Conflict, fault.TooMany, fault.Unavailable:
		return f
	}
	return nil
}

// page writes a page for staff.
func (h *Handlers) page(c *gin.Context, r reply, p view.AdminPage) error {
	body, err := h.Views.Admin(p)
	if err != nil {
		return err
	}
	server.WriteHTML(c, r.code(), body)
	return nil
}

// printer speaks to staff, in the page's zone and words. What is to be published
// speaks with its Voice, in the page's language.
func (h *Handlers) printer(c *gin.Context) *i18n.Printer {
	page := server.PageOf(c)
	catalog := h.Views.Catalog()
	return catalog.Desk(catalog.Printer(page.Language, page.Location(), page.Words))
}

// zone names the zone that times are typed in.
func (h *Handlers) zone(c *gin.Context, p *i18n.Printer) string {
	return p.T("admin.zone", "Zone", server.PageOf(c).TimeZone, "Label", p.ZoneLabel(h.clock()))
}

func (h *Handlers) clock() time.Time { return h.DB.Now() }

func (h *Handlers) components() components.Store { return components.Store{DB: h.DB} }

// bare is the frame of pages that nobody is signed in on.
func (h *Handlers) bare(c *gin.Context, title string) view.AdminBase {
	return view.AdminBase{T: h.printer(c), Title: title, PageName: server.PageOf(c).Name, Bare: true}
}

// base is the frame of every other page: who is signed in, what is open,
// whether mail can leave, and what the last act did (?done=).
func (h *Handlers) base(c *gin.Context, here, title string) (view.AdminBase, error) {
	by, p := server.Actor(c), h.printer(c)
	b := view.AdminBase{
		T: p, Title: title, Here: here, PageName: server.PageOf(c).Name, Me: by.Name, Role: by.Role,
		Done: view.AdminDone(p, c.Query("done")),
	}
	open, err := h.Incidents.OpenOnes(c, server.PageOf(c).ID)
	if err != nil {
		return b, err
	}
	b.Open, b.OpenMark = countOpen(open)
	st, err := h.Outbox.Status(c, server.PageOf(c).ID)
	b.Mail = h.mail(p, st, b.CanManage())
	return b, err
}

// countOpen counts unplanned incidents and finds the worst mark among them.
func countOpen(open []incidents.Story) (n int, mark string) {
	worst := components.Operational
	for _, s := range open {
		if s.Incident.Kind != incidents.KindIncident {
			continue
		}
		n++
		worst = components.Worst(append(statusesOf(s), worst)...)
	}
	if worst == components.Operational {
		worst = components.Degraded
	}
	return n, worst.Mark()
}

// statusesOf are the statuses that a story says of its components now.
func statusesOf(s incidents.Story) []components.Status {
	var out []components.Status
	for _, st := range incidents.Fold(s.Incident.Kind, s.Updates).Affected {
		out = append(out, st)
	}
	return out
}

// goTo sends the browser on, with the name of the sentence that says what was done.
func goTo(c *gin.Context, path, done string) error {
	if done != "" {
		path += "?done=" + done
	}
	server.SeeOther(c, path)
	return nil
}

// cursor is where a list goes on; what is no number begins at the newest.
func cursor(c *gin.Context, name string) int64 {
	n, err := strconv.ParseInt(c.Query(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
