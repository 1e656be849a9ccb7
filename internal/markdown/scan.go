package markdown

import "strings"

// The limits of R8.2. The scan estimates them from the characters alone, at times too high: a table drawn in a code block
// counts as a table. Nesting, links and rows are counted once more, exactly, by survey after parsing.
const (
	maxNesting = 16   // quotes and lists in each other; emphasis in emphasis; brackets open at once
	maxLinks   = 1000 // links, and for each of the signs that can begin one
	maxRows    = 500  // table rows in the whole text
	maxColumns = 32
)

// The two budgets stand for time and memory. The benchmarks of BenchmarkHostile come close to each of them; look at
// their figures before raising one.
const (
	// maxSteps bounds what grows with the square of its input in goldmark. A step is about 5 ns.
	maxSteps = 3_000_000

	// maxPieces bounds the nodes of the parsed text, a few hundred bytes and a microsecond each. A line weighs four, a
	// list marker three, a sign of emphasis or code two: 5,000 items pass, which is the longest postmortem if each has
	// twenty characters.
	maxPieces = 40_000

	// maxVisits bounds lines times open containers.
	maxVisits = 60_000
)

// scan refuses a text that would be slow or large to parse, by one pass over its characters. What it looks for was
// found by reading goldmark 1.8.7 for loops in loops:
//
//   - a closing * or _ walks back over every opener that does not fit it (parser/delimiter.go);
//   - a run of backticks without its equal reads to the end of the paragraph, and makes and drops a node for each line
//     on its way (parser/code_span.go);
//   - a run of ~ that is no strikethrough is measured again from each of its characters (extension/strikethrough.go);
//   - "](" reads an address up to a space, also over the next "](" (parser/link.go);
//   - "]" looks up its line from the last line backwards, and a link that holds emphasis walks over everything before
//     it in the paragraph (text/reader.go, parser/delimiter.go);
//   - each link definition moves all lines of its paragraph that follow (parser/link_ref.go);
//   - each "\|" in code in a table is compared with all others (extension/table.go);
//   - a table row has all columns of its table, however short it is;
//   - every line visits every open quote and list, also if it is blank, and leaves 24 bytes for each (parser/parser.go).
func scan(src string) error {
	s := scanner{}
	for len(src) > 0 && s.err == nil {
		line, rest, _ := strings.Cut(src, "\n")
		s.line(line)
		src = rest
	}
	s.endBlock()
	return s.err
}

// scanner reads a text line by line. A block, here, is a stretch of lines that goldmark may see as one paragraph.
type scanner struct {
	err    error
	steps  int
	pieces int
	visits int // lines times open containers

	open []int // for each open quote or list item, the column where its content begins

	previous bool // the line before holds something
	table    bool // a table may have begun above
	rows     int

	starts signs // what can begin a link, for the whole text
	block  block
}

// signs counts what can begin a link. Each is limited for itself: one link may show several of them.
type signs struct{ inline, reference, definition, scheme, www, at, pipe int }

func (s *scanner) fail(what string, limit int) {
	if s.err == nil {
		s.err = &LimitError{What: what, Limit: limit}
	}
}

// spend books steps, blaming what if they are too many.
func (s *scanner) spend(steps int, what string, limit int) {
	if s.steps += steps; s.steps > maxSteps {
		s.fail(what, limit)
	}
}

// weigh books pieces.
func (s *scanner) weigh(pieces int) {
	if s.pieces += pieces; s.pieces > maxPieces {
		s.fail("output", maxPieces)
	}
}

func (s *scanner) line(line string) {
	body := strings.TrimLeft(line, " \t")
	if body == "" {
		s.endBlock()
		s.table, s.previous = false, false
		s.visit()
		return
	}
	if startsItem(line) {
		s.endBlock()
	}
	s.containers(line)
	s.visit()
	s.tableLine(body)
	s.weigh(4)
	s.characters(line)
	s.block.lines++
	s.previous = true
}

func (s *scanner) visit() {
	if s.visits += 1 + len(s.open); s.visits > maxVisits {
		s.fail("nesting", maxNesting)
	}
}

// startsItem reports a line that begins a list item wherever it stands, so a long list is not taken for one paragraph.
// Deeper or numbered items may belong to the paragraph above them; those are left in it.
func startsItem(line string) bool {
	i := 0
	for i < len(line) && line[i] == ' ' {
		i++
	}
	return i <= 3 && i+2 < len(line) && isBullet(line[i]) && line[i+1] == ' ' && strings.Trim(line[i+2:], " \t") != ""
}

func isBullet(c byte) bool { return c == '-' || c == '*' || c == '+' }

// containers follows the quotes and lists that a line is in. Only a line that has a marker of its own, or that follows
// a blank one, closes what it is not indented for: any other may continue the paragraph before it.
func (s *scanner) containers(line string) {
	if isRule(line) {
		return
	}
	col, closes := 0, !s.previous
	for i := 0; i < len(line); {
		switch width := markerWidth(line[i:]); {
		case line[i] == ' ':
			col++
			i++
		case line[i] == '\t':
			col += 4 - col%4
			i++
		case width > 0:
			s.close(col)
			col += width
			i += width
			s.weigh(3)
			if s.open = append(s.open, col); len(s.open) > maxNesting {
				s.fail("nesting", maxNesting)
				return
			}
			closes = false
		default:
			if closes {
				s.close(col)
			}
			return
		}
	}
}

func (s *scanner) close(col int) {
	for len(s.open) > 0 && s.open[len(s.open)-1] > col {
		s.open = s.open[:len(s.open)-1]
	}
}

// markerWidth returns how many bytes at the start of s are a quote or list marker.
func markerWidth(s string) int {
	if s[0] == '>' {
		return 1
	}
	i := 0
	for i < len(s) && i < 10 && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	switch {
	case i == 0 && isBullet(s[0]):
		i = 1
	case i > 0 && i < len(s) && (s[i] == '.' || s[i] == ')'):
		i++
	default:
		return 0
	}
	if i < len(s) && s[i] != ' ' && s[i] != '\t' {
		return 0
	}
	return i
}

// isRule reports a separator such as "- - - - -", whose signs are no list markers.
func isRule(line string) bool {
	var sign byte
	signs := 0
	for i := range len(line) {
		switch c := line[i]; {
		case c == ' ' || c == '\t':
		case signs == 0 && (c == '-' || c == '*') || signs > 0 && c == sign:
			sign = c
			signs++
		default:
			return false
		}
	}
	return signs >= 3
}

// tableLine counts the rows of tables. Whatever follows a delimiter row ("--|--") up to a blank line may be one.
func (s *scanner) tableLine(body string) {
	if s.table {
		if s.rows++; s.rows > maxRows {
			s.fail("table_rows", maxRows)
		}
	}
	body = strings.Trim(body, " \t>")
	if !s.previous || strings.Trim(body, "-|: \t") != "" || !strings.Contains(body, "-") {
		return
	}
	s.table = true
	if strings.Count(strings.Trim(body, "|"), "|") >= maxColumns {
		s.fail("table_columns", maxColumns)
	}
}
