package server_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/statustest"
)

const urlencoded = "application/x-www-form-urlencoded"

// sends changes a POST of ask into one of another body.
func sends(contentType, body string) func(*http.Request) {
	return func(r *http.Request) {
		*r = *httptest.NewRequest(r.Method, r.RequestURI, strings.NewReader(body))
		r.Host = "status.example.com"
		r.Header.Del("Content-Type")
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
	}
}

func parts(t *testing.T, n int) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := range n {
		must(t, m.WriteField(fmt.Sprint("f", i), "v"))
	}
	must(t, m.WriteField("body", "three sentences"))
	must(t, m.Close())
	return m.FormDataContentType(), b.String()
}

func TestServer_readsFormsAndSaysWhatIsNone(t *testing.T) {
	t.Parallel()
	kind, body := parts(t, 3)
	many, manyBody := parts(t, 1200)
	for name, tt := range map[string]struct {
		contentType, body string
		want              int
		says              string
	}{
		"urlencoded":          {urlencoded, "body=three+sentences", 200, "three sentences"},
		"with a charset":      {urlencoded + "; charset=UTF-8", "body=three+sentences", 200, "three sentences"},
		"in parts":            {kind, body, 200, "three sentences"},
		"an empty one":        {"", "", 200, ""},
		"JSON":                {"application/json", `{"body":"three sentences"}`, 415, "not sent as a form"},
		"plain text":          {"text/plain", "body=three sentences", 415, "not sent as a form"},
		"no type":             {"", "body=three sentences", 415, "not sent as a form"},
		"no real type":        {"a/b/c; =", "body=three sentences", 415, "not sent as a form"},
		"too many fields":     {urlencoded, strings.Repeat("a=1&", 12000), 400, "more fields"},
		"too many parts":      {many, manyBody, 400, "more fields"},
		"cut off in parts":    {kind, body[:len(body)-10], 400, "did not arrive whole"},
		"without its divider": {"multipart/form-data", body, 400, "did not arrive whole"},
		"a broken escape":     {urlencoded, "body=%zz", 400, "not readable letters"},
	} {
		for _, at := range []string{"/admin/x", "/x"} {
			t.Run(name+" at "+at, func(t *testing.T) {
				t.Parallel()
				said := ""
				r := server.Route{Method: "POST", Path: at, Audience: server.Readers, Handle: func(c *gin.Context) error { said = c.PostForm("body"); c.Status(200); return nil }}
				if at == "/admin/x" {
					r.Audience, r.Open = server.Staff, true
				}
				_, h := serve(t, statustest.NewSite(t), "https://status.example.com", r)
				w := ask(h, "POST", at, sends(tt.contentType, tt.body))
				if w.Code != tt.want {
					t.Fatalf("%d, want %d: %s", w.Code, tt.want, w.Body)
				}
				if tt.want == 200 && said != tt.says {
					t.Errorf("read %q", said)
				}
				if tt.want != 200 && !strings.Contains(statustest.Page(t, w.Body.Bytes()).Text(), tt.says) {
					t.Errorf("no word of %q: %s", tt.says, statustest.Page(t, w.Body.Bytes()).Text())
				}
			})
		}
	}
}

// Whoever only looks has typed nothing that could be kept.
func TestServer_tellsWhoOnlyLooksThatTheDeskIsAway(t *testing.T) {
	t.Parallel()
	var routes []server.Route
	for _, m := range []string{"GET", "POST"} {
		routes = append(routes, server.Route{Method: m, Path: "/admin/gone", Audience: server.Staff, Open: true, Handle: answer(db.ErrUnusable)})
	}
	_, h := serve(t, statustest.NewSite(t), "https://status.example.com", routes...)
	w := ask(h, "GET", "/admin/gone?x=1")
	page := statustest.Page(t, w.Body.Bytes())
	said := page.Text()
	if w.Code != 503 || strings.Contains(said, "Not saved") || strings.Contains(said, "Your text") {
		t.Errorf("%d: %s", w.Code, said)
	}
	for _, want := range []string{"cannot be reached", "public page"} {
		if !strings.Contains(said, want) {
			t.Errorf("no word of %q: %s", want, said)
		}
	}
	for _, to := range []string{"/admin/gone?x=1", "/admin", "/"} {
		if !page.Has(`a[href="` + to + `"]`) {
			t.Errorf("no link to %s: %s", to, w.Body)
		}
	}
	if said := statustest.Page(t, ask(h, "POST", "/admin/gone").Body.Bytes()).Text(); !strings.Contains(said, "Not saved") {
		t.Errorf("who typed is told: %s", said)
	}
}
