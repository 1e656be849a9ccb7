// smtpsink is a null SMTP server for load and fault tests on loopback. It counts messages and recipients, can be
// slow, answer 4xx/5xx or hang up, and writes one line per accepted recipient so that loss and duplicates show.
//
//	smtpsink -addr 127.0.0.1:2525 -http 127.0.0.1:2526 -log sink.log [faults]
//	smtpsink check -log sink.log [-want recipients.txt] [-key subject|msgid|header]
//
// GET /stats gives JSON, POST /reset zeroes the counters, GET /wait?n=100000&timeout=60s blocks until n
// recipients were accepted. Faults: -conn-latency, -rcpt-latency, -data-latency; -tempfail P and -permfail P (share
// of commands, at -fail-at mail|rcpt|data); -drop P (share of messages where the connection is cut before the answer
// to DATA; -drop-after cuts it after the message was taken, the case that makes duplicates); -permfail-rcpt SUBSTR
// (always 550 for such recipients); -max-conns N (421 beyond); -tempfail-first (each recipient gets 450 the
// first time, as greylisting does). Random choices follow -seed.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"net/mail"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

type stats struct {
	Conns, OpenConns, PeakConns, Refused     int64
	Messages, Recipients, Bytes              int64
	Temp, Perm, Drops                        int64
	NoMessageID, NoListUnsub, NoOneClick     int64
	NoDate, NoAutoSubmitted, Multipart       int64
	FirstUnixNano, LastUnixNano              int64
	Seconds, RecipientsPerSecond, CPUSeconds float64
}

type sink struct {
	mu   sync.Mutex
	s    stats
	cond *sync.Cond
	log  *bufio.Writer
	rng  *rand.Rand
	seen map[string]bool

	connLat, rcptLat, dataLat time.Duration
	temp, perm, drop          float64
	dropAfter, greylist       bool
	failAt, permRcpt          string
	maxConns                  int64
	headers                   bool
	keep                      atomic.Pointer[[]byte]
}

func (k *sink) roll(p float64) bool {
	if p <= 0 {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rng.Float64() < p
}

func smtpErr(code int, ec smtp.EnhancedCode, m string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: ec, Message: m}
}

func (k *sink) fault(at string) error {
	if k.failAt != at {
		return nil
	}
	if k.roll(k.perm) {
		k.mu.Lock()
		k.s.Perm++
		k.mu.Unlock()
		return smtpErr(550, smtp.EnhancedCode{5, 7, 1}, "refused by the test sink")
	}
	if k.roll(k.temp) {
		k.mu.Lock()
		k.s.Temp++
		k.mu.Unlock()
		return smtpErr(451, smtp.EnhancedCode{4, 3, 0}, "try again later, says the test sink")
	}
	return nil
}

func (k *sink) NewSession(c *smtp.Conn) (smtp.Session, error) {
	time.Sleep(k.connLat)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.maxConns > 0 && k.s.OpenConns >= k.maxConns {
		k.s.Refused++
		return nil, smtpErr(421, smtp.EnhancedCode{4, 7, 0}, "too many connections to the test sink")
	}
	k.s.Conns++
	k.s.OpenConns++
	if k.s.OpenConns > k.s.PeakConns {
		k.s.PeakConns = k.s.OpenConns
	}
	return &session{k: k, c: c.Conn()}, nil
}

type session struct {
	k    *sink
	c    net.Conn
	from string
	rcpt []string
}

func (s *session) Reset() { s.from, s.rcpt = "", s.rcpt[:0] }
func (s *session) Logout() error {
	s.k.mu.Lock()
	s.k.s.OpenConns--
	s.k.mu.Unlock()
	return nil
}
func (s *session) AuthPlain(_, _ string) error { return nil }
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := s.k.fault("mail"); err != nil {
		return err
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	time.Sleep(s.k.rcptLat)
	k := s.k
	if k.permRcpt != "" && strings.Contains(to, k.permRcpt) {
		k.mu.Lock()
		k.s.Perm++
		k.mu.Unlock()
		return smtpErr(550, smtp.EnhancedCode{5, 1, 1}, "no such user at the test sink")
	}
	if k.greylist {
		k.mu.Lock()
		first := !k.seen[to]
		k.seen[to] = true
		if first {
			k.s.Temp++
		}
		k.mu.Unlock()
		if first {
			return smtpErr(450, smtp.EnhancedCode{4, 2, 0}, "greylisted by the test sink")
		}
	}
	if err := k.fault("rcpt"); err != nil {
		return err
	}
	s.rcpt = append(s.rcpt, to)
	return nil
}

var bufs = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (s *session) Data(r io.Reader) error {
	k := s.k
	b := bufs.Get().(*bytes.Buffer)
	b.Reset()
	defer bufs.Put(b)
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	time.Sleep(k.dataLat)
	if err := k.fault("data"); err != nil {
		return err
	}
	cut := k.roll(k.drop)
	if cut {
		k.mu.Lock()
		k.s.Drops++
		k.mu.Unlock()
		if !k.dropAfter {
			s.c.Close()
			return errors.New("cut")
		}
	}
	var h mail.Header
	if k.headers || k.log != nil {
		if m, err := mail.ReadMessage(bytes.NewReader(b.Bytes())); err == nil {
			h = m.Header
		}
	}
	now := time.Now()
	if k.keep.Load() == nil {
		c := bytes.Clone(b.Bytes())
		k.keep.CompareAndSwap(nil, &c)
	}
	k.mu.Lock()
	st := &k.s
	if st.FirstUnixNano == 0 {
		st.FirstUnixNano = now.UnixNano()
	}
	st.LastUnixNano = now.UnixNano()
	st.Messages++
	st.Recipients += int64(len(s.rcpt))
	st.Bytes += int64(b.Len())
	if k.headers {
		count := func(n *int64, missing bool) {
			if missing {
				*n++
			}
		}
		count(&st.NoMessageID, h.Get("Message-Id") == "")
		count(&st.NoListUnsub, h.Get("List-Unsubscribe") == "")
		count(&st.NoOneClick, h.Get("List-Unsubscribe-Post") == "")
		count(&st.NoDate, h.Get("Date") == "")
		count(&st.NoAutoSubmitted, h.Get("Auto-Submitted") == "")
		count(&st.Multipart, strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "multipart/"))
	}
	if k.log != nil {
		for _, to := range s.rcpt {
			fmt.Fprintf(k.log, "%d\t%s\t%s\t%d\t%s\n", now.UnixNano(), to, h.Get("Message-Id"), b.Len(), strings.ReplaceAll(h.Get("Subject"), "\t", " "))
		}
	}
	k.cond.Broadcast()
	k.mu.Unlock()
	if cut {
		s.c.Close()
		return errors.New("cut")
	}
	return nil
}

func (k *sink) snapshot() stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.s
	s.Seconds = float64(s.LastUnixNano-s.FirstUnixNano) / 1e9
	if s.Seconds > 0 {
		s.RecipientsPerSecond = float64(s.Recipients) / s.Seconds
	}
	s.CPUSeconds = selfCPU()
	if k.log != nil {
		k.log.Flush()
	}
	return s
}

func selfCPU() float64 {
	b, _ := os.ReadFile("/proc/self/stat")
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	u, _ := strconv.ParseFloat(f[11], 64)
	v, _ := strconv.ParseFloat(f[12], 64)
	return (u + v) / 100
}

func check(args []string) {
	fs := flag.NewFlagSet("check", flag.ExitOnError)
	lf := fs.String("log", "sink.log", "log of the sink")
	want := fs.String("want", "", "file with the recipients that must each have got every message, one a line")
	key := fs.String("key", "subject", "what tells messages apart: subject, msgid or none")
	fs.Parse(args)
	f, err := os.Open(*lf)
	if err != nil {
		log.Fatal(err)
	}
	got := map[string]map[string]int{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		p := strings.SplitN(sc.Text(), "\t", 5)
		if len(p) < 5 {
			continue
		}
		k := p[4]
		switch *key {
		case "msgid":
			k = p[2]
		case "none":
			k = ""
		}
		if got[k] == nil {
			got[k] = map[string]int{}
		}
		got[k][p[1]]++
	}
	bad := 0
	for k, m := range got {
		dup, lost, extra := 0, 0, 0
		for _, n := range m {
			dup += n - 1
		}
		if *want != "" {
			b, err := os.ReadFile(*want)
			if err != nil {
				log.Fatal(err)
			}
			w := map[string]bool{}
			for _, l := range strings.Fields(string(b)) {
				w[l] = true
				if m[l] == 0 {
					lost++
				}
			}
			for to := range m {
				if !w[to] {
					extra++
				}
			}
		}
		bad += dup + lost + extra
		fmt.Printf("%-40.40q recipients=%d duplicates=%d lost=%d unexpected=%d\n", k, len(m), dup, lost, extra)
	}
	if bad > 0 || len(got) == 0 {
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "check" {
		check(os.Args[2:])
		return
	}
	k := &sink{seen: map[string]bool{}}
	k.cond = sync.NewCond(&k.mu)
	addr := flag.String("addr", "127.0.0.1:2525", "SMTP address")
	haddr := flag.String("http", "127.0.0.1:2526", "control address")
	lf := flag.String("log", "", "log file")
	flag.DurationVar(&k.connLat, "conn-latency", 0, "wait before the greeting is answered")
	flag.DurationVar(&k.rcptLat, "rcpt-latency", 0, "wait before RCPT is answered")
	flag.DurationVar(&k.dataLat, "data-latency", 0, "wait before the message is answered")
	flag.Float64Var(&k.temp, "tempfail", 0, "share answered 451")
	flag.Float64Var(&k.perm, "permfail", 0, "share answered 550")
	flag.StringVar(&k.failAt, "fail-at", "data", "mail, rcpt or data")
	flag.Float64Var(&k.drop, "drop", 0, "share of messages at which the connection is cut")
	flag.BoolVar(&k.dropAfter, "drop-after", false, "cut after taking the message")
	flag.BoolVar(&k.greylist, "tempfail-first", false, "450 on each recipient's first try")
	flag.StringVar(&k.permRcpt, "permfail-rcpt", "", "recipients with this in them always get 550")
	flag.Int64Var(&k.maxConns, "max-conns", 0, "421 beyond that many")
	flag.BoolVar(&k.headers, "headers", false, "count messages without the headers a notification needs")
	seed := flag.Int64("seed", 1, "seed of the random choices")
	procs := flag.Int("procs", 0, "GOMAXPROCS")
	flag.Parse()
	if *procs > 0 {
		runtime.GOMAXPROCS(*procs)
	}
	k.rng = rand.New(rand.NewSource(*seed))
	if *lf != "" {
		f, err := os.Create(*lf)
		if err != nil {
			log.Fatal(err)
		}
		k.log = bufio.NewWriterSize(f, 1<<20)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(k.snapshot()) })
	mux.HandleFunc("/sample", func(w http.ResponseWriter, _ *http.Request) {
		if b := k.keep.Load(); b != nil {
			w.Write(*b)
		}
	})
	mux.HandleFunc("/reset", func(w http.ResponseWriter, _ *http.Request) {
		k.mu.Lock()
		k.s = stats{OpenConns: k.s.OpenConns}
		k.seen = map[string]bool{}
		k.keep.Store(nil)
		k.mu.Unlock()
	})
	mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.ParseInt(r.FormValue("n"), 10, 64)
		d, err := time.ParseDuration(r.FormValue("timeout"))
		if err != nil {
			d = time.Minute
		}
		end := time.Now().Add(d)
		t := time.AfterFunc(d, k.cond.Broadcast)
		defer t.Stop()
		k.mu.Lock()
		for k.s.Recipients < n && time.Now().Before(end) {
			k.cond.Wait()
		}
		k.mu.Unlock()
		json.NewEncoder(w).Encode(k.snapshot())
	})
	go func() { log.Fatal(http.ListenAndServe(*haddr, mux)) }()
	srv := smtp.NewServer(k)
	srv.Addr, srv.Domain, srv.AllowInsecureAuth = *addr, "sink.localhost", true
	srv.MaxMessageBytes, srv.MaxRecipients = 10<<20, 1000
	srv.ErrorLog = log.New(io.Discard, "", 0)
	log.Printf("smtp %s control %s", *addr, *haddr)
	log.Fatal(srv.ListenAndServe())
}
