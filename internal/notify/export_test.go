package notify

import (
	"context"
	"io"
	"time"

	"github.com/statusd/statusd/internal/db"
)

// Doors for tests into the steps of a courier.

// Once is one pass of Run.
func (c *Courier) Once(ctx context.Context) (Did, error) { return c.once(ctx) }

// Start does what Run does first.
func (c *Courier) Start(ctx context.Context) error {
	c.init()
	return c.takeOver(ctx)
}

// ExpandOne makes one chunk of deliveries.
func (c *Courier) ExpandOne(ctx context.Context) (made int, more bool, err error) {
	c.init()
	return c.expand(ctx)
}

// SetChunk makes chunks small.
func (c *Courier) SetChunk(n int) { c.chunkSize = n }

// SetGrace makes the end of a courier short.
func (c *Courier) SetGrace(d time.Duration) { c.grace = d }

// Claim takes deliveries and does nothing with them, like a process that dies.
func (c *Courier) Claim(ctx context.Context, n int) (int, error) {
	c.init()
	_, ready, err := c.readyPages(ctx)
	if err != nil {
		return 0, err
	}
	jobs, _, err := c.claim(ctx, ready, n)
	return len(jobs), err
}

// ReadList reads a whole list.
func ReadList(r io.Reader) (all []string, bad int, err error) {
	l, err := newAddressList(r)
	if err != nil {
		return nil, 0, err
	}
	var out Imported
	for {
		batch, err := l.next(3, &out)
		if err != nil || len(batch) == 0 {
			return all, out.Bad, err
		}
		all = append(all, batch...)
	}
}

// Finish ends deliveries.
func Finish(tx *db.Tx, state string, ids []int64) error { return finish(tx, state, ids) }
