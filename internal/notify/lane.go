package notify

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/statusd/statusd/internal/db"
)

// lane sends over one connection, one message after the other.
//
// Between the final dot of a message and the commit that records its answer a
// crash makes a duplicate. So a lane has at most one message there: it begins
// the next one meanwhile, but waits for the record before that one's final dot.
type lane struct {
	r        *round
	conn     *conn
	unhook   func() bool
	recorded chan error
	pending  bool // an answer of ours is being recorded
}

// result is what became of a job.
type result struct {
	job     *job
	verdict verdict
	lane    *lane
}

func (l *lane) run() {
	for j := range l.r.jobs {
		if l.r.stopped() || l.r.ctx.Err() != nil {
			l.r.leave(j)
			continue
		}
		if !l.deliver(j) {
			break
		}
	}
	_ = l.settle() // the recorder has said what went wrong
	l.hangUp(true)
	l.r.mu.Lock()
	l.r.live--
	l.r.mu.Unlock()
}

// deliver tries a job and hands its fate to the recorder. It returns false
// when the lane shall end.
func (l *lane) deliver(j *job) (goOn bool) {
	v, keep, goOn := l.attempt(j)
	if !keep {
		l.r.left()
		return goOn
	}
	if err := l.settle(); err != nil {
		l.r.left() // it cannot be recorded; the lease runs out
		return false
	}
	l.pending = true
	l.r.results <- result{job: j, verdict: v, lane: l} // has room: one for each lane
	return goOn
}

// attempt is deliver without the record. keep is false for a job that is not
// ours any more.
func (l *lane) attempt(j *job) (v verdict, keep, goOn bool) {
	defer func() {
		if p := recover(); p != nil {
			// R1.9: it counts against this delivery alone, and the others go on.
			l.r.c.Log.Error("a delivery made the courier panic", "delivery", j.ID, "panic", p, "stack", string(debug.Stack()))
			l.hangUp(false)
			v = judge(&refusal{Stage: atData, Text: "statusd stumbled over this letter; see its log"}, j.ID, j.Attempts, true, false)
			v.Health, keep, goOn = healthy, true, true
		}
	}()
	if j.letter == nil {
		v = judge(&refusal{Stage: atData, Text: "statusd could not put this letter into words; see its log"}, j.ID, j.Attempts, true, false)
		v.Health = healthy
		return v, true, true
	}
	if err := l.mayLeave(j); err != nil {
		v, keep = instead(err)
		return v, keep, true
	}
	return l.try(j, true)
}

// Why a letter is not to leave after all.
var (
	errNotOurs  = errors.New("another courier holds this delivery")
	errUnwanted = errors.New("nobody is to get this delivery any more")
	errOutdated = errors.New("this letter names what is hidden by now") // and is made again
)

// mayLeave looks again at a delivery that was looked at a while ago. It is asked
// before a conversation begins and before its final dot, for both may have to
// wait: for the server, or for a database that is away until our lease has run
// out and another node sends the letter (R5.3).
func (l *lane) mayLeave(j *job) error {
	now := l.r.c.Now()
	if now.Sub(j.looked) <= freshFor {
		return nil
	}
	stands, err := l.r.c.stillOurs(l.r.hard, j)
	switch {
	case err != nil:
		return err
	case !stands.ours:
		return errNotOurs
	case !stands.wanted:
		return errUnwanted
	case !stands.current:
		return errOutdated
	}
	j.looked = now
	return nil
}

// instead is what becomes of a delivery that does not leave; keep is false for
// one that is not ours any more.
func instead(err error) (v verdict, keep bool) {
	switch {
	case errors.Is(err, errNotOurs):
		return verdict{State: stateReady}, false
	case errors.Is(err, errUnwanted):
		return verdict{State: stateSkipped}, true
	}
	return verdict{State: stateReady}, true
}

func (l *lane) try(j *job, again bool) (v verdict, keep, goOn bool) {
	if l.conn == nil {
		if err := l.dial(); err != nil {
			if l.r.ctx.Err() != nil { // we are to end, which says nothing of the server
				return verdict{State: stateReady}, true, false
			}
			return l.noConnection(err, j)
		}
	}
	fresh := l.conn.sent == 0
	var unrecorded error
	err := l.conn.send(message{From: j.letter.from, To: j.Address, Body: addressed{j.letter, j.to}}, func() error {
		if unrecorded = l.settle(); unrecorded != nil {
			return unrecorded
		}
		return l.mayLeave(j)
	})
	if err == nil {
		l.r.took()
		if l.conn.sent >= max(l.r.c.SMTP.Config.PerConn, 1) {
			l.hangUp(true)
		}
		return verdict{State: stateSent}, true, true
	}
	ref, ok := errors.AsType[*refusal](err)
	if !ok { // the server has all but the final dot, and shall not have that
		l.hangUp(false)
		if unrecorded != nil { // the answer before this one
			return verdict{State: stateReady}, false, false
		}
		v, keep = instead(err)
		return v, keep, true
	}
	if l.r.hard.Err() != nil && ref.Stage < atDot { // we hung up ourselves
		l.hangUp(false)
		return verdict{State: stateReady}, true, false
	}
	v = judge(ref, j.ID, j.Attempts, fresh, l.r.refusedBefore(j.ID))
	if v.HangUp || (ref.Stage < atDot && l.conn.reset() != nil) {
		l.hangUp(false)
	}
	if v.Again && again {
		return l.try(j, false)
	}
	l.r.heed(v, ref, j)
	return v, true, true
}

// dial connects, unless nothing new shall begin; the end of the round ends the
// connection.
func (l *lane) dial() error {
	l.r.mu.Lock()
	l.r.dialling++
	l.r.mu.Unlock()
	c, err := l.r.c.SMTP.dial(l.r.ctx)
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	l.r.dialling--
	if err != nil {
		return err
	}
	l.r.connected++
	l.conn = c
	l.unhook = context.AfterFunc(l.r.hard, func() { _ = c.net.Close() }) // ends whatever waits on it
	return nil
}

// noConnection: a server that lets others in but not us has enough of us; the
// round goes on with fewer lanes. One that lets nobody in is down.
func (l *lane) noConnection(err error, j *job) (v verdict, keep, goOn bool) {
	ref := refused(atConnect, err)
	v = judge(ref, j.ID, j.Attempts, true, false)
	l.r.mu.Lock()
	others := l.r.connected > 0 || l.r.dialling > 0
	if others {
		l.r.limit = min(l.r.limit, max(l.r.live-1, 1))
	}
	l.r.mu.Unlock()
	if others {
		return v, true, false
	}
	l.r.heed(v, ref, j)
	return v, true, true
}

func (l *lane) hangUp(politely bool) {
	if l.conn == nil {
		return
	}
	l.unhook()
	if politely {
		l.conn.close()
	} else {
		_ = l.conn.net.Close() // it is broken or of no use
	}
	l.conn = nil
	l.r.mu.Lock()
	l.r.connected--
	l.r.mu.Unlock()
}

// settle waits until the answer to the message before is on record.
func (l *lane) settle() error {
	if !l.pending {
		return nil
	}
	l.pending = false
	return <-l.recorded
}

// leave keeps a job that no lane gets to, for finish to put back.
func (r *round) leave(j *job) {
	r.mu.Lock()
	r.leftover = append(r.leftover, j)
	r.mu.Unlock()
	r.left()
}

func (r *round) stopped() bool {
	select {
	case <-r.stop:
		return true
	default:
		return false
	}
}

// took notes that the server took a message.
func (r *round) took() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.works()
	r.c.successes++
}

// refusedBefore reports whether the content of this delivery was refused
// before, while others went through since.
func (r *round) refusedBefore(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.c.rejected[id]
	return ok && r.c.successes > at
}

// works notes, under mu, that the server does what it is for.
func (r *round) works() {
	r.streak, r.proven = 0, true
	r.c.proven, r.c.denied = true, 0
}

// heed draws conclusions about the server.
func (r *round) heed(v verdict, ref *refusal, j *job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch v.Health {
	case healthy:
		r.works()
		return
	case unclear:
		return
	case shaky:
		if r.streak++; r.streak < mostShaky && r.may != tryOne {
			return
		}
	case down:
		if r.deniesOne(ref, j) {
			return
		}
	}
	r.endWith(ref.without(j.Address))
}

// deniesOne reports whether a server that worked just now may have something
// against this one reader only, whom it refused by policy. Ten such in a row,
// or nothing but such in a round, are a verdict on us.
func (r *round) deniesOne(ref *refusal, j *job) bool {
	if ref.Stage < atRcpt {
		return false
	}
	if len(r.c.rejected) >= 1000 {
		clear(r.c.rejected)
	}
	r.c.rejected[j.ID] = r.c.successes
	if ref.Stage != atRcpt || !r.c.proven || r.may == tryOne {
		return false
	}
	r.denied = append(r.denied, ref.without(j.Address))
	r.c.denied++
	return r.c.denied < mostShaky
}

// endWith notes, under mu, that nothing more can leave.
func (r *round) endWith(ref *refusal) {
	if r.down == nil {
		r.down = ref
		close(r.stop)
	}
}

// gather is how long an answer waits for others to share its commit. A lane
// needs its record only before its next final dot, so this delays nothing.
const gather = 2 * time.Millisecond

// record writes down what became of the jobs. The answers that come in within
// a moment share one transaction: the more lanes, the fewer commits a message.
func (r *round) record() {
	t := time.NewTimer(gather)
	defer t.Stop()
	group := make([]result, 0, cap(r.results))
	for first := range r.results {
		group = append(group[:0], first)
		t.Reset(gather)
		group = r.gather(group, t)
		err := r.commit(group)
		for _, g := range group {
			g.lane.recorded <- err // has room
			r.left()
		}
	}
}

// gather adds what comes in until every lane is in the group or time is up.
func (r *round) gather(group []result, t *time.Timer) []result {
	for {
		r.mu.Lock()
		lanes := min(r.live, r.inFlight) // nobody else can send an answer
		r.mu.Unlock()
		if len(group) >= lanes || len(group) == cap(group) {
			return group
		}
		select {
		case next, open := <-r.results:
			if !open {
				return group
			}
			group = append(group, next)
		case <-t.C:
			return group
		}
	}
}

// commit records a group, trying again while that fails: the lanes wait
// meanwhile, so nothing is sent that cannot be recorded (R5.3).
func (r *round) commit(group []result) error {
	for try := 1; ; try++ {
		var did Did
		err := r.c.DB.Relaxed(context.WithoutCancel(r.ctx), func(tx *db.Tx) error {
			did = Did{}
			return recordAll(tx, r.c.self, group, &did)
		})
		if err == nil {
			r.add(func(d *Did) { d.add(did) })
			return nil
		}
		if r.hard.Err() != nil || (try >= 5 && !r.c.DB.Unusable(err)) {
			r.c.Log.Error("what became of deliveries could not be recorded; some may be sent again", "deliveries", len(group), "error", err)
			r.c.untidy.Store(true)
			return err
		}
		sleep(r.hard, min(time.Duration(try)*100*time.Millisecond, time.Second))
	}
}

func (d *Did) add(o Did) {
	d.Sent += o.Sent
	d.Retried += o.Retried
	d.Failed += o.Failed
	d.Skipped += o.Skipped
	d.Released += o.Released
}

func recordAll(tx *db.Tx, self string, group []result, did *Did) error {
	var sent []int64
	for _, g := range group {
		if g.verdict.State == stateSent {
			sent = append(sent, g.job.ID)
			continue
		}
		if err := recordOther(tx, self, g.job, g.verdict, did); err != nil {
			return err
		}
	}
	did.Sent = len(sent)
	return finish(tx, stateSent, sent)
}

func recordOther(tx *db.Tx, self string, j *job, v verdict, did *Did) error {
	if v.Answer != "" {
		charge := 0
		if v.Charged {
			charge = 1
		}
		err := tx.Exec(`update deliveries set answer = ?, attempts = attempts + ? where id = ? and state = 'leased' and lease_by = ?`, v.Answer, charge, j.ID, self).Error
		if err != nil {
			return fmt.Errorf("keep the answer to delivery %d: %w", j.ID, err)
		}
	}
	switch v.State {
	case stateFailed:
		did.Failed++
		if v.Suppress {
			if err := suppress(tx, j.SubscriberID); err != nil {
				return err
			}
		}
		return finish(tx, stateFailed, []int64{j.ID})
	case stateSkipped:
		did.Skipped++
		return finish(tx, stateSkipped, []int64{j.ID})
	}
	if v.Charged {
		did.Retried++
	} else {
		did.Released++
	}
	return freeLeases(tx, self, []int64{j.ID}, v.Wait)
}

// suppress stops mail to a mailbox that does not exist (R3.5). Somebody who
// never confirmed is left to be forgotten: there is nothing to remember of a
// mistyped address.
func suppress(tx *db.Tx, subscriber int64) error {
	if err := tx.Exec(`update subscribers set state = 'suppressed' where id = ? and state = 'active'`, subscriber).Error; err != nil {
		return fmt.Errorf("suppress subscriber %d: %w", subscriber, err)
	}
	return skipWaiting(tx, `subscriber_id = ?`, subscriber)
}
