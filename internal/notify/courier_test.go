package notify_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/statustest"
)

// tellings are how often each reader got each subject.
func tellings(ms []statustest.Message) map[string]int {
	n := map[string]int{}
	for _, m := range ms {
		n[m.To[0]+" "+m.Subject]++
	}
	return n
}

func TestCourier_tellsEveryReaderOnceInOrder(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		h.courier.SetChunk(7)
		h.follow(25)
		calls := s.Component("Call routing")
		i := s.Reports("Calls fail", "We look into it.", statustest.Is(calls, components.PartialOutage))
		i.Posts("", "Still looking.")
		i.Posts(incidents.Resolved, "Over.", statustest.Is(calls, components.Operational))
		h.afterHold()
		did := h.once()
		if did.Made != 75 || did.Sent != 75 {
			t.Errorf("did %+v, want 75 made and sent", did)
		}
		order := map[string][]string{}
		for _, m := range mail.Messages() {
			order[m.To[0]] = append(order[m.To[0]], m.Subject)
		}
		if len(order) != 25 {
			t.Errorf("%d readers, want 25", len(order))
		}
		for to, got := range order {
			if want := []string{"Investigating: Calls fail", "Update: Calls fail", "Resolved: Calls fail"}; !slices.Equal(got, want) {
				t.Errorf("%s got %v", to, got)
			}
		}
		if again := h.once(); again != (notify.Did{}) {
			t.Errorf("a second pass did %+v", again)
		}
		told, err := h.outbox.OfIncident(t.Context(), s.Page.ID, i.Story().Incident.ID)
		h.ok(err)
		for id, x := range told {
			if x.Recipients != 25 || x.Sent != 25 || x.Waiting != 0 || x.Held {
				t.Errorf("update %d: %+v", id, x)
			}
		}
	})
}

func TestCourier_headersOfALetter(t *testing.T) {
	t.Parallel()
	mail := statustest.NewMail(t)
	h := furnish(statustest.NewSite(t), smtpOf(t, mail))
	h.exec(`update pages set reply_to = 'help@callrail.example'`)
	h.follow(2)
	i := h.Reports("Calls fail", "We look into it.")
	h.afterHold()
	h.once()
	due := h.DB.Now().Add(-time.Second) // the end of the hold
	i.Posts("", "News.")
	h.afterHold()
	h.once()
	ms := mail.Messages()
	slices.SortStableFunc(ms, func(a, b statustest.Message) int { return strings.Compare(a.Subject, b.Subject) })
	m := ms[0]
	for name, want := range map[string]string{
		"From":                  "CallRail status <status@callrail.example>",
		"To":                    "<" + m.To[0] + ">",
		"Reply-To":              "<help@callrail.example>",
		"Subject":               "Investigating: Calls fail",
		"Auto-Submitted":        "auto-generated",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"List-Id":               "CallRail status <" + h.Page.Code + ".status.example.com>",
		"Mime-Version":          "1.0",
		"References":            "<incident." + i.Code + "@status.example.com>",
		"In-Reply-To":           "<incident." + i.Code + "@status.example.com>",
		"Date":                  due.In(h.Page.Location()).Format(time.RFC1123Z),
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	leave := m.Header.Get("List-Unsubscribe")
	https, mailto, _ := strings.Cut(leave, ", ")
	if !strings.HasPrefix(https, "<"+base+"/u/") || mailto != "<mailto:help@callrail.example?subject=unsubscribe>" {
		t.Errorf("List-Unsubscribe: %s", leave)
	}
	tok := tokenIn(t, m.Text, "/u/")
	if https != "<"+base+"/u/"+tok+">" || !strings.Contains(m.HTML, base+"/u/"+tok+`"`) {
		t.Errorf("header, plain part and HTML must hold one link: %s, %s", https, tok)
	}
	if !slices.Equal(m.Types, []string{"text/plain", "text/html"}) || m.From != "status@callrail.example" {
		t.Errorf("parts %v from %s", m.Types, m.From)
	}
	ids := map[string]bool{}
	for _, x := range ms {
		id := x.Header.Get("Message-Id")
		if ids[id] || !strings.HasSuffix(id, "@status.example.com>") {
			t.Errorf("Message-ID %s is not its own", id)
		}
		ids[id] = true
	}
	h.ok(h.subs.Unsubscribe(t.Context(), h.Page.ID, tok))
	manage := tokenIn(t, m.Text, "/m/")
	_, err := h.subs.ByToken(t.Context(), h.Page.ID, notify.PurposeManage, manage)
	wantLink(t, err) // it was a link of that reader
}

func TestCourier_theReasonIsTheReadersOwn(t *testing.T) {
	t.Parallel()
	mail := statustest.NewMail(t)
	h := furnish(statustest.NewSite(t), smtpOf(t, mail))
	a, b, c := h.Component("API"), h.Component("Webhooks & more"), h.Component("Größe")
	incident := h.Reports("Old", "x", statustest.Is(a, components.Degraded))
	h.only("all@r.example", notify.Preferences{Maintenance: true}, "")
	h.only("three@r.example", notify.Preferences{Components: []string{a.Code, b.Code, c.Code}}, "")
	h.only("two@r.example", notify.Preferences{Components: []string{b.Code, c.Code}}, "")
	h.only("one@r.example", notify.Preferences{Scope: notify.ScopeNone}, incident.Code)
	incident.Posts("", "Hooks too.", statustest.Is(b, components.MajorOutage))
	h.afterHold()
	h.once()
	got := map[string]string{}
	for _, m := range mail.Messages() {
		if m.Subject == "Update: Old" {
			_, footer, _ := strings.Cut(m.Text, "\n-- \n")
			got[m.To[0]], _, _ = strings.Cut(footer, "\n")
			if to := m.To[0]; to == "two@r.example" && !strings.Contains(m.HTML, "follow Webhooks &amp; more and Größe.") {
				t.Errorf("the HTML of %s says otherwise:\n%s", to, m.HTML)
			}
		}
	}
	for to, want := range map[string]string{
		"all@r.example":   "You get this because you follow everything.",
		"three@r.example": "You get this because you follow API and 2 others.",
		"two@r.example":   "You get this because you follow Webhooks & more and Größe.",
		"one@r.example":   "You get this because you follow this incident.",
	} {
		if got[to] != want {
			t.Errorf("%s: got %q, want %q", to, got[to], want)
		}
	}
}

func TestOutbox_holdsAmendsAndCancels(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		h.follow(3)
		ctx := t.Context()
		i := s.Reports("Calls fail", "Frist text.")
		first := i.Story().Updates[0]
		s.Clock.Advance(19 * time.Second)
		if did := h.once(); did != (notify.Did{}) {
			t.Fatalf("within the hold it did %+v", did)
		}
		_, err := s.Desk.Correct(ctx, s.Staff, incidents.Correct{Page: s.Page.ID, Update: first.Code, Body: "First text."})
		h.ok(err)
		second := i.Posts("", "To be undone.")
		s.Clock.Advance(2 * time.Second)
		h.once()
		for _, m := range mail.Messages() {
			if !strings.Contains(m.Text, "First text.") {
				t.Errorf("the correction came too late:\n%s", m.Text)
			}
		}
		told, err := h.outbox.OfIncident(ctx, s.Page.ID, i.Story().Incident.ID)
		h.ok(err)
		if x := told[second.ID]; !x.Held || x.DueAt.IsZero() {
			t.Errorf("second: %+v, want it held", x)
		}
		h.ok(s.Desk.Withdraw(ctx, s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: second.Code, Undo: true}))
		h.afterHold()
		h.once()
		if got := tellings(mail.Messages()); len(got) != 3 {
			t.Errorf("after the undo: %v", got)
		}
		err = s.Desk.Withdraw(ctx, s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: first.Code, Undo: true})
		if f := fault.Of(err); f == nil || f.Key != "incident.undo_late" {
			t.Errorf("got %v, want it to be too late", err)
		}
	})
}

func TestOutbox_Cancel_stopsWhatDidNotLeave(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		server := smtpOf(t, mail)
		server.Config.Conns = 1
		h := furnish(s, server)
		h.follow(50)
		i := s.Reports("Calls fail", "x")
		u := i.Story().Updates[0]
		h.afterHold()
		var n atomic.Int32
		mail.Misbehave(statustest.MailFaults{BeforeReply: func(statustest.Message) {
			if n.Add(1) == 10 {
				h.ok(s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code}))
				s.Clock.Advance(3 * time.Second) // more than what was claimed may rely on
			}
		}})
		h.once()
		told, err := h.outbox.OfIncident(t.Context(), s.Page.ID, i.Story().Incident.ID)
		h.ok(err)
		x := told[u.ID]
		if got := len(mail.Messages()); got < 10 || got > 12 || x.Sent != got || x.Skipped != 50-got || !x.Cancelled || x.Waiting != 0 {
			t.Errorf("%d left, told %+v; want it to stop within a message or two and to know", got, x)
		}
	})
}

func TestSubscribers_Unsubscribe_actsInTheMiddleOfAFanOut(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		server := smtpOf(t, mail)
		server.Config.Conns = 1
		h := furnish(s, server)
		h.follow(40)
		subs, err := h.subs.List(t.Context(), s.Page.ID, "", 0, 100)
		h.ok(err)
		last := subs[len(subs)-1]
		s.Reports("Calls fail", "x")
		h.afterHold()
		var once sync.Once
		mail.Misbehave(statustest.MailFaults{BeforeReply: func(statustest.Message) {
			once.Do(func() {
				h.ok(h.subs.Unsubscribe(t.Context(), s.Page.ID, h.subs.Token(notify.PurposeUnsubscribe, last)))
				s.Clock.Advance(3 * time.Second)
			})
		}})
		did := h.once()
		for _, m := range mail.Messages() {
			if m.To[0] == last.Address {
				t.Errorf("%s left and got mail", last.Address)
			}
		}
		if did.Sent != 39 || did.Skipped != 1 {
			t.Errorf("did %+v", did)
		}
	})
}

func TestCourier_greylisting(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		h.follow(30)
		i := s.Reports("Calls fail", "x")
		h.afterHold()
		mail.Misbehave(statustest.MailFaults{Greylist: true})
		if did := h.once(); did.Retried != 30 || did.Paused != "" {
			t.Fatalf("did %+v, want 30 put off and no pause: each mailbox speaks for itself", did)
		}
		waiting, err := h.outbox.Waiting(t.Context(), s.Page.ID, 0, 100)
		h.ok(err)
		if d := waiting[0]; len(waiting) != 30 || d.Attempts != 1 || !strings.Contains(d.Answer, "451") {
			t.Errorf("%d wait, the first: %+v", len(waiting), d)
		}
		i.Posts("", "Newer news.")
		h.afterHold()
		mail.Misbehave(statustest.MailFaults{})
		if did := h.once(); did.Sent > 0 && len(tellings(mail.Messages())) == 0 {
			t.Errorf("did %+v", did)
		}
		for _, m := range mail.Messages() { // 21 s later some of the first are due (30 s - 20 %), none of the second may pass one
			if strings.HasPrefix(m.Subject, "Update") && tellings(mail.Messages())[m.To[0]+" Investigating: Calls fail"] == 0 {
				t.Errorf("%s got the second letter before the first", m.To[0])
			}
		}
		s.Clock.Advance(20 * time.Second)
		h.once()
		got := tellings(mail.Messages())
		if len(got) != 60 {
			t.Errorf("%d letters after the greylisting, want 2 to each of 30", len(got))
		}
	})
}

func TestCourier_serverDownThenUp(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		h0 := &house{Site: s}
		h0.ok(err)
		addr := l.Addr().String()
		h0.ok(l.Close())
		c, err := notify.ParseSMTPURL("smtp://" + addr)
		h0.ok(err)
		server := &notify.SMTP{Config: c}
		h := furnish(s, server)
		h.follow(20)
		s.Reports("Calls fail", "x")
		h.afterHold()
		did := h.once()
		if did.Paused == "" || did.Retried+did.Failed != 0 {
			t.Fatalf("did %+v, want a pause that costs no reader a try", did)
		}
		probes := 0
		for range 120 { // ten minutes, looking every 5 s
			s.Clock.Advance(5 * time.Second)
			if did := h.once(); did.Released > 0 {
				probes++
			}
		}
		if probes < 8 || probes > 16 {
			t.Errorf("%d probes in ten minutes; want them 10 s apart at first and a minute at last", probes)
		}
		st, err := h.outbox.Status(t.Context(), s.Page.ID)
		h.ok(err)
		if st.Ready != 20 || st.Paused == "" || !strings.Contains(st.Paused, "connecting") || st.OldestDue.IsZero() || !st.SMTPConfigured || !st.MailReady {
			t.Errorf("status %+v", st)
		}
		up := newSink(t, nil)
		server.Config = up.smtp().Config
		s.Clock.Advance(time.Minute)
		if did := h.once(); did.Sent != 20 || did.Paused != "" {
			t.Errorf("did %+v, want everything to leave with the first probe that goes well", did)
		}
		st, err = h.outbox.Status(t.Context(), s.Page.ID)
		h.ok(err)
		if st.Ready != 0 || st.Paused != "" {
			t.Errorf("status %+v", st)
		}
		var attempts int
		h.ok(h.DB.Read(t.Context()).Raw(`select max(attempts) from deliveries`).Scan(&attempts).Error)
		if attempts != 1 {
			t.Errorf("a reader was charged for the server: %d tries", attempts)
		}
	})
}

func TestCourier_refusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		verb, reply string
		sent        int
		failed      int
		paused      bool
		suppressed  int
	}{
		"no such mailbox":         {verb: "RCPT", reply: "550 5.1.1 no such user", sent: 2, failed: 1, suppressed: 1},
		"mailbox full for good":   {verb: "RCPT", reply: "552 5.2.2 over quota", sent: 2, failed: 1},
		"no such user, old style": {verb: "RCPT", reply: "550 no such user", sent: 2, failed: 1},
		"our sender is refused":   {verb: "MAIL", reply: "550 5.7.1 not from you", paused: true},
		"our sender, said late":   {verb: "RCPT", reply: "550 5.1.8 sender domain not found", paused: true},
		"our content is refused":  {verb: ".", reply: "554 5.7.1 looks like spam", paused: true},
		"DATA is refused":         {verb: "DATA", reply: "554 no", paused: true},
		"greeting":                {verb: "", reply: "554 no service", paused: true},
		"too busy":                {verb: "", reply: "421 come back later", paused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			victim := ""
			sink := newSink(t, func(verb, arg string) string {
				switch {
				case verb == "dot" && tt.verb == ".":
					return "refuse"
				case verb == tt.verb && (verb != "RCPT" || tt.paused || strings.Contains(arg, victim)):
					return tt.reply
				}
				return ""
			})
			server := sink.smtp()
			server.Config.Conns = 1
			h := furnish(statustest.NewSite(t), server)
			victim = "a2@"
			h.follow(3)
			h.Reports("Calls fail", "x")
			h.afterHold()
			did := h.once()
			if did.Sent != tt.sent || did.Failed != tt.failed || (did.Paused != "") != tt.paused || did.Retried != 0 {
				t.Errorf("did %+v", did)
			}
			counts, err := h.subs.Counts(t.Context(), h.Page.ID)
			h.ok(err)
			if counts.Suppressed != tt.suppressed {
				t.Errorf("%d suppressed, want %d", counts.Suppressed, tt.suppressed)
			}
			if tt.failed > 0 {
				failed, err := h.outbox.Failed(t.Context(), h.Page.ID, 0, 10)
				h.ok(err)
				if len(failed) != 1 || !strings.Contains(failed[0].Answer, tt.reply[:3]) {
					t.Errorf("failed: %+v, want the server's answer kept", failed)
				}
			}
		})
	}
}

// TestCourier_oneRefusedContentDoesNotStopTheOthers: a letter that the server
// never takes comes to the probe again and again while all others would pass.
func TestCourier_oneRefusedContentDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	sink := newSink(t, func(verb, arg string) string {
		switch {
		case verb == "dot" && arg == "a1@reader.example":
			return "refuse"
		case verb == "." && arg == "a1@reader.example":
			return "554 5.6.0 not this one"
		}
		return ""
	})
	server := sink.smtp()
	server.Config.Conns = 1
	h := furnish(statustest.NewSite(t), server)
	h.follow(10)
	h.Reports("Calls fail", "x")
	h.afterHold()
	for range 30 {
		h.once()
		h.Clock.Advance(30 * time.Second)
	}
	if st := h.states(); st["sent"] != 9 || st["failed"] != 1 {
		t.Errorf("%v, want nine sent and the one given up", st)
	}
}

func TestCourier_aServerThatTakesFewConnectionsGetsFew(t *testing.T) {
	t.Parallel()
	var open, refused atomic.Int32
	sink := newSink(t, func(verb, _ string) string {
		switch verb {
		case "":
			if open.Add(1) > 2 {
				refused.Add(1)
				return "421 too many connections"
			}
		case "QUIT":
			open.Add(-1)
		}
		return ""
	})
	h := furnish(statustest.NewSite(t), sink.smtp())
	h.follow(400)
	h.Reports("Calls fail", "x")
	h.afterHold()
	if did := h.once(); did.Sent != 400 || did.Paused != "" || did.Retried != 0 {
		t.Errorf("did %+v with %d connections refused; want all sent over those that are allowed", did, refused.Load())
	}
}

func TestCourier_connectionsEndAfterSomeMessages(t *testing.T) {
	t.Parallel()
	sink := newSink(t, nil)
	server := sink.smtp()
	server.Config.Conns, server.Config.PerConn = 1, 10
	h := furnish(statustest.NewSite(t), server)
	h.follow(35)
	h.Reports("Calls fail", "x")
	h.afterHold()
	h.once()
	if got, conns := sink.got(); got != 35 || conns != 4 {
		t.Errorf("%d messages over %d connections, want 35 over 4", got, conns)
	}
}

func TestCourier_aStaleConnectionCostsNobodyATry(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	sink := newSink(t, func(verb, _ string) string {
		if verb == "MAIL" && n.Add(1)%4 == 0 {
			return "cut"
		}
		return ""
	})
	server := sink.smtp()
	server.Config.Conns = 1
	h := furnish(statustest.NewSite(t), server)
	h.follow(10)
	h.Reports("Calls fail", "x")
	h.afterHold()
	if did := h.once(); did.Sent != 10 || did.Retried != 0 {
		t.Errorf("did %+v, want 10 sent in one pass", did)
	}
}

func TestCourier_cutBeforeTheDotIsNeverSent(t *testing.T) {
	t.Parallel()
	mail := statustest.NewMail(t)
	server := smtpOf(t, mail)
	server.Config.Conns = 1
	h := furnish(statustest.NewSite(t), server)
	h.follow(3)
	h.Reports("Calls fail", "x")
	h.afterHold()
	mail.Misbehave(statustest.MailFaults{CutData: 2})
	h.once()
	h.Clock.Advance(time.Minute)
	h.once()
	if got := tellings(mail.Messages()); len(got) != 3 || h.states()["sent"] != 3 {
		t.Errorf("%v, states %v; want each of three told", got, h.states())
	}
}

func TestCourier_duplicatesKeepTheirMessageID(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		server := smtpOf(t, mail)
		server.Config.Conns = 2
		h := furnish(s, server)
		h.follow(6)
		s.Reports("Calls fail", "x")
		h.afterHold()
		mail.Misbehave(statustest.MailFaults{LoseReply: 2})
		if did := h.once(); did.Sent != 4 || did.Retried != 2 {
			t.Fatalf("did %+v, want two of which nobody knows", did)
		}
		s.Clock.Advance(time.Minute)
		h.once()
		ids := map[string][]string{}
		for _, m := range mail.Messages() {
			ids[m.To[0]] = append(ids[m.To[0]], m.Header.Get("Message-Id"))
		}
		twice := 0
		for to, x := range ids {
			if len(x) == 2 {
				twice++
				if x[0] != x[1] {
					t.Errorf("%s got %v", to, x)
				}
			}
		}
		if len(ids) != 6 || twice != 2 {
			t.Errorf("%d readers, %d got it twice; want 6 and 2", len(ids), twice)
		}
	})
}

func TestCourier_givesUpAfterADay(t *testing.T) {
	t.Parallel()
	sink := newSink(t, func(verb, _ string) string {
		if verb == "RCPT" {
			return "450 4.2.1 mailbox busy"
		}
		return ""
	})
	h := furnish(statustest.NewSite(t), sink.smtp())
	h.follow(1)
	h.Reports("Calls fail", "x")
	h.afterHold()
	begun, tries := h.Clock.Now(), 0
	for h.states()["failed"] == 0 {
		did := h.once()
		tries += did.Retried + did.Failed
		if h.Clock.Now().Sub(begun) > 40*time.Hour {
			t.Fatal("it never gives up")
		}
		h.Clock.Advance(time.Minute)
	}
	if took := h.Clock.Now().Sub(begun); took < 20*time.Hour || took > 28*time.Hour || tries != 12 {
		t.Errorf("%d tries in %v, want 12 in about a day", tries, took)
	}
}

func TestCourier_withoutAServerMailWaitsAndCanBeRead(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		h.exec(`update pages set postal_address = '', sender_address = ''`)
		h.ok(h.subs.Ask(t.Context(), ask(h, "dana@reader.example")))
		h.follow(1)
		s.Reports("Calls fail", "We look into it.")
		h.afterHold()
		if did := h.once(); did.Made != 1 || did.Sent != 0 {
			t.Errorf("did %+v", did)
		}
		st, err := h.outbox.Status(t.Context(), s.Page.ID)
		h.ok(err)
		if st.SMTPConfigured || st.MailReady || st.Ready != 2 {
			t.Errorf("status %+v", st)
		}
		waiting, err := h.outbox.Waiting(t.Context(), s.Page.ID, 0, 10)
		h.ok(err)
		if len(waiting) != 2 || waiting[0].Title != "Calls fail" || waiting[1].Telling != incidents.TellConfirm {
			t.Fatalf("waiting %+v", waiting)
		}
		more, err := h.outbox.Waiting(t.Context(), s.Page.ID, waiting[0].ID, 10)
		h.ok(err)
		if len(more) != 1 || more[0].ID != waiting[1].ID {
			t.Errorf("after the first: %+v", more)
		}
		letter, err := h.outbox.Message(t.Context(), s.Page.ID, waiting[1].ID)
		h.ok(err)
		if letter.To != "dana@reader.example" || letter.Subject != "Confirm your CallRail status updates" {
			t.Errorf("letter %+v", letter)
		}
		_, err = h.subs.Confirm(t.Context(), s.Page.ID, tokenIn(t, letter.Text, "/c/"))
		h.ok(err)
		news, err := h.outbox.Message(t.Context(), s.Page.ID, waiting[0].ID)
		h.ok(err)
		if !strings.Contains(news.Text, "We look into it.") || !strings.Contains(news.HTML, base+"/m/"+tokenIn(t, news.Text, "/m/")) || strings.Contains(news.HTML+news.Text, "slot") {
			t.Errorf("news:\n%s", news.Text)
		}
		_, err = h.outbox.Message(t.Context(), s.Page.ID+1, waiting[0].ID)
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("another page's letter: %v", err)
		}

		// Mail is set up at last: what waited leaves, the confirmed one is not asked again.
		mail := statustest.NewMail(t)
		h.courier = h.another("node", smtpOf(t, mail))
		if did := h.once(); did.Sent != 0 {
			t.Errorf("did %+v: the page has no postal address yet", did)
		}
		h.exec(`update pages set postal_address = '1 Road', sender_address = 'status@callrail.example'`)
		if did := h.once(); did.Sent != 1 {
			t.Errorf("did %+v", did)
		}
	})
}

func TestCourier_speaksTLSAndLogsIn(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]statustest.MailOption{
		"starttls": {statustest.MailSTARTTLS(), statustest.MailAuth("statusd", "s3cret:@/ü")},
		"implicit": {statustest.MailImplicitTLS(), statustest.MailAuth("statusd", "s3cret")},
		"plain":    {statustest.MailAuth("statusd", "s3cret")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := statustest.NewMail(t, opts...)
			server := smtpOf(t, mail)
			h := furnish(statustest.NewSite(t), server)
			h.follow(3)
			h.Reports("Calls fail", "x")
			h.afterHold()
			wrong := *server
			wrong.Config.Password = "wrong"
			h.courier = h.another("node", &wrong)
			if did := h.once(); did.Paused == "" || strings.Contains(did.Paused, "wrong") || did.Failed != 0 {
				t.Errorf("wrong password: %+v", did)
			}
			if mail.Roots() != nil {
				stranger := *server
				stranger.Roots = nil
				h.Clock.Advance(10 * time.Minute)
				h.courier = h.another("node", &stranger)
				if did := h.once(); did.Paused == "" || did.Sent != 0 {
					t.Errorf("a certificate that nobody vouches for: %+v", did)
				}
			}
			h.Clock.Advance(10 * time.Minute)
			h.courier = h.another("node", server)
			if did := h.once(); did.Sent != 3 {
				t.Errorf("did %+v", did)
			}
		})
	}
}

// TestCourier_hostileWordsMakeNoHeaders: R8.4.
func TestCourier_hostileWordsMakeNoHeaders(t *testing.T) {
	t.Parallel()
	mail := statustest.NewMail(t)
	h := furnish(statustest.NewSite(t), smtpOf(t, mail))
	h.follow(1)
	title := `=?utf-8?q?a=0D=0ABcc:_x@y.example?= "Ω" ` + strings.Repeat("long ", 30)
	h.exec(`update pages set sender_name = ?`, `=?utf-8?q?b=0D=0ABcc:_z?= <evil@x.example>`)
	body := "First.\n\n.\n..\n.hidden\n\n" + strings.Repeat(".", 200) + "\n\nEnd."
	h.Reports(strings.TrimSpace(title), body)
	h.afterHold()
	h.once()
	m := mail.Messages()[0]
	if want := "Investigating: " + strings.TrimSpace(title); m.Subject != want {
		t.Errorf("subject\n got %q\nwant %q", m.Subject, want)
	}
	if strings.Contains(strings.ReplaceAll(string(m.Data), "\r\n ", ""), "=?utf-8?q?a=0D=0A") {
		t.Error("what looked like an encoded word was let through")
	}
	if m.Header.Get("Bcc") != "" || len(m.Header["From"]) != 1 || !strings.HasSuffix(m.Header.Get("From"), " <status@callrail.example>") {
		t.Errorf("headers: %v", m.Header)
	}
	for _, want := range []string{"\n.\n..\n.hidden\n", "\n" + strings.Repeat(".", 200) + "\n"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("lines of dots did not survive:\n%s", m.Text)
		}
	}
	for line := range strings.SplitSeq(string(m.Data), "\r\n") {
		if len(line) > 78 && !strings.HasPrefix(line, " <http") && !strings.HasPrefix(line, "List-Unsubscribe:") {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
}

func TestCourier_addressesOfTheWorld(t *testing.T) {
	t.Parallel()
	mail := statustest.NewMail(t)
	h := furnish(statustest.NewSite(t), smtpOf(t, mail))
	got, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader("jürgen@example.com\nana@bücher.example\nana@xn--bcher-kva.example\no'neil+x@reader.example\nold@reader.example"), "asked")
	h.ok(err)
	if got.Added != 3 || got.Known != 1 || got.Bad != 1 || got.BadLines[0].Key != "email.local" {
		t.Errorf("import %+v, want two spellings of a domain to be one reader", got)
	}
	h.exec(`update subscribers set address = 'jürgen@bücher.example' where address = 'old@reader.example'`) // of the time when that was let in
	h.Reports("Calls fail", "x")
	h.afterHold()
	h.once()
	var to []string
	for _, m := range mail.Messages() {
		to = append(to, m.To[0])
	}
	slices.Sort(to)
	if want := []string{"ana@xn--bcher-kva.example", "jürgen@xn--bcher-kva.example", "o'neil+x@reader.example"}; !slices.Equal(to, want) {
		t.Errorf("to %v, want %v", to, want)
	}
	// A server that cannot take such an address costs that reader only.
	sink := newSink(t, nil)
	h.courier = h.another("node", sink.smtp())
	h.Reports("More calls fail", "x")
	h.afterHold()
	if did := h.once(); did.Sent != 2 || did.Failed != 1 || did.Paused != "" {
		t.Errorf("did %+v", did)
	}
}

func TestCourier_pagesKeepApart(t *testing.T) {
	t.Parallel()
	mail := statustest.NewMail(t)
	h := furnish(statustest.NewSite(t), smtpOf(t, mail))
	h.follow(2)
	var other pages.Page
	h.ok(h.DB.Private(t.Context(), func(tx *db.Tx) (err error) {
		other, err = pages.Create(tx, pages.Page{Name: "RACO", TimeZone: "UTC", Language: "en", Words: "plain", PastDays: 14, PostalAddress: "x", SenderAddress: "s@raco.example"})
		return err
	}))
	_, err := h.subs.Import(t.Context(), h.Staff, other.ID, strings.NewReader("raco@reader.example\na1@reader.example"), "asked")
	h.ok(err)
	h.Reports("Calls fail", "x")
	h.afterHold()
	h.once()
	if got := tellings(mail.Messages()); len(got) != 2 || got["raco@reader.example Investigating: Calls fail"] != 0 {
		t.Errorf("%v", got)
	}
}

func TestCourier_leasesPassOnAndAreTakenOver(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		sink := newSink(t, nil)
		h := furnish(s, sink.smtp())
		h.follow(10)
		s.Reports("Calls fail", "x")
		h.afterHold()
		dead := h.another("node", sink.smtp())
		for more := true; more; {
			var err error
			_, more, err = dead.ExpandOne(t.Context())
			h.ok(err)
		}
		n, err := dead.Claim(t.Context(), 6) // and dies
		h.ok(err)
		if n != 6 {
			t.Fatalf("claimed %d", n)
		}
		elsewhere := h.another("other", sink.smtp())
		did, err := elsewhere.Once(t.Context())
		h.ok(err)
		if did.Sent != 4 {
			t.Errorf("the other node did %+v, want the four that nobody held", did)
		}
		h.ok(h.courier.Start(t.Context())) // the same node, started again
		if did := h.once(); did.Sent != 6 {
			t.Errorf("after the start it did %+v, want the six at once", did)
		}
		s.Reports("More", "x")
		h.afterHold()
		third := h.another("third", sink.smtp())
		_, _, err = third.ExpandOne(t.Context())
		h.ok(err)
		_, err = third.Claim(t.Context(), 6)
		h.ok(err)
		s.Clock.Advance(61 * time.Second)
		if did, err := third.Once(t.Context()); err != nil || did.Sent != 4 {
			t.Errorf("its own leases do not run out for the node that holds them: %+v, %v", did, err)
		}
		if did := h.once(); did.Sent != 6 {
			t.Errorf("after a minute it did %+v, want the six of the dead node", did)
		}
	})
}

func TestCourier_twoNodesSendEverythingOnce(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		sink := newSink(t, nil)
		h := furnish(s, sink.smtp())
		const readers = 1500
		h.follow(readers)
		i := s.Reports("Calls fail", "x")
		i.Posts("", "y")
		h.afterHold()
		var wg sync.WaitGroup
		var sent atomic.Int64
		for n := range 3 {
			c := h.another(fmt.Sprint("node", n), sink.smtp())
			c.SetChunk(200)
			wg.Go(func() {
				for range 3 {
					did, err := c.Once(t.Context())
					if err != nil {
						t.Error(err)
					}
					sent.Add(int64(did.Sent))
				}
			})
		}
		wg.Wait()
		for h.once().Sent > 0 {
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		for to, n := range sink.to {
			if n != 2 {
				t.Errorf("%s got %d letters, want 2", to, n)
			}
		}
		if len(sink.to) != readers {
			t.Errorf("%d readers, want %d", len(sink.to), readers)
		}
	})
}

// TestCourier_aDatabaseThatGoesAwayDoublesNothing: what left is recorded when
// the database is back, and nothing more leaves before (R2.4, R5.3).
func TestCourier_aDatabaseThatGoesAwayDoublesNothing(t *testing.T) {
	t.Parallel()
	sink := newSink(t, nil)
	h := furnish(statustest.NewSite(t), sink.smtp())
	h.follow(100)
	h.Reports("Calls fail", "x")
	h.afterHold()
	away := h.Path + ".away"
	var n atomic.Int32
	var healed sync.WaitGroup
	sink.obey(false, func(verb, _ string) string {
		if verb == "." && n.Add(1) == 40 {
			if err := os.Rename(h.Path, away); err != nil {
				t.Error(err)
			}
			healed.Go(func() {
				waitFor(nil, time.Now().Add(time.Minute), func() bool { return h.DB.Health() != nil })
				if got := int(n.Load()); got > 40+8 {
					t.Errorf("%d letters left, at most one a connection could after the database went", got)
				}
				if err := os.Rename(away, h.Path); err != nil {
					t.Error(err)
				}
			})
		}
		return ""
	})
	did, err := h.courier.Once(t.Context())
	healed.Wait()
	h.ok(h.DB.Heal(t.Context()))
	for range 3 { // what was claimed when it went is freed first
		if more, err2 := h.courier.Once(t.Context()); err2 == nil {
			did.Sent += more.Sent
		}
	}
	sink.mu.Lock()
	defer sink.mu.Unlock()
	for to, n := range sink.to {
		if n != 1 {
			t.Errorf("%s got %d", to, n)
		}
	}
	if len(sink.to) != 100 || h.states()["sent"] != 100 {
		t.Errorf("%d readers, states %v (%+v, %v)", len(sink.to), h.states(), did, err)
	}
}

// TestCourier_endsWithinMoments: a process that is asked to end finishes what it
// is saying, and leaves nothing leased behind (R15.5).
func TestCourier_endsWithinMoments(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		ctx, cancel := context.WithCancel(t.Context())
		var n atomic.Int32
		sink := newSink(t, func(verb, _ string) string {
			if verb == "." && n.Add(1) == 30 {
				cancel()
			}
			return ""
		})
		h := furnish(s, sink.smtp())
		h.follow(500)
		s.Reports("Calls fail", "x")
		h.afterHold()
		h.ok(h.courier.Run(ctx))
		got, _ := sink.got()
		if st := h.states(); st["leased"] != 0 || st["sent"] != got || got > 30+8 {
			t.Errorf("%d left, states %v; want what left recorded and the rest ready", got, st)
		}
	})
}
