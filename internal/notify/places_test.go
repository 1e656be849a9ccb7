package notify_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"testing"

	"github.com/statusd/statusd/internal/statustest"
)

var (
	toLine   = regexp.MustCompile(`(?m)^To: <a(\d+)@`)
	newsLine = regexp.MustCompile(`News (\d+) of`)
)

// After a night without a mail server readers stand at different places among
// what waits. A batch then holds more letters than are kept, and not one may
// suffer from that.
func TestCourier_readersAtDifferentPlaces(t *testing.T) {
	t.Parallel()
	const readers, news = 60, 90
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		sink := newSink(t, nil)
		sink.obey(true, nil)
		h := furnish(s, sink.smtp())
		var log bytes.Buffer
		h.courier.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		h.follow(readers)
		i := s.Reports("Calls fail", "News 0 of it.")
		for n := 1; n < news; n++ {
			i.Posts("", fmt.Sprintf("News %d of it.", n))
		}
		h.afterHold()
		for more := true; more; {
			var err error
			_, more, err = h.courier.ExpandOne(t.Context())
			h.ok(err)
		}
		// The reader a7 has had the first seven.
		h.exec(`update deliveries set state = 'sent' where (select count(*) from deliveries o where o.subscriber_id = deliveries.subscriber_id and o.id < deliveries.id)
			< (select cast(substr(s.address, 2, case when substr(s.address, 3, 1) = '@' then 1 else 2 end) as integer) from subscribers s where s.id = deliveries.subscriber_id)`)
		want := readers*news - readers*(readers+1)/2
		if did := h.once(); did.Sent != want || did.Retried+did.Failed+did.Released != 0 {
			t.Errorf("did %+v, want %d sent", did, want)
		}
		if log.Len() > 0 {
			t.Errorf("it complained: %.500s", log.String())
		}
		var charged int
		h.ok(h.DB.Read(t.Context()).Raw(`select count(*) from deliveries where attempts > 1 or answer <> ''`).Scan(&charged).Error)
		if charged > 0 {
			t.Errorf("%d deliveries were charged with a try", charged)
		}
		next := map[int]int{}
		for n := range readers {
			next[n+1] = n + 1
		}
		for _, m := range sink.data {
			who, what := number(t, toLine, m), number(t, newsLine, m)
			if what != next[who] {
				t.Fatalf("a%d got news %d, want %d next", who, what, next[who])
			}
			next[who]++
		}
		for who, n := range next {
			if n != news {
				t.Errorf("a%d got everything up to news %d only", who, n-1)
			}
		}
	})
}

func number(t *testing.T, in *regexp.Regexp, message []byte) int {
	t.Helper()
	m := in.FindSubmatch(message)
	if m == nil {
		t.Fatalf("no %s in:\n%s", in, message)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
