package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestCommand_version_namesBuildGoAndSQLite(t *testing.T) {
	t.Parallel()
	out := newProgram(t).must("", "version")
	for _, want := range []string{"statusd ", "go1.", "SQLite 3."} {
		if !strings.Contains(out, want) {
			t.Errorf("version prints no %q:\n%s", want, out)
		}
	}
}

func TestCommand_config_hidesSecrets(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "STATUSD_SMTP_URL=smtp://ana:hunter2@127.0.0.1:2525?tls=none", "STATUSD_SECRET=0123456789abcdef0123456789abcdef")
	out := p.must("", "config")
	if strings.Contains(out, "hunter2") || strings.Contains(out, "0123456789abcdef") {
		t.Errorf("a secret is printed:\n%s", out)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got["Listen"] != p.addr || got["BaseURL"] != p.base {
		t.Errorf("got %v", got)
	}
}

func TestCommand_config_saysWhichSecretsAreNotSet(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "STATUSD_SMTP_URL=smtp://ana:hunter2@127.0.0.1:2525?tls=none")
	out := p.must("", "config")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"SMTPURL": "***", "DatabaseURL": "(not set)", "Secret": "(not set)"} {
		if got[name] != want {
			t.Errorf("%s: %v, want %s", name, got[name], want)
		}
	}
}

// A wrong call says in one line what is wrong with it, and changes nothing.
func TestCommand_wrongCallsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	seed, err := filepath.Abs("../../internal/importer/seeds/raco.json")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 81)
	user := func(more ...string) []string { return append([]string{"user", "add", "--role", "viewer"}, more...) }
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"a title of nothing":       {[]string{"post", "--new", "", "--body", "x"}, "--new: the title is empty"},
		"a title of blanks":        {[]string{"post", "--new", "  ", "--body", "x"}, "--new: the title is empty"},
		"a code of nothing":        {[]string{"post", "--incident", "", "--body", "x"}, "--incident: the code is empty"},
		"new and old at once":      {[]string{"post", "--new", "x", "--incident", "abcdefghijkl", "--body", "x"}, "--incident and --new can't be used together"},
		"new and old, both empty":  {[]string{"post", "--new", "", "--incident", "", "--body", "x"}, "--incident and --new can't be used together"},
		"neither new nor old":      {[]string{"post", "--body", "x"}, "missing flags: --incident=INCIDENT or --new=TITLE"},
		"a page of nothing":        {[]string{"post", "--new", "x", "--body", "x", "--page", ""}, "--page: is empty"},
		"a host with a scheme":     {[]string{"import", "seed", seed, "--page", "https://raco.example"}, "--page: \"https://raco.example\" is not a host name"},
		"a host with a slash":      {[]string{"import", "seed", seed, "--page", "raco.example/"}, "is not a host name"},
		"a host with a port":       {[]string{"import", "seed", seed, "--page", "raco.example:80"}, "is not a host name"},
		"a host with a blank":      {[]string{"import", "seed", seed, "--page", "raco example"}, "is not a host name"},
		"a host with a line break": {[]string{"import", "seed", seed, "--page", "raco\nexample"}, "is not a host name"},
		"a host of two dots":       {[]string{"import", "seed", seed, "--page", "raco..example"}, "is not a host name"},
		"a host of nothing":        {[]string{"import", "seed", seed, "--page", ""}, "--page: is empty"},
		"a person without name":    {user("--email", "a@b.example", "--name", ""), "name: Fill this in"},
		"a person of two lines":    {user("--email", "a@b.example", "--name", "A\nB"), "name: This holds characters"},
		"a person of 81 letters":   {user("--email", "a@b.example", "--name", long), "name: At most 80 characters"},
		"an address of two lines":  {user("--email", "a@b.example\nBcc: c@d.example"), "email: This does not look like"},
		"an address of nothing":    {user("--email", ""), "email: Enter an e-mail address"},
		"everything wrong at once": {user("--email", "x", "--name", long), "name: At most 80 characters"},
		"a key without name":       {[]string{"key", "add", "--scope", "read", "--name", " "}, "name: Fill this in"},
		"a key of two lines":       {[]string{"key", "add", "--scope", "read", "--name", "a\tb"}, "name: This holds characters"},
		"a key of 81 letters":      {[]string{"key", "add", "--scope", "read", "--name", long}, "name: At most 80 characters"},
	} {
		out, err := p.run(ownerPassword, tt.args...)
		if err == nil || !strings.Contains(err.Error(), tt.want) || out != "" {
			t.Errorf("%s: %v, want %q; printed %q", name, err, tt.want, out)
		}
	}
	if all, err := os.ReadDir(filepath.Join(p.dir, "data")); err == nil {
		t.Errorf("a wrong call left %v", all)
	}
	p.must("", "import", "seed", seed, "--page", "RACO.example.") // as it is compared: lower case, no dot at the end
	p.must("", "key", "add", "--scope", "read", "--name", "x", "--page", "raco.example")
}

// What is printed to be typed can be typed.
func TestCommand_hintsNameTheProgramAsItWasCalled(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.run("", "dance"); err == nil || !strings.Contains(err.Error(), "Try: "+path+" --help") {
		t.Errorf("%v", err)
	}
	if out := p.must("", "--help"); !strings.Contains(out, "Usage: "+path+" ") {
		t.Errorf("help: %s", out)
	}
	if out := p.must("", "user", "add", "--help"); !strings.Contains(out, "Usage: "+path+" user add ") {
		t.Errorf("help of a command: %s", out)
	}
}

func TestCommand_reportsEveryWrongSettingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := newProgram(t, "STATUSD_BASE_URL=ftp://x", "STATUSD_SMTP_URL=http://x", "STATUSD_TRUSTED_PROXIES=everybody").run("", "serve")
	for _, want := range []string{"BASE_URL", "SMTP_URL", "TRUSTED_PROXIES"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word about %s: %v", want, err)
		}
	}
}

func TestCommand_wrongCallsExitWithTwo(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for _, args := range [][]string{{"dance"}, {"post", "--state", "x"}, {"key", "add", "--name", "x", "--scope", "all"}} {
		if _, err := p.run("", args...); err == nil || !strings.Contains(err.Error(), "exit 2") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestCommand_keyAdd_printsTheKeyAlone(t *testing.T) {
	t.Parallel()
	out := newProgram(t).must("", "key", "add", "--name", "Alert manager", "--scope", "incidents")
	if !regexp.MustCompile(`^sd_incidents_[0-9a-f]{40}_[0-9a-f]{8}\n$`).MatchString(out) {
		t.Errorf("got %q", out)
	}
}

func TestCommand_userAdd_letsThatPersonSignIn(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, p *program) {
		if _, err := p.run("short\n", "user", "add", "--email", "ben@callrail.example", "--role", "responder"); err == nil || !strings.Contains(err.Error(), "15 characters") {
			t.Errorf("a short password: %v", err)
		}
		p.must(ownerPassword+"\n", "user", "add", "--email", "ben@callrail.example", "--role", "responder")
		if _, err := p.run(ownerPassword, "user", "add", "--email", "ben@callrail.example", "--role", "owner"); err == nil {
			t.Error("the same person twice")
		}
		p.start()
		v := visit(t, p.base)
		v.open("/admin").want(200)
		v.submit("", fill{"email": {"Ben@callrail.example"}, "password": {"wrong"}}).want(422)
		if v.page().Find("input[name=email]").Attr("value") != "Ben@callrail.example" {
			t.Error("the address is not kept")
		}
		v.submit("", fill{"email": {"Ben@callrail.example"}, "password": {ownerPassword}}).want(200)
		if v.url.Path != "/admin" {
			t.Errorf("signed in at %s", v.url)
		}
		v.open("/admin/settings").want(403)
	})
}

var reportLink = regexp.MustCompile(`/incidents/([a-z0-9]{12})\n$`)

func TestCommand_post_worksWithTheServerStoppedAndRunning(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, p *program) {
		p.start()
		p.setUp("CallRail", "America/New_York", "Calls:\nCall Routing")
		p.stop()
		args := []string{"post", "--new", "Calls fail", "--body", "-", "--component", "Calls / Call Routing=major_outage", "--next", "30m", "--key", "pager-1"}
		out := p.must("Calls fail.\n\nWe look.\n", args...)
		code := reportLink.FindStringSubmatch(out)
		if code == nil {
			t.Fatalf("printed %q", out)
		}
		if again := p.must("Calls fail.\n\nWe look.\n", args...); again != out {
			t.Errorf("the same again: %q, want %q", again, out)
		}
		if said, err := p.run("Something else.", args...); err == nil {
			t.Errorf("another text under the same key is called posted: %q", said)
		}
		elsewhere := t.TempDir()
		if _, err := p.run("x", "post", "--data", elsewhere, "--database-url", "", "--new", "x", "--body", "-"); err == nil || !strings.Contains(err.Error(), "is that the folder") {
			t.Errorf("in the wrong folder: %v", err)
		}
		if _, err := os.Stat(filepath.Join(elsewhere, "statusd.db")); err == nil {
			t.Error("a post to the wrong folder made a site there")
		}
		p.start()
		v := visit(t, p.base)
		if got := v.open("/").want(200).page().Text(); !strings.Contains(got, "Calls fail") || !strings.Contains(got, "Down") {
			t.Errorf("the page reads:\n%s", got)
		}
		p.must("", "post", "--incident", code[1], "--state", "resolved", "--body", "Over.", "--all-operational")
		p.eventually("the running server to notice", func() bool { return strings.Contains(v.open("/incidents/"+code[1]).page().Text(), "Over.") })
		if got := v.open("/").page().Find("h1").Text(); got != "Everything is working" {
			t.Errorf("headline %q", got)
		}
		for name, args := range map[string][]string{
			"an empty text":        {"--incident", code[1], "--body", " "},
			"an unknown state":     {"--incident", code[1], "--state", "fine", "--body", "x"},
			"an unknown component": {"--incident", code[1], "--body", "x", "--component", "Fax=major_outage"},
			"an unknown incident":  {"--incident", "abcdefghijkl", "--body", "x"},
			"a time in the gap":    {"--new", "x", "--body", "x", "--at", "2018-03-11 02:30", "--backdate"},
		} {
			if _, err := p.run("", append([]string{"post"}, args...)...); err == nil || !strings.Contains(err.Error(), "exit 1") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// The same key is the same command, whatever of it differs.
func TestCommand_post_aKeyStandsForAllThatTheCommandSays(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	p.setUp("CallRail", "America/New_York", "Call Routing")
	p.stop()
	code := func(out string) string { return reportLink.FindStringSubmatch(out)[1] }
	a := code(p.must("", "post", "--new", "Calls fail", "--body", "x"))
	b := code(p.must("", "post", "--new", "Texts fail", "--body", "x"))
	for act, said := range map[string][][]string{
		"post": {
			{"--incident", a},
			{"--incident", b},
			{"--incident", a, "--all-operational"},
			{"--incident", a, "--at", "2018-05-14 14:00", "--backdate"},
			{"--incident", a, "--next", "30m"},
			{"--incident", a, "--reopen"},
			{"--incident", a, "--no-notify"},
			{"--incident", a, "--backdate"},
		},
		"report": {
			{"--new", "Calls fail again"}, {"--new", "Texts fail again"}, {"--new", "Calls fail again", "--started", "2018-05-14 14:00", "--backdate"},
		},
	} {
		key := []string{"post", "--body", "-", "--key", act}
		first := p.must("The words.", append(key, said[0]...)...)
		if again := p.must("The words.", append(key, said[0]...)...); again != first {
			t.Errorf("%s: the same again is %q, want %q", act, again, first)
		}
		for _, more := range said[1:] {
			if out, err := p.run("The words.", append(key, more...)...); err == nil {
				t.Errorf("%v under the key of %v is called posted: %q", more, said[0], out)
			}
		}
	}
}

func TestCommand_importSeed_canBeRunAgain(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	seed, err := filepath.Abs("../../internal/importer/seeds/raco.json")
	if err != nil {
		t.Fatal(err)
	}
	first := p.must("", "import", "seed", seed, "--page", "raco.localhost")
	second := p.must("", "import", "seed", seed, "--page", "raco.localhost")
	if !strings.Contains(first, "2 updates") || !strings.HasPrefix(second, "Nothing to do") {
		t.Errorf("first %q, then %q", first, second)
	}
	if _, err := p.run("", "import", "seed", "commands_test.go"); err == nil {
		t.Error("a file that is no report was imported")
	}
}

func TestCommand_subscribersImport_canBeRunAgain(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	file := filepath.Join(p.dir, "people.csv")
	if err := os.WriteFile(file, []byte("name,email\nDana,dana@a.example\nno address,nobody\nBen,Ben@b.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := p.must("", "subscribers", "import", file, "--consent", "signed in May"); !strings.Contains(out, "2 added") || !strings.Contains(out, "1 lines") {
		t.Errorf("first: %q", out)
	}
	if out := p.must("", "subscribers", "import", file, "--consent", "signed in May"); !strings.Contains(out, "0 added, 2 known") {
		t.Errorf("second: %q", out)
	}
	if _, err := p.run("", "subscribers", "import", file); err == nil {
		t.Error("imported without a word of consent")
	}
}

func TestCommand_demo_servesItsPages(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("demo")
	v := visit(t, p.base)
	if got := v.open("/history/2018-05").want(200).page().Text(); !strings.Contains(got, "Upstream Network Impairment") {
		t.Errorf("CallRail's history reads:\n%s", got)
	}
	raco := visit(t, strings.Replace(p.base, "127.0.0.1", "raco.localhost", 1))
	if got := raco.open("/history/2019-07").want(200).page().Text(); !strings.Contains(got, "Alarm Notification via Phone") {
		t.Errorf("RACO's history reads:\n%s", got)
	}
	larkline := visit(t, strings.Replace(p.base, "127.0.0.1", "larkline.localhost", 1))
	if got := larkline.open("/").want(200).page().Text(); !strings.Contains(got, "Calls are failing on some numbers") {
		t.Errorf("Larkline's page reads:\n%s", got)
	}
	said := regexp.MustCompile(`(\S+@\S+)  (\S+)\n`).FindStringSubmatch(p.out.String())
	if said == nil {
		t.Fatalf("no password was printed:\n%s", p.out)
	}
	v.open("/admin").submit("", fill{"email": {said[1]}, "password": {said[2]}}).want(200)
	if v.url.Path != "/admin" {
		t.Errorf("signed in at %s", v.url)
	}
	p.kill()
	p.start("demo") // again on the same data
}

func TestServe_stopsInOrderAndOlderLinksDie(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	first := setupLink.FindString(p.out.String())
	p.stop()
	p.start()
	v := visit(t, p.base)
	v.open(first).want(404)
	v.open(setupLink.FindString(p.out.String())).want(200)
	info, err := os.Stat(filepath.Join(p.dir, "data", "statusd.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database file: %v, %v", info.Mode(), err)
	}
}

// A key that is lost beside people who hold links made with it is told of.
func TestServe_warnsOfALostSecretBesideSubscribers(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	file := filepath.Join(p.dir, "data", "secret.key")
	warned := func() int { return strings.Count(p.out.String(), `"level":"WARN","msg":"secret.key was missing`) }
	p.start()
	p.stop()
	if warned() != 0 {
		t.Error("a first start warns")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.stop()
	if warned() != 0 {
		t.Error("a start without subscribers warns")
	}
	people := filepath.Join(p.dir, "people.csv")
	if err := os.WriteFile(people, []byte("email\ndana@a.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must("", "subscribers", "import", people, "--consent", "signed in May")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.stop()
	if warned() != 1 || !strings.Contains(p.out.String(), "restore it from a backup") {
		t.Errorf("warned %d times:\n%s", warned(), p.out)
	}
	p.start()
	p.stop()
	if warned() != 0 {
		t.Error("the start after it warns too")
	}
}

func TestServe_mendsFileModesAtStart(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	p.stop()
	file := filepath.Join(p.dir, "data", "secret.key")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	p.start()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
