package components_test

import (
	"testing"

	"github.com/statusd/statusd/internal/components"
)

var (
	op = components.Operational
	um = components.Maintenance
	de = components.Degraded
	pa = components.PartialOutage
	ma = components.MajorOutage
)

// The table of CONTRACT 5.1 over every combination of two and three
// components, computed here from its six rows in their order.
func TestIndicate_everyCombinationOfTwoAndThree(t *testing.T) {
	t.Parallel()
	all := components.Statuses()
	check := func(set ...components.Status) {
		wantI, wantD := byTheTable(set)
		if got := components.Indicate(set); got != wantI {
			t.Errorf("%v: indicator %s, want %s", set, got, wantI)
		}
		if got := components.Describe(set); got != wantD {
			t.Errorf("%v: headline %q, want %q", set, got, wantD)
		}
	}
	check()
	for _, a := range all {
		check(a)
		for _, b := range all {
			check(a, b)
			for _, c := range all {
				check(a, b, c)
			}
		}
	}
}

func byTheTable(set []components.Status) (components.Indicator, string) {
	every := func(s components.Status) bool {
		for _, x := range set {
			if x != s {
				return false
			}
		}
		return len(set) > 0
	}
	some := func(s components.Status) bool {
		for _, x := range set {
			if x == s {
				return true
			}
		}
		return false
	}
	rows := []struct {
		when bool
		i    components.Indicator
		d    string
	}{
		{every(ma), components.Critical, "Major System Outage"},
		{some(ma) || every(pa), components.Major, "Partial System Outage"},
		{some(pa), components.Minor, "Minor Service Outage"},
		{every(de), components.Minor, "Degraded System Service"},
		{some(de), components.Minor, "Partially Degraded Service"},
		{some(um), components.Maint, "Service Under Maintenance"},
	}
	for _, r := range rows {
		if r.when {
			return r.i, r.d
		}
	}
	return components.None, "All Systems Operational"
}

func TestIndicate_recordedCases(t *testing.T) {
	t.Parallel()
	nine := []components.Status{ma, ma, ma, ma, ma, op, op, op, op} // 5 of 9 in major outage
	if got := components.Indicate(nine); got != components.Major {
		t.Errorf("5 of 9 major: %s", got)
	}
	if got := components.Worst(op, um, de); got != de {
		t.Errorf("worst: %s", got)
	}
}
