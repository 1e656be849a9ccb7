package statustest

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// path is one selector without commas: the steps from an ancestor to the element itself, the last.
type path []step

// step is one element on the way. child means that it must be a child of the step before, not just below it.
type step struct {
	child bool
	tag   string // "" for any
	tests []func(*html.Node) bool
}

// matches asks from the end backwards, as browsers do; root bounds the search, as querySelectorAll on an element would
// not: "ol > li" asked below a list's section must not be answered by something above that section.
func (p path) matches(n, root *html.Node) bool {
	last := p[len(p)-1]
	if !last.matches(n) {
		return false
	}
	rest := p[:len(p)-1]
	if len(rest) == 0 {
		return true
	}
	for up := n.Parent; up != nil && up != root.Parent; up = up.Parent {
		if rest.matches(up, root) {
			return true
		}
		if last.child {
			return false
		}
	}
	return false
}

func (s step) matches(n *html.Node) bool {
	if n.Type != html.ElementNode || s.tag != "" && s.tag != n.Data {
		return false
	}
	return !slices.ContainsFunc(s.tests, func(test func(*html.Node) bool) bool { return !test(n) })
}

func hasAttr(name string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		_, ok := attribute(n, name)
		return ok
	}
}

func attrIs(name, want string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		got, ok := attribute(n, name)
		return ok && got == want
	}
}

func hasClass(want string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		classes, _ := attribute(n, "class")
		return slices.Contains(strings.Fields(classes), want)
	}
}

// parseSelector reads what Node.Find describes. Anything else is an error: a selector that is misread would match
// nothing, and a test for the absence of something would be content.
func parseSelector(s string) ([]path, error) {
	p := &selectorParser{rest: s}
	var all []path
	for {
		one, err := p.path()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if !p.take(",") {
			break
		}
	}
	if p.rest != "" {
		return nil, fmt.Errorf("do not understand %q", p.rest)
	}
	return all, nil
}

type selectorParser struct{ rest string }

// take skips token, and blanks around it, if it comes next.
func (p *selectorParser) take(token string) bool {
	after, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t\n"), token)
	if ok {
		p.rest = strings.TrimLeft(after, " \t\n")
	}
	return ok
}

func (p *selectorParser) path() (path, error) {
	var steps path
	child := false
	p.take("")
	for {
		s, err := p.step()
		if err != nil {
			return nil, err
		}
		s.child = child
		steps = append(steps, s)
		blank := strings.HasPrefix(p.rest, " ")
		p.take("")
		if child = p.take(">"); !child && (!blank || p.rest == "" || strings.HasPrefix(p.rest, ",")) {
			return steps, nil
		}
	}
}

func (p *selectorParser) step() (step, error) {
	before := p.rest
	var s step
	if after, ok := strings.CutPrefix(p.rest, "*"); ok {
		p.rest = after
	} else {
		s.tag = p.name()
	}
	for p.rest != "" && strings.ContainsAny(p.rest[:1], "#.[") {
		test, err := p.test()
		if err != nil {
			return step{}, err
		}
		s.tests = append(s.tests, test)
	}
	if p.rest == before {
		return step{}, fmt.Errorf("expected an element before %q", p.rest)
	}
	return s, nil
}

func (p *selectorParser) test() (func(*html.Node) bool, error) {
	mark := p.rest[0]
	p.rest = p.rest[1:]
	if mark == '[' {
		return p.attr()
	}
	name := p.name()
	if name == "" {
		return nil, fmt.Errorf("expected a name before %q", p.rest)
	}
	if mark == '#' {
		return attrIs("id", name), nil
	}
	return hasClass(name), nil
}

// attr reads what stands between the brackets, and the closing one.
func (p *selectorParser) attr() (func(*html.Node) bool, error) {
	name := p.name()
	if after, ok := strings.CutPrefix(p.rest, "]"); ok && name != "" {
		p.rest = after
		return hasAttr(name), nil
	}
	value, ok := strings.CutPrefix(p.rest, "=")
	if !ok || name == "" {
		return nil, fmt.Errorf("expected [attr] or [attr=value] at %q", p.rest)
	}
	end := "]"
	if strings.HasPrefix(value, `"`) {
		value, end = value[1:], `"]`
	}
	value, after, ok := strings.Cut(value, end)
	if !ok {
		return nil, fmt.Errorf("no %s after %q", end, value)
	}
	p.rest = after
	return attrIs(name, value), nil
}

func (p *selectorParser) name() string {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return !ofName(r) })
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	p.rest = p.rest[end:]
	return name
}

func ofName(r rune) bool {
	return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127
}
