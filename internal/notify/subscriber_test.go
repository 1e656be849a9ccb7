package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/statustest"
)

// tokenIn finds the token of a link in a letter.
func tokenIn(t testing.TB, text, path string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, base+path)
	if !ok {
		t.Fatalf("no link to %s in:\n%s", path, text)
	}
	return strings.Fields(rest)[0]
}

func ask(h *house, email string) notify.Ask {
	return notify.Ask{Page: h.Page.ID, Email: email, Preferences: notify.Preferences{Maintenance: true}, Client: "198.51.100." + fmt.Sprint(len(email))}
}

func wantLink(t testing.TB, err error) {
	t.Helper()
	if f := fault.Of(err); f == nil || f.Kind != fault.NotFound || f.Key != "subscribe.link" {
		t.Fatalf("got %v, want the one fault for every link that does not work", err)
	}
}

func TestSubscribers_doubleOptIn(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		calls := s.Group("Calls", "Call routing", "Call recording")
		a := ask(h, "Dana@Bright-Dental.example")
		a.Components, a.Frequency = []string{calls[1].Code}, notify.FrequencyEnds
		h.ok(h.subs.Ask(t.Context(), a))
		if got := h.once(); got.Sent != 1 {
			t.Fatalf("got %+v, want the one mail at once: a confirmation has no hold", got)
		}
		msg := mail.Messages()[0]
		if !slices.Equal(msg.To, []string{"Dana@Bright-Dental.example"}) || msg.Subject != "Confirm your CallRail status updates" {
			t.Errorf("to %v: %s", msg.To, msg.Subject)
		}
		if !strings.Contains(msg.Text, "updates about Call recording to") || msg.Header.Get("List-Unsubscribe") != "" {
			t.Errorf("the letter says what was asked for and has nothing to leave yet:\n%s", msg.Text)
		}
		tok := tokenIn(t, msg.Text, "/c/")
		pending, err := h.subs.Pending(t.Context(), s.Page.ID, tok)
		h.ok(err)
		if pending.State != notify.Unconfirmed || pending.Scope != notify.ScopeSome || !slices.Equal(pending.Components, a.Components) {
			t.Errorf("pending: %+v", pending)
		}
		sub, err := h.subs.Confirm(t.Context(), s.Page.ID, tok)
		h.ok(err)
		if sub.State != notify.Active || sub.Frequency != notify.FrequencyEnds || !slices.Equal(sub.Components, a.Components) || sub.ConfirmedAt == nil {
			t.Errorf("confirmed: %+v", sub)
		}
		_, err = h.subs.Confirm(t.Context(), s.Page.ID, tok)
		wantLink(t, err)
		counts, err := h.subs.Counts(t.Context(), s.Page.ID)
		h.ok(err)
		if counts != (notify.Counts{Active: 1}) {
			t.Errorf("counts: %+v", counts)
		}
	})
}

// Who asks for one incident is told, before they click, that it is this one and
// nothing else.
func TestSubscribers_Ask_ofOneIncidentSaysWhich(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		one, other := s.Reports("Calls <fail> & drop", "x"), s.Reports("Secret", "x")
		for email, code := range map[string]string{"dana@reader.example": one.Code, "ben@reader.example": other.Code} {
			a := ask(h, email)
			a.Scope, a.Incident = notify.ScopeNone, code
			h.ok(h.subs.Ask(t.Context(), a))
		}
		h.exec(`update incidents set withdrawn_at = ? where code = ?`, s.DB.Now(), other.Code)
		h.once()
		for _, m := range mail.Messages() {
			text, want := strings.Join(strings.Fields(m.Text), " "), "updates about only the incident “Calls <fail> & drop” to this address"
			if m.To[0] == "ben@reader.example" {
				want = "updates about one incident only to this address"
			}
			if !strings.Contains(text, want) || strings.Contains(text, "Secret") || strings.Contains(m.HTML, "<fail>") {
				t.Errorf("%s: want %q in\n%s", m.To[0], want, m.Text)
			}
		}
		if n := len(mail.Messages()); n != 2 {
			t.Errorf("%d letters", n)
		}
	})
}

// Who followed the incident of May alone can follow that of June, and at last
// everything, each time by a click in a mail.
func TestSubscribers_Ask_againByWhoFollowsOneIncident(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		may, june := s.Reports("May", "x"), s.Reports("June", "x")
		click := func(scope, incident string) notify.Subscriber {
			t.Helper()
			s.Clock.Advance(time.Hour)
			a := ask(h, "dana@reader.example")
			a.Scope, a.Incident = scope, incident
			h.ok(h.subs.Ask(t.Context(), a))
			h.once()
			all := mail.Messages()
			tok := tokenIn(t, all[len(all)-1].Text, "/c/")
			sub, err := h.subs.Confirm(t.Context(), s.Page.ID, tok)
			h.ok(err)
			_, err = h.subs.Confirm(t.Context(), s.Page.ID, tok)
			wantLink(t, err)
			return sub
		}
		click(notify.ScopeNone, may.Code)
		if sub := click(notify.ScopeNone, june.Code); len(sub.Incidents) != 2 || sub.Scope != notify.ScopeNone {
			t.Errorf("after June: %+v", sub)
		}
		if sub := click(notify.ScopeAll, ""); sub.Scope != notify.ScopeAll {
			t.Errorf("after everything: %+v", sub)
		}
		// From then on an address typed into a form changes nothing.
		s.Clock.Advance(time.Hour)
		a := ask(h, "dana@reader.example")
		a.Scope, a.Incident = notify.ScopeNone, june.Code
		h.ok(h.subs.Ask(t.Context(), a))
		h.once()
		all := mail.Messages()
		if last := all[len(all)-1]; strings.Contains(last.Text, "/c/") {
			t.Errorf("a follower of everything is asked to confirm:\n%s", last.Text)
		}
	})
}

func TestSubscribers_Ask_refusesInFields(t *testing.T) {
	t.Parallel()
	h := furnish(statustest.NewSite(t), nil)
	for name, tt := range map[string]struct {
		change func(*notify.Ask)
		field  string
		key    string
	}{
		"no address":        {func(a *notify.Ask) { a.Email = "" }, "email", "email.required"},
		"no ending":         {func(a *notify.Ask) { a.Email = "dana@bright-dental" }, "email", "email.ending"},
		"letters before @":  {func(a *notify.Ask) { a.Email = "jörg@bright-dental.example" }, "email", "email.local"},
		"a header":          {func(a *notify.Ask) { a.Email = "a@b.example\r\nBcc: c@d.example" }, "email", "email.invalid"},
		"nothing chosen":    {func(a *notify.Ask) { a.Scope = notify.ScopeSome }, "components", "subscribe.components"},
		"unknown component": {func(a *notify.Ask) { a.Components = []string{"abcdefghijkl"} }, "components", "incident.unknown_component"},
		"strange scope":     {func(a *notify.Ask) { a.Scope = "most" }, "scope", "field.choice"},
		"nothing at all":    {func(a *notify.Ask) { a.Scope = notify.ScopeNone }, "scope", "field.choice"},
		"strange frequency": {func(a *notify.Ask) { a.Frequency = "hourly" }, "frequency", "field.choice"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(h, "dana@bright-dental.example")
			tt.change(&a)
			statustest.WantFault(t, h.subs.Ask(t.Context(), a), tt.field, tt.key)
		})
	}
}

func TestSubscribers_Ask_answersKnownAndUnknownAlike(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		mail := statustest.NewMail(t)
		h := furnish(s, smtpOf(t, mail))
		part := s.Component("Call routing")
		known := h.only("known@reader.example", notify.Preferences{Scope: notify.ScopeSome, Components: []string{part.Code}, Maintenance: true}, "")
		h.follow(1) // a1@reader.example
		h.exec(`update subscribers set state = 'suppressed' where address = 'a1@reader.example'`)
		s.Clock.Advance(time.Hour)
		h.once()
		before := len(mail.Messages())
		for _, email := range []string{"new@reader.example", "KNOWN@reader.example", "a1@reader.example"} {
			if err := h.subs.Ask(t.Context(), ask(h, email)); err != nil {
				t.Errorf("%s: %v", email, err)
			}
		}
		h.once()
		got := map[string]statustest.Message{}
		for _, m := range mail.Messages()[before:] {
			got[m.To[0]] = m
		}
		if len(got) != 3 {
			t.Fatalf("%d mails, want one to each", len(got))
		}
		told := got["known@reader.example"]
		if told.Subject != "You already follow CallRail status" || strings.Contains(told.Text, "/c/") {
			t.Errorf("who follows is told so, without a link to confirm: %s\n%s", told.Subject, told.Text)
		}
		now, err := h.subs.ByToken(t.Context(), s.Page.ID, notify.PurposeManage, tokenIn(t, told.Text, "/m/"))
		h.ok(err)
		if now.Scope != known.Scope || !slices.Equal(now.Components, known.Components) {
			t.Errorf("an address typed into a form changed preferences: %+v, were %+v", now, known)
		}
		for _, email := range []string{"new@reader.example", "a1@reader.example"} {
			if got[email].Subject != "Confirm your CallRail status updates" {
				t.Errorf("%s: %s", email, got[email].Subject)
			}
		}
	})
}

func TestSubscribers_Ask_boundsMailToOneAddress(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		mails := func() (n int) {
			h.ok(h.DB.Read(t.Context()).Raw(`select count(*) from deliveries`).Scan(&n).Error)
			return n
		}
		n := 0
		try := func(email string, more int, why string) {
			t.Helper()
			n++
			a := ask(h, email)
			a.Client = fmt.Sprintf("203.0.113.%d", n) // never the same client
			before := mails()
			h.ok(h.subs.Ask(t.Context(), a))
			if got := mails() - before; got != more {
				t.Errorf("%s: %d mails, want %d", why, got, more)
			}
		}
		try("dana.lee@gmail.com", 1, "the first")
		try("dana.lee@gmail.com", 0, "again at once")
		s.Clock.Advance(14 * time.Minute)
		try("danalee+status@googlemail.com", 0, "the same mailbox by another name")
		s.Clock.Advance(2 * time.Minute)
		try("Dana.Lee@Gmail.com", 1, "after 15 minutes")
		s.Clock.Advance(time.Hour)
		try("dana.lee@gmail.com", 1, "the third of the day")
		s.Clock.Advance(time.Hour)
		try("dana.lee@gmail.com", 0, "the fourth of the day")
		s.Clock.Advance(24 * time.Hour)
		try("dana.lee@gmail.com", 1, "the next day")
		s.Clock.Advance(time.Hour)
		try("dana.lee@gmail.com", 1, "the fifth ever")
		s.Clock.Advance(48 * time.Hour)
		try("dana.lee@gmail.com", 0, "the sixth without a click")
		// A click ends it.
		var code string
		h.ok(h.DB.Read(t.Context()).Raw(`select code from subscribers`).Scan(&code).Error)
		_, err := h.subs.Confirm(t.Context(), s.Page.ID, h.subs.Token(notify.PurposeConfirm, notify.Subscriber{Code: code, Generation: 1}))
		h.ok(err)
		try("dana.lee@gmail.com", 1, "after a click")
	})
}

func TestSubscribers_Ask_boundsOneClientAndTheWholeServer(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		try := func(i int, client string) error {
			a := ask(h, fmt.Sprintf("p%d@reader.example", i))
			a.Client = client
			return h.subs.Ask(t.Context(), a)
		}
		for i := range 5 {
			h.ok(try(i, fmt.Sprintf("2001:db8:1:2::%d", i+1)))
		}
		err := try(5, "2001:db8:1:2:ffff::9") // the same /64
		if f := fault.Of(err); f == nil || f.Kind != fault.TooMany || f.RetryAfter == 0 {
			t.Errorf("got %v, want TooMany", err)
		}
		h.ok(try(6, "2001:db8:1:3::1"))
		s.Clock.Advance(61 * time.Minute)
		h.ok(try(7, "2001:db8:1:2::1"))
		for i := range 499 {
			h.exec(`insert into confirmation_asks (page_id, address_hash, client, at) values (?, ?, ?, ?)`, s.Page.ID, fmt.Sprint("a", i), fmt.Sprint("c", i), s.DB.Now())
		}
		if err := try(8, "192.0.2.77"); !fault.Is(err, fault.TooMany) {
			t.Errorf("got %v, want the server's own bound", err)
		}
	})
}

func TestSubscribers_linksDoOneThingEach(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		sub := h.only("dana@reader.example", notify.Preferences{Maintenance: true}, "")
		manage, leave, confirm := h.subs.Token(notify.PurposeManage, sub), h.subs.Token(notify.PurposeUnsubscribe, sub), h.subs.Token(notify.PurposeConfirm, sub)
		ctx, page := t.Context(), s.Page.ID
		_, err := h.subs.ByToken(ctx, page, notify.PurposeManage, manage)
		h.ok(err)
		tail := "AA"
		if strings.HasSuffix(manage, tail) { // one token in a thousand
			tail = "QQ"
		}
		for name, tok := range map[string]string{
			"another purpose": leave, "nothing": "", "not base64": "!!!", "too short": manage[:20], "too long": manage + manage + manage,
			"one letter off": "A" + manage[1:], "its mac changed": manage[:len(manage)-2] + tail, "padding": manage + "=",
		} {
			if _, err := h.subs.ByToken(ctx, page, notify.PurposeManage, tok); err == nil {
				t.Errorf("%s opens the preferences", name)
			} else {
				wantLink(t, err)
			}
			wantLink(t, h.subs.SavePreferences(ctx, page, tok, notify.Preferences{Scope: notify.ScopeAll}))
		}
		_, err = h.subs.ByToken(ctx, page+1, notify.PurposeManage, manage)
		wantLink(t, err)
		_, err = h.subs.Confirm(ctx, page, confirm)
		wantLink(t, err) // used
		wantLink(t, h.subs.Unsubscribe(ctx, page, manage))
		other := notify.Subscribers{DB: s.DB, Key: []byte("another key of thirty-two bytes.")}
		_, err = other.ByToken(ctx, page, notify.PurposeManage, manage)
		wantLink(t, err)
	})
}

func TestSubscribers_Confirm_worksForAWeek(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		h.ok(h.subs.Ask(t.Context(), ask(h, "slow@reader.example")))
		var code string
		h.ok(h.DB.Read(t.Context()).Raw(`select code from subscribers`).Scan(&code).Error)
		tok := h.subs.Token(notify.PurposeConfirm, notify.Subscriber{Code: code, Generation: 1})
		s.Clock.Advance(7*24*time.Hour - time.Second)
		_, err := h.subs.Pending(t.Context(), s.Page.ID, tok)
		h.ok(err)
		s.Clock.Advance(time.Second)
		_, err = h.subs.Confirm(t.Context(), s.Page.ID, tok)
		wantLink(t, err)
		swept, err := h.subs.Sweep(t.Context())
		h.ok(err)
		var left int
		h.ok(h.DB.Read(t.Context()).Raw(`select (select count(*) from subscribers) + (select count(*) from deliveries)`).Scan(&left).Error)
		if swept.Unconfirmed != 1 || left != 0 {
			t.Errorf("swept %+v, %d rows left, want nothing of somebody who did not confirm", swept, left)
		}
		st, err := h.outbox.Status(t.Context(), s.Page.ID)
		h.ok(err)
		if st.Ready != 0 {
			t.Errorf("%d deliveries seem to wait for somebody who was forgotten", st.Ready)
		}
	})
}

func TestSubscribers_Unsubscribe_asOftenAsOneLikesAndKeepsNoAddress(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		ctx, page := t.Context(), s.Page.ID
		sub := h.only("dana@reader.example", notify.Preferences{Maintenance: true}, "")
		leave := h.subs.Token(notify.PurposeUnsubscribe, sub)
		h.Reports("Calls fail", "one")
		h.afterHold()
		h.once()
		for range 3 {
			h.ok(h.subs.Unsubscribe(ctx, page, leave))
		}
		got, err := h.subs.ByToken(ctx, page, notify.PurposeUnsubscribe, leave)
		h.ok(err)
		if got.State != notify.Unsubscribed || got.Address != "" || got.Generation != 2 {
			t.Errorf("got %+v, want somebody who left, once, without an address", got)
		}
		if st := h.states(); st["skipped"] != 1 || len(st) != 1 {
			t.Errorf("deliveries %v, want the waiting one skipped", st)
		}
		_, err = h.subs.ByToken(ctx, page, notify.PurposeManage, h.subs.Token(notify.PurposeManage, sub))
		wantLink(t, err)

		// An import does not bring them back, a click does.
		in, err := h.subs.Import(ctx, h.Staff, page, strings.NewReader("DANA@reader.example\n"), "a list")
		h.ok(err)
		if in.Added != 0 || in.Suppressed != 1 {
			t.Errorf("import: %+v", in)
		}
		s.Clock.Advance(time.Hour)
		h.ok(h.subs.Ask(ctx, ask(h, "Dana@reader.example")))
		_, err = h.subs.Confirm(ctx, page, h.subs.Token(notify.PurposeConfirm, sub)) // the link of the first time
		wantLink(t, err)
		sub.Generation = 2
		back, err := h.subs.Confirm(ctx, page, h.subs.Token(notify.PurposeConfirm, sub))
		h.ok(err)
		if back.State != notify.Active || back.Code != sub.Code || back.Address != "Dana@reader.example" {
			t.Errorf("back: %+v", back)
		}
		h.ok(h.subs.Unsubscribe(ctx, page, leave)) // the link of the oldest mail
		got, err = h.subs.ByToken(ctx, page, notify.PurposeUnsubscribe, leave)
		h.ok(err)
		if got.State != notify.Unsubscribed {
			t.Errorf("the oldest link does not work any more: %+v", got)
		}
	})
}

func TestSubscribers_whoLeftAndAskedAgainWithoutAClickStaysAway(t *testing.T) {
	t.Parallel()
	h := furnish(statustest.NewSite(t), nil)
	sub := h.only("dana@reader.example", notify.Preferences{}, "")
	h.ok(h.subs.Unsubscribe(t.Context(), h.Page.ID, h.subs.Token(notify.PurposeUnsubscribe, sub)))
	h.Clock.Advance(time.Hour)
	h.ok(h.subs.Ask(t.Context(), ask(h, "dana@reader.example")))
	h.Clock.Advance(8 * 24 * time.Hour)
	_, err := h.subs.Sweep(t.Context())
	h.ok(err)
	got, err := h.subs.ByToken(t.Context(), h.Page.ID, notify.PurposeUnsubscribe, h.subs.Token(notify.PurposeUnsubscribe, sub))
	h.ok(err)
	in, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader("dana@reader.example"), "a list")
	h.ok(err)
	if got.Address != "" || in.Suppressed != 1 {
		t.Errorf("address %q, import %+v; want it forgotten but known", got.Address, in)
	}
}

func TestSubscribers_SavePreferences(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		ctx := t.Context()
		one, two := s.Component("Call routing"), s.Component("Webhooks")
		sub := h.only("dana@reader.example", notify.Preferences{Maintenance: true}, "")
		tok := h.subs.Token(notify.PurposeManage, sub)
		h.ok(h.subs.SavePreferences(ctx, s.Page.ID, tok, notify.Preferences{Scope: notify.ScopeSome, Components: []string{two.Code, one.Code, two.Code}}))
		got, err := h.subs.ByToken(ctx, s.Page.ID, notify.PurposeManage, tok)
		h.ok(err)
		if got.Scope != notify.ScopeSome || !slices.Equal(got.Components, []string{one.Code, two.Code}) || got.Maintenance || got.Frequency != notify.FrequencyEvery {
			t.Errorf("saved: %+v", got)
		}
		statustest.WantFault(t, h.subs.SavePreferences(ctx, s.Page.ID, tok, notify.Preferences{Scope: notify.ScopeSome}), "components", "subscribe.components")
		statustest.WantFault(t, h.subs.SavePreferences(ctx, s.Page.ID, tok, notify.Preferences{Scope: notify.ScopeNone}), "scope", "field.choice")
	})
}

func TestSubscribers_Import(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]string{
		"plain":      "a@reader.example\nb@reader.example\n\nA@Reader.example\nnot an address\n",
		"with names": "name,email,city\nAnn,a@reader.example,Rome\n\"Lee, Bo\",b@reader.example,Oslo\nAnn,A@reader.example,\nX,not an address,Y\n",
		"semicolons": "E-Mail;Name\na@reader.example;Ann\nb@reader.example;Bo\nA@reader.example;Ann\nnot an address;X\n",
		"windows":    "\ufeffEmail\r\na@reader.example\r\nb@reader.example\r\nA@READER.example\r\nnot an address\r\n",
		"no header":  "Ann,a@reader.example\nBo,b@reader.example\nAnn,a@reader.example\nX,not an address\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := furnish(statustest.NewSite(t), nil)
			got, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader(list), "signed up in the product")
			h.ok(err)
			if got.Added != 2 || got.Known != 1 || got.Bad != 1 || len(got.BadLines) != 1 || got.BadLines[0].Text != "not an address" || got.BadLines[0].Line < 4 {
				t.Errorf("first: %+v", got)
			}
			again, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader(list), "signed up in the product")
			h.ok(err)
			if again.Added != 0 || again.Known != 3 {
				t.Errorf("again: %+v, want nothing new", again)
			}
			subs, err := h.subs.List(t.Context(), h.Page.ID, "READER", 0, 10)
			h.ok(err)
			if len(subs) != 2 || subs[0].Address != "a@reader.example" || subs[0].State != notify.Active || subs[0].Consent != "signed up in the product" || subs[0].ConfirmedAt == nil {
				t.Errorf("listed: %+v", subs)
			}
		})
	}
}

func TestSubscribers_Import_needsConsentAndAnAdmin(t *testing.T) {
	t.Parallel()
	h := furnish(statustest.NewSite(t), nil)
	_, err := h.subs.Import(t.Context(), h.Staff, h.Page.ID, strings.NewReader("a@b.example"), " ")
	statustest.WantFault(t, err, "consent", "subscribers.consent")
	_, err = h.subs.Import(t.Context(), auth.Actor{Name: "Ben", Role: auth.Responder}, h.Page.ID, strings.NewReader("a@b.example"), "yes")
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("got %v, want forbidden", err)
	}
}

// More people than one batch holds, twice. How long 100,000 take is measured
// by bench/run.sh.
func TestSubscribers_Import_ofManyBatchesCanBeRunAgain(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		var list strings.Builder
		list.WriteString("email\n")
		const people = 12_000
		for i := range people {
			fmt.Fprintf(&list, "user%d@reader.example\n", i)
		}
		for round, want := range []notify.Imported{{Added: people}, {Known: people}} {
			got, err := h.subs.Import(t.Context(), h.Staff, s.Page.ID, strings.NewReader(list.String()), "a list")
			h.ok(err)
			if got.Added != want.Added || got.Known != want.Known || got.Bad != 0 {
				t.Errorf("round %d: %+v", round, got)
			}
		}
	})
}

func TestSubscribers_List_findsAndPages(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		h.follow(12)
		var seen []string
		for after := int64(0); ; {
			part, err := h.subs.List(t.Context(), s.Page.ID, "", after, 5)
			h.ok(err)
			if len(part) == 0 {
				break
			}
			for _, x := range part {
				seen, after = append(seen, x.Address), x.ID
			}
		}
		if len(seen) != 12 {
			t.Errorf("paged through %d of 12", len(seen))
		}
		found, err := h.subs.List(t.Context(), s.Page.ID, "A12@", 0, 5)
		h.ok(err)
		none, err := h.subs.List(t.Context(), s.Page.ID, "%", 0, 5)
		h.ok(err)
		if len(found) != 1 || len(none) != 0 {
			t.Errorf("found %d and %d, want 1 and 0: %% is a character", len(found), len(none))
		}
		if m := found[0].Masked(); m != "a…@reader.example" {
			t.Errorf("masked: %s", m)
		}
		h.ok(h.subs.Remove(t.Context(), h.Staff, s.Page.ID, found[0].Code))
		found, err = h.subs.List(t.Context(), s.Page.ID, "a12@", 0, 5)
		h.ok(err)
		if len(found) != 0 {
			t.Error("removed, but still listed")
		}
		err = h.subs.Remove(t.Context(), auth.Actor{Role: auth.Responder}, s.Page.ID, "abcdefghijkl")
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("got %v, want forbidden", err)
		}
	})
}

// TestSubscribers_Recipients_isWhoGetsIt compares the number on the button with
// the deliveries that are made.
func TestSubscribers_Recipients_isWhoGetsIt(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		h := furnish(s, nil)
		calls, hooks := s.Component("Call routing"), s.Component("Webhooks")
		incident := s.Reports("Calls fail", "one", statustest.Is(calls, components.PartialOutage))
		for email, p := range map[string]notify.Preferences{
			"all@r.example":      {Scope: notify.ScopeAll, Maintenance: true},
			"all-ends@r.example": {Scope: notify.ScopeAll, Frequency: notify.FrequencyEnds, Maintenance: true},
			"calls@r.example":    {Components: []string{calls.Code}},
			"hooks@r.example":    {Components: []string{hooks.Code}, Maintenance: true},
		} {
			h.only(email, p, "")
		}
		h.only("one@r.example", notify.Preferences{Scope: notify.ScopeNone}, incident.Code)
		h.exec(`delete from announcements`) // of the report and the confirmations
		id := incident.Story().Incident.ID
		for _, tt := range []struct {
			name       string
			told       incidents.Telling
			components []int64
			incident   int64
			act        func()
			want       []string
		}{
			{"an update", incidents.TellUpdate, []int64{calls.ID}, id, func() { incident.Posts("", "two") }, []string{"all", "calls", "one"}},
			{"the end", incidents.TellResolved, []int64{calls.ID}, id, func() { incident.Posts(incidents.Resolved, "over") }, []string{"all", "all-ends", "calls", "one"}},
			{"another incident", incidents.TellNew, []int64{hooks.ID}, 0, func() { s.Reports("Hooks", "x", statustest.Is(hooks, components.MajorOutage)) }, []string{"all", "all-ends", "hooks"}},
			{"one without components", incidents.TellNew, nil, 0, func() { s.Reports("Odd", "x") }, []string{"all", "all-ends"}},
			{"maintenance", incidents.TellMaintenance, []int64{calls.ID, hooks.ID}, 0, func() {
				_, err := s.Desk.Plan(t.Context(), s.Staff, incidents.Plan{Page: s.Page.ID, Title: "Upgrade", Body: "x", Components: []string{calls.Code, hooks.Code}, Start: s.DB.Now().Add(time.Hour), End: s.DB.Now().Add(2 * time.Hour), Notify: true})
				h.ok(err)
			}, []string{"all", "all-ends", "hooks"}},
		} {
			n, err := h.subs.Recipients(t.Context(), s.Page.ID, tt.components, tt.incident, tt.told)
			h.ok(err)
			tt.act()
			h.afterHold()
			h.once()
			var got []string
			h.ok(h.DB.Read(t.Context()).Raw(`select s.address from deliveries d join subscribers s on s.id = d.subscriber_id`).Scan(&got).Error)
			for i := range got {
				got[i] = strings.TrimSuffix(got[i], "@r.example")
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) || n != len(tt.want) {
				t.Errorf("%s: went to %v, the button said %d, want %v", tt.name, got, n, tt.want)
			}
			h.exec(`delete from deliveries`)
		}
	})
}
