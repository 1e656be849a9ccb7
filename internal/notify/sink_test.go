package notify_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/statusd/statusd/internal/notify"
)

// sink is the smallest SMTP server that a test can give orders to: unlike
// statustest.Mail it says exactly what it is told to, and is fast enough not
// to be what a benchmark measures.
type sink struct {
	net.Listener
	// answer decides what is said to a command ("EHLO", "MAIL", "RCPT", "DATA",
	// "." and so on, with its argument); empty is the usual answer, "cut" ends
	// the connection. It is called from the goroutine of the connection.
	answer func(verb, arg string) string
	keep   bool

	mu       sync.Mutex
	conns    int // ever
	accepted int
	to       map[string]int
	data     [][]byte
	arrived  chan struct{} // of one
}

func newSink(t testing.TB, answer func(verb, arg string) string) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{Listener: l, answer: answer, to: map[string]int{}, arrived: make(chan struct{}, 1)}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
			wg.Go(func() { defer c.Close(); s.serve(c) })
		}
	})
	return s
}

func (s *sink) smtp() *notify.SMTP {
	host, port, _ := net.SplitHostPort(s.Addr().String())
	c, err := notify.ParseSMTPURL(fmt.Sprintf("smtp://%s:%s?tls=none", host, port))
	if err != nil {
		panic(err)
	}
	return &notify.SMTP{Config: c, Hello: "status.example.com"}
}

var usual = map[string]string{
	"": "220 sink", "EHLO": "250 sink", "HELO": "250 sink", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken", "RSET": "250 ok", "NOOP": "250 ok", "QUIT": "221 bye",
}

func (s *sink) serve(c net.Conn) {
	r := bufio.NewReader(c)
	refused := false // the last command
	say := func(verb, arg string) bool {
		reply := s.told(verb, arg)
		if reply == "cut" {
			return false
		}
		if reply == "" {
			reply = usual[verb]
		}
		if reply == "" {
			reply = "500 what?"
		}
		refused = reply[0] >= '4'
		_, err := io.WriteString(c, reply+"\r\n")
		return err == nil
	}
	if !say("", "") {
		return
	}
	to := ""
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		verb = strings.ToUpper(verb)
		if verb == "RCPT" {
			to = strings.TrimSuffix(strings.TrimPrefix(arg, "TO:<"), ">")
		}
		if !say(verb, arg) || verb == "QUIT" {
			return
		}
		if verb == "DATA" && !refused && !s.data1(r, to, say) {
			return
		}
	}
}

// data1 reads one message to its dot.
func (s *sink) data1(r *bufio.Reader, to string, say func(verb, arg string) bool) bool {
	var b bytes.Buffer
	s.mu.Lock()
	keep := s.keep
	s.mu.Unlock()
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return false
		}
		if string(line) == ".\r\n" {
			break
		}
		if keep {
			b.Write(bytes.TrimPrefix(line, []byte(".")))
		}
	}
	if s.told("dot", to) == "refuse" {
		return say(".", to)
	}
	s.mu.Lock()
	s.accepted++
	s.to[to]++
	if keep {
		s.data = append(s.data, b.Bytes())
	}
	s.mu.Unlock()
	return say(".", to)
}

// told is what answer says, if there is one.
func (s *sink) told(verb, arg string) string {
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	if answer == nil {
		return ""
	}
	return answer(verb, arg)
}

// obey changes the orders; keep says to keep messages whole.
func (s *sink) obey(keep bool, answer func(verb, arg string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep, s.answer = keep, answer
}

func (s *sink) got() (accepted, conns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, s.conns
}
