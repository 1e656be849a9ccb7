// Package server is the HTTP engine: middleware, route tables, errors into
// responses, static files and health. What the pages say is in public and
// admin, which hang their tables of routes on a Server.
//
// A handler returns its error, and one place here turns it into a page: a
// fault becomes words for the person, anything else one log line with the
// request id and the 500 page that was rendered at start.
//
// Start with Server here; middleware.go has what every request passes.
package server

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/auth"
)

// Handler answers a request or returns why it could not.
type Handler func(*gin.Context) error

// Audience is whose request it is: each has its own middleware and its own way
// to be told of an error.
type Audience int

// The audiences.
const (
	Readers Audience = iota + 1
	Staff
	Machines
)

// Route is one row of a table of routes. Staff routes name the least role that
// may use them; a route without one does not start (R6.1).
type Route struct {
	Method    string
	Path      string
	Audience  Audience
	Role      auth.Role // of Staff routes; "" is refused unless Open
	Open      bool      // a staff route that needs no session: sign-in, set-up
	Sensitive bool      // asks for the password again if it was typed over 15 minutes ago
	Handle    Handler
}

// Unsafe reports whether the route changes state.
func (r Route) Unsafe() bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }
