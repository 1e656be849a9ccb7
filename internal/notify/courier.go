package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
)

// Courier turns announcements into deliveries and hands these to a mail
// server. There may be one on each of several nodes.
//
// Its promises: nothing is lost; nobody gets a letter twice unless a connection
// or a process ended between the final dot and the record of the answer, and
// then with the same Message-ID; the letters of one incident reach a reader in
// their order; a mail server that is down is asked now and then, not once a
// reader.
type Courier struct {
	DB    *db.DB
	Press Press
	SMTP  *SMTP  // nil: mail is not set up; announcements are expanded and wait
	Node  string // tells this node from others, and is the same after a restart
	Log   *slog.Logger
	Now   func() time.Time // measures how long things take; never compared with times in the database

	self      string          // Node and this very process
	chunkSize int             // for tests; 0 means expandChunk
	grace     time.Duration   // for tests; 0 means grace
	untidy    atomic.Bool     // leases of ours may be left that nobody holds
	rejected  map[int64]int64 // deliveries whose content was refused, and successes then
	successes int64
	proven    bool // the server has done its work since this process began
	denied    int  // readers refused by policy since it did so last
}

// Did is what one pass did.
type Did struct {
	Made     int // deliveries made of announcements
	Sent     int
	Retried  int // to be tried again, counted against the delivery
	Failed   int
	Skipped  int
	Released int    // put back uncounted
	Paused   string // why nothing more can leave now
}

func (d *Did) nothing() bool { return d.Made+d.ended() == 0 }

// ended is how many tries came to an end.
func (d *Did) ended() int { return d.Sent + d.Retried + d.Failed + d.Skipped }

// idle is how long a courier that found nothing sleeps.
const idle = 500 * time.Millisecond

// Run works until ctx ends. What is being handed over then may finish, for a
// few seconds; the rest is put back.
func (c *Courier) Run(ctx context.Context) error {
	owned := false
	for ctx.Err() == nil {
		if !owned {
			c.init()
			err := errors.Join(c.takeOver(ctx), c.probeSoon(ctx))
			owned = err == nil
			c.complain(ctx, err)
		}
		begun := c.Now()
		did, err := c.once(ctx)
		c.complain(ctx, err)
		wait := idle
		if took := c.Now().Sub(begun); did.nothing() && took*10 > wait {
			wait = min(took*10, 10*time.Second) // a long search that finds nothing must not become the main work
		}
		if err != nil {
			wait = max(wait, time.Second)
		}
		sleep(ctx, wait)
	}
	if c.untidy.Load() {
		c.complain(context.WithoutCancel(ctx), c.freeOwn(context.WithoutCancel(ctx)))
	}
	return nil
}

func (c *Courier) init() {
	if c.self == "" {
		c.self = c.Node + "/" + db.NewCode()
		c.rejected = map[int64]int64{}
	}
}

func (c *Courier) complain(ctx context.Context, err error) {
	switch {
	case err == nil || ctx.Err() != nil:
	case c.DB.Unusable(err): // said once by the database itself
		c.Log.Debug("mail waits for the database", "error", err)
	default:
		c.Log.Error("the courier stumbled; it goes on", "error", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// once expands everything that is due and sends everything that can be sent
// now. It returns when nothing is left to do, when the mail server takes
// nothing, or when ctx ends.
func (c *Courier) once(ctx context.Context) (Did, error) {
	c.init()
	if c.untidy.Load() {
		if err := c.freeOwn(ctx); err != nil {
			return Did{}, err
		}
		c.untidy.Store(false)
	}
	may, err := c.mayTry(ctx)
	if err != nil {
		return Did{}, err
	}
	r := c.newRound(ctx, may)
	err = r.run(ctx)
	if err = errors.Join(err, r.finish(ctx)); err != nil {
		c.untidy.Store(true)
	}
	return r.did, err
}

// allowance is how much may be tried.
type allowance int

const (
	tryNothing allowance = iota
	tryOne               // a probe of a server that took nothing lately
	tryAll
)

// mayTry looks at the pause, which all nodes share. Where it is over, one node
// takes the probe by moving it on.
func (c *Courier) mayTry(ctx context.Context) (allowance, error) {
	if c.SMTP == nil {
		return tryNothing, nil
	}
	p, err := loadPause(c.DB.Read(ctx))
	if err != nil {
		return tryNothing, err
	}
	now := c.DB.Now()
	switch {
	case p == nil:
		return tryAll, nil
	case p.Until.After(now):
		return tryNothing, nil
	}
	won := false
	err = c.DB.Private(ctx, func(tx *db.Tx) error {
		res := tx.Exec(`update channel_pauses set until = ? where channel = ? and until <= ?`, tx.Now.Add(probeFirst), channelEmail, tx.Now)
		won = res.RowsAffected == 1
		return res.Error
	})
	if err != nil || !won {
		return tryNothing, err
	}
	return tryOne, nil
}

// pause is a row of channel_pauses: why nothing leaves.
type pause struct {
	Channel string
	Until   time.Time
	Reason  string
	Since   time.Time
}

func loadPause(g *gorm.DB) (*pause, error) {
	var ps []pause
	if err := g.Raw(`select channel, until, reason, since from channel_pauses where channel = ?`, channelEmail).Scan(&ps).Error; err != nil {
		return nil, fmt.Errorf("load the pause: %w", err)
	}
	if len(ps) == 0 {
		return nil, nil
	}
	return &ps[0], nil
}

// probeSoon shortens a pause that an earlier process left (R3.2: deliveries go
// on within 10 s of a start).
func (c *Courier) probeSoon(ctx context.Context) error {
	return c.DB.Private(ctx, func(tx *db.Tx) error {
		soon := tx.Now.Add(probeFirst)
		return tx.Exec(`update channel_pauses set until = ? where channel = ? and until > ?`, soon, channelEmail, soon).Error
	})
}

// pause notes that the mail server takes nothing, and when to ask it again.
func (c *Courier) pause(ctx context.Context, r *refusal) error {
	begun := false
	err := c.DB.Private(ctx, func(tx *db.Tx) error {
		before, err := loadPause(tx.DB)
		if err != nil {
			return err
		}
		since := tx.Now
		if before != nil {
			since = before.Since
		}
		begun = before == nil
		until := tx.Now.Add(probeAfter(tx.Now.Sub(since), r.permanent() && r.Stage != atRcpt))
		return tx.Exec(`insert into channel_pauses (channel, until, reason, since) values (?, ?, ?, ?)
			on conflict (channel) do update set until = excluded.until, reason = excluded.reason`, channelEmail, until, r.Error(), since).Error
	})
	if err != nil {
		return fmt.Errorf("pause mail: %w", err)
	}
	if begun {
		c.Log.Error("the mail server takes nothing; mail waits and is tried again by itself", "server", c.SMTP.Config.Addr(), "answer", r.Error())
	}
	return nil
}

// resume ends the pause. Two nodes may do it; the second finds nothing.
func (c *Courier) resume(ctx context.Context) error {
	ended := false
	err := c.DB.Private(ctx, func(tx *db.Tx) error {
		res := tx.Exec(`delete from channel_pauses where channel = ?`, channelEmail)
		ended = res.RowsAffected > 0
		return res.Error
	})
	if err != nil {
		return fmt.Errorf("end the pause of mail: %w", err)
	}
	if ended {
		c.Log.Info("the mail server takes mail again")
	}
	return nil
}
