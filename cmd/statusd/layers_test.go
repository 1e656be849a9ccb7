package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/statusd/statusd"

// floors is the house: an import goes strictly down, never up and never sideways on a floor. A new package needs a line
// here, and the question which floor it belongs to is the one to answer before it is written.
var floors = map[string]float64{
	"internal/db":       0,
	"internal/fault":    0,
	"internal/markdown": 0,
	"internal/i18n":     0,
	"web":               0,

	"internal/pages":      1,
	"internal/components": 1,
	"internal/auth":       1,

	"internal/incidents": 2, // the writing half

	"internal/snapshot": 3, // the reading half
	"internal/notify":   3, // the telling half

	"internal/view":     4,
	"internal/feeds":    4,
	"internal/importer": 4,

	"internal/statustest": 4.5, // for tests only: it knows the domain and not the server

	"internal/server": 5,

	"internal/server/public": 6,
	"internal/server/admin":  6,
	"internal/server/api":    6,
	"internal/export":        6,

	"cmd/statusd": 7,
}

// ban is what floors cannot say: imports that only some rooms may have, or that some rooms may not have. Imports and
// rooms stand for everything below them too.
type ban struct {
	imports string
	onlyIn  []string
	notIn   []string
	why     string
}

var domain = []string{"internal/pages", "internal/components", "internal/incidents"}

var bans = []ban{
	{imports: "net/http", notIn: domain, why: "rules do not know by which door an act came in"},
	{imports: "html/template", notIn: domain, why: "rules do not know how they are shown"},
	{imports: "github.com/gin-gonic", onlyIn: []string{"internal/server", "cmd/statusd"}, why: "gin stays at the door"},
	{
		imports: "gorm.io",
		onlyIn: []string{
			"internal/db", "internal/pages", "internal/components", "internal/auth",
			"internal/incidents", "internal/notify", "internal/snapshot",
		},
		why: "SQL stays in db and in the stores of floors 1 to 3",
	},
	{imports: module + "/internal/db", notIn: []string{"internal/server/public"}, why: "a page view cannot touch the database"},
	{imports: module + "/web", onlyIn: []string{"cmd/statusd"}, why: "the others are handed an fs.FS"},
	{imports: module + "/internal/statustest", onlyIn: []string{}, why: "it is for test files alone"},
	{imports: "github.com/chromedp", onlyIn: []string{"internal/statustest"}, why: "a test library stays out of the program"},
	{imports: "github.com/emersion/go-smtp", onlyIn: []string{"internal/statustest"}, why: "a test library stays out of the program"},
	{imports: "github.com/emersion/go-sasl", onlyIn: []string{"internal/statustest"}, why: "a test library stays out of the program"},
	{imports: "flag", onlyIn: []string{"cmd/statusd"}, why: "settings come in through cmd/statusd"},
}

// calls that only cmd/statusd may make: everybody else is given a clock and a setting, and returns an error. statustest
// is no part of the program and may.
var calls = map[string][]string{
	"os":   {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Exit", "Args"},
	"time": {"Now", "Since", "Until"},
	"log":  {"Fatal", "Fatalf", "Fatalln"},
}

var mayCall = []string{"cmd/statusd", "internal/statustest"}

func TestLayers_everyImportGoesDown(t *testing.T) {
	t.Parallel()
	rooms := house(t)
	if len(rooms) < 2 {
		t.Fatalf("found %d packages: this test looks at nothing", len(rooms))
	}
	for _, complaint := range inspect(rooms) {
		t.Error(complaint)
	}
}

// Whatever the sources say, this is what would be shipped.
func TestLayers_programLinksNoTestLibrary(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "-deps", "./cmd/statusd") {
		for _, prefix := range []string{"testing", "github.com/chromedp", "github.com/emersion/go-smtp", module + "/internal/statustest"} {
			if below(p.ImportPath, prefix) {
				t.Errorf("cmd/statusd links %s", p.ImportPath)
			}
		}
	}
}

// Each rule is shown a house with one mistake in it, or with something that only looks like one.
func TestLayers_inspectSeesEachMistake(t *testing.T) {
	t.Parallel()
	imports := func(path string) string { return "package p\nimport _ \"" + path + "\"\n" }
	ours := func(path string) string { return imports(module + "/" + path) }
	for name, test := range map[string]struct {
		file, source string
		want         string // part of the one complaint; "" for none
	}{
		"down":                         {"internal/incidents/desk.go", ours("internal/components"), ""},
		"down two floors":              {"cmd/statusd/build.go", ours("internal/db"), ""},
		"up":                           {"internal/pages/store.go", ours("internal/incidents"), "goes up"},
		"sideways":                     {"internal/snapshot/shelf.go", ours("internal/notify"), "goes sideways"},
		"sideways in the cellar":       {"internal/db/db.go", ours("internal/fault"), "goes sideways"},
		"up in a test":                 {"internal/pages/store_test.go", ours("internal/incidents"), ""},
		"no floor":                     {"internal/utils/utils.go", "package utils\n", "internal/utils has no floor"},
		"only tests and no floor":      {"internal/utils/utils_test.go", "package utils\n", "internal/utils has no floor"},
		"import of what has no floor":  {"cmd/statusd/build.go", ours("internal/utils"), "has no floor"},
		"HTTP in the domain":           {"internal/components/uptime.go", imports("net/http"), "by which door"},
		"part of HTTP in the domain":   {"internal/components/uptime.go", imports("net/http/httptrace"), "by which door"},
		"HTTP in the domain's tests":   {"internal/components/uptime_test.go", imports("net/http"), ""},
		"HTTP client in notify":        {"internal/notify/webhook.go", imports("net/http"), ""},
		"only looks like HTTP":         {"internal/pages/pages.go", imports("net/httpx"), ""},
		"templates in the domain":      {"internal/incidents/desk.go", imports("html/template"), "how they are shown"},
		"gin in the server":            {"internal/server/admin/routes.go", imports("github.com/gin-gonic/gin"), ""},
		"gin in the views":             {"internal/view/home.go", imports("github.com/gin-gonic/gin/render"), "gin stays"},
		"gorm in a store":              {"internal/auth/store.go", imports("gorm.io/gorm"), ""},
		"gorm in a handler":            {"internal/server/admin/staff.go", imports("gorm.io/gorm"), "SQL stays"},
		"database in a page view":      {"internal/server/public/home.go", ours("internal/db"), "cannot touch the database"},
		"database in a form":           {"internal/server/admin/staff.go", ours("internal/db"), ""},
		"web in a view":                {"internal/view/home.go", ours("web"), "handed an fs.FS"},
		"web in the program":           {"cmd/statusd/build.go", ours("web"), ""},
		"statustest in the program":    {"cmd/statusd/build.go", ours("internal/statustest"), "test files alone"},
		"statustest in a test":         {"internal/pages/store_test.go", ours("internal/statustest"), ""},
		"browser in the program":       {"internal/server/server.go", imports("github.com/chromedp/chromedp"), "test library"},
		"browser in a test":            {"internal/server/server_test.go", imports("github.com/chromedp/chromedp"), ""},
		"mail server in statustest":    {"internal/statustest/mail.go", imports("github.com/emersion/go-smtp"), ""},
		"mail server in the program":   {"internal/notify/smtp.go", imports("github.com/emersion/go-smtp"), "test library"},
		"flags outside the program":    {"internal/server/server.go", imports("flag"), "settings come in"},
		"flags in the program":         {"cmd/statusd/config.go", imports("flag"), ""},
		"init":                         {"internal/pages/pages.go", "package p\nfunc init() {}\n", "func init"},
		"init in the program":          {"cmd/statusd/main.go", "package p\nfunc init() {}\n", "func init"},
		"init in a test":               {"internal/pages/pages_test.go", "package p\nfunc init() {}\n", ""},
		"method of that name":          {"internal/pages/pages.go", "package p\ntype t int\nfunc (t) init() {}\n", ""},
		"environment":                  {"internal/db/db.go", "package p\nimport \"os\"\nvar _ = os.Getenv(\"X\")\n", "os.Getenv"},
		"file of the same package":     {"internal/db/db.go", "package p\nimport \"os\"\nvar _ = os.ReadFile\n", ""},
		"exit":                         {"internal/db/db.go", "package p\nimport \"os\"\nfunc f() { os.Exit(1) }\n", "os.Exit"},
		"exit in the program":          {"cmd/statusd/main.go", "package p\nimport \"os\"\nfunc f() { os.Exit(1) }\n", ""},
		"wall clock":                   {"internal/auth/auth.go", "package p\nimport \"time\"\nvar _ = time.Now()\n", "time.Now"},
		"wall clock as a value":        {"internal/auth/auth.go", "package p\nimport \"time\"\nvar _ = time.Now\n", "time.Now"},
		"wall clock by another name":   {"internal/auth/auth.go", "package p\nimport t \"time\"\nvar _ = t.Since\n", "time.Since"},
		"wall clock without a name":    {"internal/auth/auth.go", "package p\nimport . \"time\"\nvar _ = Now()\n", "time without its name"},
		"wall clock in a test":         {"internal/auth/auth_test.go", "package p\nimport \"time\"\nvar _ = time.Now()\n", ""},
		"wall clock in statustest":     {"internal/statustest/mail.go", "package p\nimport \"time\"\nvar _ = time.Now()\n", ""},
		"timer":                        {"internal/auth/auth.go", "package p\nimport \"time\"\nvar _ = time.NewTimer\n", ""},
		"variable with a clock's name": {"internal/auth/auth.go", "package p\nfunc f(time struct{ Now int }) int { return time.Now }\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inspect([]room{{path: filepath.Dir(test.file), files: []file{parse(t, test.file, test.source)}}})
			switch {
			case test.want == "" && len(got) > 0:
				t.Errorf("got %q, want no complaint", got)
			case test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)):
				t.Errorf("got %q, want one complaint with %q", got, test.want)
			}
		})
	}
}

// room is a package of ours, with its files for all systems and build tags.
type room struct {
	path  string // below the module
	files []file
}

type file struct {
	name   string // as complaints say it
	test   bool
	fset   *token.FileSet
	syntax *ast.File
}

func inspect(rooms []room) (complaints []string) {
	for _, r := range rooms {
		if _, ok := floors[r.path]; !ok {
			complaints = append(complaints, r.path+" has no floor: give it one in layers_test.go")
			continue
		}
		for _, f := range r.files {
			if !f.test {
				complaints = append(complaints, f.imports(r.path)...)
				complaints = append(complaints, f.inits()...)
				complaints = append(complaints, f.calls(r.path)...)
			}
		}
	}
	return complaints
}

func (f file) imports(room string) (complaints []string) {
	for _, spec := range f.syntax.Imports {
		path := importPath(spec)
		reason := cmp.Or(banned(room, path), wrongWay(room, path))
		if reason != "" {
			complaints = append(complaints, f.at(spec.Pos(), "the import of %s %s", path, reason))
		}
	}
	return complaints
}

func banned(room, path string) string {
	in := func(where string) bool { return below(room, where) }
	for _, b := range bans {
		outside := b.onlyIn != nil && !slices.ContainsFunc(b.onlyIn, in)
		if below(path, b.imports) && (outside || slices.ContainsFunc(b.notIn, in)) {
			return "is banned here: " + b.why
		}
	}
	return ""
}

func wrongWay(room, path string) string {
	ours, ok := strings.CutPrefix(path, module+"/")
	if !ok {
		return ""
	}
	from, to := floors[room], floors[ours]
	_, known := floors[ours]
	switch {
	case !known:
		return "leads to what has no floor"
	case to == from:
		return fmt.Sprintf("goes sideways on floor %v", from)
	case to > from:
		return fmt.Sprintf("goes up from floor %v to floor %v", from, to)
	}
	return ""
}

func (f file) inits() (complaints []string) {
	for _, decl := range f.syntax.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			complaints = append(complaints, f.at(fn.Pos(), "func init: nothing registers itself, write it where it is used"))
		}
	}
	return complaints
}

func (f file) calls(room string) (complaints []string) {
	if slices.Contains(mayCall, room) {
		return nil
	}
	for _, spec := range f.syntax.Imports {
		if names, ok := calls[importPath(spec)]; ok {
			complaints = append(complaints, f.callsOf(spec, names)...)
		}
	}
	return complaints
}

func (f file) callsOf(spec *ast.ImportSpec, names []string) (complaints []string) {
	path := importPath(spec)
	local := path
	if spec.Name != nil {
		local = spec.Name.Name
	}
	if local == "." {
		return []string{f.at(spec.Pos(), "import of %s without its name: nobody could tell what is called", path)}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		// Obj is set for what this file declares itself, and not for a package.
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && x.Obj == nil && slices.Contains(names, sel.Sel.Name) {
			complaints = append(complaints, f.at(sel.Pos(), "%s.%s: only cmd/statusd may; take it as a parameter", path, sel.Sel.Name))
		}
		return true
	})
	return complaints
}

func (f file) at(pos token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", f.name, f.fset.Position(pos).Line) + fmt.Sprintf(format, args...)
}

func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser lets nothing else through
	}
	return path
}

// below says whether a path is prefix itself or inside it.
func below(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func parse(t *testing.T, name string, source any) file {
	t.Helper()
	fset := token.NewFileSet()
	path := name
	if source == nil {
		path = filepath.Join("..", "..", name)
	}
	syntax, err := parser.ParseFile(fset, path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file{name: name, test: strings.HasSuffix(name, "_test.go"), fset: fset, syntax: syntax}
}

// listed is what "go list -json" says of a package.
type listed struct {
	ImportPath                        string
	GoFiles, CgoFiles, IgnoredGoFiles []string
	TestGoFiles, XTestGoFiles         []string
}

// house lists our packages and reads their sources. It reads the files of all build tags and systems, since a file
// that is left out of this build is in another.
func house(t *testing.T) []room {
	t.Helper()
	var rooms []room
	for _, p := range goList(t, "./...") {
		r := room{path: strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			r.files = append(r.files, parse(t, filepath.Join(r.path, name), nil))
		}
		rooms = append(rooms, r)
	}
	return rooms
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	// -e: a package that does not compile says so in its own test; here its imports are looked at.
	fields := "-json=ImportPath,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles"
	cmd := exec.Command("go", append([]string{"list", "-e", fields}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", cmd, err, &stderr)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
