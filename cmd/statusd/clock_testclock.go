//go:build testclock

package main

import (
	"os"
	"strings"
	"time"
)

// clock adds the offset found in the file named by STATUSD_CLOCK_FILE ("-24h",
// "90m") to the time, so that system tests can move it. Never in a release.
func clock(env map[string]string) func() time.Time {
	file := env["STATUSD_CLOCK_FILE"]
	return func() time.Time {
		raw, err := os.ReadFile(file)
		if err != nil {
			return time.Now()
		}
		d, err := time.ParseDuration(strings.TrimSpace(string(raw)))
		if err != nil {
			return time.Now()
		}
		return time.Now().Add(d)
	}
}
