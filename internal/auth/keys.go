package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// Scope is what an API key may do.
type Scope string

// The scopes.
const (
	ScopeRead        Scope = "read"
	ScopeIncidents   Scope = "incidents"
	ScopeSubscribers Scope = "subscribers"
	ScopeAdmin       Scope = "admin"
)

// Valid reports whether s is a scope.
func (s Scope) Valid() bool {
	return s == ScopeRead || s == ScopeIncidents || s == ScopeSubscribers || s == ScopeAdmin
}

// APIKey is a row of api_keys.
type APIKey struct {
	ID         int64
	PageID     int64
	StaffID    *int64
	Code       string
	Name       string
	Hash       string
	Tail       string // the last four characters, to tell keys apart
	Scope      Scope
	CreatedAt  time.Time
	LastUsedAt *time.Time
	RevokedAt  *time.Time
}

// TableName is the table of the rows.
func (APIKey) TableName() string { return "api_keys" }

// AddKey makes a key and returns it; this is the only time it can be seen. It
// looks like sd_incidents_<40 hex digits>_<8 hex digits>, the last part a CRC-32
// of the rest, so that scanners for leaked secrets know one when they see it.
func (a *Auth) AddKey(ctx context.Context, by Actor, page int64, name string, scope Scope) (string, error) {
	if err := by.Need(Owner); err != nil {
		return "", err
	}
	var c fault.Collector
	CheckName(&c, "name", name)
	if !scope.Valid() {
		c.Add("scope", "field.choice")
	}
	if err := c.Err(); err != nil {
		return "", err
	}
	var raw [20]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", err
	}
	body := "sd_" + string(scope) + "_" + hex.EncodeToString(raw[:])
	key := fmt.Sprintf("%s_%08x", body, crc32.ChecksumIEEE([]byte(body)))
	err := a.DB.Private(ctx, func(tx *db.Tx) error {
		if err := stillOwner(tx, page, &by); err != nil {
			return err
		}
		row := APIKey{PageID: page, StaffID: by.Ref(), Code: db.NewCode(), Name: name, Hash: HashToken(key), Tail: key[len(key)-4:], Scope: scope, CreatedAt: tx.Now}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("add key: %w", err)
		}
		return Record(tx, page, by, "key.add", "key "+row.Code, nil, map[string]any{"name": name, "scope": scope})
	})
	return key, err
}

// Keys are the keys of a page that were not revoked, newest first.
func (a *Auth) Keys(ctx context.Context, page int64) ([]APIKey, error) {
	var out []APIKey
	err := a.DB.Read(ctx).Raw(`select id, page_id, staff_id, code, name, tail, scope, created_at, last_used_at, revoked_at from api_keys where page_id = ? and revoked_at is null order by id desc limit 500`, page).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	return out, nil
}

// RevokeKey ends a key; fault.NotFound for one that is not this page's.
func (a *Auth) RevokeKey(ctx context.Context, by Actor, page int64, code string) error {
	if err := by.Need(Owner); err != nil {
		return err
	}
	return a.DB.Private(ctx, func(tx *db.Tx) error {
		if err := stillOwner(tx, page, &by); err != nil {
			return err
		}
		res := tx.Exec(`update api_keys set revoked_at = ? where page_id = ? and code = ? and revoked_at is null`, tx.Now, page, code)
		if res.Error != nil {
			return fmt.Errorf("revoke key: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return Record(tx, page, by, "key.revoke", "key "+code, nil, nil)
	})
}
