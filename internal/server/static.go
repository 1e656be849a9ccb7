package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/snapshot"
)

// Static serves the embedded files under the hash of their content, for a year.
type Static struct {
	files map[string]*staticFile
}

type staticFile struct {
	hash string
	body *snapshot.Body
}

var types = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// NewStatic reads every file once.
func NewStatic(files fs.FS) (*Static, error) {
	s := &Static{files: map[string]*staticFile{}}
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		t := types[path.Ext(p)]
		if t == "" {
			t = mime.TypeByExtension(path.Ext(p))
		}
		h := sha256.Sum256(raw)
		s.files[p] = &staticFile{hash: hex.EncodeToString(h[:6]), body: snapshot.NewBody(t, raw)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	return s, nil
}

// Address is where a file is found; a missing one shows in the page's source
// and in the test that renders every page.
func (s *Static) Address(name string) string {
	f := s.files[name]
	if f == nil {
		return "/static/missing/" + name
	}
	return "/static/" + f.hash + "/" + name
}

// Bytes are the content of a file; nil for none.
func (s *Static) Bytes(name string) []byte {
	if f := s.files[name]; f != nil {
		return f.body.Plain.Bytes
	}
	return nil
}

var forever = []string{"public, max-age=31536000, immutable"}

func (s *Server) file(c *gin.Context) {
	f := s.static.files[strings.TrimPrefix(c.Param("name"), "/")]
	if f == nil || c.Param("hash") != f.hash {
		s.plain(c.Writer, http.StatusNotFound, "There is no such file here.")
		return
	}
	h := c.Writer.Header()
	s.headers(h, Readers)
	h["Cache-Control"] = forever
	h["Content-Type"] = f.body.Type
	h["Vary"] = []string{"Accept-Encoding"}
	out := f.body.Best(AcceptedCodings(c.Request.Header["Accept-Encoding"]))
	if out.Name != nil {
		h["Content-Encoding"] = out.Name
	}
	h["Content-Length"] = out.Len
	if c.Request.Method == http.MethodHead {
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Status(http.StatusOK)
	_, _ = c.Writer.Write(out.Bytes) // whoever asked may be gone
}
