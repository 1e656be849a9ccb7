package public

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

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
	gzipped      = []string{"gzip"}
)

// serve answers with one rendering of a picture. Query strings and cookies mean
// nothing here, so they give no way around the cache (R1.3).
func serve(c *gin.Context, s *snapshot.Snapshot, key snapshot.Key, contentType string, render func() ([]byte, error)) error {
	b := s.Cached(key)
	if b == nil {
		var err error
		if b, err = s.Body(key, contentType, render); err != nil {
			return err
		}
	}
	zip := b.Gzip != nil && acceptsGzip(c.Request.Header["Accept-Encoding"])
	tag := b.ETag
	if zip {
		tag = b.ETagGzip
	}
	h := c.Writer.Header()
	h["Cache-Control"], h["Vary"], h["Etag"] = cacheControl, vary, tag
	if matches(c.Request.Header["If-None-Match"], tag[0]) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return nil
	}
	out, length := b.Plain, b.Len
	if zip {
		out, length = b.Gzip, b.LenGzip
		h["Content-Encoding"] = gzipped
	}
	h["Content-Type"], h["Content-Length"] = b.Type, length
	c.Status(http.StatusOK)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return nil
	}
	_, _ = c.Writer.Write(out) // whoever asked may be gone
	return nil
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3): gzip or * with a weight
// that is not zero; what names gzip counts before what names all.
func acceptsGzip(values []string) bool {
	star := false
	for _, v := range values {
		for v != "" {
			var part string
			part, v, _ = strings.Cut(v, ",")
			name, params, weighted := strings.Cut(part, ";")
			yes := !weighted || weight(params)
			switch strings.TrimSpace(name) {
			case "gzip", "x-gzip", "GZIP":
				return yes
			case "*":
				star = yes
			}
		}
	}
	return star
}

func weight(params string) bool {
	_, q, ok := strings.Cut(params, "=")
	if !ok {
		return true
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
	return err != nil || f > 0
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
