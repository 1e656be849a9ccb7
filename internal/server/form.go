package server

import (
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/statusd/statusd/internal/fault"
)

// parseForm reads the body of a form once, within its limit, whatever the
// handler asks for, in either encoding that browsers have. Nothing of it goes to
// the disk: no body is larger than what is kept in memory.
func parseForm(r *http.Request) error {
	kind, err := formKind(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formFault(err, "fault.encoding")
	}
	if kind != "multipart/form-data" {
		return nil
	}
	if err := r.ParseMultipartForm(maxBody); err != nil {
		return formFault(err, "fault.form")
	}
	return nil
}

// formKind is the type of a form's body; no body needs none.
func formKind(r *http.Request) (string, error) {
	given := r.Header.Get("Content-Type")
	if given == "" && r.ContentLength == 0 {
		return "", nil
	}
	kind, _, _ := mime.ParseMediaType(given) // of a type with a wrong parameter the kind is still told
	if kind != "application/x-www-form-urlencoded" && kind != "multipart/form-data" {
		return "", fault.New(fault.Unsupported, "fault.unsupported")
	}
	return kind, nil
}

// formFault is why a form could not be read. net/url and mime/multipart take
// 10,000 fields and 1,000 parts; net/url has no error of its own for more.
func formFault(err error, otherwise string) error {
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case large:
		return fault.New(fault.TooLarge, "fault.toolarge")
	case errors.Is(err, multipart.ErrMessageTooLarge), strings.Contains(err.Error(), "number of URL query parameters exceeded"):
		return fault.New(fault.Malformed, "fault.fields")
	}
	return fault.New(fault.Malformed, otherwise)
}
