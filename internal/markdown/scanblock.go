package markdown

import "strings"

// block is what the scan has seen of one paragraph, or of what may be one.
type block struct {
	text   strings.Builder // its characters, for what must look ahead
	lines  int
	opens  int // runs of * _ ~ that may begin emphasis
	closes int // runs that may end it
	nodes  int // everything that becomes a node of its own
	depth  int // brackets that are open
	shut   int // "]"
	ticks  []tick
}

// tick is a run of backticks.
type tick struct{ length, at, line int }

// characters counts what means something in a line.
func (s *scanner) characters(line string) {
	b := &s.block
	for i := 0; i < len(line) && s.err == nil; {
		n := 1
		switch c := line[i]; c {
		case '\\':
			n = s.escape(line, i)
		case '*', '_', '~':
			n = s.emphasis(line, i)
		case '`':
			n = run(line, i)
			b.ticks = append(b.ticks, tick{n, b.text.Len() + i, b.lines})
			b.nodes++
			s.weigh(2)
		case '[':
			s.bracket()
		case ']':
			s.shut(line, i)
		case '<':
			b.nodes++
		case '|':
			s.weigh(2)
		case ':', '@', 'w':
			s.bareLink(line, i)
		}
		i += n
	}
	b.text.WriteString(line)
	b.text.WriteByte('\n')
}

// escape steps over an escaped sign. A backtick is looked at again: in code a backslash is no escape.
func (s *scanner) escape(line string, i int) int {
	if i+1 == len(line) || line[i+1] == '`' {
		return 1
	}
	if line[i+1] == '|' {
		if s.starts.pipe++; s.starts.pipe > maxLinks {
			s.fail("table_columns", maxColumns)
		}
	}
	if line[i+1] < 0x80 {
		return 2
	}
	return 1
}

func run(line string, i int) int {
	n := 1
	for i+n < len(line) && line[i+n] == line[i] {
		n++
	}
	return n
}

func (s *scanner) emphasis(line string, i int) int {
	n := run(line, i)
	if i+n < len(line) && !isSpace(line[i+n]) {
		s.block.opens++
	}
	if i > 0 && !isSpace(line[i-1]) {
		s.block.closes++
	}
	s.block.nodes++
	s.weigh(2)
	if line[i] == '~' && n > 2 {
		s.spend(n*n/8, "nesting", maxNesting)
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func (s *scanner) bracket() {
	s.block.nodes++
	s.weigh(2)
	if s.block.depth++; s.block.depth > maxNesting {
		s.fail("nesting", maxNesting)
	}
}

func (s *scanner) shut(line string, i int) {
	b := &s.block
	b.depth = max(b.depth-1, 0)
	b.shut++
	rest := line[i+1:]
	if rest == "" {
		return
	}
	switch rest[0] {
	case '(':
		s.starts.inline++
		s.spend(len(address(rest[1:]))/4, "links", maxLinks)
	case '[':
		s.starts.reference++
	case ':':
		s.starts.definition++
	}
	if max(s.starts.inline, s.starts.reference, s.starts.definition) > maxLinks {
		s.fail("links", maxLinks)
	}
}

// address returns what goldmark reads before it knows whether it is one: to the next space, or from "<" to ">".
func address(s string) string {
	s = strings.TrimLeft(s, " \t")
	if strings.HasPrefix(s, "<") {
		if i := strings.IndexByte(s, '>'); i >= 0 {
			return s[:i]
		}
		return s
	}
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i]
	}
	return s
}

// bareLink counts what begins a link without any markup.
func (s *scanner) bareLink(line string, i int) {
	rest := line[i:]
	switch {
	case strings.HasPrefix(rest, "://"):
		s.starts.scheme++
	case strings.HasPrefix(rest, "www."):
		s.starts.www++
	case rest[0] == '@':
		s.starts.at++
	default:
		return
	}
	s.block.nodes++
	if max(s.starts.scheme, s.starts.www, s.starts.at) > maxLinks {
		s.fail("links", maxLinks)
	}
}

// endBlock books what only a whole paragraph can tell.
func (s *scanner) endBlock() {
	b := &s.block
	s.spend(b.opens*b.closes, "nesting", maxNesting)
	s.spend(b.shut*b.lines, "links", maxLinks) // each may end a link or a definition
	if b.opens+b.closes > 0 {
		s.spend(3*b.shut*b.nodes, "links", maxLinks) // nodes lie far apart in memory: 15 ns each
	}
	s.spend(b.tickSteps(), "nesting", maxNesting)
	s.block = block{}
}

// tickSteps adds up how far each run of backticks reads before it meets its equal. An escaped backtick makes the rest of
// its run one of another length, which may have no equal, so it is counted as if it had none.
func (b *block) tickSteps() int {
	const (
		stepBytes = 4  // reading on costs less than a step
		lineSteps = 64 // a node costs more, above all memory
	)
	text := b.text.String()
	next := map[int]tick{}
	steps := 0
	for i := len(b.ticks) - 1; i >= 0 && steps <= maxSteps; i-- {
		t := b.ticks[i]
		end, ok := next[t.length]
		if !ok || t.at > 0 && text[t.at-1] == '\\' {
			end = tick{at: len(text), line: b.lines}
		}
		steps += (end.at-t.at)/stepBytes + (end.line-t.line)*lineSteps
		next[t.length] = t
	}
	return steps
}
