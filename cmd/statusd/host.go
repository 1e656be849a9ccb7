package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// hostName is a flag that names a page by its host. Given empty, as by a script
// whose variable is not set, it must not mean the default page.
type hostName string

// UnmarshalText refuses what no browser could send as a host.
func (h *hostName) UnmarshalText(given []byte) error {
	s := string(given)
	if s == "" {
		return fmt.Errorf("is empty: write the host of the page, or leave the flag out for the default page")
	}
	if !isHost(s) {
		return fmt.Errorf("%q is not a host name: write it like status.example.com, without http://, port, slash or blank", s)
	}
	*h = hostName(s)
	return nil
}

// isHost: labels of letters, digits and hyphens (RFC 1123, section 2.1), or an
// address. Names in other letters come from browsers as xn--….
func isHost(s string) bool {
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return true
	}
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		if strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}
