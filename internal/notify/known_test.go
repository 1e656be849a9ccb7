package notify_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/statustest"
)

// hide takes a component from readers' eyes, as its form does.
func (h *house) hide(c components.Component) {
	h.T.Helper()
	h.ok(h.Desk.EditComponent(h.T.Context(), h.Staff, incidents.EditComponent{Page: h.Page.ID, Component: c.Code, Name: c.Name, Hidden: true}))
}

// payloads are the announcements as they were frozen.
func (h *house) payloads() string {
	h.T.Helper()
	var all []string
	h.ok(h.DB.Read(h.T.Context()).Raw(`select payload from announcements order by id`).Scan(&all).Error)
	return strings.Join(all, "\n")
}

// Who hides a service does not want it read in the mail of a minute ago (R7.1).
func TestCourier_namesNothingThatWasHidden(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		calls, secret, old := s.Component("Call routing"), s.Component("Project Falcon"), s.Component("Fax")
		h.only("all@r.example", notify.Preferences{}, "")
		h.only("secret@r.example", notify.Preferences{Components: []string{secret.Code}}, "")
		h.only("both@r.example", notify.Preferences{Components: []string{calls.Code, secret.Code}}, "")
		h.once()
		s.Reports("Calls fail", "x", statustest.Is(calls, components.Degraded), statustest.Is(secret, components.MajorOutage), statustest.Is(old, components.Degraded))
		h.hide(secret)
		h.ok(s.Desk.ArchiveComponent(t.Context(), s.Staff, s.Page.ID, old.Code))
		before := h.payloads()
		h.afterHold()
		waits := h.another("desk", nil) // which makes the deliveries, and none leaves
		_, err := waits.Once(t.Context())
		h.ok(err)
		ds, err := h.outbox.Waiting(t.Context(), s.Page.ID, 0, 10)
		h.ok(err)
		for _, d := range ds {
			l, err := h.outbox.Message(t.Context(), s.Page.ID, d.ID)
			h.ok(err)
			if strings.Contains(l.Text+l.HTML+l.Subject, "Falcon") {
				t.Errorf("staff pass on what is hidden:\n%s", l.Text)
			}
		}
		h.once()
		got := tellings(mail.Messages())
		for _, who := range []string{"all", "secret", "both"} {
			if got[who+"@r.example Investigating: Calls fail"] != 1 {
				t.Errorf("%s did not get the news: %v", who, got)
			}
		}
		for _, m := range mail.Messages() {
			if !strings.HasPrefix(m.Subject, "Investigating") {
				continue
			}
			if strings.Contains(m.Text+m.HTML, "Falcon") || strings.Contains(m.Text, "down") {
				t.Errorf("%s reads of what is hidden:\n%s", m.To[0], m.Text)
			}
			if !strings.Contains(m.Text, "Call routing") || !strings.Contains(m.Text, "Fax") {
				t.Errorf("%s is not told of what may be known; history keeps what was archived:\n%s", m.To[0], m.Text)
			}
		}
		if h.payloads() != before {
			t.Error("the frozen announcement changed")
		}
	})
}

// A letter is made once for many batches, but not for longer than it is true.
func TestCourier_namesNothingThatIsHiddenMeanwhile(t *testing.T) {
	t.Parallel()
	const readers = 250 // more than the first batch
	for name, tt := range map[string]struct {
		passes time.Duration // while the first letter is on its way
		most   int           // letters that may name it
	}{
		"the next batch":            {0, 200},
		"what was claimed long ago": {3 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
				sink := newSink(t, nil)
				server := sink.smtp()
				server.Config.Conns = 1
				h := furnish(s, server)
				h.follow(readers)
				one := h.only("one@r.example", notify.Preferences{}, "")
				secret := s.Component("Falcon")
				h.ok(h.subs.Unsubscribe(t.Context(), s.Page.ID, h.subs.Token(notify.PurposeUnsubscribe, one)))
				h.once()
				s.Reports("Calls fail", "x", statustest.Is(secret, components.MajorOutage))
				h.afterHold()
				var n atomic.Int32
				sink.obey(true, func(verb, _ string) string {
					if verb == "." && n.Add(1) == 1 {
						h.hide(secret)
						s.Clock.Advance(tt.passes)
					}
					return ""
				})
				if did := h.once(); did.Sent != readers || did.Retried+did.Failed+did.Skipped != 0 {
					t.Errorf("did %+v, want all %d told", did, readers)
				}
				named := 0
				for _, m := range sink.data {
					if strings.Contains(string(m), "Falcon") {
						named++
					}
				}
				if named == 0 || named > tt.most {
					t.Errorf("%d letters name it, want 1 to %d", named, tt.most)
				}
			})
		})
	}
}

// The reader's own reason names what they follow; that may be hidden as well.
func TestCourier_theReasonNamesNothingThatIsHiddenMeanwhile(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		sink := newSink(t, nil)
		server := sink.smtp()
		server.Config.Conns = 1
		h := furnish(s, server)
		calls, secret := s.Component("Calls"), s.Component("Falcon")
		for _, who := range []string{"a@r.example", "b@r.example", "c@r.example"} {
			h.only(who, notify.Preferences{Components: []string{calls.Code, secret.Code}}, "")
		}
		h.once()
		s.Reports("Calls fail", "x", statustest.Is(calls, components.MajorOutage)) // Falcon works, it is only followed
		h.afterHold()
		var once sync.Once
		sink.obey(true, func(verb, _ string) string {
			if verb == "." {
				once.Do(func() { h.hide(secret); s.Clock.Advance(3 * time.Second) })
			}
			return ""
		})
		h.once()
		named := 0
		for _, m := range sink.data {
			if strings.Contains(string(m), "Falcon") {
				named++
			}
		}
		if len(sink.data) != 3 || named != 1 {
			t.Errorf("%d of %d letters name it, want only the first of 3", named, len(sink.data))
		}
	})
}

// The desk stops what it takes back. Should it ever forget to, nothing leaves
// all the same: not from the queue, and not from before a final dot.
func TestCourier_tellsNothingThatWasTakenBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mortem bool
		sql    string
	}{
		"postmortem unpublished":          {true, `update postmortems set published_at = null where published_at < ?`},
		"incident of postmortem is gone":  {true, `update incidents set withdrawn_at = ?`},
		"update withdrawn":                {false, `update updates set withdrawn_at = ?`},
		"incident of update is withdrawn": {false, `update incidents set withdrawn_at = ?`},
		"nothing":                         {true, `update incidents set updated_at = ?`},
	} {
		for _, late := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", before the final dot", false: ", in the queue"}[late], func(t *testing.T) {
				t.Parallel()
				statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
					sink := newSink(t, nil)
					h := furnish(s, sink.smtp())
					i := s.Reports("Calls fail", "x")
					if tt.mortem {
						i.Posts(incidents.Resolved, "Over.")
						h.afterHold()
						h.once() // to nobody
						_, err := s.Desk.PublishPostmortem(t.Context(), s.Staff, incidents.PublishPostmortem{Page: s.Page.ID, Incident: i.Code, Body: "What we learned.", Notify: true})
						h.ok(err)
					}
					h.follow(1)
					h.afterHold()
					takeBack := func() { h.exec(tt.sql, h.DB.Now()) }
					if !late {
						takeBack()
					}
					var once sync.Once
					sink.obey(false, func(verb, _ string) string {
						if verb == "DATA" && late {
							once.Do(func() { s.Clock.Advance(3 * time.Second); takeBack() })
						}
						return ""
					})
					want := notify.Did{Made: 1, Skipped: 1}
					if name == "nothing" {
						want = notify.Did{Made: 1, Sent: 1}
					}
					did := h.once()
					if got, _ := sink.got(); did != want || got != want.Sent {
						t.Errorf("did %+v and %d left, want %+v", did, got, want)
					}
				})
			})
		}
	}
}
