package statustest

import (
	"sync"
	"time"
)

// Clock is a clock that stands still until the test moves it. Its method value, clock.Now, is what the program's rooms
// are given instead of the wall clock. Safe for use from several goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock stopped at now. It answers in UTC, as the database does: a test that passes only because
// a zone travelled along inside a time.Time would not pass after a restart.
func NewClock(now time.Time) *Clock {
	return &Clock{now: now.UTC()}
}

// Now is the time the clock was last set to.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to now, forwards or backwards: machines do both.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now.UTC()
}

// Advance moves the clock by d and returns the new time.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}
