// limit-go serves given bytes from memory: the ceiling of Go's HTTP stacks on this machine.
//
//	limit-go -addr 127.0.0.1:8081 -html page.html [-mode net|net304|gin|ginlog|ginfull|fasthttp|raw]
//
// net: bare net/http; net304: with ETag, If-None-Match, Vary and Content-Type as a real page needs;
// gin: the same handler behind gin.New(); ginlog: behind logger (to nowhere) and recovery; ginfull: gin with the
// security headers (R§12) and the time-outs (R1.5) that statusd gives: what those cost by themselves.
// raw: no HTTP library at all, a goroutine per connection that looks for the end of the header block and writes one
// prepared buffer; not a server to ship (no parsing worth the name), only the floor of what a Go process costs.
// The gzip variant is compressed once at start. -gen N makes a page of about N bytes instead of -html.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/valyala/fasthttp"
)

var words = strings.Fields("api dashboard region latency customers calls routing queue database elevated errors " +
	"investigating identified monitoring resolved carrier partner backup restored update provider webhook delivery")

// genPage makes an incident page with component rows and dated updates; text varies so that gzip behaves as on prose.
func genPage(n int) []byte {
	var b bytes.Buffer
	b.WriteString("<!doctype html><html lang=en><meta charset=utf-8><title>Status</title><body><main>\n")
	seed := uint32(2463534242)
	next := func() uint32 { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed }
	for i := 0; b.Len() < n; i++ {
		if i%2 == 0 {
			fmt.Fprintf(&b, "<li class=component data-id=%d><b>%s %s %d</b><span class=ok>Operational</span></li>\n",
				i, words[next()%uint32(len(words))], words[next()%uint32(len(words))], next()%90)
			continue
		}
		fmt.Fprintf(&b, "<article><h3>%s</h3><time datetime=2026-%02d-%02dT%02d:%02dZ></time><p>", words[next()%uint32(len(words))],
			1+next()%12, 1+next()%28, next()%24, next()%60)
		for w := 0; w < 30; w++ {
			b.WriteString(words[next()%uint32(len(words))])
			b.WriteByte(' ')
		}
		b.WriteString("</p></article>\n")
	}
	b.WriteString("</main></body></html>\n")
	return b.Bytes()
}

type page struct {
	raw, gz         []byte
	etag            string
	etagV, ceV      []string
	ctV, varyV, ccV []string
	rawLenV, gzLenV []string
	with304         bool
}

func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Content-Type"] = p.ctV
	if p.with304 {
		h["Etag"], h["Vary"], h["Cache-Control"] = p.etagV, p.varyV, p.ccV
		if inm := r.Header.Get("If-None-Match"); inm != "" && strings.Contains(inm, p.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h["Content-Encoding"], h["Content-Length"] = p.ceV, p.gzLenV
		w.Write(p.gz)
		return
	}
	h["Content-Length"] = p.rawLenV
	w.Write(p.raw)
}

// house are the headers of R§12 on a page for readers.
var house = []struct {
	name  string
	value []string
}{
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"same-origin"}},
	{"Permissions-Policy", []string{"accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	{"Content-Security-Policy", []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"}},
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "loopback address")
	html := flag.String("html", "", "file to serve")
	gen := flag.Int("gen", 30000, "size of a made page when -html is empty")
	mode := flag.String("mode", "net304", "net|net304|gin|ginlog|ginfull|fasthttp|raw")
	flag.Parse()
	raw := genPage(*gen)
	if *html != "" {
		b, err := os.ReadFile(*html)
		if err != nil {
			log.Fatal(err)
		}
		raw = b
	}
	var zb bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&zb, gzip.BestCompression)
	zw.Write(raw)
	zw.Close()
	sum := sha256.Sum256(raw)
	p := &page{raw: raw, gz: zb.Bytes(), etag: `"` + hex.EncodeToString(sum[:8]) + `"`, with304: *mode != "net"}
	p.rawLenV, p.gzLenV = []string{strconv.Itoa(len(p.raw))}, []string{strconv.Itoa(len(p.gz))}
	p.etagV, p.ceV, p.varyV = []string{p.etag}, []string{"gzip"}, []string{"Accept-Encoding"}
	p.ctV, p.ccV = []string{"text/html; charset=utf-8"}, []string{"no-cache"}
	log.Printf("mode %s page %d bytes, gzip %d, listening on %s", *mode, len(p.raw), len(p.gz), *addr)
	switch *mode {
	case "net", "net304":
		mux := http.NewServeMux()
		mux.HandleFunc("/", p.serve)
		log.Fatal(http.ListenAndServe(*addr, mux))
	case "gin", "ginlog":
		gin.SetMode(gin.ReleaseMode)
		e := gin.New()
		if *mode == "ginlog" {
			e.Use(gin.LoggerWithWriter(io.Discard), gin.Recovery())
		}
		e.GET("/", func(c *gin.Context) { p.serve(c.Writer, c.Request) })
		log.Fatal(http.ListenAndServe(*addr, e))
	case "ginfull":
		gin.SetMode(gin.ReleaseMode)
		e := gin.New()
		e.GET("/", func(c *gin.Context) {
			h := c.Writer.Header()
			for _, x := range house {
				h[x.name] = x.value
			}
			p.serve(c.Writer, c.Request)
		})
		srv := &http.Server{Addr: *addr, Handler: e, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second}
		log.Fatal(srv.ListenAndServe())
	case "fasthttp":
		log.Fatal(fasthttp.ListenAndServe(*addr, func(c *fasthttp.RequestCtx) {
			c.Response.Header.Set("Etag", p.etag)
			c.Response.Header.Set("Vary", "Accept-Encoding")
			c.SetContentType(p.ctV[0])
			if bytes.Contains(c.Request.Header.Peek("If-None-Match"), []byte(p.etag)) {
				c.SetStatusCode(304)
				return
			}
			if bytes.Contains(c.Request.Header.Peek("Accept-Encoding"), []byte("gzip")) {
				c.Response.Header.Set("Content-Encoding", "gzip")
				c.Response.SetBodyRaw(p.gz)
				return
			}
			c.Response.SetBodyRaw(p.raw)
		}))
	case "raw":
		log.Fatal(rawServe(*addr, p))
	default:
		log.Fatalf("unknown mode %q", *mode)
	}
}

// rawServe answers every request with one prepared buffer: the least a goroutine per connection can cost.
func rawServe(addr string, p *page) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	common := "Date: " + time.Now().UTC().Format(http.TimeFormat) + "\r\nEtag: " + p.etag + "\r\nVary: Accept-Encoding\r\nCache-Control: no-cache\r\n"
	head := "HTTP/1.1 200 OK\r\n" + common + "Content-Type: text/html; charset=utf-8\r\n"
	gz := append([]byte(head+"Content-Encoding: gzip\r\nContent-Length: "+strconv.Itoa(len(p.gz))+"\r\n\r\n"), p.gz...)
	plain := append([]byte(head+"Content-Length: "+strconv.Itoa(len(p.raw))+"\r\n\r\n"), p.raw...)
	notMod := []byte("HTTP/1.1 304 Not Modified\r\n" + common + "\r\n")
	etag, eoh := []byte(p.etag), []byte("\r\n\r\n")
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			buf, n := make([]byte, 4096), 0
			for {
				m, err := c.Read(buf[n:])
				if err != nil {
					return
				}
				n += m
				for {
					i := bytes.Index(buf[:n], eoh)
					if i < 0 {
						if n == len(buf) {
							return
						}
						break
					}
					req := buf[:i+4]
					out := plain
					if bytes.Contains(req, etag) {
						out = notMod
					} else if bytes.Contains(req, []byte("gzip")) {
						out = gz
					}
					if _, err := c.Write(out); err != nil || bytes.Contains(req, []byte("Connection: close")) {
						return
					}
					n = copy(buf, buf[i+4:n])
				}
			}
		}()
	}
}
