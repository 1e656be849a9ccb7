package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// spare is how much garbage may lie beside what lives before it is collected
// (R1.2: a crowd may cost 256 MiB).
const spare = 200 << 20

// gcPercent is GOGC for so many bytes that live. The pictures of most pages are
// small and live long, and the rest of the heap is requests that are over at
// once: at Go's default a sixth of a cached read is spent on marking the same few
// megabytes again and again. With ten years of history, 400 would let half a
// gigabyte of garbage lie.
func gcPercent(live uint64) int {
	const least, most = 50, 400
	if live == 0 {
		return most
	}
	return int(max(least, min(most, spare*100/live))) //nolint:gosec // at most 400
}

// mindHeap sets it by what lives, until ctx ends.
func mindHeap(ctx context.Context) error {
	t := time.NewTicker(10 * time.Second)
	defer t.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 0
	for {
		metrics.Read(live)
		if p := gcPercent(live[0].Value.Uint64()); p < set*9/10 || p > set*11/10 { // setting it stops the world
			debug.SetGCPercent(p)
			set = p
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
