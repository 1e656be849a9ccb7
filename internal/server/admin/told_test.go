package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/statustest"
)

// follow makes confirmed subscribers who want everything, each as often as it says.
func (h *house) follow(frequencies ...string) {
	h.T.Helper()
	ctx := h.T.Context()
	for n, f := range frequencies {
		email := fmt.Sprintf("reader%d@a.example", n)
		h.ok(h.subs.Ask(ctx, notify.Ask{Page: h.Page.ID, Email: email, Preferences: notify.Preferences{Frequency: f, Maintenance: true}}))
		asked, err := h.subs.List(ctx, h.Page.ID, email, 0, 1)
		h.ok(err)
		_, err = h.subs.Confirm(ctx, h.Page.ID, h.subs.Token(notify.PurposeConfirm, asked[0]))
		h.ok(err)
	}
}

func TestScript_boxAndButtonFollowTheStep(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	p.follow("every", "ends")
	p.do(chromedp.Navigate(p.base + "/admin/incidents/" + i.Code))
	says := func(box, button string) {
		t.Helper()
		p.until(`document.querySelector("#post label:has([name=notify])").innerText.trim() === "` + box + `"`)
		p.until(`document.querySelector("#post [data-go]").innerText.trim() === "` + button + `"`)
	}
	says("Tell 1 person", "Post and tell 1")
	p.tap(`#post [name=state][value=resolved]`)
	says("Tell 2 people", "Post and tell 2")
	p.tap(`#post [name=state][value=monitoring]`)
	says("Tell 1 person", "Post and tell 1")
}

func TestPost_countFollowsTheStepWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	h.follow("every", "ends")
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code
	b.open(at)
	b.send(at+"/updates", "state", "resolved", "body", "Over.", "preview", "1").want(200).says("Tell 2 people").says("Post and tell 2")
}

func TestPostmortem_saysWhomItTells(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	i.Posts(incidents.Resolved, "Over.")
	h.follow("every", "ends")
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code + "/postmortem"
	publish := func(notify string) *browser {
		t.Helper()
		b.open(at)
		if got := b.page().Find(".bar").Text(); !strings.Contains(got, "Tell 2 people") {
			t.Errorf("beside the button stands %q", got)
		}
		form, _ := b.form(at)
		if form.Has("notify") {
			t.Error("telling is on by default")
		}
		if notify != "" {
			form.Set("notify", notify)
		}
		return b.do("POST", at+"/publish", form).want(200)
	}
	publish("").says("Nobody was told.")
	publish("1").says("Goes to 2 people")
	if got := b.page().Find(".toast").Text(); strings.Contains(got, "Nobody was told") {
		t.Errorf("the result says %q", got)
	}
}

func TestScript_postmortemButtonSaysWhomItTells(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	i.Posts(incidents.Resolved, "Over.")
	p.follow("every", "ends")
	p.do(chromedp.Navigate(p.base + "/admin/incidents/" + i.Code + "/postmortem"))
	p.until(`document.querySelector(".bar [data-go]").innerText === "Publish, tell nobody"`)
	p.tap(".bar [name=notify]")
	p.until(`document.querySelector(".bar [data-go]").innerText === "Publish and tell 2"`)
}

// A short cell never breaks inside a word: the table scrolls in its own box.
func TestScript_tablesBreakNoWord(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	i := p.Reports("Calls fail", "We know.", statustest.Is(p.Component("Call routing"), components.MajorOutage))
	i.Posts(incidents.Resolved, "Over.")
	b := p.as(auth.Admin)
	at := "/admin/incidents/" + i.Code + "/postmortem"
	b.open(at)
	b.send(at, "body", "| Time | What we saw | Calls | Share |\n|---|---|---|---|\n| 01:40 | Donaudampfschifffahrtsgesellschaft reports unanswered calls | 1,204,000 | 12.25% |\n").want(200)
	p.do(chromedp.Navigate(p.base + at))
	broken := `(() => { const out = []; for (const cell of document.querySelectorAll("[data-p=text] :is(th, td)")) {
		const text = cell.firstChild;
		for (const m of text.data.matchAll(/\S+/g)) {
			const r = document.createRange(); r.setStart(text, m.index); r.setEnd(text, m.index + m[0].length);
			if (new Set([...r.getClientRects()].map(b => b.top)).size > 1) out.push(m[0]);
		}
	} return out.join(", "); })()`
	if got := p.eval(broken); got != "" {
		t.Errorf("broken inside: %s", got)
	}
	if got := p.eval(`String(document.scrollingElement.scrollWidth > innerWidth)`); got != "false" {
		t.Error("the page scrolls sideways")
	}
}

func TestForms_sayTheZoneOfTheirTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Calls fail", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	b := h.as(auth.Responder)
	for _, at := range []string{"/admin/incidents/new", "/admin/incidents/" + i.Code, "/admin/incidents/" + i.Code + "/edit", "/admin/updates/" + i.Story().Updates[0].Code} {
		page := b.open(at).page()
		times := page.FindAll("[type=datetime-local]")
		if len(times) == 0 {
			t.Errorf("%s asks for no time", at)
		}
		for _, n := range times {
			if got := page.Find("[for=" + n.Attr("id") + "]").Text(); !strings.Contains(got, "In the page's zone, America/New_York, now EDT.") {
				t.Errorf("%s: a time is asked for as %q", at, got)
			}
		}
	}
}
