package notify_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/statustest"
)

// A conversation may wait before its final dot, for a slow server or a database
// that is away. What happened meanwhile counts: the reader left, staff stopped
// it, or the lease ran out and another node took the letter.
func TestCourier_looksAgainBeforeTheFinalDot(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		meanwhile func(h *house, u incidents.Update)
		did       notify.Did
		got       int
	}{
		"nothing": {func(*house, incidents.Update) {}, notify.Did{Made: 1, Sent: 1}, 1},
		"the reader left": {func(h *house, _ incidents.Update) {
			subs, err := h.subs.List(h.T.Context(), h.Page.ID, "", 0, 1)
			h.ok(err)
			h.ok(h.subs.Unsubscribe(h.T.Context(), h.Page.ID, h.subs.Token(notify.PurposeUnsubscribe, subs[0])))
		}, notify.Did{Made: 1, Skipped: 1}, 0},
		"staff stopped it": {func(h *house, u incidents.Update) {
			h.ok(h.Desk.Withdraw(h.T.Context(), h.Staff, incidents.Withdraw{Page: h.Page.ID, Update: u.Code}))
		}, notify.Did{Made: 1, Skipped: 1}, 0},
		"another node took it": {func(h *house, _ incidents.Update) {
			h.exec(`update deliveries set lease_by = 'other/1', lease_until = ?`, h.DB.Now().Add(time.Minute))
		}, notify.Did{Made: 1}, 0},
		"another node sent it": {func(h *house, _ incidents.Update) {
			h.exec(`update deliveries set lease_by = '', state = 'sent'`)
		}, notify.Did{Made: 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
				sink := newSink(t, nil)
				h := furnish(s, sink.smtp())
				h.follow(1)
				u := s.Reports("Calls fail", "x").Story().Updates[0]
				h.afterHold()
				var once sync.Once
				sink.obey(false, func(verb, _ string) string {
					if verb == "DATA" {
						once.Do(func() {
							s.Clock.Advance(3 * time.Second)
							tt.meanwhile(h, u)
						})
					}
					return ""
				})
				did := h.once()
				if got, _ := sink.got(); did != tt.did || got != tt.got {
					t.Errorf("did %+v and %d left, want %+v and %d", did, got, tt.did, tt.got)
				}
				h.follow2("ben@reader.example")
				s.Reports("Webhooks fail", "x")
				h.afterHold()
				if did := h.once(); did.Sent == 0 {
					t.Errorf("then it did %+v, want it to go on", did)
				}
			})
		})
	}
}

// follow2 adds one reader.
func (h *house) follow2(email string) {
	h.T.Helper()
	_, err := h.subs.Import(h.T.Context(), h.Staff, h.Page.ID, strings.NewReader(email), "asked in a test")
	h.ok(err)
}

// A node whose lease ran out while it waited must not put back, nor charge, what
// another one holds by now: a third would send it as well.
func TestCourier_leavesALetterThatAnotherNodeTookAlone(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{"put off": "451 4.2.1 busy", "mail is paused": "550 5.7.1 relaying denied", "cut": "cut"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
				sink := newSink(t, nil)
				server := sink.smtp()
				server.Config.Conns = 1
				h := furnish(s, server)
				h.follow(2)
				s.Reports("Calls fail", "x")
				h.afterHold()
				sink.obey(false, func(verb, _ string) string {
					if verb != "RCPT" {
						return ""
					}
					h.exec(`update deliveries set lease_by = 'other/1', lease_until = ?`, h.DB.Now().Add(time.Minute))
					return reply
				})
				h.once()
				var held []struct{ State, LeaseBy, Answer string }
				h.ok(h.DB.Read(t.Context()).Raw(`select state, lease_by, answer from deliveries where attempts = 0`).Scan(&held).Error)
				if len(held) != 2 {
					t.Fatalf("charged: %+v", held)
				}
				for _, d := range held {
					if d.State != "leased" || d.LeaseBy != "other/1" || d.Answer != "" {
						t.Errorf("%+v, want it left alone", d)
					}
				}
			})
		})
	}
}

// What is undone within its hold is never told, and what is said instead is told
// once, however often that happens.
func TestOutbox_undoneAndSaidAgain(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		h.follow(4)
		i := s.Reports("Calls fail", "The first word.")
		h.afterHold()
		h.once()
		undo := func(u incidents.Update) error {
			return s.Desk.Withdraw(t.Context(), s.Staff, incidents.Withdraw{Page: s.Page.ID, Update: u.Code, Undo: true})
		}
		for _, wrong := range []string{"Wrong at once.", "Wrong at last."} {
			u := i.Posts("", wrong)
			s.Clock.Advance(10 * time.Second)
			h.once()
			if wrong == "Wrong at last." {
				s.Clock.Advance(10*time.Second - time.Millisecond)
				h.once()
			}
			h.ok(undo(u))
			h.once()
		}
		right := i.Posts("", "The right word.")
		s.Clock.Advance(20*time.Second - time.Millisecond)
		h.once()
		if n := len(mail.Messages()); n != 4 {
			t.Fatalf("%d letters before the hold is over", n)
		}
		s.Clock.Advance(time.Second)
		h.once()
		h.once()
		got := tellings(mail.Messages())
		for _, m := range mail.Messages() {
			if strings.Contains(m.Text, "Wrong") {
				t.Errorf("%s was told what was undone:\n%s", m.To[0], m.Text)
			}
		}
		if len(mail.Messages()) != 8 || len(got) != 8 {
			t.Errorf("%v, want each of four told twice", got)
		}
		if err := undo(right); err == nil {
			t.Error("undone after it was told")
		}
		told, err := h.outbox.OfIncident(t.Context(), s.Page.ID, i.Story().Incident.ID)
		h.ok(err)
		if x := told[right.ID]; x.Sent != 4 || x.Waiting != 0 || x.Cancelled {
			t.Errorf("told %+v", x)
		}
	})
}

// A commit whose answer got lost is tried again: what it did already counts once.
func TestCourier_aCommitThatIsRepeatedCountsOnce(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		h.follow(3)
		i := s.Reports("Calls fail", "x")
		h.afterHold()
		h.once()
		var ids []int64
		h.ok(h.DB.Read(t.Context()).Raw(`select id from deliveries order by id`).Scan(&ids).Error)
		for range 2 {
			for n, state := range []string{"sent", "failed", "skipped"} {
				h.ok(h.DB.Private(t.Context(), func(tx *db.Tx) error { return notify.Finish(tx, state, ids[n:n+1]) }))
			}
		}
		told, err := h.outbox.OfIncident(t.Context(), s.Page.ID, i.Story().Incident.ID)
		h.ok(err)
		if x := told[i.Story().Updates[0].ID]; x.Sent != 1 || x.Failed != 1 || x.Skipped != 1 || x.Waiting != 0 {
			t.Errorf("told %+v, want one of each", x)
		}
	})
}
