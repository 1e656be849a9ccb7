package server

import (
	"testing"

	"github.com/statusd/statusd/internal/snapshot"
)

func TestAcceptedCodings(t *testing.T) {
	t.Parallel()
	const g, z, b = snapshot.Gzip, snapshot.Zstd, snapshot.Brotli
	for header, want := range map[string]snapshot.Coding{
		"":                          0,
		"identity":                  0,
		"gzip":                      g,
		"gzip, deflate, br, zstd":   g | z | b,
		"gzip, deflate, br":         g | b,
		"GZIP":                      g,
		"x-gzip;q=0.5":              g,
		"br;q=1.0, gzip;q=0":        b,
		"gzip ; q=0.0, *":           z | b,
		"*;q=0":                     0,
		"*;q=0, zstd":               z,
		"deflate, gzip;q=nonsense,": g,
		"br\t,zstd;q=0.001":         z | b,
		"gzipped":                   0,
	} {
		var values []string
		if header != "" {
			values = []string{header}
		}
		if got := AcceptedCodings(values); got != want {
			t.Errorf("%q: got %b, want %b", header, got, want)
		}
	}
	if got := AcceptedCodings([]string{"br", "gzip;q=0"}); got != b {
		t.Errorf("two lines: got %b", got)
	}
}
