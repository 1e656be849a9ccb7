package public

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/feeds"
	"github.com/statusd/statusd/internal/snapshot"
)

func (h *Handlers) maintenance(c *gin.Context) error {
	s := h.reading(c)
	return serve(c, s, snapshot.Key{Kind: "maintenance", Lang: s.Page.Language}, html, func() ([]byte, error) { return h.Views.Maintenance(s) })
}

// document answers with an incident in another form than a page. What has the
// shape of the read API speaks the page's own language, as all of that does.
func (h *Handlers) document(c *gin.Context, code, ending string) error {
	s := h.spoken(c)
	if ending == "json" {
		s = h.Snapshot(c)
	}
	i := s.Incident(code)
	for _, f := range feeds.Reports {
		if f.Ending != ending || !f.Has(i) {
			continue
		}
		header := c.Writer.Header()
		header["Content-Security-Policy"] = cspData
		if f.Shared {
			header["Access-Control-Allow-Origin"] = anyOrigin
		}
		key := snapshot.Key{Kind: "incident." + ending, Arg: i.Code, Lang: s.Page.Language}
		return serve(c, s, key, f.ContentType, func() ([]byte, error) { return f.Render(feeds.Source{Snapshot: s, P: h.Views.Printer(s)}, i) })
	}
	return notFound()
}
