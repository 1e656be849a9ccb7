// Package fault is the only kind of error that a person may read.
//
// A fault says what went wrong as a message key (the words stand in the
// catalogue, web/locales), and beside which field of the form it belongs.
// Stores and desks make faults where they know the rule; nothing above invents
// one, and nothing but a fault is ever shown to a person. An operator reads the
// wrapped cause in the log instead.
//
// The package knows nothing of HTTP: the server turns a Kind into a status.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of refusal a fault is.
type Kind int

// The kinds, with the HTTP status that the server gives each.
const (
	Invalid         Kind = iota + 1 // 422: what was typed breaks a rule
	Malformed                       // 400: what was sent cannot be read at all
	NotFound                        // 404: there is none, or it is none of yours
	Conflict                        // 409: somebody else was faster
	Forbidden                       // 403: your role does not do this
	Unauthenticated                 // 401: sign in first
	TooMany                         // 429: wait, see RetryAfter
	TooLarge                        // 413
	Unavailable                     // 503: the machine cannot, nothing was saved
	Gone                            // 410
	Unsupported                     // 415: it was not sent as a form
)

// Field is one message beside one field of a form.
type Field struct {
	Name string         // the form's field name
	Key  string         // message key
	Args map[string]any // values for the message
}

// Error is a refusal in a person's terms.
type Error struct {
	Kind       Kind
	Key        string         // message key of the summary; may be empty when Fields says it all
	Args       map[string]any // values for the summary
	Fields     []Field
	RetryAfter time.Duration // for TooMany and Unavailable
	Cause      error         // for the log, never for the person
}

// Error is for the log: the key and the cause, never the translated words.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("fault")
	if e.Key != "" {
		b.WriteString(" " + e.Key)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Key)
	}
	if e.Cause != nil {
		b.WriteString(": " + e.Cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Of returns the fault in err's chain, or nil.
func Of(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return nil
}

// Is reports whether err's chain holds a fault of the kind.
func Is(err error, k Kind) bool {
	f := Of(err)
	return f != nil && f.Kind == k
}

// New makes a fault with a summary and no fields. Pairs are name, value.
func New(k Kind, key string, pairs ...any) *Error {
	return &Error{Kind: k, Key: key, Args: args(pairs)}
}

// At makes an Invalid fault for one field. Pairs are name, value.
func At(field, key string, pairs ...any) *Error {
	return &Error{Kind: Invalid, Fields: []Field{{Name: field, Key: key, Args: args(pairs)}}}
}

// Collector gathers the messages of several fields, so that a form shows all
// of its faults at once. The zero value is ready.
type Collector struct{ fields []Field }

// Add notes a message beside a field. Pairs are name, value.
func (c *Collector) Add(field, key string, pairs ...any) {
	c.fields = append(c.fields, Field{Name: field, Key: key, Args: args(pairs)})
}

// AddErr notes err's fields if it is a fault and hands back anything else.
func (c *Collector) AddErr(err error) error {
	f := Of(err)
	if f == nil || len(f.Fields) == 0 {
		return err
	}
	c.fields = append(c.fields, f.Fields...)
	return nil
}

// Has reports whether the field already has a message.
func (c *Collector) Has(field string) bool {
	for _, f := range c.fields {
		if f.Name == field {
			return true
		}
	}
	return false
}

// Err is nil when nothing was noted, else one Invalid fault with all fields.
func (c *Collector) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Fields: c.fields}
}

func args(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}
