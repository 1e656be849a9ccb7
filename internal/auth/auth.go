// Package auth holds staff, their roles on each page, password hashes,
// sessions, API keys and the audit rows. It knows no cookies and no HTTP.
//
// An Actor is whoever acts: a signed-in member of staff, an API key or the
// command line. Every act takes one, applies the role and leaves an audit row
// inside the transaction of the act.
//
// Start with Actor here; staff.go has people and passwords, session.go
// sessions and log-in limits, keys.go API keys, audit.go the audit rows.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// Role is what a member of staff may do on one page.
type Role string

// The roles, each includes the ones before it.
const (
	Viewer    Role = "viewer"    // sees
	Responder Role = "responder" // posts
	Admin     Role = "admin"     // components, subscribers, settings
	Owner     Role = "owner"     // people and keys
)

// Roles are all roles, least first.
var roles = [...]Role{Viewer, Responder, Admin, Owner}

// Roles are all roles, least first.
func Roles() []Role { return roles[:] }

// Rank orders roles; -1 for an unknown one, which may do nothing.
func (r Role) Rank() int {
	for i, x := range roles {
		if x == r {
			return i
		}
	}
	return -1
}

// AtLeast reports whether r includes what other may do.
func (r Role) AtLeast(other Role) bool { return r.Rank() >= 0 && r.Rank() >= other.Rank() }

// Actor is who acts on a page.
type Actor struct {
	StaffID   int64 // 0 for the command line and keys without an owner
	Name      string
	Role      Role
	KeyID     int64
	Address   string // client address, for the audit
	RequestID string
}

// CommandLine is the actor of commands run on the server itself: whoever may
// run them may read the database file too.
func CommandLine() Actor { return Actor{Name: "command line", Role: Owner} }

// Need refuses an actor whose role is too small.
func (a Actor) Need(r Role) error {
	if a.Role.AtLeast(r) {
		return nil
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

// Ref is the staff id as a row keeps it: nil for none.
func (a Actor) Ref() *int64 {
	if a.StaffID == 0 {
		return nil
	}
	id := a.StaffID
	return &id
}

// Key names the actor in the submits table: one person's form token means
// nothing for another.
func (a Actor) Key() string {
	h := sha256.Sum256([]byte(a.Name))
	return base64.RawURLEncoding.EncodeToString([]byte{byte(a.StaffID >> 24), byte(a.StaffID >> 16), byte(a.StaffID >> 8), byte(a.StaffID), byte(a.KeyID >> 8), byte(a.KeyID)}) + hex.EncodeToString(h[:4])
}

// Auth does everything about staff.
type Auth struct {
	DB     *db.DB
	hasher *hasher
}

// New makes an Auth with its bounded password hasher.
func New(d *db.DB) *Auth { return &Auth{DB: d, hasher: newHasher()} }

// NewToken makes a secret of 256 random bits, and what is stored of it.
func NewToken() (token, hash string) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		panic(err) // crypto/rand never fails since Go 1.24
	}
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	return token, HashToken(token)
}

// HashToken is what is stored of a token: whoever reads the database cannot use it.
func HashToken(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}
