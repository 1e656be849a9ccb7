package notify_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

// untouched checks that nobody pays for what is between us and our server.
func (h *house) untouched() {
	h.T.Helper()
	counts, err := h.subs.Counts(h.T.Context(), h.Page.ID)
	h.ok(err)
	var charged int
	h.ok(h.DB.Read(h.T.Context()).Raw(`select coalesce(max(attempts), 0) from deliveries where state <> 'sent'`).Scan(&charged).Error)
	if st := h.states(); st["failed"] != 0 || st["skipped"] != 0 || counts.Suppressed != 0 || charged != 0 {
		h.T.Errorf("%v, %d suppressed, up to %d tries charged; want nobody to pay for it", st, counts.Suppressed, charged)
	}
}

// TestCourier_policyIsOursAndNotTheReaders: "relaying denied", "blocked", "log
// in first" are about us whenever they are said. Mail waits, staff see why, and
// all of it leaves when the server lets us in again.
func TestCourier_policyIsOursAndNotTheReaders(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ verb, reply string }{
		"relaying denied":       {"RCPT", "554 5.7.1 <YOU>: Relay access denied"},
		"blocked":               {"RCPT", "550 5.7.1 blocked, see https://bl.example"},
		"without a status":      {"RCPT", "550 relay not permitted"},
		"log in first":          {"RCPT", "530 5.7.0 Authentication Required"},
		"log in first, bare":    {"RCPT", "530 Authentication required"},
		"an older server":       {"RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"},
		"at DATA":               {"DATA", "550 5.7.1 not today"},
		"at the dot":            {".", "550 5.7.1 policy"},
		"mailbox words at DATA": {".", "550 5.1.1 no such user"},
	} {
		for _, before := range []string{"", " after it worked"} {
			t.Run(name+before, func(t *testing.T) {
				t.Parallel()
				var refused atomic.Int32
				sink := newSink(t, nil)
				server := sink.smtp()
				server.Config.Conns = 2
				h := furnish(statustest.NewSite(t), server)
				h.follow(6)
				if before != "" {
					h.Reports("Webhooks fail", "x")
					h.afterHold()
					h.once()
				}
				sink.obey(false, func(verb, arg string) string {
					switch verb {
					case "dot":
						if tt.verb == "." {
							return "refuse"
						}
					case tt.verb:
						refused.Add(1)
						return strings.ReplaceAll(tt.reply, "YOU", strings.ToUpper(strings.Trim(arg, "TO:<>")))
					}
					return ""
				})
				h.Reports("Calls fail", "x")
				h.afterHold()
				did := h.once()
				if did.Paused == "" || did.Sent+did.Failed+did.Retried != 0 || strings.Contains(did.Paused, "EXAMPLE>") {
					t.Fatalf("did %+v, want a pause that names nobody", did)
				}
				for range 60 { // five minutes
					h.Clock.Advance(5 * time.Second)
					h.once()
				}
				h.untouched()
				if n := refused.Load(); n > 6+12 {
					t.Errorf("it asked %d times in five minutes", n)
				}
				st, err := h.outbox.Status(t.Context(), h.Page.ID)
				h.ok(err)
				if st.Ready != 6 || !strings.Contains(st.Paused, tt.reply[:3]) || strings.Contains(st.Paused, "EXAMPLE>") || st.NextTry.IsZero() || (tt.verb == "RCPT" && st.NextTry.Sub(h.DB.Now()) > time.Minute) {
					t.Errorf("staff see %+v", st)
				}
				waiting, err := h.outbox.Waiting(t.Context(), h.Page.ID, 0, 10)
				h.ok(err)
				if len(waiting) != 6 || !strings.Contains(waiting[0].Answer+waiting[5].Answer, tt.reply[:3]) {
					t.Errorf("waiting %+v, want the answers kept", waiting)
				}
				sink.obey(false, nil)
				for range 5 {
					h.Clock.Advance(time.Minute)
					h.once()
				}
				if st := h.states(); st["ready"] != 0 || st["failed"] != 0 {
					t.Errorf("let in again: %v", st)
				}
			})
		}
	}
}

// A rule about one reader must cost neither the others their mail nor this one
// their subscription; it is tried for a day.
func TestCourier_policyAboutOneReader(t *testing.T) {
	t.Parallel()
	for name, victims := range map[string]string{"the first": "<a1@reader.example>", "others": "<a7@reader.example> <a9@reader.example>"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := newSink(t, func(verb, arg string) string {
				if verb == "RCPT" && strings.Contains(victims, strings.TrimPrefix(arg, "TO:")) {
					return "554 5.7.1 <you>: Recipient address rejected: Access denied"
				}
				return ""
			})
			server := sink.smtp()
			server.Config.Conns = 1
			h := furnish(statustest.NewSite(t), server)
			refused := 1 + strings.Count(victims, " ")
			h.follow(11 + refused)
			h.Reports("Calls fail", "x")
			h.afterHold()
			did := h.once()
			if name == "others" && (did.Sent != 11 || did.Paused != "") {
				t.Errorf("did %+v, want the others told without a pause", did)
			}
			h.Clock.Advance(11 * time.Second)
			h.once()
			if st := h.states(); st["sent"] != 11 || st["ready"] != refused {
				t.Fatalf("after 11 s: %v, want the others told", st)
			}
			begun := h.Clock.Now()
			for h.states()["failed"] < refused && h.Clock.Now().Sub(begun) < 40*time.Hour {
				h.Clock.Advance(time.Minute)
				if did := h.once(); did.Paused != "" {
					t.Fatalf("%v later one reader stops all mail: %+v", h.Clock.Now().Sub(begun), did)
				}
			}
			if took := h.Clock.Now().Sub(begun); took < 20*time.Hour || took > 28*time.Hour {
				t.Errorf("tried for %v, want a day", took)
			}
			counts, err := h.subs.Counts(t.Context(), h.Page.ID)
			h.ok(err)
			if counts.Active != 11+refused {
				t.Errorf("counts %+v", counts)
			}
		})
	}
}

// Whoever subscribes with an address that the mail server does not serve must
// not be able to hold up everybody's mail.
func TestCourier_aRefusedConfirmationPausesNothing(t *testing.T) {
	t.Parallel()
	sink := newSink(t, func(verb, arg string) string {
		if verb == "RCPT" && strings.Contains(arg, "@elsewhere.example") {
			return "550 5.7.1 relaying denied"
		}
		return ""
	})
	h := furnish(statustest.NewSite(t), sink.smtp())
	h.follow(5)
	h.Reports("Calls fail", "x")
	h.afterHold()
	h.once()
	h.ok(h.subs.Ask(t.Context(), ask(h, "eve@elsewhere.example")))
	if did := h.once(); did.Paused != "" || did.Released != 1 {
		t.Errorf("did %+v, want the one put off and no pause", did)
	}
	h.Reports("More calls fail", "x")
	h.afterHold()
	if did := h.once(); did.Sent != 5 {
		t.Errorf("did %+v, want the news sent at once", did)
	}
}

// Of a server that has taken nothing yet, the first word counts.
func TestCourier_aNewServerThatRefusesTheOnlyReaderPausesMail(t *testing.T) {
	t.Parallel()
	sink := newSink(t, func(verb, _ string) string {
		if verb == "RCPT" {
			return "550 5.7.1 relaying denied"
		}
		return ""
	})
	h := furnish(statustest.NewSite(t), sink.smtp())
	h.follow(1)
	h.Reports("Calls fail", "x")
	h.afterHold()
	if did := h.once(); did.Paused == "" {
		t.Errorf("did %+v", did)
	}
	h.untouched()
}

// A server that refuses the only reader there is, again and again, is a matter
// for staff although nothing else shows it.
func TestCourier_theOnlyReaderRefusedAgainAndAgainPausesMail(t *testing.T) {
	t.Parallel()
	sink := newSink(t, nil)
	h := furnish(statustest.NewSite(t), sink.smtp())
	h.follow(1)
	h.Reports("Calls fail", "x")
	h.afterHold()
	h.once()
	sink.obey(false, func(verb, _ string) string {
		if verb == "RCPT" {
			return "550 5.7.1 relaying denied"
		}
		return ""
	})
	h.Reports("More calls fail", "x")
	h.afterHold()
	for n := 1; ; n++ {
		if did := h.once(); did.Paused != "" {
			break
		}
		if n > 15 {
			t.Fatal("nobody is told")
		}
		h.Clock.Advance(time.Minute)
	}
	h.untouched()
}
