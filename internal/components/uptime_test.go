package components

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestTally_Uptime(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	tally := func(up, maint, slow, part, down time.Duration) Tally { return Tally{up, maint, slow, part, down} }
	for _, tt := range []struct {
		name string
		t    Tally
		w    Weights
		want Percent
	}{
		{"all well", tally(90*day, 0, 0, 0, 0), DefaultWeights, 10000},
		{"nothing but an outage", tally(0, 0, 0, 0, time.Hour), DefaultWeights, 0},
		{"one millisecond in ninety days is cut, not rounded up", tally(90*day-time.Millisecond, 0, 0, 0, time.Millisecond), DefaultWeights, 9999},
		{"99.996 is 99.99", tally(day*99996/100000, 0, 0, 0, day*4/100000), DefaultWeights, 9999},
		{"a partial outage is 30 per cent", tally(23*time.Hour, 0, 0, time.Hour, 0), DefaultWeights, 9875},
		{"slow is up", tally(12*time.Hour, 0, 12*time.Hour, 0, 0), DefaultWeights, 10000},
		{"slow, weighed", tally(12*time.Hour, 0, 12*time.Hour, 0, 0), Weights{100, 30, 50}, 7500},
		{"maintenance is no downtime", tally(12*time.Hour, 12*time.Hour, 0, 0, 0), Weights{100, 100, 100}, 10000},
		{"a thousand components for ten years", tally(3_650_000*day, 0, 0, 0, 3_650_000*day), DefaultWeights, 5000},
	} {
		if got, ok := tt.t.Uptime(tt.w); !ok || got != tt.want {
			t.Errorf("%s: got %d, %t; want %d", tt.name, got, ok, tt.want)
		}
	}
	if _, ok := (Tally{}).Uptime(DefaultWeights); ok {
		t.Error("an uptime of which nothing is known")
	}
}

func TestDays_haveTheHoursThatClocksShow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		zone, day string
		hours     float64
	}{
		{"America/New_York", "2018-03-11", 23},
		{"America/New_York", "2018-11-04", 25},
		{"America/New_York", "2018-05-14", 24},
		{"Australia/Lord_Howe", "2018-04-01", 24.5},
		{"America/Sao_Paulo", "2018-11-04", 23}, // 00:00 to 01:00 does not exist
		{"Atlantic/Azores", "2018-10-28", 25},   // 00:00 is shown twice
		{"America/Havana", "2018-11-04", 25},    // so is this one
		{"Asia/Beirut", "2018-03-25", 23},       // nor does midnight exist here
		{"Pacific/Apia", "2011-12-29", 24},      // followed by the 31st
		{"Asia/Kathmandu", "2018-05-14", 24},
	} {
		z := zone(t, tt.zone)
		noon, err := time.ParseInLocation("2006-01-02 15", tt.day+" 12", z)
		if err != nil {
			t.Fatal(err)
		}
		ds := Days([]Period{{Status: Operational, From: noon.AddDate(0, 0, -9)}}, StartOfDay(noon), NextDay(noon))
		if len(ds) != 1 || ds[0].Key() != tt.day || ds[0].Tally.Known().Hours() != tt.hours {
			t.Errorf("%s in %s: %d days, %v; want one of %v hours", tt.day, tt.zone, len(ds), ds, tt.hours)
		}
	}
}

// life is what a component may have gone through: periods without gaps.
func life(r *rand.Rand, from time.Time) []Period {
	var out []Period
	at := from
	for range 1 + r.IntN(30) {
		to := at.Add(time.Duration(1+r.IntN(60*24*4)) * time.Minute)
		out = append(out, Period{Status: Statuses()[r.IntN(5)], From: at, To: to})
		at = to
	}
	out[len(out)-1].To = time.Time{}
	return out
}

func TestDays_partsSumToTheWhole(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{"UTC", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "America/Sao_Paulo", "Atlantic/Azores"} {
		z := zone(t, name)
		for range 100 {
			from := time.Date(2018, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, z)
			to := from.Add(time.Duration(1+r.IntN(100*24*60)) * time.Minute)
			ps := life(r, from.AddDate(0, 0, r.IntN(40)-20))
			whole, sum := Measure(ps, from, to), Tally{}
			days := Days(ps, from, to)
			for n, d := range days {
				sum = sum.Plus(d.Tally)
				if n > 0 && !days[n-1].To.Equal(d.From) {
					t.Fatalf("%s: a gap before %v", name, d.From)
				}
			}
			if sum != whole {
				t.Fatalf("%s, %v to %v: the days sum to %v, the whole is %v", name, from, to, sum, whole)
			}
		}
	}
}

func TestDays_splittingAPeriodChangesNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	z := zone(t, "Europe/Berlin")
	for range 200 {
		from := time.Date(2018, time.Month(1+r.IntN(12)), 1, 0, 0, 0, 0, z)
		to := from.AddDate(0, 3, 0)
		ps := life(r, from)
		n := r.IntN(len(ps))
		end := ps[n].To
		if end.IsZero() {
			end = to.AddDate(0, 1, 0)
		}
		cut := ps[n].From.Add(time.Duration(r.Int64N(int64(end.Sub(ps[n].From)))))
		left, right := ps[n], ps[n]
		left.To, right.From = cut, cut
		split := slices.Concat(ps[:n], []Period{left, right}, ps[n+1:])
		if a, b := Days(ps, from, to), Days(split, from, to); !slices.Equal(a, b) {
			t.Fatalf("split %v at %v: the days differ", ps[n], cut)
		}
	}
}

func TestDays_aCorrectionChangesExactlyTheDaysItTouches(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	z := zone(t, "America/New_York")
	from := time.Date(2018, 2, 1, 0, 0, 0, 0, z)
	to := from.AddDate(0, 2, 0)
	for range 200 {
		live := []Span{{ID: 1, Status: Operational, ValidFrom: from}}
		a := from.Add(time.Duration(r.IntN(50*24*60)) * time.Minute)
		b := a.Add(time.Duration(1+r.IntN(3*24*60)) * time.Minute)
		_, fixed := rewrite(live, MajorOutage, a, &b, Why{Cause: CauseManual})
		was, now := Days(Periods(live), from, to), Days(Periods(fixed), from, to)
		for n := range was {
			touched := was[n].From.Before(b) && was[n].To.After(a)
			if changed := was[n] != now[n]; changed != touched {
				t.Fatalf("%v to %v: day %s changed %t, touched %t", a, b, was[n].Key(), changed, touched)
			}
		}
	}
}

func TestTally_Trouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		t     Tally
		worst Status
		d     time.Duration
	}{
		{Tally{time.Hour}, Operational, time.Hour},
		{Tally{time.Hour, time.Minute}, Maintenance, time.Minute},
		{Tally{time.Hour, time.Minute, 2 * time.Minute, 0, 3 * time.Minute}, MajorOutage, 5 * time.Minute},
	} {
		if worst, d := tt.t.Trouble(); worst != tt.worst || d != tt.d {
			t.Errorf("%v: got %s for %v", tt.t, worst, d)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2018, 5, 14, h, 0, 0, 0, time.UTC) }
	ps := []Period{{Operational, at(1), at(2)}, {Degraded, at(2), at(6)}, {Operational, at(6), time.Time{}}}
	want := []Period{{Degraded, at(4), at(6)}, {Operational, at(6), time.Time{}}}
	if got := Clip(ps, at(4)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
