package statustest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"
)

// Message is one mail as it crossed the wire, and as a person would read it.
type Message struct {
	From string   // the envelope's sender, where bounces go
	To   []string // the envelope's recipients
	Data []byte   // header and body, byte for byte: what a DKIM signature covers

	Header  mail.Header // as sent; words in it are still encoded
	Subject string      // decoded
	Text    string      // the text/plain part, decoded, with \n at the end of lines; "" if there is none
	HTML    string      // the text/html part, likewise
	// Types are the content types of all leaves in their order. RFC 2046, section 5.1.4: the last is the one a mail
	// program prefers, so text/plain has to come first.
	Types []string

	malformed error
}

// parse is strict, stricter than mail programs are: what they forgive, a test should not.
func parse(from string, to []string, data []byte) Message {
	msg := Message{From: from, To: slices.Clone(to), Data: data}
	msg.malformed = msg.read()
	return msg
}

func (m *Message) read() error {
	if err := checkLines(m.Data); err != nil {
		return err
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		return err
	}
	m.Header = parsed.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	return m.readPart(textproto.MIMEHeader(parsed.Header), parsed.Body)
}

// checkLines holds RFC 5322, section 2.1.1 and 2.3: lines end in CRLF, CR and LF stand nowhere else, and no line is
// longer than 998 bytes. Relays repair the rest by breaking it, and with it the signature.
func checkLines(data []byte) error {
	for i, line := range bytes.Split(data, []byte("\r\n")) {
		if bytes.ContainsAny(line, "\r\n") {
			return fmt.Errorf("line %d holds a bare CR or LF: %q", i+1, line)
		}
		if len(line) > 998 {
			return fmt.Errorf("line %d has %d bytes, at most 998 are allowed", i+1, len(line))
		}
	}
	return nil
}

func (m *Message) readPart(header textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("content type %q: %w", header.Get("Content-Type"), err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.readParts(multipart.NewReader(body, params["boundary"]))
	}
	m.Types = append(m.Types, kind)
	text, err := decode(header.Get("Content-Transfer-Encoding"), body)
	if err != nil {
		return fmt.Errorf("%s part: %w", kind, err)
	}
	switch kind {
	case "text/plain":
		return m.readText(&m.Text, params["charset"], text)
	case "text/html":
		return m.readText(&m.HTML, params["charset"], text)
	}
	return nil
}

func (m *Message) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextRawPart() // raw: NextPart would decode quoted-printable and hide that it did
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.readPart(part.Header, part); err != nil {
			return err
		}
	}
}

func (m *Message) readText(into *string, charset string, text []byte) error {
	if !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return fmt.Errorf("charset %q, want utf-8", charset)
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("not valid UTF-8: %q", text)
	}
	if *into != "" {
		return fmt.Errorf("a second part of the same type: %q", text)
	}
	*into = strings.ReplaceAll(string(text), "\r\n", "\n")
	return nil
}

func decode(encoding string, body io.Reader) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "", "7bit", "8bit":
	default:
		return nil, fmt.Errorf("transfer encoding %q", encoding)
	}
	return io.ReadAll(body)
}
