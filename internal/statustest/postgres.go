package statustest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	_ "embed" // for the script below
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long one statement on the test server may take. Creating a database costs some 50 ms; the rest is for
// a machine that compiles with all its cores meanwhile.
const patience = time.Minute

// errNoServer is the answer of postgres.sh where no PostgreSQL server is installed.
var errNoServer = errors.New("no PostgreSQL server is installed (Debian: apt-get install postgresql)")

// Postgres returns the address (postgres://…) of a fresh, empty database of its own, dropped when the test ends, with
// whoever is still connected thrown out. Safe in parallel tests.
//
// The server is the one named by STATUSD_TEST_POSTGRES (scripts/test starts one for all packages) or else one that this
// test process starts for itself, once, and that ends with it. Where no server is installed the test is skipped.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := postgresServer()
	if errors.Is(err, errNoServer) {
		missing(t, err.Error())
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	// template0 because nobody can be connected to it; a connection to the template makes CREATE DATABASE fail.
	if err := execute(server.dsn, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(server.dsn, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	dsn, err := database(server.dsn, name)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// server is a running PostgreSQL.
type server struct {
	dsn string // of its maintenance database
	// input is our end of the script's standard input, for a server of our own. The script stops the server when that
	// end closes, which the kernel does when this process is gone, in whatever way. It is kept here, and this is kept
	// for ever, because a file that is garbage collected is closed too.
	input io.Closer
}

var postgresServer = sync.OnceValues(func() (server, error) {
	if dsn := os.Getenv("STATUSD_TEST_POSTGRES"); dsn != "" {
		return server{dsn: dsn}, nil
	}
	return startPostgres()
})

//go:embed postgres.sh
var postgresScript string

func startPostgres() (server, error) {
	cmd := exec.Command("bash", "-c", postgresScript, "postgres.sh")
	// A group of its own, so that Ctrl-C reaches the tests first and the server only when they are gone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return server{}, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return server{}, err
	}
	if err := cmd.Start(); err != nil {
		return server{}, err
	}
	line, readErr := bufio.NewReader(stdout).ReadString('\n')
	if readErr == nil {
		return server{dsn: strings.TrimSpace(line), input: stdin}, nil
	}
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 3 {
		return server{}, errNoServer
	}
	return server{}, fmt.Errorf("%w: %s", cmp.Or(err, readErr), strings.TrimSpace(stderr.String()))
}

func execute(dsn, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// database is the address of another database on the server of dsn. The server's own may be in either of libpq's forms,
// the answer is always a URL, since that is the form STATUSD_DATABASE_URL takes.
func database(dsn, name string) (string, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "", fmt.Errorf("read STATUSD_TEST_POSTGRES: %w", err)
	}
	user := url.User(config.User)
	if config.Password != "" {
		user = url.UserPassword(config.User, config.Password)
	}
	// The host goes into the query because it may be a folder, where the unix socket is.
	query := url.Values{"host": {config.Host}, "port": {strconv.Itoa(int(config.Port))}}
	if config.TLSConfig == nil {
		query.Set("sslmode", "disable")
	}
	u := url.URL{Scheme: "postgres", User: user, Path: "/" + name, RawQuery: query.Encode()}
	return u.String(), nil
}
