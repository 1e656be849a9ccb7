package public

import (
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// drawings keeps it to one image that is drawn at a time: it takes as long as
// many pages do, and whoever asks for one is no reader.
type drawings struct{ mu sync.Mutex }

func (d *drawings) one(render func() ([]byte, error)) func() ([]byte, error) {
	return func() ([]byte, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return render()
	}
}

// drawn answers with the image that chats show beside a link to the page.
func (h *Handlers) drawn(c *gin.Context) error { return h.drawnOf(c, nil) }

// drawnIncident is drawn for a link to one report. Of an old one it is the
// image of the page.
func (h *Handlers) drawnIncident(c *gin.Context) error {
	s := h.spoken(c)
	i := s.Incident(withoutEnding(c.Param("code.png")))
	if i == nil {
		return missing(s, withoutEnding(c.Param("code.png")))
	}
	return h.drawnOf(c, i)
}

func (h *Handlers) drawnOf(c *gin.Context, i *snapshot.Incident) error {
	s, header := h.spoken(c), c.Writer.Header()
	header["Content-Security-Policy"], header["Cross-Origin-Resource-Policy"] = cspData, anywhere
	key := snapshot.Key{Kind: "og", Lang: s.Page.Language}
	render := func() ([]byte, error) { return h.Views.DrawPage(s) }
	if i != nil && view.Drawn(s, i) {
		key.Arg = i.Code
		render = func() ([]byte, error) { return h.Views.DrawIncident(s, i) }
	}
	return serve(c, s, key, "image/png", h.drawings.one(render))
}

// withoutEnding is "CODE" of "CODE.png", and of anything else nothing.
func withoutEnding(name string) string {
	code, ok := strings.CutSuffix(name, ".png")
	if !ok {
		return ""
	}
	return code
}

func (h *Handlers) sitemap(c *gin.Context) error {
	s := h.Snapshot(c)
	if s.Page.HideFromSearch {
		return notFound()
	}
	c.Writer.Header()["Content-Security-Policy"] = cspData
	return serve(c, s, snapshot.Key{Kind: "sitemap", Lang: s.Page.Language}, "application/xml; charset=utf-8", func() ([]byte, error) { return h.Views.Sitemap(s) })
}

func (h *Handlers) robots(c *gin.Context) error {
	s := h.Snapshot(c)
	c.Writer.Header()["Content-Security-Policy"] = cspData
	return serve(c, s, snapshot.Key{Kind: "robots", Lang: s.Page.Language}, "text/plain; charset=utf-8", func() ([]byte, error) { return h.Views.Robots(s) })
}

// missing is why there is no report of a code. A maintenance that was announced
// and called off is gone, and calendars were told so; of any other code nobody
// is told whether there ever was something.
func missing(s *snapshot.Snapshot, code string) error {
	for _, m := range s.CalledOff {
		if m.Code == code {
			return fault.New(fault.Gone, "public.calledoff")
		}
	}
	return notFound()
}
