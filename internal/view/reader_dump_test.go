package view_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

func TestDump(t *testing.T) {
	dir := os.Getenv("DUMP")
	if dir == "" {
		t.Skip()
	}
	v := views(t)
	s := snapshot.New(callRail(t))
	d := snapshot.New(during(t))
	r := snapshot.New(raco(t))
	w := func(name string, b []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".html"), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := v.Home(s)
	w("home", b, err)
	b, err = v.Home(d)
	w("during", b, err)
	b, err = v.Incident(s, s.Incident("kctbh9vrtdwd"))
	w("incident", b, err)
	b, err = v.Incident(r, r.Incident("kctbh9vrtdwd"))
	w("raco", b, err)
	b, err = v.History(s, []byte(`{"months":[]}`))
	w("history", b, err)
	m, _ := s.MonthOf("2018-05")
	b, err = v.HistoryMonth(s, m, []byte("{}"))
	w("month", b, err)
	f := view.NewSubscribeForm("")
	f.Email, f.What = "dana@bright-dental", "some"
	f.Errors = map[string]string{"email": "This address has no ending. Add it, for example “.com”.", "components": "Choose at least one service, or everything."}
	b, err = v.Subscribe(s, f)
	w("subscribe", b, err)
	b, err = v.Subscribe(d, view.NewSubscribeForm("kctbh9vrtdwd"))
	w("follow", b, err)
	b, err = v.Confirm(s, view.Confirmation{Address: "dana@bright-dental.example", What: "all"})
	w("confirm", b, err)
	b, err = v.Manage(s, view.ManageForm{Address: "dana@bright-dental.example", What: "some", Components: []string{"aomponent0000"}, Maintenance: true, Stop: "/u/x", Incidents: []string{"kctbh9vrtdwd"}})
	w("manage", b, err)
	b, err = v.Unsubscribe(s, "dana@bright-dental.example", "/m/x")
	w("unsubscribe", b, err)
	b, err = v.LinkExpired(s)
	w("expired", b, err)
	b, err = v.NotFound(s)
	w("notfound", b, err)
	b, err = v.ServerError("CallRail")
	w("servererror", b, err)
	x := during(t)
	x.AsOf = x.BuiltAt
	b, err = v.Home(snapshot.New(x))
	w("asof", b, err)
}
