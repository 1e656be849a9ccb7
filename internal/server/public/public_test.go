package public_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/server/public"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/statustest"
	"github.com/statusd/statusd/internal/view"
)

// house is a site with its public side.
type house struct {
	*statustest.Site
	t       *testing.T
	handler http.Handler
	subs    *notify.Subscribers
	streams *public.Streams
	readers *public.Handlers
}

func open(t *testing.T) house {
	t.Helper()
	s := statustest.NewSite(t)
	catalog, err := i18n.Load(os.DirFS("../../../web/locales"))
	must(t, err)
	static, err := server.NewStatic(os.DirFS("../../../web/static"))
	must(t, err)
	views, err := view.New(os.DirFS("../../../web/templates"), catalog, static)
	must(t, err)
	base := &url.URL{Scheme: "https", Host: "status.example.com"}
	srv, err := server.New(server.Config{DB: s.DB, Auth: s.Auth, Pages: pages.Store{DB: s.DB}, Shelf: s.Shelf, Views: views, Catalog: catalog, Base: base, Log: s.Log}, static)
	must(t, err)
	subs := &notify.Subscribers{DB: s.DB, Key: bytes.Repeat([]byte("k"), 32)}
	streams := &public.Streams{Snapshot: s.Shelf.Get, Say: views.Live, Wall: time.Now, MaxClient: 3}
	h := &public.Handlers{Snapshot: srv.Snapshot, Views: views, Static: static, Subscribers: subs, Streams: streams, ClientIP: func(*gin.Context) string { return "203.0.113.9" }, Unusable: s.DB.Unusable, AsOf: s.Shelf.AsOf}
	must(t, srv.Mount(h.Routes()))
	return house{s, t, srv.Handler(), subs, streams, h}
}

func (h house) ask(method, target string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.send(method, target, "", headers...)
}

func (h house) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.Host = "status.example.com"
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

var unpack = map[string]func(io.Reader) (io.Reader, error){
	"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
}

func TestPages_conditionalRequests(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	i := h.Reports("Calls fail", "The first word.", statustest.Is(api, components.PartialOutage))
	for _, at := range []string{"/", "/incidents/" + i.Code, "/history", "/history/2018-05", "/history.atom", "/history.rss"} {
		first := h.ask("GET", at)
		tag := first.Header().Get("ETag")
		if first.Code != 200 || tag == "" || strings.HasPrefix(tag, "W/") || !strings.HasSuffix(first.Header().Get("Vary"), "Accept-Encoding") || first.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", at, first.Code, first.Header())
		}
		for _, inm := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			w := h.ask("GET", at, "If-None-Match", inm)
			if w.Code != 304 || w.Body.Len() != 0 || w.Header().Get("ETag") != tag || w.Header().Get("Cache-Control") == "" {
				t.Errorf("%s with %s: %d", at, inm, w.Code)
			}
		}
		if w := h.ask("GET", at, "If-None-Match", `"other"`); w.Code != 200 {
			t.Errorf("%s with another tag: %d", at, w.Code)
		}
		if w := h.ask("HEAD", at); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != first.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: %d, %d bytes", at, w.Code, w.Body.Len())
		}
		tags := map[string]bool{tag: true}
		for coding, open := range unpack {
			zip := h.ask("GET", at, "Accept-Encoding", coding)
			if zip.Header().Get("Content-Encoding") != coding || tags[zip.Header().Get("ETag")] || zip.Header().Get("Content-Length") != strconv.Itoa(zip.Body.Len()) {
				t.Errorf("%s in %s: %v", at, coding, zip.Header())
			}
			tags[zip.Header().Get("ETag")] = true
			z, err := open(zip.Body)
			must(t, err)
			plain, err := io.ReadAll(z)
			must(t, err)
			if !bytes.Equal(plain, first.Body.Bytes()) {
				t.Errorf("%s: the answer in %s is another one", at, coding)
			}
		}
		if all := h.ask("GET", at, "Accept-Encoding", "gzip, deflate, br, zstd"); all.Body.Len() > h.ask("GET", at, "Accept-Encoding", "gzip").Body.Len() {
			t.Errorf("%s: not the smallest form", at)
		}
		for _, no := range []string{"identity", "gzip;q=0", "deflate", ""} {
			if w := h.ask("GET", at, "Accept-Encoding", no); w.Header().Get("Content-Encoding") != "" {
				t.Errorf("%s for %q is compressed", at, no)
			}
		}
	}
}

func TestPages_aPostChangesTheTagAndTheOldOneIsNoLongerGood(t *testing.T) {
	t.Parallel()
	h := open(t)
	i := h.Reports("Calls fail", "one")
	old := h.ask("GET", "/").Header().Get("ETag")
	i.Posts(incidents.Monitoring, "The second word.")
	w := h.ask("GET", "/", "If-None-Match", old)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "The second word.") {
		t.Errorf("%d:\n%s", w.Code, w.Body)
	}
}

// A random query string, cookie, unknown code or method gives no way around
// the cache, and makes it hold nothing more (R1.3).
func TestPages_strangersDoNotGrowTheCache(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Reports("Calls fail", "one")
	h.ask("GET", "/")
	key := snapshot.Key{Kind: "home", Lang: "en"}
	kept := h.Snapshot().Cached(key)
	for _, target := range []string{"/?a=1", "/?a=2&utm_source=x", "/incidents/abcdefghijkl", "/incidents/ABCDEFGHIJKL", "/incidents/x", "/history/2018-13", "/history/1999-01", "/history/2018-5", "/nothing", "/index.php"} {
		w := h.ask("GET", target, "Cookie", "a=b")
		want := 404
		if strings.HasPrefix(target, "/?") {
			want = 200
		}
		if w.Code != want {
			t.Errorf("%s: %d, want %d", target, w.Code, want)
		}
		if want == 404 && !strings.Contains(w.Body.String(), "There is no page here") {
			t.Errorf("%s: %s", target, w.Body)
		}
	}
	if h.Snapshot().Cached(key) != kept {
		t.Error("the page was rendered again")
	}
	if w := h.ask("GET", "/", "Range", "bytes=0-9"); w.Code != 200 || w.Body.Len() < 100 {
		t.Errorf("a range: %d, %d bytes", w.Code, w.Body.Len())
	}
}

func TestSubscribe_answersKnownAndUnknownAlike(t *testing.T) {
	t.Parallel()
	h := open(t)
	ask := func(email string) (int, string) {
		w := h.send("POST", "/subscribe", url.Values{"email": {email}, "what": {"all"}, "how": {"every"}}.Encode())
		return w.Code, w.Body.String()
	}
	code, unknown := ask("dana@a.example")
	if code != 200 || strings.Contains(unknown, "dana") {
		t.Fatalf("%d:\n%s", code, unknown)
	}
	sub := h.only()
	must2(h.subs.Confirm(t.Context(), h.Page.ID, h.subs.Token(notify.PurposeConfirm, sub)))(t)
	h.Clock.Advance(time.Hour)
	if code, known := ask("dana@a.example"); code != 200 || known != unknown {
		t.Errorf("somebody who follows already gets another answer: %d", code)
	}
	if code, again := ask("dana@a.example"); code != 200 || again != unknown {
		t.Errorf("asked twice in a minute: %d", code)
	}
}

// only is the one subscriber of the page.
func (h house) only() notify.Subscriber {
	h.t.Helper()
	all, err := h.subs.List(h.t.Context(), h.Page.ID, "", 0, 10)
	must(h.t, err)
	if len(all) != 1 {
		h.t.Fatalf("%d subscribers", len(all))
	}
	return all[0]
}

func TestSubscribe_refusesBesideTheFieldAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	w := h.send("POST", "/subscribe", url.Values{"email": {"dana@bright-dental"}, "what": {"some"}, "how": {"ends"}, "c": {api.Code}}.Encode())
	page := statustest.Page(t, w.Body.Bytes())
	if w.Code != 422 || page.Find("input[name=email]").Attr("value") != "dana@bright-dental" || page.Find("input[name=email]").Attr("aria-invalid") != "true" {
		t.Errorf("%d:\n%s", w.Code, w.Body)
	}
	if !page.Has("input[name=how][value=ends][checked]") || !page.Has("input[name=c][checked]") {
		t.Errorf("the choices are lost:\n%s", w.Body)
	}
	if w := h.send("POST", "/subscribe", "email=dana%40a.example&what=some&how=every"); w.Code != 422 {
		t.Errorf("no service chosen: %d", w.Code)
	}
	if w := h.send("POST", "/subscribe", "email=a%FF%40a.example"); w.Code != 422 {
		t.Errorf("broken bytes: %d", w.Code)
	}
	if w := h.send("POST", "/subscribe", "email="+url.QueryEscape("jörg@a.example")); w.Code != 422 || !strings.Contains(w.Body.String(), "before the @") || !strings.Contains(w.Body.String(), `value="jörg@a.example"`) {
		t.Errorf("letters that not every server takes: %d:\n%s", w.Code, w.Body)
	}
	if w := h.send("POST", "/subscribe", "email="+url.QueryEscape("jorg@bücher.example")); w.Code != 200 || h.only().Address != "jorg@xn--bcher-kva.example" {
		t.Errorf("a domain with such letters: %d, %s", w.Code, h.only().Address)
	}
	h.takeAway()
	w = h.send("POST", "/subscribe", "email=dana%40a.example&what=all&how=every")
	if w.Code != 503 || statustest.Page(t, w.Body.Bytes()).Find("input[name=email]").Attr("value") != "dana@a.example" {
		t.Errorf("without a database: %d:\n%s", w.Code, w.Body)
	}
}

// Whoever ticks services wants these, whatever stays selected above them.
func TestSubscribe_ticksWin(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	i := h.Reports("Calls fail", "one")
	for email, more := range map[string]string{"dana@a.example": "what=all", "eli@a.example": "what=incident&incident=" + i.Code} {
		if w := h.send("POST", "/subscribe", "email="+url.QueryEscape(email)+"&how=every&c="+api.Code+"&"+more); w.Code != 200 {
			t.Fatalf("%d:\n%s", w.Code, w.Body)
		}
		all, err := h.subs.List(t.Context(), h.Page.ID, email, 0, 1)
		must(t, err)
		text := statustest.Page(t, h.ask("GET", "/c/"+h.subs.Token(notify.PurposeConfirm, all[0])).Body.Bytes()).Find("main p").Text()
		if !strings.Contains(text, "about API") || strings.Contains(text, "everything") || (i.Code != "" && strings.Contains(more, "incident") != strings.Contains(text, "Calls fail")) {
			t.Errorf("%s would confirm: %s", more, text)
		}
	}
	w := h.send("POST", "/subscribe", "email=dana&what=all&how=every&c="+api.Code)
	if page := statustest.Page(t, w.Body.Bytes()); !page.Has("input[name=what][value=some][checked]") || !page.Has("details#choose[open]") {
		t.Errorf("refused, it does not show what was meant:\n%s", w.Body)
	}
	w = h.send("POST", "/subscribe", "email=dana%40a.example&what=some&how=every")
	if page := statustest.Page(t, w.Body.Bytes()); !page.Has("details#choose[open]") || !strings.Contains(page.Find("#choose-e").Text(), "Choose at least one service") || page.Find("#choose").Attr("aria-describedby") != "choose-e" {
		t.Errorf("none ticked:\n%s", w.Body)
	}
}

func (h house) takeAway() {
	h.t.Helper()
	must(h.t, os.Rename(h.Path, h.Path+".away"))
}

func TestLinks_lookingChangesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	must(t, h.subs.Ask(t.Context(), notify.Ask{Page: h.Page.ID, Email: "dana@a.example"}))
	sub := h.only()
	confirm := "/c/" + h.subs.Token(notify.PurposeConfirm, sub)
	for range 3 {
		for _, method := range []string{"GET", "HEAD"} {
			if w := h.ask(method, confirm); w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d", method, w.Code)
			}
		}
	}
	if h.only().State != "unconfirmed" {
		t.Fatal("looking confirmed")
	}
	if w := h.send("POST", confirm, "x=y"); w.Code != 200 || h.only().State != "active" {
		t.Fatalf("pressing: %d, %s", w.Code, h.only().State)
	}
	stop := "/u/" + h.subs.Token(notify.PurposeUnsubscribe, h.only())
	for _, method := range []string{"GET", "HEAD"} {
		h.ask(method, stop)
	}
	for body, want := range map[string]int{"x=y": 422, "List-Unsubscribe=one-click": 422, "List-Unsubscribe=One-Click&x=y": 422} {
		if w := h.send("POST", stop, body); w.Code != want {
			t.Errorf("%s: %d, want %d", body, w.Code, want)
		}
	}
	if h.only().State != "active" {
		t.Fatal("looking, or another body, unsubscribed")
	}
	for range 2 {
		if w := h.send("POST", stop, "List-Unsubscribe=One-Click"); w.Code != 200 || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("one click: %d", w.Code)
		}
	}
}

// Mail clients send the one click in either encoding of forms (RFC 8058,
// section 3.2), from their servers or from a page of webmail: no cookie, no
// origin and no token but that of the address counts.
func TestUnsubscribe_oneClickHoweverAMailClientSendsIt(t *testing.T) {
	t.Parallel()
	const urlencoded = "application/x-www-form-urlencoded"
	parts := func(more ...string) (body, contentType string) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		must(t, m.WriteField("List-Unsubscribe", "One-Click"))
		for _, name := range more {
			must2(m.CreateFormFile(name, "x.txt"))(t)
		}
		must(t, m.Close())
		return b.String(), m.FormDataContentType()
	}
	multi, multiType := parts()
	file, fileType := parts("file")
	for name, tt := range map[string]struct {
		body, contentType string
		headers           []string
		want              int
	}{
		"urlencoded":          {"List-Unsubscribe=One-Click", urlencoded, nil, 200},
		"with a charset":      {"List-Unsubscribe=One-Click", urlencoded + "; charset=utf-8", nil, 200},
		"multipart":           {multi, multiType, nil, 200},
		"from a webmail":      {multi, multiType, []string{"Origin", "https://mail.example", "Sec-Fetch-Site", "cross-site"}, 200},
		"from a sandbox":      {"List-Unsubscribe=One-Click", urlencoded, []string{"Origin", "null"}, 200},
		"with a stray cookie": {"List-Unsubscribe=One-Click", urlencoded, []string{"Cookie", "__Host-statusd=abc", "Sec-Fetch-Site", "cross-site"}, 200},
		"with a file":         {file, fileType, nil, 422},
		"multipart, broken":   {multi[:len(multi)-8], multiType, nil, 400},
		"without boundary":    {multi, "multipart/form-data", nil, 400},
		"as JSON":             {`{"List-Unsubscribe":"One-Click"}`, "application/json", nil, 422},
		"more than a form":    {"List-Unsubscribe=" + strings.Repeat("x", 300<<10), urlencoded, nil, 413},
		"more, in parts":      {strings.Replace(multi, "One-Click", strings.Repeat("x", 300<<10), 1), multiType, nil, 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			stop := "/u/" + h.subs.Token(notify.PurposeUnsubscribe, h.confirmed("dana@a.example"))
			w := h.send("POST", stop, tt.body, append([]string{"Content-Type", tt.contentType}, tt.headers...)...)
			if w.Code != tt.want || w.Header().Get("Set-Cookie") != "" || w.Header().Get("Location") != "" {
				t.Errorf("%d %v, want %d", w.Code, w.Header(), tt.want)
			}
			n, err := h.subs.Counts(t.Context(), h.Page.ID)
			must(t, err)
			if got := n.Unsubscribed; (tt.want == 200) != (got == 1) {
				t.Errorf("%d unsubscribed after %d", got, w.Code)
			}
		})
	}
}

// Only the links in mails carry their proof with them; every other form is
// taken from this site alone.
func TestForms_ofOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, at := range []string{"/subscribe", "/c/x", "/m/x"} {
		if w := h.send("POST", at, "email=dana%40a.example", "Origin", "https://mail.example", "Sec-Fetch-Site", "cross-site"); w.Code != 403 {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
}

// confirmed is somebody who asked and clicked.
func (h house) confirmed(email string) notify.Subscriber {
	h.t.Helper()
	must(h.t, h.subs.Ask(h.t.Context(), notify.Ask{Page: h.Page.ID, Email: email, Preferences: notify.Preferences{Maintenance: true}}))
	sub, err := h.subs.Confirm(h.t.Context(), h.Page.ID, h.subs.Token(notify.PurposeConfirm, h.only()))
	must(h.t, err)
	return sub
}

// tampered is a token with one letter of its proof changed.
func tampered(token string) string {
	other := "A"
	if token[20] == 'A' {
		other = "B"
	}
	return token[:20] + other + token[21:]
}

func TestUnsubscribe_aSecondTimeIsCalm(t *testing.T) {
	t.Parallel()
	h := open(t)
	token := h.subs.Token(notify.PurposeUnsubscribe, h.confirmed("dana@a.example"))
	first := h.send("POST", "/u/"+token, "stop=1")
	if first.Code != 200 || !strings.Contains(first.Body.String(), "You are unsubscribed.") {
		t.Fatalf("%d:\n%s", first.Code, first.Body)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"looking": h.ask("GET", "/u/"+token), "pressing": h.send("POST", "/u/"+token, "stop=1"), "another body": h.send("POST", "/u/"+token, "x=y"),
	} {
		if w.Code != 200 || strip(w.Body.String()) != strip(first.Body.String()) {
			t.Errorf("%s: %d:\n%s", name, w.Code, w.Body)
		}
	}
	if w := h.send("POST", "/u/"+token, "List-Unsubscribe=One-Click"); w.Code != 200 {
		t.Errorf("one click: %d", w.Code)
	}
	for _, method := range []string{"GET", "POST"} {
		if w := h.send(method, "/u/"+tampered(token), "stop=1"); w.Code != 404 {
			t.Errorf("%s with a wrong link: %d", method, w.Code)
		}
	}
}

// A form of which half got lost, or that somebody else made up, must not be
// taken for "everything, every update".
func TestManage_whatIsMissingOrGarbledChangesNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty": "x=y", "as JSON": `{"what":"all"}`, "how alone": "how=every", "what alone": "what=all", "strange what": "what=most&how=every", "strange how": "what=all&how=hourly",
		"of the other form": "what=incident&how=every", "no services": "what=some&how=ends", "an unknown service": "what=some&how=ends&c=abcdefghijkl", "nothing to follow": "what=none&how=ends",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			api := h.Component("API")
			sub := h.confirmed("dana@a.example")
			chosen := notify.Preferences{Scope: notify.ScopeSome, Components: []string{api.Code}, Frequency: notify.FrequencyEnds, Maintenance: true}
			token := h.subs.Token(notify.PurposeManage, sub)
			must(t, h.subs.SavePreferences(t.Context(), h.Page.ID, token, chosen))
			w := h.send("POST", "/m/"+token, body)
			page := statustest.Page(t, w.Body.Bytes())
			if w.Code != 422 || !page.Has("[role=alert]") || !strings.Contains(w.Body.String(), `href="/u/`) || !strings.Contains(w.Body.String(), "dana@a.example") {
				t.Errorf("%d:\n%s", w.Code, w.Body)
			}
			if !strings.Contains(body, "what=some") && !strings.Contains(body, "what=all") && !strings.Contains(body, "what=none") && !page.Has("input[name=c][checked]") {
				t.Errorf("the services are lost:\n%s", w.Body)
			}
			if !strings.Contains(body, "how=every") && !page.Has("input[name=how][value=ends][checked]") {
				t.Errorf("how much is lost:\n%s", w.Body)
			}
			got, err := h.subs.ByToken(t.Context(), h.Page.ID, notify.PurposeManage, token)
			must(t, err)
			if diff := cmp.Diff(chosen, got.Preferences); diff != "" {
				t.Errorf("changed: %s", diff)
			}
			if w := h.send("POST", "/m/"+tampered(token), body); w.Code != 404 {
				t.Errorf("a wrong link: %d", w.Code)
			}
		})
	}
}

// Whoever follows one incident is told so at every step.
func TestSubscribe_toOneIncidentOnly(t *testing.T) {
	t.Parallel()
	h := open(t)
	i := h.Reports("Calls fail", "one")
	if w := h.send("POST", "/subscribe", "email=dana%40a.example&what=incident&how=every&incident="+i.Code); w.Code != 200 {
		t.Fatalf("%d:\n%s", w.Code, w.Body)
	}
	confirm := "/c/" + h.subs.Token(notify.PurposeConfirm, h.only())
	if text := statustest.Page(t, h.ask("GET", confirm).Body.Bytes()).Find("main p").Text(); text != "Send status updates about only the incident “Calls fail” to dana@a.example?" {
		t.Errorf("before the click: %s", text)
	}
	if w := h.send("POST", confirm, ""); w.Code != 200 {
		t.Fatalf("%d:\n%s", w.Code, w.Body)
	}
	w := h.ask("GET", "/m/"+h.subs.Token(notify.PurposeManage, h.only()))
	page := statustest.Page(t, w.Body.Bytes())
	if text := page.Find("#what").Text(); !page.Has("input[name=what][value=none][checked]") || !strings.Contains(text, "Only what I follow Calls fail") {
		t.Errorf("afterwards: %s", text)
	}
	used := statustest.Page(t, h.ask("GET", confirm).Body.Bytes()).Find("main p").Text()
	if !strings.Contains(used, "If you confirmed before, you are already subscribed.") {
		t.Errorf("the link again: %s", used)
	}
}

func TestManage_saves(t *testing.T) {
	t.Parallel()
	h := open(t)
	api := h.Component("API")
	token := h.subs.Token(notify.PurposeManage, h.confirmed("dana@a.example"))
	if w := h.send("POST", "/m/"+token, "what=some&how=ends&c="+api.Code); w.Code != 200 {
		t.Fatalf("%d:\n%s", w.Code, w.Body)
	}
	got := h.only().Preferences
	want := notify.Preferences{Scope: notify.ScopeSome, Components: []string{api.Code}, Frequency: notify.FrequencyEnds}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLinks_wrongUsedAndOthersLookAlike(t *testing.T) {
	t.Parallel()
	h := open(t)
	must(t, h.subs.Ask(t.Context(), notify.Ask{Page: h.Page.ID, Email: "dana@a.example"}))
	sub := h.only()
	token := h.subs.Token(notify.PurposeConfirm, sub)
	wrong := h.ask("GET", "/c/nonsense")
	tampered := h.ask("GET", "/c/"+token[:len(token)-2]+"xx")
	cross := h.ask("GET", "/m/"+token)
	h.Clock.Advance(8 * 24 * time.Hour)
	expired := h.ask("GET", "/c/"+token)
	for name, w := range map[string]*httptest.ResponseRecorder{"tampered": tampered, "of another purpose": cross, "expired": expired} {
		if w.Code != wrong.Code || strip(w.Body.String()) != strip(wrong.Body.String()) {
			t.Errorf("%s: %d; wrong: %d", name, w.Code, wrong.Code)
		}
	}
}

// strip leaves out the time of the clock in the foot of the page.
func strip(s string) string { return s[strings.Index(s, "<main"):strings.Index(s, "</main>")] }

func TestHome_ofAPageThatIsNotSetUpSaysSo(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := h.DB.Change(t.Context(), h.Page.ID, func(tx *db.Tx) error {
		return tx.Exec(`update pages set set_up_at = null where id = ?`, h.Page.ID).Error
	})
	must(t, err)
	if w := h.ask("GET", "/"); w.Code != 200 || !strings.Contains(w.Body.String(), "being set up") {
		t.Errorf("%d:\n%s", w.Code, w.Body)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must2[T any](_ T, err error) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		must(t, err)
	}
}
