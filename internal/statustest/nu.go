package statustest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// NuFinding is what the Nu HTML checker says of a document: an error, or something it warns of ("info").
type NuFinding struct {
	Document string `json:"-"` // by the name that it was given under
	URL      string `json:"url"`
	Type     string `json:"type"`
	SubType  string `json:"subType"`
	Message  string `json:"message"`
	Extract  string `json:"extract"`
	Line     int    `json:"lastLine"`
}

func (f NuFinding) String() string {
	return fmt.Sprintf("%s, line %d: %s: %s\n\t%s", f.Document, f.Line, strings.TrimSpace(f.Type+" "+f.SubType), f.Message, strings.ReplaceAll(f.Extract, "\n", " "))
}

// NuCheck asks the Nu HTML checker of the WHATWG and W3C about documents, all in one process, for starting it costs more than a
// hundred pages. Names end in .html, .css or .svg and may hold anything else. Where Java or the checker is missing the test is skipped;
// scripts/test gets both.
func NuCheck(t testing.TB, documents map[string][]byte) []NuFinding {
	t.Helper()
	java, jar, err := nu()
	if err != nil {
		missing(t, err.Error())
	}
	dir, names := t.TempDir(), map[string]string{}
	for name, body := range documents {
		file := filepath.Join(dir, fmt.Sprintf("%04d%s", len(names), filepath.Ext(name)))
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		names["file:"+file] = name
	}
	// Only its answer counts: it ends with 0 when something is wrong, and says on stderr when it could not look. It is not to guess
	// the language, which on pages with texts of our readers' suppliers and names in all scripts it cannot.
	cmd := exec.CommandContext(t.Context(), java, "-Djava.awt.headless=true", "-Xmx768m", "-Xss16m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", jar,
		"--exit-zero-always", "--format", "json", "--stdout", "--no-langdetect", "--also-check-css", "--also-check-svg", dir)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	var answer struct {
		Messages []NuFinding `json:"messages"`
	}
	if err := errors.Join(err, json.Unmarshal(out, &answer)); err != nil {
		t.Fatalf("the Nu HTML checker: %v\n%s", err, said.String())
	}
	for n, f := range answer.Messages {
		answer.Messages[n].Document = names[f.URL]
		if names[f.URL] == "" {
			t.Fatalf("the Nu HTML checker tells of %q, which nobody gave it: %s", f.URL, f)
		}
	}
	slices.SortFunc(answer.Messages, func(a, b NuFinding) int { return strings.Compare(a.Document+a.Message, b.Document+b.Message) })
	return answer.Messages
}

// nu finds Java and the checker: STATUSD_TEST_NU, or where scripts/test puts it.
func nu() (java, jar string, err error) {
	if java, err = exec.LookPath("java"); err != nil {
		return "", "", errors.New("no Java is installed, which the Nu HTML checker needs (Debian: apt-get install default-jre-headless)")
	}
	if jar = os.Getenv("STATUSD_TEST_NU"); jar != "" {
		return java, jar, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", "", err
	}
	jars, err := filepath.Glob(filepath.Join(cache, "statusd", "vnu-*.jar"))
	if err != nil || len(jars) == 0 {
		return "", "", errors.New("the Nu HTML checker is not there (scripts/test gets it)")
	}
	return java, jars[len(jars)-1], nil
}
