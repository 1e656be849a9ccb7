package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/statusd/statusd/internal/incidents"
)

const (
	crowd     = 512 // readers at a time, a new connection for each request
	readsEach = 2
	words     = 4 // updates that are posted meanwhile
)

// A flash crowd while updates are posted: every request is answered, and whoever
// asks after a post has returned sees that post or a later one.
func TestCrowd_isAnsweredAndNeverStale(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := strike(t, p)
	var posted, read atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	turn := make(chan struct{}, crowd*readsEach) // a word for each answer: posts keep pace with the readers
	var readers sync.WaitGroup
	for range crowd {
		readers.Go(func() {
			for range readsEach {
				least := posted.Load()
				n, err := newest(ctx, c, p.base)
				if err != nil {
					t.Errorf("a reader was not answered: %v", err)
				} else if n < least {
					t.Errorf("a reader saw word %d after word %d was posted", n, least)
				}
				read.Add(1)
				turn <- struct{}{}
			}
		})
	}
	for n := 1; n <= words; n++ {
		for range crowd * readsEach / (words + 1) {
			<-turn
		}
		s.staff.post("/admin/incidents/"+s.code+"/updates", map[string][]string{
			"body": {fmt.Sprintf("This is word %d of us.", n)}, "state": {string(incidents.Investigating)}, "key": {fmt.Sprintf("crowd%d", n)},
		}).want(200)
		posted.Store(int64(n))
	}
	readers.Wait()
	if got := read.Load(); got != crowd*readsEach {
		t.Errorf("%d reads, want %d", got, crowd*readsEach)
	}
	if n, err := newest(ctx, c, p.base); err != nil || n != words {
		t.Errorf("in the end the page shows word %d, %v; want %d", n, err, words)
	}
}

var wordOnPage = regexp.MustCompile(`This is word (\d+) of us`)

// newest is the number of the newest word on the page, 0 for none.
func newest(ctx context.Context, c *http.Client, base string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/", nil)
	if err != nil {
		return 0, err
	}
	res, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // it was read
	if err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d", res.StatusCode)
	}
	var n int64
	for _, m := range wordOnPage.FindAllSubmatch(body, -1) {
		k, err := strconv.ParseInt(string(m[1]), 10, 64)
		if err != nil {
			return 0, err
		}
		n = max(n, k)
	}
	return n, nil
}
