package public

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
)

const html = "text/html; charset=utf-8"

var (
	// A browser asks each time (and mostly gets a 304): whoever reloads after the
	// post was answered must not be shown the old page by their own browser.
	// Caches in front may keep a page for ten seconds, and serve it for a day when
	// we are down. Not stale-while-revalidate: browsers obey it too, and a script
	// that asks for the new page would be handed the old one.
	cacheControl = []string{"public, max-age=0, s-maxage=10, stale-if-error=86400"}
	vary         = []string{"Accept-Encoding"}
	// noindex asks search engines not to list an answer, be it a page, a feed or
	// an image.
	noindex = []string{"noindex"}
)

// serve answers with one rendering of a picture. Of a query string
// only what names one of a few renderings means anything, and cookies mean
// nothing, so they give no way around the cache (R1.3).
func serve(c *gin.Context, s *snapshot.Snapshot, key snapshot.Key, contentType string, render func() ([]byte, error)) error {
	b := s.Cached(key)
	if b == nil {
		var err error
		if b, err = s.Body(key, contentType, render); err != nil {
			return err
		}
	}
	f := b.Best(server.AcceptedCodings(c.Request.Header["Accept-Encoding"]))
	h := c.Writer.Header()
	h["Cache-Control"], h["Etag"] = cacheControl, f.ETag
	if h["Vary"] == nil {
		h["Vary"] = vary
	}
	if s.Varies() {
		h["Vary"] = append(h["Vary"][:1:1], "Accept-Language")
	}
	if s.Page.HideFromSearch {
		h["X-Robots-Tag"] = noindex
	}
	if matches(c.Request.Header["If-None-Match"], f.ETag[0]) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return nil
	}
	if f.Name != nil {
		h["Content-Encoding"] = f.Name
	}
	h["Content-Type"], h["Content-Length"] = b.Type, f.Len
	c.Status(http.StatusOK)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return nil
	}
	_, _ = c.Writer.Write(f.Bytes) // whoever asked may be gone
	return nil
}

// matches compares If-None-Match weakly, as RFC 9110, 13.1.2 wants for GET.
func matches(values []string, tag string) bool {
	for _, v := range values {
		for v != "" {
			var one string
			one, v, _ = strings.Cut(v, ",")
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}
