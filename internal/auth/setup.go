package auth

import (
	"context"
	"fmt"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// NewSetupToken makes the one-time token of the set-up link; older ones die.
func (a *Auth) NewSetupToken(ctx context.Context) (string, error) {
	token, hash := NewToken()
	err := a.DB.Private(ctx, func(tx *db.Tx) error {
		if err := tx.Exec(`delete from setup_tokens`).Error; err != nil {
			return err
		}
		return tx.Exec(`insert into setup_tokens (hash, created_at) values (?, ?)`, hash, tx.Now).Error
	})
	if err != nil {
		return "", fmt.Errorf("make the set-up token: %w", err)
	}
	return token, nil
}

// CheckSetupToken says whether a token would be accepted; nothing changes.
func (a *Auth) CheckSetupToken(ctx context.Context, token string) error {
	var n int64
	if err := a.DB.Read(ctx).Raw(`select count(*) from setup_tokens where hash = ? and used_at is null`, HashToken(token)).Scan(&n).Error; err != nil {
		return fmt.Errorf("load the set-up token: %w", err)
	}
	if n == 0 {
		return fault.New(fault.NotFound, "setup.token")
	}
	return nil
}

// UseSetupToken spends the token inside the set-up's transaction; a spent or
// unknown one is fault.NotFound.
func UseSetupToken(tx *db.Tx, token string) error {
	res := tx.Exec(`update setup_tokens set used_at = ? where hash = ? and used_at is null`, tx.Now, HashToken(token))
	if res.Error != nil {
		return fmt.Errorf("spend the set-up token: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return fault.New(fault.NotFound, "setup.token")
	}
	return nil
}
