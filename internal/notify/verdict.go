package notify

import (
	"slices"
	"strings"
	"time"
)

// The states of a delivery.
const (
	stateReady   = "ready"
	stateLeased  = "leased"
	stateSent    = "sent"
	stateFailed  = "failed"
	stateSkipped = "skipped"
)

// health is what an answer says about the mail server as a whole.
type health int

const (
	healthy health = iota // it works
	shaky                 // a bad sign; many in a row without a good one are a verdict
	down                  // it takes nothing from us now, whoever the reader is
	unclear               // says nothing of it
)

// verdict is what becomes of a delivery after a try.
type verdict struct {
	State    string
	Charged  bool          // the try counts against the delivery
	Wait     time.Duration // until the next try; with stateReady
	Answer   string        // for staff
	Suppress bool          // the mailbox does not exist
	Again    bool          // at once, over a new connection
	Health   health
	HangUp   bool // the connection is of no more use
}

// retryAfter is the pause after each charged try (R3.4); after the last the
// delivery is given up, about 24 hours after the first.
var retryAfter = [...]time.Duration{
	30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour,
}

// judge decides what an answer means. tries is how many tries were charged
// before; fresh says that the connection had carried no message yet, so that
// its end cannot be the usual end of an old one; elsewhere says that this very
// message was refused before while others went through.
func judge(r *refusal, delivery int64, tries int, fresh, elsewhere bool) verdict {
	v := verdict{State: stateReady, Answer: r.Error()}
	v.HangUp = r.Code == 0 || r.Code == 421
	switch {
	case r.Stage == atConnect:
		v.Health, v.HangUp = down, true
		return v
	case v.HangUp && !fresh && r.Stage != atDot:
		v.Again = true
		return v
	case r.Code == 421 && r.Stage == atMail:
		v.Health = down // not even the first message of a connection
		return v
	case r.permanent():
		return v.refusedForGood(r, delivery, tries, elsewhere)
	}
	if r.Stage != atRcpt || r.Code == 0 || strings.HasPrefix(r.Status, "4.3.") {
		v.Health = shaky // 4.3.x: the mail system, not the mailbox (RFC 3463)
	}
	return v.later(delivery, tries)
}

// later charges a try and puts the next one off, until they are used up.
func (v verdict) later(delivery int64, tries int) verdict {
	v.Charged = true
	if tries >= len(retryAfter) {
		v.State = stateFailed
		return v
	}
	v.Wait = jitter(retryAfter[tries], delivery, tries)
	return v
}

// refusedForGood is R3.5. A refusal of the reader's mailbox ends this delivery;
// every other one is about us, and no reader shall pay for it.
func (v verdict) refusedForGood(r *refusal, delivery int64, tries int, elsewhere bool) verdict {
	switch {
	case r.ofMailbox():
		v.State, v.Charged, v.Suppress = stateFailed, true, r.noMailbox()
		if r.Status == "" {
			v.Health = shaky // so short a word is said of everyone, too
		}
		return v
	case elsewhere && (r.Stage == atRcpt || (r.Stage > atRcpt && strings.HasPrefix(r.Status, "5.7."))):
		// Others go through: a rule about this reader, or between two servers. Rules
		// change, so it is tried for a day like any other trouble.
		v.Health = unclear
		return v.later(delivery, tries)
	case elsewhere && r.Stage > atRcpt:
		// This content, twice: it would stop the queue for ever.
		v.State, v.Charged = stateFailed, true
		return v
	}
	v.Health = down
	if r.Stage >= atRcpt {
		v.Wait = time.Minute // let the next probe be about another one
	}
	return v
}

// noMailbox: there is no such mailbox, or nobody takes mail for its domain (RFC
// 3463, section 3.2, and RFC 7505). Not 5.1.0, which is said of senders as well.
func (r *refusal) noMailbox() bool {
	switch r.Status {
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10":
		return r.Stage == atRcpt
	}
	return false
}

// ofMailbox reports whether a refusal for good is about the reader's mailbox.
// 5.7.x is policy: "relaying denied" and "your address is blocked" are said at
// RCPT too, of every reader, and are mended by staff or by time.
func (r *refusal) ofMailbox() bool {
	switch {
	case r.Stage != atRcpt:
		return false
	case r.Status != "":
		return r.noMailbox() || strings.HasPrefix(r.Status, "5.2.") || r.Status == statusUTF8
	}
	switch r.Code { // RFC 5321, section 4.2.3
	case 550, 551, 552, 553:
		text := strings.ToLower(r.Text)
		return !slices.ContainsFunc(wordsOfPolicy, func(w string) bool { return strings.Contains(text, w) })
	}
	return false
}

// wordsOfPolicy are in what servers without enhanced codes say of us: "550
// relay not permitted, authentication required".
var wordsOfPolicy = []string{"relay", "authenti", "block", "blacklist", "policy", "spam"}

// jitter spreads tries by ±20 %, the same for the same try, so that a batch
// that failed together does not come back together.
func jitter(d time.Duration, delivery int64, tries int) time.Duration {
	x := (uint64(delivery)*2654435761 + uint64(tries)*40503) % 4001 //nolint:gosec // ids and counts are positive
	return d * time.Duration(8000+x) / 10000
}

// The bounds of the pause between probes of a server that takes nothing.
const (
	probeFirst    = 10 * time.Second
	probeLast     = time.Minute     // of one that does not answer
	probeLastHard = 5 * time.Minute // of one that refuses us: it may count log-ins, and what looks like spam
)

// probeAfter doubles the pause, from 10 s up.
func probeAfter(down time.Duration, refusedUs bool) time.Duration {
	last := probeLast
	if refusedUs {
		last = probeLastHard
	}
	return min(max(down, probeFirst), last)
}
