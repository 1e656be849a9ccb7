package i18n_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/i18n"
)

func printer(t *testing.T, zone string) *i18n.Printer {
	t.Helper()
	c, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer("en", l, "plain")
}

func TestPrinter_labelsTheZoneOfThatInstant(t *testing.T) {
	t.Parallel()
	summer := time.Date(2018, 5, 14, 18, 8, 0, 0, time.UTC)
	winter := time.Date(2018, 1, 14, 18, 8, 0, 0, time.UTC)
	for _, c := range []struct {
		zone string
		at   time.Time
		want string
	}{
		{"America/New_York", summer, "May 14, 2018 - 14:08 EDT"},
		{"America/New_York", winter, "Jan 14, 2018 - 13:08 EST"},
		{"Asia/Kathmandu", summer, "May 14, 2018 - 23:53 UTC+5:45"},
		{"America/Sao_Paulo", summer, "May 14, 2018 - 15:08 UTC−3"},
		{"UTC", summer, "May 14, 2018 - 18:08 UTC"},
	} {
		if got := printer(t, c.zone).Stamp(c.at); got != c.want {
			t.Errorf("%s: got %q, want %q", c.zone, got, c.want)
		}
	}
}

func TestPrinter_Range_namesItsDayOnceAndBothLabelsWhenTheyDiffer(t *testing.T) {
	t.Parallel()
	p := printer(t, "America/New_York")
	start := time.Date(2018, 5, 27, 6, 0, 0, 0, time.UTC)
	if got, want := p.Range(start, start.Add(90*time.Minute)), "Sunday, May 27, 2018 - 02:00 to 03:30 EDT"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	jump := time.Date(2018, 3, 11, 6, 0, 0, 0, time.UTC)
	if got, want := p.Range(jump, jump.Add(2*time.Hour)), "Sunday, Mar 11, 2018 - 01:00 EST to 04:00 EDT"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrinter_Duration(t *testing.T) {
	t.Parallel()
	p := printer(t, "UTC")
	for d, want := range map[time.Duration]string{
		30 * time.Second: "less than a minute", 5 * time.Minute: "5 min", 79 * time.Minute: "1 h 19 min", 2 * time.Hour: "2 h",
		51 * time.Hour: "2 d 3 h", 24*time.Hour + 5*time.Minute: "1 d",
	} {
		if got := p.Duration(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestPrinter_List(t *testing.T) {
	t.Parallel()
	p := printer(t, "UTC")
	for want, names := range map[string][]string{"": nil, "A": {"A"}, "A and B": {"A", "B"}, "A, B, and C": {"A", "B", "C"}} {
		if got := p.List(names); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Every key that the code names as a constant must have a message in English.
func TestCatalogue_hasEveryKeyThatTheCodeNames(t *testing.T) {
	t.Parallel()
	p := printer(t, "UTC")
	call := regexp.MustCompile(`(?:fault\.(?:New|At)\([^,()]+, |\.Add\("[a-z_]+", |\.T\()"([a-z_]+\.[a-z_.]+)"`)
	found := 0
	for _, dir := range []string{"../pages", "../components", "../auth", "../incidents", "../notify", "../view", "../server", "../server/admin", "../server/public"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.IsDir() {
				continue
			}
			src, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range call.FindAllStringSubmatch(string(src), -1) {
				if m[1][len(m[1])-1] == '.' { // completed with a variable
					continue
				}
				found++
				if !p.Has(m[1]) {
					t.Errorf("%s/%s names %q, and there is no such message", dir, f.Name(), m[1])
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d keys found: the test looks for the wrong thing", found)
	}
}
