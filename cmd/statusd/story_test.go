package main

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/statustest"
)

// The CallRail outage of 14 May 2018 is posted through the forms, update by
// update at its real times, with its postmortem the next morning; then RACO's
// report with its supplier's letter. What readers, subscribers and feeds get
// is compared with the reports as they were published.
func TestStory_CallRail(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, p *program) {
		mail := statustest.NewMail(t)
		p.env = append(p.env, "STATUSD_SMTP_URL="+mail.URL())
		seed := statustest.CallRail(t)
		p.clock(seed.Incident.OldestFirst()[0].Posted.UTC.Add(-time.Hour))
		p.start()
		var names []string
		for _, c := range seed.Incident.Affected {
			names = append(names, c.Name)
		}
		staff := p.setUp(seed.Page.Name, seed.Page.TimeZone, strings.Join(names, "\n"))
		manage := p.subscribe(mail, "dana@bright-dental.example")
		code := p.tellStory(staff, mail, seed)
		p.publish(staff, mail, code, seed)

		p.readerSees(code, seed)
		p.historyLists(code, seed)
		p.feedsTell(code, seed)
		p.mailsTell(mail, seed)
		p.noMoreAfterUnsubscribing(staff, mail, code, manage)
	})
}

// RACO's outage began on 22 July 2019, its first word is of the 24th, and its
// postmortem is the supplier's own letter. The component stands in a group.
func TestStory_RACO(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, p *program) {
		mail := statustest.NewMail(t)
		p.env = append(p.env, "STATUSD_SMTP_URL="+mail.URL())
		seed := statustest.RACO(t)
		p.clock(seed.Incident.OldestFirst()[0].Posted.UTC.Add(-time.Hour))
		p.start()
		staff := p.setUp(seed.Page.Name, seed.Page.TimeZone, "Alarm Notification Services:\nAlarmAgent Voice System Health")
		p.subscribe(mail, "ops@plant.example")
		code := p.tellStory(staff, mail, seed)
		p.publish(staff, mail, code, seed)
		p.readerSees(code, seed)
		p.feedsTell(code, seed)
		p.mailsTell(mail, seed)
	})
}

// subscribe goes the whole way of a reader who wants mail and returns the
// address of their preferences.
func (p *program) subscribe(mail *statustest.Mail, address string) (unsubscribe string) {
	p.t.Helper()
	before := len(mail.Messages())
	v := visit(p.t, p.base)
	v.open("/subscribe").want(200)
	v.submit("/subscribe", fill{"email": {address}}).want(200)
	got := mail.Wait(p.t, before+1, time.Minute)[before]
	if !slices.Equal(got.To, []string{address}) {
		p.t.Fatalf("the confirmation went to %v", got.To)
	}
	link := regexp.MustCompile(`http://\S+/c/\S+`).FindString(got.Text)
	if link == "" {
		p.t.Fatalf("no link in:\n%s", got.Text)
	}
	v.open(link).want(200) // looking changes nothing
	v.open(link).want(200)
	v.submit("", nil).want(200)
	return ""
}

// tellStory reports the incident and posts its updates, each at its time, and
// returns its code. Statuses follow the postmortem's table where it has one.
func (p *program) tellStory(staff *visitor, mail *statustest.Mail, seed statustest.Seed) string {
	p.t.Helper()
	updates := seed.Incident.OldestFirst()
	p.clock(updates[0].Posted.UTC.Add(5 * time.Second))
	staff.open("/admin/incidents/new").want(200)
	var all []string
	for _, n := range staff.page().FindAll("input[name=components]") {
		all = append(all, n.Attr("value"))
	}
	staff.submit("/admin/incidents", fill{
		"title": {seed.Incident.Name}, "body": {updates[0].Body}, "state": {updates[0].State}, "components": all, "impact": {"part"}, "next_update_by": {"30"},
	}).want(200)
	at := staff.url.Path
	code := at[strings.LastIndexByte(at, '/')+1:]
	p.toldOf(mail, updates[0].Body)
	for _, u := range updates[1:] {
		p.clock(u.Posted.UTC.Add(5 * time.Second))
		staff.signedIn("/admin/incidents/" + code)
		staff.submit("/updates", fill{"body": {u.Body}, "state": {u.State}}).want(200)
		// Whoever asks after the answer sees it.
		reader := visit(p.t, p.base).open("/incidents/" + code).want(200)
		if got := reader.page().Find("ol.ups > li").Text(); !strings.Contains(got, flat(u.Body)) {
			p.t.Fatalf("the newest update reads\n%s\nwant\n%s", got, u.Body)
		}
		p.toldOf(mail, u.Body)
	}
	return code
}

// signedIn opens a page for staff, signing in on the way if the session slept
// too long, for thirty days as a person on call would.
func (v *visitor) signedIn(at string) {
	v.t.Helper()
	v.open(at).want(200)
	if v.url.Path == "/admin/signin" {
		v.submit("", fill{"email": {"ana@callrail.example"}, "password": {ownerPassword}, "stay": {"1"}}).want(200)
	}
	if v.url.Path != at {
		v.t.Fatalf("wanted %s, am at %s:\n%s", at, v.url, v.page().Text())
	}
}

// toldOf moves the clock over the hold and waits for the mail with this text.
func (p *program) toldOf(mail *statustest.Mail, body string) {
	p.t.Helper()
	now := p.now()
	p.clock(now.Add(25 * time.Second))
	p.eventually("the mail about "+body[:min(40, len(body))], func() bool {
		for _, m := range mail.Messages() {
			if strings.Contains(flat(m.Text), flat(body)) {
				return true
			}
		}
		return false
	})
}

func (p *program) publish(staff *visitor, mail *statustest.Mail, code string, seed statustest.Seed) {
	p.t.Helper()
	p.clock(seed.Incident.Postmortem.Posted.UTC.Add(5 * time.Second))
	staff.signedIn("/admin/incidents/" + code + "/postmortem")
	before := len(mail.Messages())
	staff.press("/postmortem", "/admin/incidents/"+code+"/postmortem/publish", fill{
		"body": {seed.Incident.Postmortem.Markdown}, "notify": {"1"}, "subject": {"What happened, and what we are changing"},
	}).want(200)
	p.clock(p.now().Add(25 * time.Second))
	mail.Wait(p.t, before+1, time.Minute)
}

func (p *program) readerSees(code string, seed statustest.Seed) {
	p.t.Helper()
	page := visit(p.t, p.base).open("/incidents/" + code).want(200).page()
	if got := page.Find("h1").Text(); got != seed.Incident.Name {
		p.t.Errorf("title %q", got)
	}
	items := page.FindAll("ol.ups > li")
	if len(items) != len(seed.Incident.Updates) {
		p.t.Fatalf("%d updates, want %d", len(items), len(seed.Incident.Updates))
	}
	for n, u := range seed.Incident.Updates { // newest first, as on the page
		li := items[n]
		label := u.Label
		if label == "" {
			label = u.LabelInferred
		}
		if got := li.Find("b").Text(); got != label {
			p.t.Errorf("update %d is labelled %q, want %q", n, got, label)
		}
		when := li.Find("time")
		at, err := time.Parse(time.RFC3339, when.Attr("datetime"))
		if when.Text() != u.Posted.Display || err != nil || !at.Truncate(time.Minute).Equal(u.Posted.UTC) {
			p.t.Errorf("update %d is of %q (%s), want %q (%s)", n, when.Text(), when.Attr("datetime"), u.Posted.Display, u.Posted.UTC.Format(time.RFC3339))
		}
		for _, para := range strings.Split(u.Body, "\n\n") {
			if !slices.ContainsFunc(li.Texts("p"), func(s string) bool { return s == flat(para) }) {
				p.t.Errorf("update %d lacks the paragraph %q; it has %q", n, para, li.Texts("p"))
			}
		}
	}
	if !strings.Contains(page.Text(), flat(seed.Incident.AffectedLine)) {
		p.t.Errorf("the page does not say %q", seed.Incident.AffectedLine)
	}
	p.mortemReads(page, seed)
}

// mortemReads compares every line of the postmortem's Markdown with the page.
func (p *program) mortemReads(page *statustest.Node, seed statustest.Seed) {
	p.t.Helper()
	section := page.Find("#postmortem")
	all := section.Text()
	if !strings.Contains(all, seed.Incident.Postmortem.Posted.Display) {
		p.t.Errorf("the postmortem is not dated %q", seed.Incident.Postmortem.Posted.Display)
	}
	marker := regexp.MustCompile(`^(#+|\d+\.)\s+`)
	tables := 0
	for line := range strings.Lines(seed.Incident.Postmortem.Markdown) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "|") {
			tables++
			for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
				if cell = strings.TrimSpace(cell); !strings.HasPrefix(cell, "---") && !strings.Contains(all, flat(cell)) {
					p.t.Errorf("the postmortem lacks the cell %q", cell)
				}
			}
			continue
		}
		if line = marker.ReplaceAllString(line, ""); line != "" && !strings.Contains(all, flat(line)) {
			p.t.Errorf("the postmortem lacks %q", line)
		}
	}
	if tables == 0 {
		return
	}
	// The impact table is a real table with header cells.
	if got := section.Texts("table thead th[scope=col]"); !slices.Equal(got, []string{"Period", "Impact"}) {
		p.t.Errorf("head of the table: %q", got)
	}
	if got := section.Texts("table tbody th[scope=row]"); len(got) != 5 || got[0] != "1:30pm to 2:39pm EDT" {
		p.t.Errorf("row heads of the table: %q", got)
	}
}

func (p *program) historyLists(code string, seed statustest.Seed) {
	p.t.Helper()
	month := seed.Incident.OldestFirst()[0].Posted.Local.Format("2006-01")
	for _, at := range []string{"/history", "/history/" + month} {
		page := visit(p.t, p.base).open(at).want(200).page()
		if !page.Has(`a[href="/incidents/` + code + `"]`) {
			p.t.Errorf("%s does not list the incident:\n%s", at, page.Text())
		}
	}
	visit(p.t, p.base).open("/history/1999-01").want(404)
	visit(p.t, p.base).open("/history/2018-13").want(404)
}

type atomFeed struct {
	Title   string `xml:"title"`
	Entries []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Content string `xml:"content"`
		Link    struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

type rssFeed struct {
	Channel struct {
		Title string `xml:"title"`
		Items []struct {
			Title       string `xml:"title"`
			Description string `xml:"description"`
			GUID        string `xml:"guid"`
			PubDate     string `xml:"pubDate"`
		} `xml:"item"`
	} `xml:"channel"`
}

func (p *program) feedsTell(code string, seed statustest.Seed) {
	p.t.Helper()
	v := visit(p.t, p.base)
	var atom atomFeed
	if err := xml.Unmarshal(v.open("/history.atom").want(200).body, &atom); err != nil {
		p.t.Fatal(err)
	}
	var rss rssFeed
	if err := xml.Unmarshal(v.open("/history.rss").want(200).body, &rss); err != nil {
		p.t.Fatal(err)
	}
	want := seed.Page.Name + " Status - Incident History"
	if atom.Title != want || rss.Channel.Title != want || len(atom.Entries) != 1 || len(rss.Channel.Items) != 1 {
		p.t.Fatalf("Atom %q with %d entries, RSS %q with %d items", atom.Title, len(atom.Entries), rss.Channel.Title, len(rss.Channel.Items))
	}
	link := p.base + "/incidents/" + code
	if atom.Entries[0].Link.Href != link || rss.Channel.Items[0].GUID != link {
		p.t.Errorf("links %q and %q, want %q", atom.Entries[0].Link.Href, rss.Channel.Items[0].GUID, link)
	}
	for name, content := range map[string]string{"Atom": atom.Entries[0].Content, "RSS": rss.Channel.Items[0].Description} {
		text := statustest.Page(p.t, []byte(content)).Text()
		from := 0
		for _, u := range seed.Incident.Updates {
			label := u.Label
			if label == "" {
				label = u.LabelInferred
			}
			first, _, _ := strings.Cut(u.Body, "\n")
			said := fmt.Sprintf("%s%s - %s", u.Posted.Local.Format("Jan 2, 15:04 ")+u.Posted.ZoneLabel, label, flat(first))
			n := strings.Index(strings.ReplaceAll(text[from:], " "+label, label), strings.ReplaceAll(said, " "+label, label))
			if n < 0 {
				p.t.Errorf("%s lacks, or has out of order: %s\nin: %s", name, said, text[from:min(len(text), from+300)])
				continue
			}
			from += n
		}
	}
}

// mailsTell compares the mails with the report: one a post, in order, all of
// one thread, text and HTML alike.
func (p *program) mailsTell(mail *statustest.Mail, seed statustest.Seed) {
	p.t.Helper()
	got := mail.Messages()[1:] // the first was the confirmation
	updates := seed.Incident.OldestFirst()
	if len(got) != len(updates)+1 {
		p.t.Fatalf("%d mails, want one for each of %d updates and the postmortem", len(got), len(updates))
	}
	thread := ""
	ids := map[string]bool{}
	for n, u := range updates {
		m := got[n]
		label := u.Label
		if label == "" {
			label = u.LabelInferred
		}
		if want := label + ": " + seed.Incident.Name; m.Subject != want {
			p.t.Errorf("subject %q, want %q", m.Subject, want)
		}
		html := statustest.Page(p.t, []byte(m.HTML)).Text()
		for _, para := range strings.Split(u.Body, "\n\n") {
			if !strings.Contains(flat(m.Text), flat(para)) || !strings.Contains(html, flat(para)) {
				p.t.Errorf("mail %d lacks %q in its text or HTML part", n, para)
			}
		}
		clock := u.Posted.Local.Format("15:04 ") + u.Posted.ZoneLabel
		if !strings.Contains(m.Text, clock) || !strings.Contains(html, clock) {
			p.t.Errorf("mail %d does not say %q", n, clock)
		}
		ref := m.Header.Get("References")
		if thread == "" {
			thread = ref
		}
		if ref == "" || ref != thread {
			p.t.Errorf("mail %d refers to %q, the thread is %q", n, ref, thread)
		}
		p.headers(m)
		ids[m.Header.Get("Message-Id")] = true
	}
	if len(ids) != len(updates) {
		p.t.Errorf("%d different Message-IDs for %d mails", len(ids), len(updates))
	}
	letter := got[len(updates)]
	if letter.Subject != "What happened, and what we are changing" || !strings.Contains(flat(letter.Text), flat(lastSentence(seed))) {
		p.t.Errorf("letter %q:\n%s", letter.Subject, letter.Text)
	}
}

func lastSentence(seed statustest.Seed) string {
	lines := strings.Split(strings.TrimSpace(seed.Incident.Postmortem.Markdown), "\n")
	return lines[len(lines)-1]
}

// headers are those of R9.5.
func (p *program) headers(m statustest.Message) {
	p.t.Helper()
	for name, want := range map[string]string{
		"List-Unsubscribe": "<" + p.base + "/u/", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "List-Id": "<",
		"Auto-Submitted": "auto-generated", "Date": "20", "From": "status@callrail.example",
	} {
		if got := m.Header.Get(name); !strings.Contains(got, want) {
			p.t.Errorf("%s: %q", name, got)
		}
	}
	if !strings.Contains(m.Text, "100 Peachtree Street") || !strings.Contains(m.HTML, "100 Peachtree Street") {
		p.t.Error("a mail lacks the postal address")
	}
}

// noMoreAfterUnsubscribing presses the one-click of a mail client, twice, and
// posts once more.
func (p *program) noMoreAfterUnsubscribing(staff *visitor, mail *statustest.Mail, code, _ string) {
	p.t.Helper()
	all := mail.Messages()
	last := all[len(all)-1]
	link := regexp.MustCompile(`<(http://[^>]+/u/[^>]+)>`).FindStringSubmatch(last.Header.Get("List-Unsubscribe"))
	if link == nil {
		p.t.Fatal("no one-click link")
	}
	v := visit(p.t, p.base)
	v.open(link[1]).want(200) // a scanner that follows links unsubscribes nobody
	for range 2 {
		v.post(link[1], url.Values{"List-Unsubscribe": {"One-Click"}}).want(200)
	}
	staff.signedIn("/admin/incidents/" + code)
	staff.submit("/updates", fill{"body": {"One more word."}}).want(200)
	if n := staff.page().Text(); !strings.Contains(n, "One more word.") {
		p.t.Errorf("the post did not arrive:\n%s", n)
	}
	p.clock(p.now().Add(25 * time.Second))
	p.eventually("the announcement to be looked at", func() bool {
		return !strings.Contains(staff.open("/admin/incidents/"+code).page().Text(), "in 2")
	})
	if got := mail.Messages(); len(got) != len(all) {
		p.t.Errorf("a mail went to somebody who unsubscribed: %q", got[len(got)-1].Subject)
	}
}

// flat is text with every run of blanks and line ends as one blank.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }
