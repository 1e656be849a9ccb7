package server

import (
	"cmp"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/snapshot"
)

// InLanguage is a picture in the language of who asks: the one that ?lang= names,
// else the browser's first choice that there is, if the page lets browsers
// choose, else the page's own. What there is no catalogue of is never chosen, so
// strangers cannot fill the cache with languages.
func InLanguage(c *gin.Context, s *snapshot.Snapshot, catalog *i18n.Catalog) *snapshot.Snapshot {
	if t := AskedFor(c, s, catalog); t.Kept() || !s.Page.AutoLanguage {
		return t
	}
	own := cmp.Or(catalog.Find(s.Page.Language), "en")
	if header := c.Request.Header["Accept-Language"]; len(header) > 0 {
		if lang := catalog.Accept(strings.Join(header, ",")); lang != "" {
			own = lang
		}
	}
	return s.In(own, snapshot.ByBrowser)
}

// AskedFor is InLanguage for machines: ?lang= counts, and a browser's wishes do not.
func AskedFor(c *gin.Context, s *snapshot.Snapshot, catalog *i18n.Catalog) *snapshot.Snapshot {
	if c.Request.URL.RawQuery == "" {
		return s
	}
	if lang := catalog.Find(c.Query("lang")); lang != "" {
		return s.In(lang, snapshot.ByReader)
	}
	return s
}
