package server

import (
	"strconv"
	"strings"

	"github.com/statusd/statusd/internal/snapshot"
)

const allCodings = snapshot.Gzip | snapshot.Zstd | snapshot.Brotli

// AcceptedCodings reads Accept-Encoding (RFC 9110, 12.5.3): what is named with a
// weight that is not zero, and with * what is not named. Of the accepted ones
// the smallest is sent, whatever their weights.
func AcceptedCodings(values []string) snapshot.Coding {
	if len(values) == 1 {
		switch values[0] { // what browsers and tools send, mostly
		case "gzip, deflate, br, zstd":
			return allCodings
		case "gzip, deflate, br":
			return snapshot.Gzip | snapshot.Brotli
		case "gzip":
			return snapshot.Gzip
		}
	}
	var yes, named snapshot.Coding
	star := false
	for _, v := range values {
		for v != "" {
			var part string
			part, v, _ = strings.Cut(v, ",")
			name, params, weighted := strings.Cut(part, ";")
			wanted := !weighted || weight(params)
			coding := codingOf(strings.TrimSpace(name))
			named |= coding
			if wanted {
				yes |= coding
			}
			if strings.TrimSpace(name) == "*" {
				star = wanted
			}
		}
	}
	if star {
		yes |= allCodings &^ named
	}
	return yes
}

func codingOf(name string) snapshot.Coding {
	switch {
	case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
		return snapshot.Gzip
	case strings.EqualFold(name, "br"):
		return snapshot.Brotli
	case strings.EqualFold(name, "zstd"):
		return snapshot.Zstd
	}
	return 0
}

func weight(params string) bool {
	_, q, ok := strings.Cut(params, "=")
	if !ok {
		return true
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
	return err != nil || f > 0
}
