package public

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// The pages that links in mails lead to. Mail scanners follow links, so GET and
// HEAD only show a page with a button (R9.3). Wrong, used and expired links
// look alike (R9.4).

func (h *Handlers) page(c *gin.Context) int64 { return h.Snapshot(c).Page.ID }

// missed answers an error of a link: expired for one that means nothing, the
// words of a fault for the rest.
func (h *Handlers) missed(c *gin.Context, err error) error {
	if fault.Is(err, fault.NotFound) {
		body, err := h.Views.LinkExpired(h.reading(c))
		return private(c, http.StatusNotFound, body, err)
	}
	f := h.readable(c, err)
	if f == nil {
		return err
	}
	body, rerr := h.Views.Refused(h.reading(c), f)
	return private(c, server.Status(f.Kind), body, rerr)
}

func (h *Handlers) confirmForm(c *gin.Context) error {
	sub, err := h.Subscribers.Pending(c, h.page(c), c.Param("token"))
	if err != nil {
		return h.missed(c, err)
	}
	body, err := h.Views.Confirm(h.reading(c), view.Confirmation{Address: sub.Address, What: sub.Scope, Components: sub.Components, Incidents: sub.Incidents})
	return private(c, http.StatusOK, body, err)
}

func (h *Handlers) confirm(c *gin.Context) error {
	if _, err := h.Subscribers.Confirm(c, h.page(c), c.Param("token")); err != nil {
		return h.missed(c, err)
	}
	body, err := h.Views.Confirmed(h.reading(c))
	return private(c, http.StatusOK, body, err)
}

func (h *Handlers) manageForm(c *gin.Context) error {
	sub, err := h.Subscribers.ByToken(c, h.page(c), notify.PurposeManage, c.Param("token"))
	if err != nil {
		return h.missed(c, err)
	}
	return h.showManage(c, http.StatusOK, h.manageOf(sub))
}

func (h *Handlers) manageOf(sub notify.Subscriber) view.ManageForm {
	return view.ManageForm{
		Address: sub.Address, Since: sub.CreatedAt, What: sub.Scope, Components: sub.Components, How: sub.Frequency, Maintenance: sub.Maintenance,
		Incidents: sub.Incidents, Stop: "/u/" + h.Subscribers.Token(notify.PurposeUnsubscribe, sub),
	}
}

func (h *Handlers) showManage(c *gin.Context, status int, f view.ManageForm) error {
	body, err := h.Views.Manage(h.reading(c), f)
	return private(c, status, body, err)
}

func (h *Handlers) manage(c *gin.Context) error {
	f := view.ManageForm{What: c.PostForm("what"), How: c.PostForm("how"), Components: c.PostFormArray("c"), Maintenance: c.PostForm("maint") != ""}
	err := h.save(c, f)
	if err == nil {
		body, err := h.Views.Saved(h.reading(c))
		return private(c, http.StatusOK, body, err)
	}
	flt := h.readable(c, err)
	if flt == nil {
		return h.missed(c, err)
	}
	// Who it is stays out when the database cannot say; what was typed stays in.
	if sub, lerr := h.Subscribers.ByToken(c, h.page(c), notify.PurposeManage, c.Param("token")); lerr == nil {
		f = h.completed(f, sub)
	}
	f.Notice, f.Errors = h.Views.Words(h.reading(c), flt)
	if len(f.Errors) > 0 {
		f.Notice = ""
	}
	return h.showManage(c, server.Status(flt.Kind), f)
}

// save changes what somebody gets. A form of which half is missing, or that is
// not ours, changes nothing: what is not said must not be taken for "everything".
func (h *Handlers) save(c *gin.Context, f view.ManageForm) error {
	var bad fault.Collector
	if !knownWhat(f.What) {
		bad.Add("scope", "field.choice")
	}
	if !knownHow(f.How) {
		bad.Add("frequency", "field.choice")
	}
	if err := bad.Err(); err != nil {
		// Wrong links look alike whatever is sent to them.
		_, lerr := h.Subscribers.ByToken(c, h.page(c), notify.PurposeManage, c.Param("token"))
		return cmp.Or(lerr, err)
	}
	return h.Subscribers.SavePreferences(c, h.page(c), c.Param("token"), preferences(f.What, f.How, f.Components, f.Maintenance))
}

func knownWhat(s string) bool {
	return s == notify.ScopeAll || s == notify.ScopeSome || s == notify.ScopeNone
}

func knownHow(s string) bool { return s == notify.FrequencyEvery || s == notify.FrequencyEnds }

// completed is a form that was refused, with what it did not say as it is kept.
func (h *Handlers) completed(f view.ManageForm, sub notify.Subscriber) view.ManageForm {
	kept := h.manageOf(sub)
	if !knownWhat(f.What) {
		f.What, f.Components, f.Maintenance = kept.What, kept.Components, kept.Maintenance
	}
	if !knownHow(f.How) {
		f.How = kept.How
	}
	f.Address, f.Since, f.Incidents, f.Stop = kept.Address, kept.Since, kept.Incidents, kept.Stop
	return f
}

func (h *Handlers) unsubscribeForm(c *gin.Context) error {
	return h.showUnsubscribe(c, http.StatusOK)
}

func (h *Handlers) showUnsubscribe(c *gin.Context, status int) error {
	sub, err := h.Subscribers.ByToken(c, h.page(c), notify.PurposeUnsubscribe, c.Param("token"))
	if err != nil {
		return h.missed(c, err)
	}
	if sub.State == notify.Unsubscribed && sub.Address == "" {
		return h.unsubscribed(c) // again: nothing is wrong, and there is nothing to press
	}
	body, err := h.Views.Unsubscribe(h.reading(c), sub.Address, "/m/"+h.Subscribers.Token(notify.PurposeManage, sub))
	return private(c, status, body, err)
}

// oneClick is the body that RFC 8058 has mail clients send.
const oneClick = "List-Unsubscribe=One-Click"

// unsubscribe takes the button of our page and the one-click of a mail client,
// which has no cookie, wants no redirect and may come twice. Any other body
// unsubscribes nobody.
func (h *Handlers) unsubscribe(c *gin.Context) error {
	if err := readForm(c); err != nil {
		return err
	}
	byClient := isOneClick(c.Request)
	if !byClient && c.PostForm("stop") != "1" {
		return h.showUnsubscribe(c, http.StatusUnprocessableEntity)
	}
	if err := h.Subscribers.Unsubscribe(c, h.page(c), c.Param("token")); err != nil {
		return h.missed(c, err)
	}
	if byClient {
		c.Header("Cache-Control", "no-store")
		c.String(http.StatusOK, "Unsubscribed.\n")
		return nil
	}
	return h.unsubscribed(c)
}

func (h *Handlers) unsubscribed(c *gin.Context) error {
	body, err := h.Views.Unsubscribed(h.reading(c))
	return private(c, http.StatusOK, body, err)
}

// readForm reads a body in either encoding of forms (RFC 8058, section 3.2). The
// server has read those of all other routes, but leaves this one to us: what a
// mail client sends is not held against it. Nothing goes to disk, for no body is
// larger than this.
func readForm(c *gin.Context) error {
	err := c.Request.ParseForm()
	if err == nil {
		err = c.Request.ParseMultipartForm(256 << 10)
	}
	if err == nil || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.New(fault.TooLarge, "fault.toolarge")
	}
	return fault.New(fault.Malformed, "fault.encoding")
}

func isOneClick(r *http.Request) bool {
	return r.PostForm.Encode() == oneClick && (r.MultipartForm == nil || len(r.MultipartForm.File) == 0)
}
