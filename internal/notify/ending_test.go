package notify_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

// A process that is asked to end while its mail server says nothing puts back
// what it holds, at nobody's expense: the server was not even asked.
func TestCourier_endsWhileTheServerIsSilent(t *testing.T) {
	t.Parallel()
	for name, verb := range map[string]string{"at the greeting": "", "at EHLO": "EHLO", "at MAIL": "MAIL"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan struct{})
				sink := newSink(t, func(v, _ string) string {
					if v == verb {
						cancel()
						<-ended
						return "cut"
					}
					return ""
				})
				h := furnish(s, sink.smtp())
				h.courier.SetGrace(100 * time.Millisecond)
				h.follow(50)
				s.Reports("Calls fail", "x")
				h.afterHold()
				err := h.courier.Run(ctx)
				close(ended)
				h.ok(err)
				h.untouched()
				st, err := h.outbox.Status(t.Context(), s.Page.ID)
				h.ok(err)
				if st.Paused != "" || h.states()["ready"] != 50 {
					t.Errorf("%v, paused %q", h.states(), st.Paused)
				}
				var later int
				h.ok(h.DB.Read(t.Context()).Raw(`select count(*) from deliveries where due_at > ?`, h.DB.Now()).Scan(&later).Error)
				if later != 0 {
					t.Errorf("%d are put off", later)
				}
			})
		})
	}
}

// Connections to the database that end in the middle of a fan-out, in whatever
// a transaction was doing, lose and double nothing (R2.4, R5.3).
func TestCourier_cutDatabaseConnectionsDoubleNothing(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		if s.DB.Engine() != "postgres" {
			t.Skip("a file has no connections; see TestCourier_aDatabaseThatGoesAwayDoublesNothing")
		}
		const readers = 600
		sink := newSink(t, nil)
		h := furnish(s, sink.smtp())
		h.follow(readers)
		i := s.Reports("Calls fail", "x")
		h.afterHold()
		var n atomic.Int32
		sink.obey(false, func(verb, _ string) string {
			if verb == "." && n.Add(1)%37 == 0 {
				var cut []*bool
				// fails when its own connection is among those that are cut
				_ = h.DB.Read(context.Background()).Raw(`select case when datname = current_database() and pid <> pg_backend_pid() then pg_terminate_backend(pid) end from pg_stat_activity`).Scan(&cut).Error
			}
			return ""
		})
		for range 60 {
			if _, err := h.courier.Once(t.Context()); err == nil && h.states()["sent"] == readers {
				break
			}
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		for to, n := range sink.to {
			if n != 1 {
				t.Errorf("%s got %d", to, n)
			}
		}
		told, err := h.outbox.OfIncident(t.Context(), s.Page.ID, i.Story().Incident.ID)
		h.ok(err)
		if x := told[i.Story().Updates[0].ID]; len(sink.to) != readers || x.Sent != readers || x.Waiting != 0 {
			t.Errorf("%d readers, told %+v", len(sink.to), x)
		}
	})
}
