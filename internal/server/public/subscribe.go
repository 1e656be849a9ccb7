package public

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// incidentOf is the incident that a form is about, if there is such a one: a
// query string that names none changes nothing.
func (h *Handlers) incidentOf(c *gin.Context, code string) string {
	if h.reading(c).Incident(code) == nil {
		return ""
	}
	return code
}

func (h *Handlers) subscribeForm(c *gin.Context) error {
	return h.showSubscribe(c, http.StatusOK, view.NewSubscribeForm(h.incidentOf(c, c.Query("incident"))))
}

func (h *Handlers) showSubscribe(c *gin.Context, status int, f view.SubscribeForm) error {
	body, err := h.Views.Subscribe(h.reading(c), f)
	return private(c, status, body, err)
}

// private writes a page that is one person's: nobody keeps or indexes it.
func private(c *gin.Context, status int, body []byte, err error) error {
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Writer.Header()["X-Robots-Tag"] = noindex
	if c.Request.Method == http.MethodHead {
		c.Header("Content-Type", html)
		c.Status(status)
		c.Writer.WriteHeaderNow()
		return nil
	}
	server.WriteHTML(c, status, body)
	return nil
}

// typedChoices are the choices of a form; the short one has only an address.
func typedChoices(c *gin.Context) (what, how string, components []string, maintenance bool) {
	what, how, components = c.PostForm("what"), c.PostForm("how"), c.PostFormArray("c")
	maintenance = c.PostForm("maint") != ""
	if what == "" && how == "" {
		return "all", "every", nil, true
	}
	return what, how, components, maintenance
}

// ticksWin: whoever ticks services wants these, whatever stays selected above them.
func ticksWin(f *view.SubscribeForm, ask *notify.Ask) {
	if len(f.Components) == 0 {
		return
	}
	if f.What == "incident" { // the services, and the incident
		ask.Incident = f.Incident
	}
	f.What = notify.ScopeSome
}

func (h *Handlers) subscribe(c *gin.Context) error {
	f := view.SubscribeForm{Email: c.PostForm("email"), Incident: h.incidentOf(c, c.PostForm("incident"))}
	f.What, f.How, f.Components, f.Maintenance = typedChoices(c)
	ask := notify.Ask{Page: h.Snapshot(c).Page.ID, Email: f.Email, Client: h.ClientIP(c)}
	ticksWin(&f, &ask)
	ask.Preferences = preferences(f.What, f.How, f.Components, f.Maintenance)
	if f.What == "incident" {
		ask.Incident = f.Incident
	}
	err := h.Subscribers.Ask(c, ask)
	if err == nil {
		f.Sent = true
		return h.showSubscribe(c, http.StatusOK, f)
	}
	flt := h.readable(c, err)
	if flt == nil {
		return err
	}
	f.Notice, f.Errors = h.Views.Words(h.reading(c), flt)
	if len(f.Errors) > 0 {
		f.Notice = ""
	}
	return h.showSubscribe(c, server.Status(flt.Kind), f)
}

func preferences(what, how string, components []string, maintenance bool) notify.Preferences {
	p := notify.Preferences{Scope: what, Frequency: how, Components: components, Maintenance: maintenance}
	if what == "incident" {
		p.Scope = notify.ScopeNone
	}
	if p.Scope == notify.ScopeSome && p.Components == nil {
		p.Components = []string{}
	}
	return p
}

// readable is the fault that a form shows beside what was typed; nil for what
// is no matter of the form.
func (h *Handlers) readable(c *gin.Context, err error) *fault.Error {
	f := fault.Of(err)
	if f == nil && h.Unusable(err) {
		f = fault.New(fault.Unavailable, "public.unavailable")
	}
	if f == nil {
		return nil
	}
	if f.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	switch f.Kind {
	case fault.Invalid, fault.TooMany, fault.Unavailable:
		return f
	}
	return nil
}
