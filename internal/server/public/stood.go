package public

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
)

// asked is the moment of ?at=; empty where nobody asks for one. Where nothing
// follows the path, which is nearly always, nothing is looked at.
func asked(c *gin.Context) string {
	if c.Request.URL.RawQuery == "" {
		return ""
	}
	return strings.TrimSpace(c.Query("at"))
}

// momentOf reads RFC 3339, also without seconds. A plus that was not escaped
// arrives as a blank.
func momentOf(typed string) (time.Time, bool) {
	typed = strings.ReplaceAll(typed, " ", "+")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, typed); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// stoodWithin is how long the ledgers may take to tell how the page stood.
const stoodWithin = 10 * time.Second

// stood answers with a page as it stood at a moment. It asks the database, so
// few may at once, and no cache keeps what they get. show renders a picture of
// then; no bytes mean that there was no such page.
func (h *Handlers) stood(c *gin.Context, typed string, show func(then *snapshot.Snapshot) ([]byte, error)) error {
	at, ok := momentOf(typed)
	if !ok {
		return h.refuse(c, fault.New(fault.Invalid, "public.stood.unreadable"))
	}
	if !h.pasts.enter() {
		return h.refuse(c, busy("public.stood.busy"))
	}
	defer h.pasts.leave()
	ctx, cancel := context.WithTimeout(c.Request.Context(), stoodWithin)
	defer cancel()
	then, err := h.AsOf(ctx, h.page(c), at)
	switch {
	case err == nil:
	case fault.Is(err, fault.NotFound):
		return h.refuse(c, fault.New(fault.NotFound, "public.stood.future"))
	case c.Request.Context().Err() == nil && (h.Unusable(err) || ctx.Err() != nil):
		return h.refuse(c, busy("public.stood.away"))
	default:
		return err
	}
	body, err := show(server.InLanguage(c, then, h.Views.Catalog()))
	if err == nil && body == nil {
		return h.refuse(c, fault.New(fault.NotFound, "public.stood.none"))
	}
	return private(c, http.StatusOK, body, err)
}

// refuse says in words, on a page of its own, why there is none.
func (h *Handlers) refuse(c *gin.Context, f *fault.Error) error {
	if f.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	body, err := h.Views.Refused(h.reading(c), f)
	return private(c, server.Status(f.Kind), body, err)
}
