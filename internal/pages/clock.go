package pages

import (
	"strings"
	"time"

	"github.com/statusd/statusd/internal/fault"
)

// layouts are the ways in which a local time may be typed: what a browser's
// datetime-local field sends first.
var layouts = []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05"}

const shown = "2006-01-02 15:04"

// ParseLocal reads a time typed in a zone (R4.2). Faults are beside field: text
// that is no time; a time inside a gap of daylight saving, with the nearest
// valid ones; a time that happened twice, unless fold says which ("first" or
// "second"). A full RFC 3339 time with offset is taken as it is. Empty text is
// the zero time.
func ParseLocal(field, typed, fold string, zone *time.Location) (time.Time, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, typed); err == nil {
		return t.UTC(), nil
	}
	for _, l := range layouts {
		wall, err := time.Parse(l, typed)
		if err == nil {
			return settle(field, wall, fold, zone)
		}
	}
	return time.Time{}, fault.At(field, "time.unreadable")
}

// settle finds the instants whose clock in the zone shows wall: none in a gap,
// two in an overlap. Offsets a day to either side cover every change of clocks.
func settle(field string, wall time.Time, fold string, zone *time.Location) (time.Time, error) {
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	a := wall.Add(-time.Duration(before) * time.Second)
	b := wall.Add(-time.Duration(after) * time.Second)
	okA, okB := showsWall(a, wall, zone), showsWall(b, wall, zone)
	switch {
	case okA && okB && !a.Equal(b):
		return overlap(field, a, b, fold, zone)
	case okA:
		return a.UTC(), nil
	case okB:
		return b.UTC(), nil
	}
	early, late := a, b
	if late.Before(early) {
		early, late = late, early
	}
	// In a gap each offset lands on the other side of the jump.
	return time.Time{}, fault.At(field, "time.gap", "Typed", wall.Format(shown), "Before", zoned(early, zone), "After", zoned(late, zone))
}

func overlap(field string, a, b time.Time, fold string, zone *time.Location) (time.Time, error) {
	if b.Before(a) {
		a, b = b, a
	}
	switch fold {
	case "first":
		return a.UTC(), nil
	case "second":
		return b.UTC(), nil
	}
	return time.Time{}, fault.At(field, "time.overlap", "Typed", a.In(zone).Format(shown), "First", zoned(a, zone), "Second", zoned(b, zone))
}

func showsWall(t, wall time.Time, zone *time.Location) bool {
	return t.In(zone).Format("2006-01-02T15:04:05") == wall.Format("2006-01-02T15:04:05")
}

func zoned(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04 MST") }
