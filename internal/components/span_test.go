package components

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What rewrite leaves covers the same time as before without a gap or an
// overlap, and changes exactly the minutes that it was told.
func TestRewrite_changesExactlyTheRangeItWasTold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2018, 5, 14, 0, 0, 0, 0, time.UTC)
	minute := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	live := []Span{{ID: 1, Status: Operational, ValidFrom: start}}
	model := make([]Status, 600)
	for n := range model {
		model[n] = Operational
	}
	for round := range 300 {
		a := r.IntN(590)
		b := a + 1 + r.IntN(600-a-1)
		status := Statuses()[r.IntN(5)]
		to := minute(b)
		end := &to
		if r.IntN(4) == 0 {
			end, b = nil, 600
		}
		gone, added := rewrite(live, status, minute(a), end, Why{Cause: CauseManual})
		live = slices.DeleteFunc(live, func(s Span) bool {
			return slices.ContainsFunc(gone, func(g Span) bool { return g.ValidFrom.Equal(s.ValidFrom) })
		})
		live = append(live, added...)
		slices.SortFunc(live, func(x, y Span) int { return x.ValidFrom.Compare(y.ValidFrom) })
		for n := a; n < b; n++ {
			model[n] = status
		}
		for n, want := range model {
			if s := at(live, minute(n)); s == nil || s.Status != want {
				t.Fatalf("round %d, minute %d: got %v, want %s", round, n, s, want)
			}
		}
		for n := 1; n < len(live); n++ {
			if live[n-1].ValidTo == nil || !live[n-1].ValidTo.Equal(live[n].ValidFrom) {
				t.Fatalf("round %d: a gap or an overlap before %v", round, live[n].ValidFrom)
			}
			if live[n-1].says(live[n]) {
				t.Fatalf("round %d: %s is said twice in a row, again from %v", round, live[n].Status, live[n].ValidFrom)
			}
		}
	}
}

func TestRuns_saysASpanOnce(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2018, 5, 14, h, 0, 0, 0, time.UTC) }
	one, two, three := at(1), at(2), at(3)
	i, j := int64(7), int64(8)
	in := []Span{
		{ComponentID: 1, Status: Degraded, ValidFrom: at(0), ValidTo: &one, IncidentID: &i},
		{ComponentID: 1, Status: Degraded, ValidFrom: one, ValidTo: &two, IncidentID: &i},
		{ComponentID: 1, Status: Degraded, ValidFrom: two, ValidTo: &three, IncidentID: &j},
		{ComponentID: 2, Status: Degraded, ValidFrom: three, IncidentID: &j},
	}
	out := Runs(in)
	if len(out) != 3 || !out[0].ValidTo.Equal(two) || !out[1].ValidTo.Equal(three) || out[2].ComponentID != 2 {
		t.Errorf("got %+v", out)
	}
}
