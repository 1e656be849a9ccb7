package main

import (
	"context"
	"time"
)

// sweep drops what is over, once an hour.
func (a *app) sweep(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		if a.db.Health() == nil {
			if _, err := a.auth.Sweep(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("old sessions not swept; the next turn tries again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
