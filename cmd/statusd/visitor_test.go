package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/statusd/statusd/internal/statustest"
)

// visitor is a browser without JavaScript: it keeps cookies, follows
// redirects, and sends forms as they stand on the page with what a person
// changed in them.
type visitor struct {
	t      testing.TB
	base   string
	client *http.Client
	url    *url.URL // where it is
	status int
	header http.Header
	body   []byte
}

func visit(t testing.TB, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// Browsers know by themselves that names under localhost mean this machine
	// (RFC 6761); Go asks a name server.
	near := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(addr); err == nil && strings.HasSuffix(host, ".localhost") {
			addr = net.JoinHostPort("127.0.0.1", port)
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	v := &visitor{t: t, base: base, client: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: near}}
	t.Cleanup(v.client.CloseIdleConnections)
	return v
}

// open goes to an address, absolute or local.
func (v *visitor) open(address string) *visitor {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.absolute(address), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(req)
}

func (v *visitor) absolute(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		v.t.Fatal(err)
	}
	at := v.url
	if at == nil {
		if at, err = url.Parse(v.base); err != nil {
			v.t.Fatal(err)
		}
	}
	return at.ResolveReference(u).String()
}

func (v *visitor) do(req *http.Request) *visitor {
	v.t.Helper()
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	v.body, err = io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.url, v.status, v.header = res.Request.URL, res.StatusCode, res.Header
	return v
}

// page is what it sees.
func (v *visitor) page() *statustest.Node {
	v.t.Helper()
	return statustest.Page(v.t, v.body)
}

// want fails the test unless the last answer had this status.
func (v *visitor) want(status int) *visitor {
	v.t.Helper()
	if v.status != status {
		v.t.Fatalf("%s answered %d, want %d:\n%s", v.url, v.status, status, v.page().Text())
	}
	return v
}

// fill is what a person changes in a form: a field's name and its values; no
// value clears it.
type fill map[string][]string

// submit sends the form whose action ends with the given text (or the only
// form for ""), with what stands in it and what was filled in.
func (v *visitor) submit(action string, f fill) *visitor {
	v.t.Helper()
	form := v.form(action)
	values := url.Values{}
	fields(form, values)
	for name, vs := range f {
		if len(vs) == 0 {
			values.Del(name)
			continue
		}
		values[name] = vs
	}
	return v.post(v.absolute(attr(form, "action")), values)
}

// post sends values as a browser on this page would.
func (v *visitor) post(address string, values url.Values) *visitor {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.absolute(address), strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	return v.do(req)
}

func (v *visitor) form(action string) *html.Node {
	v.t.Helper()
	root, err := html.Parse(bytes.NewReader(v.body))
	if err != nil {
		v.t.Fatal(err)
	}
	var found []*html.Node
	walk(root, func(n *html.Node) {
		if n.Data == "form" && attr(n, "method") == "post" && strings.HasSuffix(attr(n, "action"), action) {
			found = append(found, n)
		}
	})
	if len(found) == 0 {
		v.t.Fatalf("%s (%d) has no form for %q:\n%s", v.url, v.status, action, v.body)
	}
	return found[0]
}

func walk(n *html.Node, fn func(*html.Node)) {
	if n.Type == html.ElementNode {
		fn(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, fn)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// fields are what a browser would send of a form, buttons aside.
func fields(form *html.Node, into url.Values) {
	walk(form, func(n *html.Node) {
		name := attr(n, "name")
		if name == "" || has(n, "disabled") {
			return
		}
		switch n.Data {
		case "input":
			switch attr(n, "type") {
			case "checkbox", "radio":
				if !has(n, "checked") {
					return
				}
				if !has(n, "value") {
					into.Add(name, "on")
					return
				}
			case "submit", "button", "image", "file":
				return
			}
			into.Add(name, attr(n, "value"))
		case "textarea":
			into.Add(name, strings.TrimPrefix(text(n), "\n"))
		case "select":
			into.Add(name, chosen(n))
		}
	})
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

func chosen(sel *html.Node) string {
	first, any := "", false
	walk(sel, func(n *html.Node) {
		if n.Data != "option" {
			return
		}
		if !any {
			first, any = attr(n, "value"), true
		}
		if has(n, "selected") {
			first = attr(n, "value")
		}
	})
	return first
}

// press sends a form through a button with an address of its own.
func (v *visitor) press(action, formaction string, f fill) *visitor {
	v.t.Helper()
	values := url.Values{}
	fields(v.form(action), values)
	for name, vs := range f {
		values[name] = vs
	}
	return v.post(formaction, values)
}
