package admin_test

import (
	"database/sql"
	"testing"

	_ "github.com/mattn/go-sqlite3" // the product's own driver
)

// lock holds the database's write lock, as another program might.
func lock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	d, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := d.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
