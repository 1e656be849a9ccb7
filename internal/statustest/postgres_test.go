package statustest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/statusd/statusd/internal/statustest"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatalf("connect to %s: %v", dsn, err)
	}
	return conn
}

func TestPostgres_givesEachTestADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := connect(t, statustest.Postgres(t)), connect(t, statustest.Postgres(t))
	if _, err := first.Exec(t.Context(), "CREATE TABLE page (id int)"); err != nil {
		t.Fatal(err)
	}
	var tables int
	const count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
	if err := second.QueryRow(t.Context(), count).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("got %d tables in the second database, want none", tables)
	}
}

func TestPostgres_storesUTF8AndSortsAlikeEverywhere(t *testing.T) {
	t.Parallel()
	conn := connect(t, statustest.Postgres(t))
	var encoding, collation string
	const ask = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()"
	if err := conn.QueryRow(t.Context(), ask).Scan(&encoding, &collation); err != nil {
		t.Fatal(err)
	}
	if encoding != "UTF8" || collation != "C.UTF-8" {
		t.Errorf("got %s and %s, want UTF8 and C.UTF-8", encoding, collation)
	}
}

// A test that forgot to close its pool must not keep its database: the connection is cut and the database goes.
func TestPostgres_dropsTheDatabaseUnderAnOpenConnection(t *testing.T) {
	t.Parallel()
	var dsn string
	var left *pgx.Conn
	t.Run("leaves a connection open", func(t *testing.T) {
		dsn = statustest.Postgres(t)
		var err error
		// Not t.Context(): that one ends before the cleanup that is tested here.
		if left, err = pgx.Connect(context.Background(), dsn); err != nil {
			t.Fatal(err)
		}
	})
	if dsn == "" {
		t.Skip("no PostgreSQL server is installed")
	}
	if err := left.Ping(t.Context()); err == nil {
		t.Error("the old connection still answers")
	}
	if _, err := pgx.Connect(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("got %v, want: database does not exist", err)
	}
}

func TestPostgres_addressTakesAnotherPathAndQuery(t *testing.T) {
	t.Parallel()
	conn := connect(t, statustest.Postgres(t)+"&application_name=statusd")
	var name string
	if err := conn.QueryRow(t.Context(), "SHOW application_name").Scan(&name); err != nil {
		t.Fatal(err)
	}
	if name != "statusd" {
		t.Errorf("got %q, want statusd", name)
	}
}

// Kill the owner as hard as can be: the server must notice, stop and take its folder with it.
func TestPostgres_serverEndsWithItsOwner(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("bash", "postgres.sh")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1000)
	n, err := stdout.Read(buf)
	if err != nil {
		if waited := cmd.Wait(); strings.Contains(waited.Error(), "exit status 3") {
			t.Skip("no PostgreSQL server is installed")
		}
		t.Fatalf("no address: %v", err)
	}
	config, err := pgx.ParseConfig(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(config.Host); err != nil {
		t.Fatalf("the server's folder: %v", err)
	}
	stdin.Close() // what the kernel does for an owner that is gone
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the server did not stop within a minute")
	}
	if _, err := os.Stat(config.Host); !os.IsNotExist(err) {
		t.Errorf("the server's folder is still there: %v", err)
	}
}
