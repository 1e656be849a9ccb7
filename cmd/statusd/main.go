// Command statusd serves public status pages.
//
// It is the only place that reads the environment and the wall clock, and that
// exits. main.go runs a command; config.go has the settings; build.go makes
// the whole program from them; there is one file a command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // zones inside the binary: a container has none

	"github.com/alecthomas/kong"

	"github.com/statusd/statusd/internal/fault"
)

// Set by the linker; see the Makefile.
var (
	version = "dev"
	commit  = ""
	date    = ""
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams are what a command talks through.
type streams struct {
	ctx    context.Context
	in     io.Reader
	out    io.Writer
	err    io.Writer
	env    map[string]string
	config *Config
}

// run is the whole program: exit code 0 for done, 1 for failed, 2 for a wrong
// call. The first of args is the program as it was called, so that what is
// printed to be typed can be typed.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	called := "statusd"
	if len(args) > 0 {
		called, args = args[0], args[1:]
	}
	var c commands
	vars := environment(env)
	exited := false
	parser, err := kong.New(
		&c,
		kong.Name(called),
		kong.Description("Public status pages and incident communication. Settings are flags, or environment variables named STATUSD_<FLAG>."),
		kong.Resolvers(fromEnvironment(vars)),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }),
		kong.UsageOnError(),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err) // a bug in the struct tags
		return 1
	}
	if len(args) == 0 {
		args = []string{"serve"}
	}
	call, err := parser.Parse(args)
	if exited {
		return 0 // help was asked for, and printed
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "statusd: %v\nTry: %s --help\n", err, called)
		return 2
	}
	err = call.Run(&streams{ctx: ctx, in: stdin, out: stdout, err: stderr, env: vars, config: &c.Config})
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	_, _ = fmt.Fprintf(stderr, "statusd: %s\n", inWords(err))
	return 1
}

// inWords is an error for the person at the terminal: faults in their words.
func inWords(err error) string {
	f := fault.Of(err)
	if f == nil {
		return err.Error()
	}
	catalog, cerr := loadCatalog()
	if cerr != nil {
		return err.Error()
	}
	p := catalog.Printer("en", nil, "")
	var lines []string
	if f.Key != "" {
		lines = append(lines, p.Msg(f.Key, f.Args))
	}
	for _, x := range f.Fields {
		lines = append(lines, x.Name+": "+p.Msg(x.Key, x.Args))
	}
	return strings.Join(lines, "\n")
}

func environment(env []string) map[string]string {
	m := map[string]string{}
	for _, kv := range env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			m[k] = v
		}
	}
	return m
}

// fromEnvironment lets STATUSD_LISTEN stand for --listen, and so on.
func fromEnvironment(vars map[string]string) kong.Resolver {
	var r kong.ResolverFunc = func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if v, ok := vars["STATUSD_"+strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))]; ok && v != "" {
			return v, nil
		}
		return nil, nil //nolint:nilnil // kong's way to say "not here"
	}
	return r
}

// commands is the table of commands.
type commands struct {
	Config

	Serve       serveCommand       `cmd:"" default:"withargs" help:"Serve the pages (the default)."`
	Demo        demoCommand        `cmd:"" help:"Serve two real incident reports, CallRail's and RACO's, and an outage that goes on now."`
	User        userCommand        `cmd:"" help:"Staff."`
	Key         keyCommand         `cmd:"" help:"API keys."`
	Post        postCommand        `cmd:"" help:"Report an incident or post an update; works with the server stopped or running."`
	Import      importCommand      `cmd:"" help:"Import what was written elsewhere."`
	Subscribers subscribersCommand `cmd:"" help:"Subscribers."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database to this version."`
	Show        configCommand      `cmd:"" name:"config" help:"Print the settings in force, secrets hidden."`
	Version     versionCommand     `cmd:"" help:"Print build, Go and SQLite version."`
}
