package statustest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

func TestCallRail_isReadToTheMinute(t *testing.T) {
	t.Parallel()
	seed := statustest.CallRail(t)
	if got, want := seed.Page.TimeZone, "America/New_York"; got != want {
		t.Errorf("zone: got %q, want %q", got, want)
	}
	updates := seed.Incident.OldestFirst()
	if got, want := len(updates), 9; got != want {
		t.Fatalf("got %d updates, want %d", got, want)
	}
	first, last := updates[0], updates[8]
	if got, want := first.Posted.UTC, time.Date(2018, 5, 14, 18, 8, 0, 0, time.UTC); got != want {
		t.Errorf("first update: got %v, want %v", got, want)
	}
	if first.Label != "Investigating" || last.Label != "Resolved" || seed.Incident.Updates[0] != last {
		t.Errorf("got %q first and %q last", first.Label, last.Label)
	}
	if got, want := seed.Incident.Affected[4], (statustest.SeedComponent{Name: "Call Recording"}); got != want {
		t.Errorf("component: got %v, want %v", got, want)
	}
	if !strings.Contains(seed.Incident.Postmortem.Markdown, "| 1:30pm to 2:39pm EDT |") {
		t.Error("the postmortem has lost its table")
	}
	if seed.Incident.Started != nil {
		t.Errorf("got a start at %v, want none: the report does not say", seed.Incident.Started)
	}
}

func TestRACO_hasAComponentInAGroupAndNoLabels(t *testing.T) {
	t.Parallel()
	seed := statustest.RACO(t)
	want := statustest.SeedComponent{Group: "Alarm Notification Services", Name: "AlarmAgent Voice System Health"}
	if got := seed.Incident.Affected[0]; got != want {
		t.Errorf("component: got %v, want %v", got, want)
	}
	for _, u := range seed.Incident.Updates {
		if u.Label != "" || u.LabelInferred == "" {
			t.Errorf("got label %q and guess %q, want only a guess", u.Label, u.LabelInferred)
		}
	}
	if got, want := seed.Incident.Postmortem.AuthorSignature, "Plum Voice"; got != want {
		t.Errorf("signature: got %q, want %q", got, want)
	}
}

// The seeds say each time in four ways; a fixture that contradicts itself would make every test against it worthless.
func TestSeeds_agreeWithThemselves(t *testing.T) {
	t.Parallel()
	for _, seed := range []statustest.Seed{statustest.CallRail(t), statustest.RACO(t)} {
		zone, err := time.LoadLocation(seed.Page.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		times := []statustest.SeedTime{seed.Incident.Postmortem.Posted}
		for _, u := range seed.Incident.Updates {
			times = append(times, u.Posted)
		}
		for _, at := range times {
			if !at.Local.Equal(at.UTC) {
				t.Errorf("%s: local %v is not %v", at.Display, at.Local, at.UTC)
			}
			if got := at.UTC.In(zone).Format("Jan 02, 2006 - 15:04 MST"); got != at.Display {
				t.Errorf("got %q, want %q", got, at.Display)
			}
			if !strings.HasSuffix(at.Display, " "+at.ZoneLabel) {
				t.Errorf("%s does not end in its zone label %s", at.Display, at.ZoneLabel)
			}
		}
	}
}
