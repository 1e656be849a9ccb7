package main

import "testing"

func TestGCPercent(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 50 << 20: 400, 100 << 20: 200, 200 << 20: 100, 4 << 30: 50} {
		if got := gcPercent(live); got != want {
			t.Errorf("of %d MiB: %d, want %d", live>>20, got, want)
		}
	}
}
