//go:build race

package markdown

// underRace says that time and memory mean nothing now: the detector takes ten times as much of both.
const underRace = true
