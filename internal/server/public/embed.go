package public

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

var (
	cspBadge = []string{view.BadgeCSP}
	// anywhere lets pages show or run what they fetch from here, also those that
	// demand to be asked (COEP).
	anywhere = []string{"cross-origin"}
	// isolated is what such pages demand of each frame in them.
	isolated = []string{"require-corp"}
)

// badge answers with the state of the page as an image, or with ?component=CODE
// of that component; of one that there is not with 404.
func (h *Handlers) badge(c *gin.Context) error {
	s := h.spoken(c)
	only, ok := component(c, s)
	if !ok {
		return notFound()
	}
	key := snapshot.Key{Kind: "badge", Lang: s.Page.Language}
	if only != nil {
		key.Arg = only.Code
	}
	header := c.Writer.Header()
	header["Content-Security-Policy"], header["Cross-Origin-Resource-Policy"] = cspBadge, anywhere
	return serve(c, s, key, "image/svg+xml", func() ([]byte, error) { return h.Views.Badge(s, only) })
}

// component is the one that ?component=CODE names, nil for none; false for a
// code that there is not.
func component(c *gin.Context, s *snapshot.Snapshot) (*snapshot.Component, bool) {
	code := c.Query("component")
	if code == "" {
		return nil, true
	}
	only := s.Component(code)
	return only, only != nil
}

// cspEmbed is the policy of pages that may stand in any frame: nothing in them
// can be sent, and they run nothing of anybody else (R§12).
var cspEmbed = []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *; require-trusted-types-for 'script'; trusted-types 'none'"}

// framed answers with a page for frames of other sites.
func (h *Handlers) framed(kind string, render func(*view.Views, *snapshot.Snapshot) ([]byte, error)) server.Handler {
	return func(c *gin.Context) error {
		s, header := h.spoken(c), c.Writer.Header()
		header["Content-Security-Policy"], header["Cross-Origin-Resource-Policy"], header["Cross-Origin-Embedder-Policy"] = cspEmbed, anywhere, isolated
		return serve(c, s, snapshot.Key{Kind: kind, Lang: s.Page.Language}, html, func() ([]byte, error) { return render(h.Views, s) })
	}
}

// script answers with a script for other sites: a static file under an address
// that stays, with the words of the page in it.
func (h *Handlers) script(file string) server.Handler {
	return func(c *gin.Context) error {
		s, header := h.spoken(c), c.Writer.Header()
		header["Content-Security-Policy"], header["Cross-Origin-Resource-Policy"], header["Access-Control-Allow-Origin"] = cspData, anywhere, anyOrigin
		return serve(c, s, snapshot.Key{Kind: file, Lang: s.Page.Language}, "text/javascript; charset=utf-8", func() ([]byte, error) {
			return h.Views.EmbedScript(s, h.Static.Bytes(file))
		})
	}
}
