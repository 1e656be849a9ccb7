package notify

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// The states of a subscriber.
const (
	Unconfirmed  = "unconfirmed"  // asked, did not click yet; forgotten after a week
	Active       = "active"       // gets mail
	Unsubscribed = "unsubscribed" // left; nothing of the address is kept but a keyed hash
	Suppressed   = "suppressed"   // the mailbox does not exist, says its server
)

// What a subscriber wants to hear of, and how much.
const (
	ScopeAll  = "all"  // everything, services to come included
	ScopeSome = "some" // the components chosen
	ScopeNone = "none" // only the incidents followed one by one

	FrequencyEvery = "every" // every update
	FrequencyEnds  = "ends"  // the start and the end
)

// channelEmail is the kind of the one channel there is so far.
const channelEmail = "email"

// Preferences are what a subscriber wants. Empty fields mean all, every.
type Preferences struct {
	Scope       string   // all, some or none
	Components  []string // codes; for some
	Frequency   string   // every or ends
	Maintenance bool     // planned maintenance too
}

// Ask is what the public form sends. Client is the client's address, which
// bounds how often one may ask and is kept 30 days as a record of consent.
type Ask struct {
	Page  int64
	Email string
	Preferences
	Incident string // code; follow this one incident (also with ScopeNone)
	Client   string
}

// Subscriber is somebody who follows a page, or asked to.
type Subscriber struct {
	ID      int64
	PageID  int64
	Code    string
	Channel string
	Address string // empty once unsubscribed
	State   string
	Preferences
	Incidents      []string // codes of incidents followed one by one
	Generation     int      // counts up when somebody leaves, so that old links die
	Consent        string   // how we came by the address: "form", or what an import said
	CreatedAt      time.Time
	ConfirmedAt    *time.Time
	UnsubscribedAt *time.Time
}

// Masked is the address as those may see it who may not see addresses (R9.7):
// "d…@bright-dental.example".
func (s Subscriber) Masked() string {
	local, domain, ok := strings.Cut(s.Address, "@")
	if !ok || local == "" {
		return ""
	}
	_, n := utf8.DecodeRuneInString(local)
	return local[:n] + "…@" + domain
}

// Counts are how many subscribers a page has, by state.
type Counts struct{ Active, Unconfirmed, Unsubscribed, Suppressed int }

// Subscribers does everything about who follows a page, and consent.
type Subscribers struct {
	DB  *db.DB
	Key []byte       // secret of all links in mails; at least 32 bytes, the same on every node
	Log *slog.Logger // may be nil
}

// wanted is what an unconfirmed subscriber asked for; it counts from the click.
type wanted struct {
	Preferences
	Incident string
}

func (w wanted) encode() (string, error) {
	b, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("encode what is wanted: %w", err)
	}
	return string(b), nil
}

func decodeWanted(s string) (w wanted, err error) {
	if s == "" {
		return wanted{Preferences: Preferences{Scope: ScopeAll, Frequency: FrequencyEvery, Maintenance: true}}, nil
	}
	if err := json.Unmarshal([]byte(s), &w); err != nil {
		return w, fmt.Errorf("decode what is wanted: %w", err)
	}
	return w, nil
}

// normal fills what was left empty and says what is wrong. Field names:
// scope, components, frequency. followsOne allows a scope of none.
func (p Preferences) normal(followsOne bool) (Preferences, error) {
	var c fault.Collector
	if p.Scope == "" {
		p.Scope = ScopeAll
		if len(p.Components) > 0 {
			p.Scope = ScopeSome
		}
	}
	if p.Frequency == "" {
		p.Frequency = FrequencyEvery
	}
	switch p.Scope {
	case ScopeAll:
		p.Components = nil
	case ScopeNone:
		p.Components = nil
		if !followsOne {
			c.Add("scope", "field.choice")
		}
	case ScopeSome:
		p.Components = slices.Compact(slices.Sorted(slices.Values(p.Components)))
		if len(p.Components) == 0 || slices.ContainsFunc(p.Components, func(code string) bool { return !db.ValidCode(code) }) {
			c.Add("components", "subscribe.components")
		}
	default:
		c.Add("scope", "field.choice")
	}
	if p.Frequency != FrequencyEvery && p.Frequency != FrequencyEnds {
		c.Add("frequency", "field.choice")
	}
	return p, c.Err()
}

// addressKey is an address as it is compared: two spellings of one mailbox are
// one subscriber. Strictly the part before the @ may tell capitals apart; no
// mail service that people use does.
func addressKey(email string) string { return strings.ToLower(norm.NFC.String(email)) }

// folded is an address as bombing is counted (R9.2): a tag after + and the dots
// of Gmail do not make another mailbox.
func folded(email string) string {
	local, domain, _ := strings.Cut(addressKey(email), "@")
	local, _, _ = strings.Cut(local, "+")
	if domain == "gmail.com" || domain == "googlemail.com" {
		local, domain = strings.ReplaceAll(local, ".", ""), "gmail.com"
	}
	return local + "@" + domain
}
