package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/statusd/statusd/internal/statustest"
)

// With a keyboard alone, with large letters, without motion, without colours, on paper: one page on which every status is in force,
// and one browser, for all of them.
func TestSenses(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.busy()
	browser := statustest.Browser(t)
	for _, sense := range []struct {
		name  string
		check func(person, *program)
	}{
		{"the keyboard is enough", person.theKeyboardIsEnough},
		{"large letters fit", person.largeLettersFit},
		{"nothing moves for who asked for that", person.nothingMovesForWhoAskedForThat},
		{"no status is colour alone", person.noStatusIsColourAlone},
		{"a print is for reading", person.aPrintIsForReading},
	} {
		t.Run(sense.name, func(t *testing.T) {
			b := person{t, browser}
			b.do("begin afresh", statustest.Prefers(), chromedp.EmulateViewport(1280, 900))
			sense.check(b, p)
		})
	}
}

// busy is the page of a program on which every status is in force somewhere.
func (p *program) busy() {
	p.t.Helper()
	p.start()
	staff := p.setUp("CallRail", "America/New_York", "Calls:\nCall Routing\nCall Recording\nNumbers\nApps:\nDashboard\nReports")
	staff.open("/admin/incidents/new")
	codes := staff.page().FindAll("[name=components]")
	f := fill{"title": {"Calls fail on some numbers"}, "body": {"We are looking into it. See https://status.carrier.example/ too."}}
	for n, status := range []string{"down", "part", "slow", "maint"} {
		code := codes[n].Attr("value")
		f["components"] = append(f["components"], code)
		f["m-"+code] = []string{status}
	}
	staff.submit("/admin/incidents", f).want(200)
	p.eventually("the page to show it", func() bool { return visit(p.t, p.base).open("/").page().Has("article.inc") })
}

// keys presses keys, one after the other.
func (b person) keys(keys string) {
	b.t.Helper()
	b.do("press keys", chromedp.KeyEvent(keys))
}

// focused says where the focus is: the element, its words, and whether a line around it shows it.
const focused = `(() => {
	const el = document.activeElement, s = getComputedStyle(el), r = el.getBoundingClientRect();
	const shown = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && r.width > 0 && r.bottom > 0 && r.top < innerHeight;
	return el.tagName + "." + el.className + " " + (el.getAttribute("aria-label") || el.innerText || "").trim().split("\n")[0] + (shown ? "" : " UNSEEN");
})()`

// With nothing but a keyboard: the first stop leads past the top, each service is one stop whose days the arrow keys read out, a
// group folds with Enter, and wherever the focus is, it can be seen.
func (b person) theKeyboardIsEnough(p *program) {
	b.do("set the window", chromedp.EmulateViewport(1280, 700))
	b.open(p.base + "/")
	b.keys(kb.Tab)
	if got := b.script(focused); got != "A.skip Skip to the content" {
		b.t.Errorf("the first stop is %q", got)
	}
	b.keys(kb.Enter)
	b.until("the jump", `location.hash === "#main"`)
	b.keys(kb.Tab)
	if got := b.script(`!!document.activeElement.closest("main")`); got != "true" {
		b.t.Errorf("after the jump the next stop is %s", b.script(focused))
	}

	b.open(p.base + "/")
	strips, stops := map[string]int{}, map[string]bool{}
	for range 60 {
		b.keys(kb.Tab)
		at := b.script(focused)
		if strings.HasPrefix(at, "BODY") {
			break // past the end
		}
		if strings.HasSuffix(at, "UNSEEN") {
			b.t.Errorf("nothing shows that the focus is on %s", at)
		}
		stops[strings.Fields(at)[0]] = true
		if name, strip := strings.CutPrefix(at, "A.strip "); strip {
			strips[name]++
		}
	}
	if len(strips) != 5 {
		b.t.Errorf("%d services have a stop, want 5: %v", len(strips), strips)
	}
	for name, n := range strips {
		if n != 1 {
			b.t.Errorf("%s is a stop %d times", name, n)
		}
	}
	if !stops["SUMMARY."] || !stops["A.btn"] || !stops["BUTTON.link"] {
		b.t.Errorf("some of what can be pressed is no stop: %v", stops)
	}

	b.script(`(document.querySelector(".strip").focus(), 1)`)
	b.keys(kb.ArrowLeft + kb.ArrowLeft)
	before := b.script(`document.getElementById("say").textContent`)
	b.keys(kb.ArrowRight)
	if after := b.script(`document.getElementById("say").textContent`); before == "" || after == before {
		b.t.Errorf("the arrow keys read out %q, then %q", before, after)
	}
	b.keys(kb.Escape)
	b.until("the cursor to go", `document.querySelector(".tip").hidden`)
	b.script(`(document.querySelector("summary").focus(), 1)`)
	was := b.script(`document.querySelector("summary").parentNode.open`)
	b.keys(kb.Enter)
	if is := b.script(`document.querySelector("summary").parentNode.open`); is == was {
		b.t.Errorf("Enter does not fold a group: open is %s before and after", was)
	}
}

// Text of twice the size on a window of 640 px, which is a desktop at 200 % zoom with large letters: nothing is cut off, nothing
// scrolls sideways (WCAG 1.4.4, 1.4.10).
func (b person) largeLettersFit(p *program) {
	b.do("set the window", chromedp.EmulateViewport(640, 900))
	incident := linkTo(visit(b.t, p.base).open("/").page(), "article a", "/incidents/")
	for _, at := range []string{"/", incident, "/history", "/uptime", "/subscribe", "/api", "/maintenance", "/embed"} {
		b.open(p.base + at)
		over := b.script(`(document.documentElement.style.fontSize = "200%", ` + sideways + `)`)
		if over != "" {
			b.t.Errorf("%s with letters of twice the size is too wide: %s", at, over)
		}
		if cut := b.script(cutOff); cut != "" {
			b.t.Errorf("%s with letters of twice the size cuts off: %s", at, cut)
		}
	}
}

// cutOff says which texts do not fit in the height of a box that hides the rest.
const cutOff = `[...document.querySelectorAll("body *")].filter((el) => !el.matches(".vh, svg, svg *, textarea, select, .strip") && !el.closest("[hidden], svg") &&
	getComputedStyle(el).overflowY !== "visible" && el.scrollHeight > el.clientHeight + 1).map((el) => el.tagName + "." + el.className).join(", ")`

// Whoever asked for less motion gets none; everybody else gets one dot that breathes.
func (b person) nothingMovesForWhoAskedForThat(p *program) {
	const moving = `document.getAnimations().length + " " + [...document.querySelectorAll("*")].filter((el) => getComputedStyle(el).transitionDuration.split(",").some((d) => parseFloat(d) > 0)).length`
	for wish, want := range map[string]string{"reduce": "0 0", "no-preference": "1 0"} {
		b.do("wish for "+wish, statustest.Prefers("prefers-reduced-motion: "+wish))
		b.open(p.base + "/")
		b.until("the dot", `!document.querySelector(".live").hidden`)
		if got := b.script(moving); got != want {
			b.t.Errorf("%s: animations and transitions %s, want %s", wish, got, want)
		}
	}
}

// No status is told by colour alone: each has a mark of its own shape, a word, and on the strips a texture, a height or an end of
// its own. Where the system gives the colours, marks and strips still stand out from the page.
func (b person) noStatusIsColourAlone(p *program) {
	b.open(p.base + "/")
	for _, said := range []struct{ what, script, want string }{
		{"a mark and a word for each that is not well", `[...document.querySelectorAll("li.c .st")].every((s) => s.innerText.trim().length > 2) + " " + document.querySelectorAll("li.c .st").length`, "true 4"},
		{"the marks differ in shape", `(() => { const marks = [...document.querySelectorAll("symbol[id^=m-]")].map((s) => s.innerHTML); return marks.length >= 5 && new Set(marks).size === marks.length; })()`, "true"},
		{"their outlines differ, not only what is in them", `(() => { const out = [...document.querySelectorAll("symbol[id^=m-]")].map((s) => s.firstElementChild.tagName + (s.firstElementChild.getAttribute("d") || s.firstElementChild.getAttribute("stroke-dasharray") || "")); return new Set(out).size === out.length; })()`, "true"},
		{"the bars differ in texture, or in the end that they hang from", `(() => {
			const looks = ["slow", "part", "down", "maint"].map((s) => {
				const bar = document.querySelector(".strip path." + s);
				return bar ? getComputedStyle(bar).strokeDasharray + " " + (parseFloat(bar.getAttribute("d").split(/[ ,v]/)[1]) < 16 ? "hangs" : "stands") : "no " + s;
			});
			return new Set(looks).size === 4 && looks.every((l) => !l.startsWith("no ")) ? "differ" : looks.join("; ");
		})()`, "differ"},
	} {
		if got := b.script(said.script); got != said.want {
			b.t.Errorf("%s: %s, want %s", said.what, got, said.want)
		}
	}
	b.do("take the system's colours", statustest.Prefers("forced-colors: active"))
	b.open(p.base + "/")
	const unseen = `(() => {
		const page = getComputedStyle(document.body).backgroundColor, out = [];
		for (const el of document.querySelectorAll("svg.i, .hero .i")) if (getComputedStyle(el).color === page) out.push("mark " + el.dataset.s);
		for (const el of document.querySelectorAll(".strip path")) if (getComputedStyle(el).stroke === page) out.push("bar " + el.getAttribute("class"));
		for (const el of document.querySelectorAll(".btn")) if (getComputedStyle(el).color === getComputedStyle(el).backgroundColor) out.push("button " + el.innerText);
		return matchMedia("(forced-colors: active)").matches ? out.join(", ") : "the browser has colours of its own";
	})()`
	if got := b.script(unseen); got != "" {
		b.t.Errorf("with the system's colours these cannot be seen: %s", got)
	}
}

// On paper there is nothing to press, everything is unfolded, and a link in a text shows where it leads.
func (b person) aPrintIsForReading(p *program) {
	incident := linkTo(visit(b.t, p.base).open("/").page(), "article a", "/incidents/")
	for _, at := range []string{"/", incident, "/history"} {
		b.open(p.base + at)
		b.script(`document.querySelectorAll("details").forEach((d) => { d.open = false; })`)
		b.do("print", statustest.Printed())
		if got := b.script(`[...document.querySelectorAll("button, .btn, input, select, .top nav, .skip, .live")].filter((el) => el.checkVisibility()).map((el) => el.tagName + "." + el.className).join(", ")`); got != "" {
			b.t.Errorf("%s on paper has what can only be pressed: %s", at, got)
		}
		if got := b.script(`[...document.querySelectorAll("details li, details p")].filter((el) => !el.checkVisibility({ contentVisibilityAuto: true })).length`); got != "0" {
			b.t.Errorf("%s on paper: %s lines stay folded", at, got)
		}
		if got := b.script(`getComputedStyle(document.body).backgroundColor`); got != "rgb(255, 255, 255)" {
			b.t.Errorf("%s on paper has a ground of %s", at, got)
		}
		b.do("look at the screen again", statustest.Prefers())
	}
}
