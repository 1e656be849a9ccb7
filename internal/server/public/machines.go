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
// and no cookie is looked at.
func (h *Handlers) shared(f feeds.Format) server.Handler {
	return func(c *gin.Context) error {
		s, header := h.Snapshot(c), c.Writer.Header()
		header["Access-Control-Allow-Origin"], header["Content-Security-Policy"] = anyOrigin, cspData
		return serve(c, s, snapshot.Key{Kind: f.Kind, Lang: s.Page.Language}, f.ContentType, func() ([]byte, error) { return f.Render(s, h.Views.Printer(s)) })
	}
}
