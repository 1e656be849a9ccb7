package notify_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

// BenchmarkFanOut posts one update to 20,000 readers and waits until a sink
// has all of them. Report: messages a second and the growth of the heap.
func BenchmarkFanOut(b *testing.B) {
	const readers = 20_000
	sink := newSink(b, nil)
	h := furnish(statustest.NewSite(b), sink.smtp())
	h.courier.Now = time.Now
	for part := range 4 {
		var list strings.Builder
		for i := range readers / 4 {
			fmt.Fprintf(&list, "user%d.%d@reader.example\n", part, i)
		}
		_, err := h.subs.Import(b.Context(), h.Staff, h.Page.ID, strings.NewReader(list.String()), "bench")
		h.ok(err)
	}
	incident := h.Reports("Calls are failing on some numbers", "Since 13:30, more calls than usual are failing. We are looking into it with our carriers.\n\nYou do not need to do anything.")
	h.afterHold()
	h.once()
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	stop := watchHeap(&peak)
	b.ResetTimer()
	for i := range b.N {
		incident.Posts("", fmt.Sprintf("News number %d of the same incident, which is of the usual length for such news.", i))
		h.afterHold()
		if did := h.once(); did.Sent != readers {
			b.Fatalf("sent %d", did.Sent)
		}
	}
	b.StopTimer()
	stop()
	b.ReportMetric(float64(readers*b.N)/b.Elapsed().Seconds(), "mails/s")
	b.ReportMetric(float64(max(peak.Load(), before.HeapAlloc)-before.HeapAlloc)/(1<<20), "MB-heap")
}

func watchHeap(peak *atomic.Uint64) (stop func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapAlloc))
			}
		}
	}()
	return func() { close(done); <-ended }
}
