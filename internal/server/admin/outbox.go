package admin

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

// outbox shows what has not left, and why.
func (h *Handlers) outbox(c *gin.Context) error {
	b, err := h.base(c, "outbox", "Outbox")
	if err != nil {
		return err
	}
	page, now, after := server.PageOf(c).ID, h.clock(), cursor(c, "after")
	s, err := h.Outbox.Status(c, page)
	if err != nil {
		return err
	}
	b.Mail = nil // the page says it at length
	p := view.AdminOutbox{AdminBase: b, State: view.AdminOutboxState(b.T, s, now), Tiles: view.AdminOutboxTiles(b.T, s), First: after == 0}
	waiting, err := h.Outbox.Waiting(c, page, after, listed+1)
	if err != nil {
		return err
	}
	if len(waiting) > listed {
		waiting = waiting[:listed]
		p.Older = "?after=" + number(waiting[listed-1].ID)
	}
	for _, d := range waiting {
		p.Waiting = append(p.Waiting, view.NewAdminDelivery(b.T, d, now))
	}
	if p.First {
		failed, err := h.Outbox.Failed(c, page, 0, listed)
		if err != nil {
			return err
		}
		for _, d := range failed {
			p.Failed = append(p.Failed, view.NewAdminDelivery(b.T, d, now))
		}
	}
	return h.page(c, reply{}, p)
}

// letter shows one mail as its reader would get it, with its links: without a
// mail server, staff hand them on themselves.
func (h *Handlers) letter(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	l, err := h.Outbox.Message(c, server.PageOf(c).ID, id)
	if err != nil {
		return err
	}
	b, err := h.base(c, "outbox", l.Subject)
	if err != nil {
		return err
	}
	return h.page(c, reply{}, view.AdminLetter{
		AdminBase: b, From: l.From, To: l.To, Subject: l.Subject, Lines: linked(l.Text), Delivery: view.NewAdminDelivery(b.T, l.Delivery, h.clock()),
	})
}

// linked cuts a plain text at its addresses, so that they can be followed.
func linked(text string) []view.AdminLine {
	var out []view.AdminLine
	for text != "" {
		at := min(index(text, "https://"), index(text, "http://"))
		if at == len(text) {
			return append(out, view.AdminLine{Text: text})
		}
		end := at + strings.IndexAny(text[at:]+"\n", " \t\n<>\"")
		if at > 0 {
			out = append(out, view.AdminLine{Text: text[:at]})
		}
		out = append(out, view.AdminLine{Text: text[at:end], URL: text[at:end]})
		text = text[end:]
	}
	return out
}

// index is where part begins in s, or its end.
func index(s, part string) int {
	if n := strings.Index(s, part); n >= 0 {
		return n
	}
	return len(s)
}
