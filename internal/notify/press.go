package notify

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"mime/quotedprintable"
	"net/url"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/markdown"
	"github.com/statusd/statusd/internal/pages"
)

// Press makes letters. An announcement is rendered and encoded once, whatever
// the number of its readers; what differs between them is spliced into the
// finished bytes.
type Press struct {
	Renderer Renderer
	Base     func(pages.Page) string // address of a page, as readers type it; no slash at the end
	Key      []byte                  // the key of Subscribers
}

// textWidth is the width of the plain part (DESIGN section 9).
const textWidth = 72

// letter is an announcement as bytes, in pieces between which each reader's
// own words go.
type letter struct {
	key    []byte
	page   pages.Page
	kind   Kind
	base   string
	host   string                 // of Message-IDs
	from   string                 // the envelope's sender
	code   string                 // of the announcement
	news   incidents.Announcement // as readers may know it
	words  Words
	slots  Slots
	pieces []piece
}

// piece is constant bytes, followed by one slot.
type piece struct {
	bytes []byte
	slot  slot
}

// slot is what differs between readers.
type slot byte

const (
	slotNone        slot = 0
	slotID          slot = 'a' // in Message-ID
	slotTo          slot = 'b'
	slotManage      slot = 'c' // the token in the link; what is before it is constant
	slotUnsubscribe slot = 'd'
	slotConfirm     slot = 'e'
	slotReason      slot = 'f' // in the plain part
	slotReasonHTML  slot = 'g'
	slotListLeave   slot = 'h' // in the header List-Unsubscribe
)

// reader is to whom a letter goes.
type reader struct {
	Delivery   int64
	Code       string
	Generation int
	Address    string
	Reason     reason
}

// reason is the sentence that says why, encoded for both parts. Readers who
// follow the same share one.
type reason struct{ said, text, html string }

func newReason(said string) reason {
	return reason{said: said, text: encodeQP(markdown.Wrap(said, textWidth)), html: encodeQP(html.EscapeString(said))}
}

// letter renders and encodes an announcement.
func (p Press) letter(page pages.Page, row announcementRow, kind Kind, k known) (*letter, error) {
	l, marks, err := p.draft(page, row, kind, k)
	if err != nil {
		return nil, err
	}
	if l.from, _, err = wireAddress(page.SenderAddress); err != nil {
		return nil, fmt.Errorf("sender of page %d: %w", page.ID, err)
	}
	raw, err := l.compose(marks, row)
	if err == nil {
		l.pieces, err = l.cut(marks, raw)
	}
	if err != nil {
		return nil, fmt.Errorf("compose announcement %d: %w", row.ID, err)
	}
	return l, nil
}

// draft is a letter in words only: enough for staff to read it, also on a page
// that has no sender yet.
func (p Press) draft(page pages.Page, row announcementRow, kind Kind, k known) (*letter, marks, error) {
	marks := newMarks()
	news, err := row.announcement()
	if err != nil {
		return nil, marks, err
	}
	news = k.shown(news)
	base := strings.TrimSuffix(p.Base(page), "/")
	l := &letter{key: p.Key, page: page, kind: kind, base: base, host: hostOf(base, page.SenderAddress), code: row.Code, news: news}
	l.slots = Slots{
		Manage:      marks.placeholder(slotManage, l.link(PurposeManage, "")),
		Unsubscribe: marks.placeholder(slotUnsubscribe, l.link(PurposeUnsubscribe, "")),
		Confirm:     marks.placeholder(slotConfirm, l.link(PurposeConfirm, "")),
		Reason:      marks.mark(slotReason),
	}
	l.words, err = p.Renderer.Letter(Draft{Kind: kind, Page: page, Base: base, Announcement: news, Slots: l.slots})
	if err != nil {
		return nil, marks, fmt.Errorf("render announcement %d: %w", row.ID, err)
	}
	return l, marks, nil
}

// hostOf is the domain of Message-IDs and List-Id.
func hostOf(base, sender string) string {
	if u, err := url.Parse(base); err == nil && u.Hostname() != "" && !strings.Contains(u.Hostname(), ":") {
		return u.Hostname()
	}
	_, domain, _ := strings.Cut(sender, "@")
	return domain
}

func (l *letter) link(p Purpose, tok string) string { return l.base + p.path() + tok }

// marks are the stand-ins for slots while a letter is rendered and encoded.
// They hold a random word, so that no text of staff can contain one.
type marks struct{ prefix string }

func newMarks() marks { return marks{"slot" + db.NewCode()} }

func (m marks) mark(s slot) string { return m.prefix + string(rune(s)) }

// placeholder is the mark, as long as the whole link will be.
func (m marks) placeholder(s slot, link string) string {
	mark := m.mark(s)
	return mark + strings.Repeat("x", max(0, len(link)+tokenLen-len(mark)))
}

// compose lets go-mail write the message, with marks where the slots are.
func (l *letter) compose(m marks, row announcementRow) ([]byte, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP), mail.WithBoundary(l.boundary()))
	for _, h := range l.headers(m) {
		msg.SetGenHeader(mail.Header(h[0]), h[1])
	}
	msg.SetDateWithValue(row.DueAt.In(l.page.Location()))
	short := func(s, reasonMark string) string {
		return strings.NewReplacer(
			l.slots.Manage, m.mark(slotManage), l.slots.Unsubscribe, m.mark(slotUnsubscribe),
			l.slots.Confirm, m.mark(slotConfirm), l.slots.Reason, reasonMark).Replace(s)
	}
	text, page := short(l.words.Text, m.mark(slotReason)), short(l.words.HTML, m.mark(slotReasonHTML))
	msg.SetBodyString(mail.TypeTextPlain, text)
	msg.AddAlternativeString(mail.TypeTextHTML, page)
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, err
	}
	// The encoder breaks lines wherever they are too long. A renderer that lets a
	// slot stand where that can happen has a bug, which must not leave the house.
	_, body, _ := bytes.Cut(b.Bytes(), []byte("\r\n\r\n"))
	if got, want := bytes.Count(body, []byte(m.prefix)), strings.Count(text+page, m.prefix); got != want {
		return nil, fmt.Errorf("%d of %d slots were broken by the encoding of lines", want-got, want)
	}
	return dotless(b.Bytes()), nil
}

// boundary separates the parts. It is the same whenever the letter is made
// again, and nobody can have written it into a text before the letter left.
func (l *letter) boundary() string {
	return "statusd-" + hex.EncodeToString(keyed(l.key, "boundary|"+l.code)[:12])
}

// dotless rewrites the encoded body so that no line begins with a dot: such a
// line would have to be changed on its way (RFC 5321, section 4.5.2), and a
// relay that forgets to cuts the letter there. A line that gets too long is
// broken softly.
func dotless(raw []byte) []byte {
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		raw = append(raw, "\r\n"...)
	}
	if !bytes.HasPrefix(raw, []byte(".")) && !bytes.Contains(raw, []byte("\n.")) {
		return raw
	}
	var out bytes.Buffer
	for line := range bytes.Lines(raw) {
		for len(line) > 0 && line[0] == '.' {
			out.WriteString("=2E")
			if line = line[1:]; len(line) <= 74 { // with its CRLF; a soft line break may follow
				break
			}
			out.WriteString("=\r\n")
		}
		out.Write(line)
	}
	return out.Bytes()
}

// headers are those of R9.5 and RFC 5322; values are encoded already.
func (l *letter) headers(m marks) [][2]string {
	hs := [][2]string{
		{"From", phrase(l.sender()) + " <" + l.from + ">"},
		{"To", "<" + m.mark(slotTo) + ">"},
		{"Subject", headerText(l.words.Subject)},
		{"Message-ID", "<" + m.mark(slotID) + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: no out-of-office notes, please
		{"List-Id", phrase(l.sender()) + " <" + l.page.Code + "." + l.host + ">"},
	}
	replyTo, _, err := wireAddress(l.page.ReplyTo)
	if err == nil {
		hs = append(hs, [2]string{"Reply-To", "<" + replyTo + ">"})
	}
	if code := l.news.IncidentCode; code != "" {
		// One root for everybody's thread of an incident; no message has it.
		root := "<incident." + code + "@" + l.host + ">"
		hs = append(hs, [2]string{"In-Reply-To", root}, [2]string{"References", root})
	}
	if l.kind != KindConfirm { // there is nothing to leave before the click
		leave := "<" + m.mark(slotListLeave) + ">"
		if err == nil { // a person reads it
			leave += ", <mailto:" + url.PathEscape(replyTo) + "?subject=unsubscribe>"
		}
		// RFC 8058: both headers, or the button does not show.
		hs = append(hs, [2]string{"List-Unsubscribe", leave}, [2]string{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"})
	}
	return hs
}

// sender is who signs the letter.
func (l *letter) sender() string { return cmp.Or(l.page.SenderName, l.words.Sender, l.page.Name) }

// cut takes the finished message apart at its marks.
func (l *letter) cut(m marks, raw []byte) ([]piece, error) {
	var out []piece
	headers := bytes.Index(raw, []byte("\r\n\r\n"))
	for at := 0; ; {
		i := bytes.Index(raw[at:], []byte(m.prefix))
		if i < 0 {
			return append(out, piece{bytes: raw[at:]}), nil
		}
		end := at + i + len(m.prefix) + 1
		if end > len(raw) {
			return nil, fmt.Errorf("a slot has no name")
		}
		s := slot(raw[end-1])
		before := bytes.Clone(raw[at : at+i])
		if at+i > headers {
			before = l.bodySlot(s, before)
			// A soft line break (RFC 2045, section 6.7): it says nothing, and the line
			// cannot become too long whatever stands in the slot.
			if !bytes.HasPrefix(raw[end:], []byte("\r\n")) {
				raw = append(raw[:end:end], append([]byte("=\r\n"), raw[end:]...)...)
			}
		}
		out = append(out, piece{bytes: before, slot: s})
		at = end
	}
}

// bodySlot writes what comes right before a slot in a body: a soft line break
// where a line has begun, and of a link everything but the token.
func (l *letter) bodySlot(s slot, before []byte) []byte {
	if !bytes.HasSuffix(before, []byte("\n")) && len(before) > 0 {
		before = append(before, "=\r\n"...)
	}
	switch s {
	case slotManage:
		return append(before, encodeQP(l.link(PurposeManage, ""))+"=\r\n"...)
	case slotUnsubscribe:
		return append(before, encodeQP(l.link(PurposeUnsubscribe, ""))+"=\r\n"...)
	case slotConfirm:
		return append(before, encodeQP(l.link(PurposeConfirm, ""))+"=\r\n"...)
	}
	return before
}

func encodeQP(s string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = io.WriteString(w, s) // a strings.Builder takes everything
	_ = w.Close()               // likewise
	return strings.TrimSuffix(string(dotless([]byte(b.String()+"\r\n"))), "\r\n")
}

// messageID is the same for every try of a delivery, so that a mail program
// which gets it twice shows it once (R3.1).
func (l *letter) messageID(delivery int64) string {
	return "d" + strconv.FormatInt(delivery, 10) + "." + l.code + "@" + l.host
}

// addressed is a letter to one reader. It writes itself without being put
// together in memory.
type addressed struct {
	*letter
	to reader
}

func (a addressed) token(p Purpose) string { return token(a.key, p, a.to.Code, a.to.Generation) }

// WriteTo writes the message as it goes over the wire, with CRLF.
func (a addressed) WriteTo(w io.Writer) (n int64, err error) {
	leave := ""
	if a.kind != KindConfirm {
		leave = a.token(PurposeUnsubscribe)
	}
	for _, p := range a.pieces {
		k, err := w.Write(p.bytes)
		n += int64(k)
		if err != nil {
			return n, err
		}
		var s string
		switch p.slot {
		case slotNone:
		case slotID:
			s = a.messageID(a.to.Delivery)
		case slotTo:
			if s, _, err = wireAddress(a.to.Address); err != nil {
				return n, err
			}
		case slotListLeave:
			s = a.link(PurposeUnsubscribe, leave)
		case slotUnsubscribe:
			s = leave
		case slotManage:
			s = a.token(PurposeManage)
		case slotConfirm:
			s = a.token(PurposeConfirm)
		case slotReason:
			s = a.to.Reason.text
		case slotReasonHTML:
			s = a.to.Reason.html
		}
		k, err = io.WriteString(w, s)
		n += int64(k)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// plain is the letter to one reader as staff read it in the outbox.
func (a addressed) plain() Words {
	fill := func(s, reason string) string {
		return strings.NewReplacer(
			a.slots.Manage, a.link(PurposeManage, a.token(PurposeManage)),
			a.slots.Unsubscribe, a.link(PurposeUnsubscribe, a.token(PurposeUnsubscribe)),
			a.slots.Confirm, a.link(PurposeConfirm, a.token(PurposeConfirm)),
			a.slots.Reason, reason).Replace(s)
	}
	return Words{
		Subject: a.words.Subject,
		Text:    fill(a.words.Text, markdown.Wrap(a.to.Reason.said, textWidth)),
		HTML:    fill(a.words.HTML, html.EscapeString(a.to.Reason.said)),
	}
}
