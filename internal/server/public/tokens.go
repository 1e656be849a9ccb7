package public

import (
	"net/http"
	"net/url"

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
		body, err := h.Views.LinkExpired(h.Snapshot(c))
		return private(c, http.StatusNotFound, body, err)
	}
	f := h.readable(c, err)
	if f == nil {
		return err
	}
	body, rerr := h.Views.Refused(h.Snapshot(c), f)
	return private(c, server.Status(f.Kind), body, rerr)
}

func (h *Handlers) confirmForm(c *gin.Context) error {
	sub, err := h.Subscribers.Pending(c, h.page(c), c.Param("token"))
	if err != nil {
		return h.missed(c, err)
	}
	body, err := h.Views.Confirm(h.Snapshot(c), view.Confirmation{Address: sub.Address, What: what(sub.Preferences), Components: sub.Components, Incidents: sub.Incidents})
	return private(c, http.StatusOK, body, err)
}

func (h *Handlers) confirm(c *gin.Context) error {
	if _, err := h.Subscribers.Confirm(c, h.page(c), c.Param("token")); err != nil {
		return h.missed(c, err)
	}
	body, err := h.Views.Confirmed(h.Snapshot(c))
	return private(c, http.StatusOK, body, err)
}

func what(p notify.Preferences) string { return p.Scope }

func (h *Handlers) manageForm(c *gin.Context) error {
	sub, err := h.Subscribers.ByToken(c, h.page(c), notify.PurposeManage, c.Param("token"))
	if err != nil {
		return h.missed(c, err)
	}
	return h.showManage(c, http.StatusOK, view.ManageForm{
		Address: sub.Address, Since: sub.CreatedAt, What: what(sub.Preferences), Components: sub.Components, How: sub.Frequency, Maintenance: sub.Maintenance,
		Incidents: sub.Incidents, Stop: "/u/" + h.Subscribers.Token(notify.PurposeUnsubscribe, sub),
	})
}

func (h *Handlers) showManage(c *gin.Context, status int, f view.ManageForm) error {
	body, err := h.Views.Manage(h.Snapshot(c), f)
	return private(c, status, body, err)
}

func (h *Handlers) manage(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return fault.New(fault.Malformed, "fault.encoding")
	}
	f := view.ManageForm{}
	f.What, f.How, f.Components, f.Maintenance = typedChoices(c)
	err := h.Subscribers.SavePreferences(c, h.page(c), c.Param("token"), preferences(f.What, f.How, f.Components, f.Maintenance))
	if err == nil {
		body, err := h.Views.Saved(h.Snapshot(c))
		return private(c, http.StatusOK, body, err)
	}
	flt := h.readable(c, err)
	if flt == nil {
		return h.missed(c, err)
	}
	// Who it is stays out when the database cannot say; what was typed stays in.
	if sub, lerr := h.Subscribers.ByToken(c, h.page(c), notify.PurposeManage, c.Param("token")); lerr == nil {
		f.Address, f.Since, f.Incidents = sub.Address, sub.CreatedAt, sub.Incidents
	}
	f.Notice, f.Errors = h.Views.Words(h.Snapshot(c), flt)
	if len(f.Errors) > 0 {
		f.Notice = ""
	}
	return h.showManage(c, server.Status(flt.Kind), f)
}

func (h *Handlers) unsubscribeForm(c *gin.Context) error {
	return h.showUnsubscribe(c, http.StatusOK)
}

func (h *Handlers) showUnsubscribe(c *gin.Context, status int) error {
	sub, err := h.Subscribers.ByToken(c, h.page(c), notify.PurposeUnsubscribe, c.Param("token"))
	if err != nil {
		return h.missed(c, err)
	}
	body, err := h.Views.Unsubscribe(h.Snapshot(c), sub.Address, "/m/"+h.Subscribers.Token(notify.PurposeManage, sub))
	return private(c, status, body, err)
}

// oneClick is the body that RFC 8058 has mail clients send.
const oneClick = "List-Unsubscribe=One-Click"

// unsubscribe takes the button of our page and the one-click of a mail client,
// which has no cookie, wants no redirect and may come twice. Any other body
// unsubscribes nobody.
func (h *Handlers) unsubscribe(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return fault.New(fault.Malformed, "fault.encoding")
	}
	byClient := isOneClick(c.Request.PostForm)
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
	body, err := h.Views.Unsubscribed(h.Snapshot(c))
	return private(c, http.StatusOK, body, err)
}

func isOneClick(form url.Values) bool { return form.Encode() == oneClick }
