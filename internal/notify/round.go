package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/pages"
)

const (
	firstBatch = 200
	mostBatch  = 1000
	grace      = 8 * time.Second        // for what is being handed over when the process is asked to end
	freshFor   = 2 * time.Second        // a delivery last looked at longer ago is looked at again before it leaves (R3.3, R3.9)
	renewEvery = 20 * time.Second       // a third of a lease
	lookAround = 500 * time.Millisecond // while lanes are busy and nothing is due
	mostShaky  = 10                     // bad signs in a row that are a verdict on the server

	// A letter has some 30 KB, a long postmortem more.
	keptLetters = 32         // from one batch to the next
	mostLetters = firstBatch // in a batch, about: one whose letters all differ must not be long
)

// round is one pass of a courier: a feeder that claims, lanes that send over
// one connection each, and a recorder that writes down what became of it.
type round struct {
	c       *Courier
	ctx     context.Context // ends when nothing new shall begin
	hard    context.Context // ends when what has begun shall end too
	may     allowance
	pages   map[int64]pages.Page
	ready   []int64
	letters map[letterKey]*letter // some of those made before
	known   map[int64]known       // what letters were made from, by page
	reasons *reasons
	batch   int       // how much to claim at once
	most    int       // and the most that may be, seeing how much letters differ
	counted int       // what was done when batch was last thought about
	since   time.Time // and when that was

	jobs    chan *job // holds whatever may be claimed, so handing out never waits
	results chan result
	lanes   sync.WaitGroup
	aux     sync.WaitGroup
	release []func()

	mu        sync.Mutex
	did       Did
	limit     int // lanes there may be
	live      int // lanes there are
	dialling  int // of them on their way to a connection
	connected int // and with one
	leftover  []*job
	inFlight  int
	moved     chan struct{} // of one: something left inFlight
	streak    int
	proven    bool       // the server took something
	denied    []*refusal // by policy, of single readers
	down      *refusal
	stop      chan struct{} // closed when down
}

type letterKey struct {
	id   int64 // of the announcement
	kind Kind
}

func (c *Courier) newRound(ctx context.Context, may allowance) *round {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopTimer := context.AfterFunc(ctx, func() { time.AfterFunc(cmp.Or(c.grace, grace), cancel) })
	r := &round{
		c: c, ctx: ctx, hard: hard, may: may,
		letters: map[letterKey]*letter{}, known: map[int64]known{}, reasons: newReasons(c.Press.Renderer),
		batch: firstBatch, most: mostBatch, since: c.Now(),
		jobs: make(chan *job, 2*mostBatch), moved: make(chan struct{}, 1), stop: make(chan struct{}),
		release: []func(){func() { stopTimer() }, cancel},
	}
	if c.SMTP != nil {
		r.limit = max(c.SMTP.Config.Conns, 1)
		r.results = make(chan result, r.limit)
		r.aux.Go(r.record)
	}
	return r
}

// run feeds the lanes until nothing is left that could be done now.
func (r *round) run(ctx context.Context) error {
	if err := r.lookAtPages(ctx); err != nil {
		return err
	}
	renewed := r.c.Now()
	for ctx.Err() == nil {
		made, more, err := r.c.expand(ctx)
		if err != nil {
			return err
		}
		r.add(func(d *Did) { d.Made += made })
		busy := r.sending() > 0
		fed, full, err := r.feed(ctx)
		if err != nil {
			return err
		}
		if fed == 0 && !more && !r.wait(ctx, full) && !busy { // what ended during feed may let the next ones go
			return nil
		}
		if now := r.c.Now(); now.Sub(renewed) > renewEvery {
			renewed = now
			if err := errors.Join(r.c.renew(ctx), r.lookAtPages(ctx)); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookAtPages: letters hold the page's address and name as they are now.
func (r *round) lookAtPages(ctx context.Context) (err error) {
	r.pages, r.ready, err = r.c.readyPages(ctx)
	clear(r.letters)
	return err
}

// feed claims a batch while the lanes still work on the one before, and hands
// it out. full says that there was no room for one.
func (r *round) feed(ctx context.Context) (fed int, full bool, err error) {
	if err := r.endProbe(ctx); err != nil {
		return 0, false, err
	}
	n, full := r.allowed()
	if n == 0 {
		return 0, full, nil
	}
	jobs, skipped, err := r.c.claim(ctx, r.ready, n)
	if err != nil {
		return 0, false, err
	}
	r.add(func(d *Did) { d.Skipped += skipped })
	if err := r.prepare(ctx, jobs); err != nil {
		return 0, false, errors.Join(err, r.putBack(jobs, 0))
	}
	now := r.c.Now()
	for _, j := range jobs {
		j.looked = now
		r.hand(j)
	}
	return len(jobs) + skipped, false, nil
}

// endProbe ends the pause once the probe went well.
func (r *round) endProbe(ctx context.Context) error {
	r.mu.Lock()
	well := r.may == tryOne && r.proven
	r.mu.Unlock()
	if !well {
		return nil
	}
	if err := r.c.resume(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.may = tryAll
	return nil
}

// allowed is how many deliveries may be claimed now.
func (r *round) allowed() (n int, full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.down != nil || r.may == tryNothing:
		return 0, false
	case r.may == tryOne:
		return 1 - min(r.inFlight, 1), false
	case r.inFlight >= r.batch:
		return 0, true
	}
	r.adapt()
	return r.batch, false
}

// adapt keeps a batch at about a second's work: what is claimed is out of
// reach for other nodes, and the longer it waits the older is what we know of
// it.
func (r *round) adapt() {
	now, ended := r.c.Now(), r.did.ended()
	n, took := ended-r.counted, now.Sub(r.since)
	if n < r.batch/2 {
		return // too little to judge by
	}
	r.counted, r.since = ended, now
	pace := mostBatch
	if took > 0 {
		pace = int(float64(n) / took.Seconds())
	}
	r.batch = min(max(pace, 2*r.limit), r.most)
}

// vary notes how many letters a batch of n had, and shortens the next ones to
// where they have no more than can be held.
func (r *round) vary(n, letters int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.most = min(max(mostLetters*n/letters, 2*r.limit), mostBatch)
	r.batch = min(r.batch, r.most)
}

// hand gives a job to the lanes and opens another one where all are busy.
func (r *round) hand(j *job) {
	r.mu.Lock()
	r.inFlight++
	r.mu.Unlock()
	r.jobs <- j // has room: no more than two batches are ever claimed
	r.openLane()
}

// openLane opens another lane if there is more waiting than lanes to take it.
func (r *round) openLane() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live >= r.limit || (r.live > 0 && len(r.jobs) == 0) {
		return
	}
	r.live++
	l := &lane{r: r, recorded: make(chan error, 1)}
	r.lanes.Go(l.run)
}

// left counts a job out.
func (r *round) left() {
	r.mu.Lock()
	r.inFlight--
	r.mu.Unlock()
	select {
	case r.moved <- struct{}{}:
	default: // somebody will look anyway
	}
}

// wait returns true when it is worth looking for work again: there is room
// after all, or everything that was being sent is done, which may let a
// reader's next letter go, or some time passed. It returns false when nothing
// is being sent.
func (r *round) wait(ctx context.Context, full bool) bool {
	least := 1
	if full {
		least = r.batch
	}
	if r.sending() == 0 {
		return false
	}
	if len(r.jobs) > 0 {
		r.openLane() // the last one may have ended with its connection
	}
	t := time.NewTimer(lookAround)
	defer t.Stop()
	for r.sending() >= least {
		select {
		case <-ctx.Done():
			return true
		case <-t.C:
			return true
		case <-r.moved:
		}
	}
	return true
}

func (r *round) sending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inFlight
}

func (r *round) add(fn func(*Did)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn(&r.did)
}

// prepare gives each job its letter and the reader's own words.
func (r *round) prepare(ctx context.Context, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	if err := r.learn(ctx, jobs); err != nil {
		return err
	}
	letters, err := r.lettersOf(ctx, jobs)
	if err != nil {
		return err
	}
	r.vary(len(jobs), len(letters))
	for _, j := range jobs {
		if j.letter = letters[keyOf(j)]; j.letter != nil {
			j.to = reader{Delivery: j.ID, Code: j.Code, Generation: j.Generation, Address: j.Address}
		}
	}
	return r.reasons.fill(ctx, r.c.DB, jobs, r.known)
}

// learn looks which components letters may name by now, once a batch.
func (r *round) learn(ctx context.Context, jobs []*job) error {
	fresh := map[int64]bool{}
	for _, j := range jobs {
		if fresh[j.PageID] {
			continue
		}
		k, err := knownOf(ctx, r.c.DB, j.PageID)
		if err != nil {
			return err
		}
		if before, ok := r.known[j.PageID]; ok && !maps.Equal(before.hidden, k.hidden) {
			clear(r.letters)
		}
		fresh[j.PageID] = true
		r.known[j.PageID] = k
	}
	return nil
}

func keyOf(j *job) letterKey {
	return letterKey{j.AnnouncementID, j.letterKind()}
}

// lettersOf are the letters of a batch, each made once. The batch has its own
// map: what is kept of it for the next one is another matter. A letter that
// cannot be made is nil, and does not stop the others.
func (r *round) lettersOf(ctx context.Context, jobs []*job) (map[letterKey]*letter, error) {
	letters := map[letterKey]*letter{}
	var toMake []*job // the first of each letter
	var ids []int64
	for _, j := range jobs {
		key := keyOf(j)
		if _, again := letters[key]; again {
			continue
		}
		letters[key] = r.letters[key]
		if letters[key] == nil {
			toMake, ids = append(toMake, j), append(ids, j.AnnouncementID)
		}
	}
	rows, err := r.load(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, j := range toMake {
		l, err := r.c.Press.letter(r.pages[j.PageID], rows[j.AnnouncementID], keyOf(j).kind, r.known[j.PageID])
		if err != nil {
			r.c.Log.Error("a letter cannot be made", "announcement", j.AnnouncementID, "error", err)
			continue
		}
		letters[keyOf(j)] = l
	}
	r.keep(letters)
	return letters, nil
}

// keep remembers letters for the next batch, those of this one if not all fit.
func (r *round) keep(letters map[letterKey]*letter) {
	for key, l := range letters {
		if l == nil || r.letters[key] != nil {
			continue
		}
		for other := range r.letters {
			if _, needed := letters[other]; len(r.letters) >= keptLetters && !needed {
				delete(r.letters, other)
			}
		}
		if len(r.letters) >= keptLetters {
			return
		}
		r.letters[key] = l
	}
}

func (r *round) load(ctx context.Context, ids []int64) (map[int64]announcementRow, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []announcementRow
	if err := r.c.DB.Read(ctx).Raw(`select `+announcementColumns+` from announcements where id in ?`, ids).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("load announcements: %w", err)
	}
	m := make(map[int64]announcementRow, len(rows))
	for _, row := range rows {
		m[row.ID] = row
	}
	return m, nil
}

// putBack frees claimed deliveries without counting the try.
func (r *round) putBack(jobs []*job, wait time.Duration) error {
	if len(jobs) == 0 {
		return nil
	}
	ids := make([]int64, len(jobs))
	for i, j := range jobs {
		ids[i] = j.ID
	}
	r.add(func(d *Did) { d.Released += len(ids) })
	// Also when ctx has ended: a lease that nobody holds delays its reader.
	return r.c.DB.Private(context.WithoutCancel(r.ctx), func(tx *db.Tx) error { return freeLeases(tx, r.c.self, ids, wait) })
}

// freeLeases puts back what self holds. What another node took meanwhile, because
// our lease had run out, stays its own.
func freeLeases(tx *db.Tx, self string, ids []int64, wait time.Duration) error {
	set, args := `state = 'ready', lease_until = null, lease_by = ''`, []any{}
	if wait > 0 {
		set, args = set+`, due_at = ?`, append(args, tx.Now.Add(wait))
	}
	if err := tx.Exec(`update deliveries set `+set+` where id in ? and state = 'leased' and lease_by = ?`, append(args, ids, self)...).Error; err != nil {
		return fmt.Errorf("put deliveries back: %w", err)
	}
	return nil
}

// finish lets the lanes end, puts back what they did not get to, and writes
// down what the round found out about the mail server.
func (r *round) finish(ctx context.Context) error {
	close(r.jobs)
	r.lanes.Wait()
	for j := range r.jobs { // no lane was left to take them
		r.leftover = append(r.leftover, j)
	}
	if r.results != nil {
		close(r.results)
	}
	r.aux.Wait()
	for _, f := range r.release {
		f()
	}
	ctx = context.WithoutCancel(ctx)
	err := r.putBack(r.leftover, 0)
	if n := len(r.denied); n > 1 && !r.proven && r.down == nil {
		r.down = r.denied[n-1]
	}
	if r.down != nil {
		r.did.Paused = r.down.Error()
		return errors.Join(err, r.c.pause(ctx, r.down))
	}
	return errors.Join(err, r.endProbe(ctx))
}
