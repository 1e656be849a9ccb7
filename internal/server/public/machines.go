package public

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/feeds"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
)

var (
	anyOrigin = []string{"*"}
	// A document for machines is never a page: should a browser show one, it
	// loads and runs nothing (R§12).
	cspData = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// shared answers with data that scripts of other sites may read: it is public,
// and no cookie is looked at. Its words are always the page's own: programs
// compare names.
func (h *Handlers) shared(f feeds.Format) server.Handler {
	return func(c *gin.Context) error {
		s, header := h.Snapshot(c), c.Writer.Header()
		header["Access-Control-Allow-Origin"], header["Content-Security-Policy"] = anyOrigin, cspData
		return serve(c, s, snapshot.Key{Kind: f.Kind, Lang: s.Page.Language}, f.ContentType, h.rendering(f, s, nil))
	}
}

func (h *Handlers) rendering(f feeds.Format, s *snapshot.Snapshot, only *snapshot.Component) func() ([]byte, error) {
	return func() ([]byte, error) {
		return f.Render(feeds.Source{Snapshot: s, P: h.Views.Printer(s), Only: only})
	}
}

// feed answers with a feed of the whole page, or with ?component=CODE of that
// component alone; of one that there is not with 404, and not with everything.
func (h *Handlers) feed(f feeds.Format) server.Handler {
	return func(c *gin.Context) error {
		s := h.spoken(c)
		var only *snapshot.Component
		key := snapshot.Key{Kind: f.Kind, Lang: s.Page.Language}
		if code := c.Query("component"); code != "" {
			if only = s.Component(code); only == nil {
				return notFound()
			}
			key.Arg = only.Code
		}
		c.Writer.Header()["Content-Security-Policy"] = cspData
		return serve(c, s, key, f.ContentType, h.rendering(f, s, only))
	}
}
