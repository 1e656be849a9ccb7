package public

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// asked is the moment of ?at=; empty where nobody asks for one. Where nothing
// follows the path, which is nearly always, nothing is looked at.
func asked(c *gin.Context) string {
	if c.Request.URL.RawQuery == "" {
		return ""
	}
	return strings.TrimSpace(c.Query("at"))
}

// momentOf reads RFC 3339, also without seconds, or a day and a time on the clocks
// of the page. A plus that was not escaped arrives as a blank. Faults are beside
// the field at; of a time that the clocks showed twice, twice are the two.
func momentOf(typed, fold string, zone *time.Location) (at time.Time, twice [2]time.Time, err error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, strings.ReplaceAll(typed, " ", "+")); err == nil {
			return t.UTC(), twice, nil
		}
	}
	at, err = pages.ParseLocal("at", typed, fold, zone)
	f := fault.Of(err)
	if f == nil || len(f.Fields) == 0 {
		return at, twice, err
	}
	switch field := &f.Fields[0]; field.Key { // for readers, in their language
	case "time.gap":
		field.Key = "public.stood.gap"
	case "time.overlap":
		field.Key = "public.stood.overlap"
		for n, which := range []string{"first", "second"} {
			twice[n], _ = pages.ParseLocal("at", typed, which, zone) // it was read before
		}
	default:
		field.Key = "public.stood.unreadable"
	}
	return at, twice, err
}

// stoodWithin is how long the ledgers may take to tell how the page stood.
const stoodWithin = 10 * time.Second

// stood answers with a page as it stood at a moment. It asks the database, so
// few may at once, and no cache keeps what they get. show renders a picture of
// then; no bytes mean that there was no such page.
func (h *Handlers) stood(c *gin.Context, typed string, show func(then *snapshot.Snapshot) ([]byte, error)) error {
	form := view.MomentForm{Path: c.Request.URL.Path, Typed: strings.ToValidUTF8(typed, string(utf8.RuneError))}
	refuse := func(f *fault.Error) error { return h.refuse(c, form, f) }
	at, twice, err := momentOf(typed, c.Query("fold"), h.reading(c).Zone)
	if err != nil {
		form.Twice = twice
		return refuse(fault.Of(err))
	}
	if !h.pasts.enter() {
		return refuse(busy("public.stood.busy"))
	}
	defer h.pasts.leave()
	ctx, cancel := context.WithTimeout(c.Request.Context(), stoodWithin)
	defer cancel()
	then, err := h.AsOf(ctx, h.page(c), at)
	switch {
	case err == nil:
	case fault.Is(err, fault.NotFound):
		return refuse(noSuch("public.stood.future"))
	case c.Request.Context().Err() == nil && (h.Unusable(err) || ctx.Err() != nil):
		return refuse(busy("public.stood.away"))
	default:
		return err
	}
	body, err := show(server.InLanguage(c, then, h.Views.Catalog()))
	if err == nil && body == nil {
		return refuse(noSuch("public.stood.none"))
	}
	return private(c, http.StatusOK, body, err)
}

// noSuch is why there is no page of a moment.
func noSuch(key string) *fault.Error {
	return &fault.Error{Kind: fault.NotFound, Fields: []fault.Field{{Name: "at", Key: key}}}
}

// refuse asks again, and says why nothing can be shown.
func (h *Handlers) refuse(c *gin.Context, form view.MomentForm, f *fault.Error) error {
	if f.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	form.Fault = f
	body, err := h.Views.Stood(h.reading(c), form)
	return private(c, server.Status(f.Kind), body, err)
}
