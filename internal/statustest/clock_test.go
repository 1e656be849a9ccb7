package statustest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

func TestClock_standsStillUntilMoved(t *testing.T) {
	t.Parallel()
	eastern := time.FixedZone("EDT", -4*3600)
	clock := statustest.NewClock(time.Date(2018, 5, 14, 14, 8, 0, 0, eastern))

	want := time.Date(2018, 5, 14, 18, 8, 0, 0, time.UTC)
	if first, second := clock.Now(), clock.Now(); first != want || second != want {
		t.Errorf("got %v then %v, want %v twice, in UTC", first, second, want)
	}
	if got, want := clock.Advance(35*time.Minute), want.Add(35*time.Minute); got != want || clock.Now() != want {
		t.Errorf("after Advance: got %v and %v, want %v", got, clock.Now(), want)
	}
	back := time.Date(2018, 5, 14, 13, 30, 0, 0, eastern)
	clock.Set(back)
	if got := clock.Now(); got != back.UTC() {
		t.Errorf("after Set: got %v, want %v", got, back.UTC())
	}
}

func TestClock_losesNoStepWhenManyMoveIt(t *testing.T) {
	t.Parallel()
	start := time.Date(2018, 5, 14, 0, 0, 0, 0, time.UTC)
	clock := statustest.NewClock(start)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			clock.Advance(time.Second)
			clock.Now()
		})
	}
	wg.Wait()
	if got, want := clock.Now(), start.Add(100*time.Second); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
