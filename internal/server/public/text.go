package public

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// form is one way in which the status page can be read.
type form struct {
	kind, mediaType, subtype string
	render                   func(*view.Views, *snapshot.Snapshot) ([]byte, error)
}

// texts are the status page for machines that read text, each under an address
// of its own, and under / for who asks for it by Accept.
var texts = []form{
	{"md", "text/markdown; charset=utf-8", "markdown", (*view.Views).Markdown},
	{"txt", "text/plain; charset=utf-8", "plain", (*view.Views).Text},
}

// varyText stands on / alone: its answer depends on Accept too.
var varyText = []string{"Accept, Accept-Encoding"}

func (h *Handlers) text(f form) server.Handler {
	return func(c *gin.Context) error {
		header := c.Writer.Header()
		header["Access-Control-Allow-Origin"], header["Content-Security-Policy"] = anyOrigin, cspData
		return h.asText(c, h.spoken(c), f)
	}
}

func (h *Handlers) asText(c *gin.Context, s *snapshot.Snapshot, f form) error {
	return serve(c, s, snapshot.Key{Kind: f.kind, Lang: s.Page.Language}, f.mediaType, func() ([]byte, error) { return f.render(h.Views, s) })
}

// wanted is the text that an Accept header prefers to HTML (RFC 9110, 12.5.1);
// nil for HTML. Browsers, and all who take anything, get HTML: only a header
// that gives a text more weight than HTML gets that. Who the client says it is
// counts for nothing.
func wanted(accept []string) *form {
	best, most := (*form)(nil), quality(accept, "html")
	for n := range texts {
		if q := quality(accept, texts[n].subtype); q > most {
			best, most = &texts[n], q
		}
	}
	return best
}

// quality is the weight, in thousandths, that a header gives to text/subtype:
// that of the most specific range which holds it. Parameters other than q are
// not looked at.
func quality(accept []string, subtype string) int {
	q, nearest := 0, 0
	for _, v := range accept {
		for v != "" {
			var part string
			part, v, _ = strings.Cut(v, ",")
			name, params, _ := strings.Cut(part, ";")
			if near := nearness(strings.TrimSpace(name), subtype); near > nearest {
				q, nearest = thousandths(params), near
			}
		}
	}
	return q
}

// nearness says how precisely a media range means text/subtype; 0: it does not.
func nearness(name, subtype string) int {
	main, sub, _ := strings.Cut(name, "/")
	switch {
	case main == "*" && sub == "*":
		return 1
	case !strings.EqualFold(main, "text"):
		return 0
	case sub == "*":
		return 2
	case strings.EqualFold(sub, subtype):
		return 3
	}
	return 0
}

// thousandths reads the weight among the parameters of a range; without one, or
// with one that is no number, it is 1.
func thousandths(params string) int {
	for params != "" {
		var one string
		one, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(one, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if f, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && f >= 0 && f <= 1 {
			return int(f*1000 + 0.5)
		}
	}
	return 1000
}

// api is the page that tells people of all addresses for machines.
func (h *Handlers) api(c *gin.Context) error {
	s := h.reading(c)
	return serve(c, s, snapshot.Key{Kind: "api", Lang: s.Page.Language}, html, func() ([]byte, error) { return h.Views.API(s) })
}
