// Package statustest is what the tests of statusd share: the outer world, and ways to look at what statusd did to it.
//
// There are no mocks of our own code here. What is here is real: a PostgreSQL server that lives as long as the test
// process (postgres.go), an SMTP server that can be told to misbehave (mail.go), a Chromium (browser.go), and two checkers of
// pages, axe-core in that browser and the Nu HTML checker (axe.go, nu.go). Around them
// stand a clock that only a test moves (clock.go), a way to say what a reader sees on a page (html.go), and the two
// incident reports that this project is measured by (seeds.go).
//
// It is imported by test files alone; cmd/statusd/layers_test.go holds that, so nothing in here is ever linked into
// the program. For the same reason it may do what the rest of the house may not: read the environment and the wall clock.
//
// It stands above the domain rooms and below the server. A test inside one of those rooms that wants it must therefore
// be an external one (package db_test, not package db), or the import would go round in a circle.
//
// Whoever has no PostgreSQL, no Chromium or no Java gets skipped tests that say so. With STATUSD_TEST_REQUIRE=1, which CI sets,
// they fail instead: a check that silently did not run is worse than none.
package statustest

import (
	"os"
	"testing"
)

// missing ends a test whose outer world is not installed: skipped on a workstation, failed where everything must run.
func missing(t testing.TB, sentence string) {
	t.Helper()
	if os.Getenv("STATUSD_TEST_REQUIRE") == "1" {
		t.Fatalf("%s; STATUSD_TEST_REQUIRE=1 allows no skipping", sentence)
	}
	t.Skip(sentence)
}
