package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// leastFree is the room on the disk below which a start warns (R2.8).
const leastFree = 100 << 20

// checkData looks after the data folder at start (R2.8): there, writable, not
// full, and its secrets readable by their owner alone. A folder that cannot be
// written is told, not fatal: the page can still be served from what is there.
func checkData(dir string, log *slog.Logger) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("STATUSD_DATA: %w", err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		log.Error("the data folder cannot be written; nothing can be posted until it can", "error", err)
	} else {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		if err != nil {
			log.Warn("the data folder misbehaves", "error", err)
		}
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err == nil && st.Bavail*uint64(st.Bsize) < leastFree { //nolint:gosec // block sizes are positive
		log.Warn("less than 100 MiB free in the data folder", "free", st.Bavail*uint64(st.Bsize)) //nolint:gosec // as above
	}
	return private(dir, log)
}

// private takes the rights of others from what must not be read by them.
func private(dir string, log *slog.Logger) error {
	for _, name := range []string{"statusd.db", "statusd.db-wal", "statusd.db-shm", "secret.key"} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			log.Warn("cannot look at a file", "file", name, "error", err)
			continue
		}
		if info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(path, 0o600); err != nil {
			return fmt.Errorf("%s can be read by others, and that cannot be changed: %w", path, err)
		}
		log.Warn("a file could be read by others; it no longer can", "file", name)
	}
	return nil
}

// checkClock warns of a clock that stands before this program was built.
func checkClock(now time.Time, built string, log *slog.Logger) {
	t, err := time.Parse(time.RFC3339, built)
	if err == nil && now.Before(t) {
		log.Error("the clock stands before this program was built; times of updates will be wrong", "now", now, "built", t)
	}
}
