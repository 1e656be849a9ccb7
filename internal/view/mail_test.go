package view_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/notify"
	statuspages "github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

var updateMails = flag.Bool("update-mails", false, "write the golden mails anew; then read them")

func mailer(t testing.TB) *view.Mailer {
	t.Helper()
	catalog, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := view.NewMailer(os.DirFS("../../web/templates"), catalog)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var larkline = statuspages.Page{
	Code: "larkline0000", Name: "Larkline", TimeZone: "America/New_York", Language: "en", Words: "plain",
	PostalAddress: "Larkline Inc., 12 Harbor Street, Portland, ME 04101, USA", SenderAddress: "status@larkline.example",
}

const larklineBase = "https://status.larkline.example"

// slots are links as long as real ones.
func mailSlots(reason string) notify.Slots {
	tok := strings.Repeat("Ab3_", 10)[:38]
	return notify.Slots{Manage: larklineBase + "/m/" + tok, Unsubscribe: larklineBase + "/u/" + tok, Confirm: larklineBase + "/c/" + tok, Reason: reason}
}

func mailTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func mailPtr[T any](v T) *T { return &v }

// told is the announcement of a text, as the desk makes it.
func mailTold(t testing.TB, body string, a incidents.Announcement) incidents.Announcement {
	t.Helper()
	doc, err := markdown.New(markdown.Options{}).Render(context.Background(), body, markdown.MaxPostmortem)
	if err != nil {
		t.Fatal(err)
	}
	a.HTML, a.Plain, a.Lead = doc.HTML, doc.Text, doc.Lead
	a.IncidentCode = "k3v9q0c2m7xa"
	if a.Title == "" {
		a.Title = "Calls are failing on some numbers"
	}
	if a.StartedAt.IsZero() {
		a.StartedAt = mailTime("2018-05-14T17:30:00Z")
	}
	return a
}

func mailCalls(s components.Status) []incidents.AnnouncedComponent {
	return []incidents.AnnouncedComponent{{ID: 1, Name: "Call routing", Group: "Calls", Status: s}}
}

func mailDrafts(t testing.TB) map[string]notify.Draft {
	m := map[string]incidents.Announcement{
		"new": mailTold(t, "Since 13:30, more calls than usual are failing. We are looking into it with our carriers.\n\nYou do not need to do anything. Calls that fail can be tried again at once.", incidents.Announcement{
			Telling: incidents.TellNew, State: incidents.Investigating, Label: "investigating", HappenedAt: mailTime("2018-05-14T18:08:00Z"),
			NextUpdateBy: mailPtr(mailTime("2018-05-14T18:40:00Z")), Affected: mailCalls(components.PartialOutage), Ends: true,
		}),
		"update": mailTold(t, "Calls to your main number now connect through **backup routing**. They are not tracked or recorded meanwhile, and the dashboard stays offline. We are still looking for the cause with our [carrier](https://carrier.example/status).", incidents.Announcement{
			Telling: incidents.TellUpdate, State: incidents.Investigating, Label: "update", HappenedAt: mailTime("2018-05-14T18:49:00Z"),
			NextUpdateBy: mailPtr(mailTime("2018-05-14T19:20:00Z")), Affected: mailCalls(components.MajorOutage),
		}),
		"fellback": mailTold(t, "Calls fail again since 15:40. We go back to looking for the cause.", incidents.Announcement{
			Telling: incidents.TellUpdate, State: incidents.Investigating, Label: "investigating", FellBack: true, HappenedAt: mailTime("2018-05-14T19:45:00Z"),
			Affected: []incidents.AnnouncedComponent{
				{Name: "Call routing", Group: "Calls", Status: components.MajorOutage},
				{Name: "Call recording", Group: "Calls", Status: components.MajorOutage},
				{Name: "Number tracking", Group: "Calls", Status: components.MajorOutage},
				{Name: "Webhooks", Group: "Integrations", Status: components.MajorOutage},
				{Name: "Dashboard", Status: components.Degraded},
			},
		}),
		"resolved": mailTold(t, "Our carrier has raised a limit that made calls fail. Calls, tracking, recording and the dashboard work again.\n\nCalls between 14:39 and 15:22 and between 16:09 and 16:40 were connected but not recorded. Their call data will be added.", incidents.Announcement{
			Telling: incidents.TellResolved, State: incidents.Resolved, Label: "resolved", HappenedAt: mailTime("2018-05-14T21:47:00Z"), ResolvedAt: mailPtr(mailTime("2018-05-14T20:40:00Z")),
			Affected: mailCalls(components.Operational), PageAllWell: true, Ends: true,
		}),
		"postmortem": mailTold(t, "Please pass this note to anyone at your company who should know what happened to their calls this week.\n\n## What happened\n\nOur carrier caps how many calls we may forward at a time.\n\n| Service | From | To |\n|---|---|---|\n| Call routing | 13:30 EDT | 16:40 EDT |\n\n- The cap is higher now.\n- We watch it ourselves.\n\nQuestions or anger are both welcome: just reply to this e-mail.", incidents.Announcement{
			Telling: incidents.TellPostmortem, State: incidents.Resolved, Label: "postmortem", HappenedAt: mailTime("2018-05-16T15:00:00Z"), ResolvedAt: mailPtr(mailTime("2018-05-14T20:40:00Z")),
			Subject: "What happened on Monday, and what we are changing", Affected: mailCalls(components.Operational), PageAllWell: true,
		}),
		"maintenance": mailTold(t, "Reports and the dashboard may be slow for up to ten minutes. Calls are not affected. You do not need to do anything.", incidents.Announcement{
			Telling: incidents.TellMaintenance, Title: "Database upgrade for reports", State: incidents.Scheduled, Label: "scheduled", HappenedAt: mailTime("2018-05-26T14:00:00Z"),
			StartedAt: mailTime("2018-05-27T06:00:00Z"), ScheduledFor: mailPtr(mailTime("2018-05-27T06:00:00Z")), ScheduledUntil: mailPtr(mailTime("2018-05-27T07:30:00Z")),
			Affected: []incidents.AnnouncedComponent{{Name: "Reports API", Group: "Apps and API", Status: components.Operational}, {Name: "Dashboard", Group: "Apps and API", Status: components.Operational}}, Ends: true,
		}),
		"maintenance-started": mailTold(t, "The upgrade has begun.", incidents.Announcement{
			Telling: incidents.TellMaintenance, Title: "Database upgrade for reports", State: incidents.InProgress, Label: "in_progress", HappenedAt: mailTime("2018-05-27T06:00:00Z"),
			StartedAt: mailTime("2018-05-27T06:00:00Z"), ScheduledFor: mailPtr(mailTime("2018-05-27T06:00:00Z")), ScheduledUntil: mailPtr(mailTime("2018-05-27T07:30:00Z")),
			Affected: []incidents.AnnouncedComponent{{Name: "Dashboard", Status: components.Maintenance}},
		}),
		"maintenance-completed": mailTold(t, "Done, ten minutes early.", incidents.Announcement{
			Telling: incidents.TellMaintenance, Title: "Database upgrade for reports", State: incidents.Completed, Label: "completed", HappenedAt: mailTime("2018-05-27T07:20:00Z"), ResolvedAt: mailPtr(mailTime("2018-05-27T07:20:00Z")),
			StartedAt: mailTime("2018-05-27T06:00:00Z"), ScheduledFor: mailPtr(mailTime("2018-05-27T06:00:00Z")), ScheduledUntil: mailPtr(mailTime("2018-05-27T07:30:00Z")), PageAllWell: true, Ends: true,
		}),
	}
	out := map[string]notify.Draft{}
	v := mailer(t)
	reason := v.Reason(larkline, notify.Kind(incidents.TellNew), notify.Follows{Components: []string{"Call routing", "Call recording", "Webhooks"}})
	for name, a := range m {
		out[name] = notify.Draft{Kind: notify.Kind(a.Telling), Page: larkline, Base: larklineBase, Announcement: a, Slots: mailSlots(reason)}
	}
	out["confirm"] = notify.Draft{Kind: notify.KindConfirm, Page: larkline, Base: larklineBase, Slots: mailSlots(v.Reason(larkline, notify.KindConfirm, notify.Follows{Everything: true}))}
	out["follows"] = notify.Draft{Kind: notify.KindFollows, Page: larkline, Base: larklineBase, Slots: mailSlots(v.Reason(larkline, notify.KindFollows, notify.Follows{Everything: true}))}
	return out
}

func TestMailer_Letter_golden(t *testing.T) {
	t.Parallel()
	v := mailer(t)
	for name, d := range mailDrafts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := v.Letter(d)
			if err != nil {
				t.Fatal(err)
			}
			mailGolden(t, "mail-"+name+".html", w.HTML)
			mailGolden(t, "mail-"+name+".txt", "Subject: "+w.Subject+"\n\n"+w.Text)
		})
	}
}

func mailGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateMails {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s changed (-want +got); renew with -update-mails and read it:\n%s", name, d)
	}
}

func TestMailer_Letter_textFitsAScreen(t *testing.T) {
	t.Parallel()
	v := mailer(t)
	for name, d := range mailDrafts(t) {
		w, err := v.Letter(d)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(w.Text) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > 72 && strings.Contains(line, " ") {
				t.Errorf("%s: a line of %d characters: %q", name, n, line)
			}
		}
		if n := len(w.HTML); n > 20<<10 {
			t.Errorf("%s: %d bytes of HTML; mail programs clip long letters", name, n)
		}
	}
}

func TestMailer_Letter_hostileWordsStayWords(t *testing.T) {
	t.Parallel()
	d := mailDrafts(t)["new"]
	d.Announcement.Title = `<script>alert(1)</script> & "quoted" {{.Why}}`
	d.Announcement.Lead = `</div><img src=x>`
	d.Announcement.Affected[0].Name = `<b>bold</b>`
	d.Page.Name, d.Page.PostalAddress = `<i>Acme</i>`, "1 <u>Road</u>\nTown"
	w, err := mailer(t).Letter(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"<script", "<img", "<b>", "<i>", "<u>"} {
		if strings.Contains(w.HTML, tag) {
			t.Errorf("the letter has a %s of its own:\n%s", tag, w.HTML)
		}
	}
	if !strings.Contains(w.Text, d.Announcement.Title) {
		t.Errorf("the plain part lost the title:\n%s", w.Text)
	}
}

func TestMailer_Reason(t *testing.T) {
	t.Parallel()
	v := mailer(t)
	for _, tt := range []struct {
		kind notify.Kind
		f    notify.Follows
		want string
	}{
		{"new", notify.Follows{Everything: true}, "You get this because you follow everything."},
		{"new", notify.Follows{Components: []string{"Call Routing"}}, "You get this because you follow Call Routing."},
		{"new", notify.Follows{Components: []string{"Call Routing", "Webhooks"}}, "You get this because you follow Call Routing and Webhooks."},
		{"new", notify.Follows{Components: []string{"Call Routing", "Webhooks", "API"}}, "You get this because you follow Call Routing and 2 others."},
		{"update", notify.Follows{Incident: true}, "You get this because you follow this incident."},
		{"maintenance", notify.Follows{Incident: true}, "You get this because you follow this maintenance."},
		{"confirm", notify.Follows{Incident: true}, "Someone, we hope you, asked us to send updates about one incident only to this address."},
		{"confirm", notify.Follows{Incident: true, Title: "Calls fail"}, "Someone, we hope you, asked us to send updates about only the incident “Calls fail” to this address."},
		{"follows", notify.Follows{Incident: true}, "You get this because you follow one incident only."},
	} {
		if got := v.Reason(larkline, tt.kind, tt.f); got != tt.want {
			t.Errorf("%s %+v: got %q, want %q", tt.kind, tt.f, got, tt.want)
		}
	}
}

// TestMailer_Letter_hasWordsForEveryStep: a key without a message shows itself.
func TestMailer_Letter_hasWordsForEveryStep(t *testing.T) {
	t.Parallel()
	v := mailer(t)
	d := mailDrafts(t)["maintenance"]
	d.Base, d.Slots = "https://s.example", notify.Slots{}
	steps := map[incidents.Telling][]incidents.State{
		incidents.TellMaintenance: incidents.KindMaintenance.States(),
		incidents.TellNew:         incidents.KindIncident.States(),
		incidents.TellUpdate:      incidents.KindIncident.States(),
		incidents.TellResolved:    {incidents.Resolved},
		incidents.TellPostmortem:  {incidents.Resolved},
	}
	for telling, states := range steps {
		for _, state := range states {
			for _, label := range []string{string(state), "update"} {
				for _, words := range []string{"plain", "classic"} {
					for _, status := range components.Statuses() {
						for _, back := range []bool{false, true} {
							d.Kind, d.Page.Words = notify.Kind(telling), words
							d.Announcement.Telling, d.Announcement.State, d.Announcement.Label, d.Announcement.FellBack = telling, state, label, back
							d.Announcement.Affected[0].Status, d.Announcement.Subject = status, ""
							w, err := v.Letter(d)
							if err != nil {
								t.Fatal(err)
							}
							if all := w.Subject + w.Text + w.HTML; strings.Contains(all, "mail.") || strings.Contains(all, "public.") || strings.Contains(all, "state.") {
								t.Errorf("%s, %s, %s: a message key shows:\n%s\n%s", telling, state, label, w.Subject, w.Text)
							}
						}
					}
				}
			}
		}
	}
}

// Numbers stand under each other in the letter as they do on the page.
func TestMailer_Letter_keepsHowColumnsAreSet(t *testing.T) {
	t.Parallel()
	d := mailDrafts(t)["update"]
	d.Announcement = mailTold(t, "| Line | Calls | Share |\n|---|--:|:-:|\n| East | 1,204 | 12% |", d.Announcement)
	w, err := mailer(t).Letter(d)
	if err != nil {
		t.Fatal(err)
	}
	page := statustest.Page(t, []byte(w.HTML))
	var got []string
	for _, n := range page.FindAll("td.paper div table tr") {
		for _, cell := range append(n.FindAll("th"), n.FindAll("td")...) {
			_, set, _ := strings.Cut(cell.Attr("style"), "text-align:")
			set, _, _ = strings.Cut(set, ";")
			if text := cell.Text(); len(text) < 8 {
				got = append(got, text+" "+set)
			}
		}
	}
	if want := "Line left|Calls right|Share center|East left|1,204 right|12% center"; strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
	if strings.Contains(w.HTML, `class="right"`) {
		t.Error("a class that no letter has a style for")
	}
	if !strings.Contains(w.Text, "\n- Line: East; Calls: 1,204; Share: 12%\n") {
		t.Errorf("the text part has no readable table:\n%s", w.Text)
	}
}

// A mail program that narrows a table may break it between words, never inside one.
func TestMailer_Letter_tablesBreakNoWord(t *testing.T) {
	t.Parallel()
	d := mailDrafts(t)["update"]
	d.Announcement = mailTold(t, "| Time | What we saw |\n|---|---|\n| 01:40 | Calls fail |", d.Announcement)
	w, err := mailer(t).Letter(d)
	if err != nil {
		t.Fatal(err)
	}
	page := statustest.Page(t, []byte(w.HTML))
	cells := append(page.FindAll("td.paper div th"), page.FindAll("td.paper div td")...)
	if len(cells) != 4 {
		t.Fatalf("%d cells", len(cells))
	}
	for _, c := range cells {
		if !strings.Contains(c.Attr("style"), "overflow-wrap:normal;word-break:normal") {
			t.Errorf("%q is set as %q", c.Text(), c.Attr("style"))
		}
	}
	if !strings.Contains(page.Find("main > table").Attr("style"), "table-layout:fixed") { // else a wide table widens the letter
		t.Error("a wide table makes the whole letter wide")
	}
}

// How long it goes on is counted to when it was told, also in an update that is of an earlier time.
func TestMailer_Letter_goingOnUntilItWasTold(t *testing.T) {
	t.Parallel()
	d := mailDrafts(t)["update"]
	for posted, want := range map[time.Time]string{{}: "going on for 1 h 19 min", d.Announcement.HappenedAt.Add(45 * time.Minute): "going on for 2 h 4 min"} {
		d.Announcement.PostedAt = posted
		w, err := mailer(t).Letter(d)
		if err != nil || !strings.Contains(w.HTML, want+"<br>") {
			t.Errorf("told at %v, want %q (%v):\n%s", posted, want, err, w.Text)
		}
	}
}
