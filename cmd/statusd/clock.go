//go:build !testclock

package main

import "time"

// clock is the one clock of the program. A build with the tag testclock has
// another; this one has no code that could move it.
func clock(map[string]string) func() time.Time { return time.Now }
