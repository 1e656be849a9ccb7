package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/db"
)

// Audit is a row of audits. Rows are only added; each holds the hash of the
// one before on the same page.
type Audit struct {
	ID        int64
	PageID    int64
	At        time.Time
	ActorID   *int64
	ActorName string
	Role      Role
	KeyID     *int64
	Address   string
	RequestID string
	Action    string
	Object    string
	Before    string
	After     string
	PrevHash  string
	Hash      string
}

// TableName is the table of the rows.
func (Audit) TableName() string { return "audits" }

// Record adds an audit row inside the transaction of the act. before and after
// are kept as JSON; never hand in a secret.
func Record(tx *db.Tx, page int64, by Actor, action, object string, before, after any) error {
	row := Audit{PageID: page, At: tx.Now, ActorID: by.Ref(), ActorName: by.Name, Role: by.Role, Address: by.Address, RequestID: by.RequestID, Action: action, Object: object, Before: asJSON(before), After: asJSON(after)}
	if by.KeyID != 0 {
		row.KeyID = &by.KeyID
	}
	// On PostgreSQL two Private transactions of one page could read the same last
	// row; the lock lines them up. SQLite has one writer anyway.
	if tx.Dialector.Name() == "postgres" {
		if err := tx.Exec(`select pg_advisory_xact_lock(7001, ?)`, int32(page)).Error; err != nil { //nolint:gosec // pages are few
			return fmt.Errorf("line up the audit: %w", err)
		}
	}
	if err := tx.Raw(`select hash from audits where page_id = ? order by id desc limit 1`, page).Scan(&row.PrevHash).Error; err != nil {
		return fmt.Errorf("load the last audit row: %w", err)
	}
	row.Hash = row.digest()
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("record %s: %w", action, err)
	}
	return nil
}

func (a Audit) digest() string {
	h := sha256.Sum256([]byte(strings.Join([]string{a.PrevHash, a.At.UTC().Format(time.RFC3339Nano), a.ActorName, string(a.Role), a.Address, a.RequestID, a.Action, a.Object, a.Before, a.After}, "\x1f")))
	return hex.EncodeToString(h[:])
}

func asJSON(v any) string {
	if v == nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%q", err)
	}
	return string(b)
}

// Audits are a page's rows, newest first, before the row id (0 for the newest).
func (a *Auth) Audits(ctx context.Context, page, before int64, limit int) ([]Audit, error) {
	if before == 0 {
		before = 1 << 62
	}
	var out []Audit
	err := a.DB.Read(ctx).Raw(`select id, page_id, at, actor_id, actor_name, role, key_id, address, request_id, action, object, before, after, prev_hash, hash from audits where page_id = ? and id < ? order by id desc limit ?`, page, before, limit).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("load audits: %w", err)
	}
	return out, nil
}

// VerifyAudits walks the chain of a page and returns the id of the first row
// that does not fit, or 0.
func (a *Auth) VerifyAudits(ctx context.Context, page int64) (int64, error) {
	prev, last := "", int64(0)
	for {
		var rows []Audit
		err := a.DB.Read(ctx).Raw(`select id, page_id, at, actor_name, role, address, request_id, action, object, before, after, prev_hash, hash from audits where page_id = ? and id > ? order by id limit 1000`, page, last).Scan(&rows).Error
		if err != nil {
			return 0, fmt.Errorf("load audits: %w", err)
		}
		if len(rows) == 0 {
			return 0, nil
		}
		for _, r := range rows {
			if r.PrevHash != prev || r.digest() != r.Hash {
				return r.ID, nil
			}
			prev, last = r.Hash, r.ID
		}
	}
}
