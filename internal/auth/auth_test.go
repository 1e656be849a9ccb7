package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/statustest"
)

const password = "three sentences at two in the morning"

// person adds somebody with that password.
func person(t *testing.T, s *statustest.Site, email string, role auth.Role) auth.Actor {
	t.Helper()
	hash, err := s.Auth.HashPassword(t.Context(), password)
	must(t, err)
	var a auth.Actor
	must(t, s.DB.Private(t.Context(), func(tx *db.Tx) error {
		st, err := auth.AddStaff(tx, s.Page.ID, auth.NewStaff{Email: email, Role: role}, hash)
		a = auth.Actor{StaffID: st.ID, Name: st.Name, Role: role}
		return err
	}))
	return a
}

func TestAuth_SignIn_opensASessionThatEnds(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		person(t, s, "Ben@callrail.example", auth.Responder)
		short, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: " ben@CALLRAIL.example", Password: password, Address: "127.0.0.1"})
		must(t, err)
		long, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: "ben@callrail.example", Password: password, Remember: true})
		must(t, err)
		who, _, err := s.Auth.Who(t.Context(), s.Page.ID, short)
		must(t, err)
		if who.Role != auth.Responder {
			t.Errorf("role %s", who.Role)
		}
		s.Clock.Advance(12*time.Hour + time.Second)
		if _, _, err := s.Auth.Who(t.Context(), s.Page.ID, short); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("idle for twelve hours: got %v", err)
		}
		if _, _, err := s.Auth.Who(t.Context(), s.Page.ID, long); err != nil {
			t.Errorf("remembered: got %v", err)
		}
		s.Clock.Advance(30 * 24 * time.Hour)
		if _, _, err := s.Auth.Who(t.Context(), s.Page.ID, long); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("remembered for 30 days: got %v", err)
		}
	})
}

func TestAuth_Who_neverKeepsASessionAwakeBeyondAWeek(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	person(t, s, "ben@callrail.example", auth.Responder)
	token, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: "ben@callrail.example", Password: password})
	must(t, err)
	for h := 0; h < 7*24; h += 6 {
		s.Clock.Advance(6 * time.Hour)
		if _, _, err = s.Auth.Who(t.Context(), s.Page.ID, token); err != nil {
			t.Fatalf("after %d hours of use: %v", h+6, err)
		}
	}
	s.Clock.Advance(time.Hour)
	if _, _, err = s.Auth.Who(t.Context(), s.Page.ID, token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after a week: got %v", err)
	}
}

func TestAuth_SignIn_answersUnknownAndKnownAlike(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	person(t, s, "ben@callrail.example", auth.Responder)
	_, _, known := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: "ben@callrail.example", Password: "wrong", Address: "a"})
	_, _, unknown := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: "nobody@callrail.example", Password: "wrong", Address: "b"})
	if known == nil || unknown == nil || known.Error() != unknown.Error() {
		t.Errorf("known: %v, unknown: %v", known, unknown)
	}
}

func TestAuth_SignIn_throttlesByAccountAndAddressTogether(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		person(t, s, "ben@callrail.example", auth.Responder)
		try := func(password, address string) error {
			_, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: "ben@callrail.example", Password: password, Address: address})
			return err
		}
		for range 10 {
			statustest.WantFault(t, try("wrong", "203.0.113.9"), "password", "auth.mismatch")
		}
		if err := try(password, "203.0.113.9"); !fault.Is(err, fault.TooMany) || fault.Of(err).RetryAfter == 0 {
			t.Errorf("the eleventh: got %v", err)
		}
		if err := try(password, "198.51.100.1"); err != nil {
			t.Errorf("the owner from elsewhere is locked out: %v", err)
		}
		s.Clock.Advance(15*time.Minute + time.Second)
		if err := try(password, "203.0.113.9"); err != nil {
			t.Errorf("after a quarter of an hour: %v", err)
		}
	})
}

func TestAuth_takesNamesAndAddressesOfOneLine(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	for name, tt := range map[string]struct{ name, email, field, key string }{
		"a line break":           {"Ben\nadmin", "b1@callrail.example", "name", "field.control"},
		"an escape":              {"Ben\x1b[31m", "b2@callrail.example", "name", "field.control"},
		"letters that turn":      {"Ben\u202egnp", "b3@callrail.example", "name", "field.control"},
		"letters of no width":    {"B\u200ben", "b4@callrail.example", "name", "field.control"},
		"a letter of no shape":   {"\u3164", "b9@callrail.example", "name", "field.control"},
		"81 letters":             {strings.Repeat("ü", 81), "b5@callrail.example", "name", "field.toolong"},
		"blanks":                 {"  ", "b6@callrail.example", "name", "field.required"},
		"no letters":             {"Ben\xff", "b7@callrail.example", "name", "fault.encoding"},
		"no address":             {"Ben", "", "email", "email.required"},
		"an address of blanks":   {"Ben", " \t", "email", "email.required"},
		"a line break in it":     {"Ben", "b@callrail.example\nBcc: x@y.example", "email", "email.invalid"},
		"two addresses":          {"Ben", "b@callrail.example,c@callrail.example", "email", "email.invalid"},
		"no @":                   {"Ben", "callrail.example", "email", "email.invalid"},
		"two @":                  {"Ben", "b@c@callrail.example", "email", "email.invalid"},
		"a long address":         {"Ben", strings.Repeat("b", 240) + "@callrail.example", "email", "email.toolong"},
		"a name from an address": {"", strings.Repeat("b", 81) + "@callrail.example", "name", "field.toolong"},
	} {
		_, err := s.Auth.Invite(t.Context(), s.Staff, s.Page.ID, auth.NewStaff{Email: tt.email, Name: tt.name, Password: password, Role: auth.Viewer})
		if f := fault.Of(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != tt.field || f.Fields[0].Key != tt.key {
			t.Errorf("%s, invited: %v", name, err)
		}
		err = s.DB.Private(t.Context(), func(tx *db.Tx) error {
			_, err := auth.AddStaff(tx, s.Page.ID, auth.NewStaff{Email: tt.email, Name: tt.name, Role: auth.Viewer}, "x")
			return err
		})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s, added: %v", name, err)
		}
		if tt.field == "name" && tt.name != "" {
			_, err = s.Auth.AddKey(t.Context(), s.Staff, s.Page.ID, tt.name, auth.ScopeRead)
			if f := fault.Of(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Key != tt.key {
				t.Errorf("%s, of a key: %v", name, err)
			}
		}
	}
	for _, name := range []string{"Ben", strings.Repeat("ü", 80), "محمد", "👩‍🚒 on call", "O'Neill, Dr. Ana-Maria"} {
		st, err := s.Auth.Invite(t.Context(), s.Staff, s.Page.ID, auth.NewStaff{Email: " " + db.NewCode() + "@callrail.example ", Name: name, Password: password, Role: auth.Viewer})
		must(t, err)
		if st.Name != name || strings.ContainsAny(st.Email, " ") {
			t.Errorf("kept as %q <%s>", st.Name, st.Email)
		}
		_, err = s.Auth.AddKey(t.Context(), s.Staff, s.Page.ID, name, auth.ScopeRead)
		must(t, err)
	}
}

func TestAuth_aFloodOfLogInsIsTurnedAway(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	busy := 0
	for range 60 {
		wg.Go(func() {
			_, err := s.Auth.HashPassword(t.Context(), password)
			mu.Lock()
			defer mu.Unlock()
			if fault.Is(err, fault.Unavailable) {
				busy++
			}
		})
	}
	wg.Wait()
	if busy == 0 || busy == 60 {
		t.Errorf("%d of 60 at once turned away; some must be, and not all", busy)
	}
}

func TestAuth_roles(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		admin := person(t, s, "adm@callrail.example", auth.Admin)
		person(t, s, "ben@callrail.example", auth.Responder)
		code := func(email string) string {
			ms, err := s.Auth.Members(t.Context(), s.Page.ID)
			must(t, err)
			for _, m := range ms {
				if m.Email == email {
					return m.Code
				}
			}
			t.Fatalf("no %s", email)
			return ""
		}
		ben := code("ben@callrail.example")
		if err := s.Auth.SetRole(t.Context(), admin, s.Page.ID, ben, auth.Admin); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an admin gives roles: %v", err)
		}
		statustest.WantFault(t, s.Auth.SetRole(t.Context(), s.Staff, s.Page.ID, code("ana@callrail.example"), auth.Viewer), "role", "auth.role_own")
		statustest.WantFault(t, s.Auth.SetRole(t.Context(), s.Staff, s.Page.ID, ben, "king"), "role", "auth.role")
		if err := s.Auth.SetRole(t.Context(), s.Staff, s.Page.ID, "abcdefghijkl", auth.Viewer); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown code: %v", err)
		}
		if err := s.Auth.SetRole(t.Context(), s.Staff, s.Page.ID+1, ben, auth.Viewer); !fault.Is(err, fault.NotFound) {
			t.Errorf("another page's person: %v", err)
		}
		token, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: "ben@callrail.example", Password: password})
		must(t, err)
		must(t, s.Auth.SetRole(t.Context(), s.Staff, s.Page.ID, ben, auth.Admin))
		if _, _, err := s.Auth.Who(t.Context(), s.Page.ID, token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the session outlives the change of role: %v", err)
		}
	})
}

// Two owners who let each other go at the same moment: one of them stays.
func TestAuth_ownersWhoLetEachOtherGoLeaveOne(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(s *statustest.Site, by auth.Actor, code string) error{
		"demote": func(s *statustest.Site, by auth.Actor, code string) error {
			return s.Auth.SetRole(context.Background(), by, s.Page.ID, code, auth.Viewer)
		},
		"remove": func(s *statustest.Site, by auth.Actor, code string) error {
			return s.Auth.Remove(context.Background(), by, s.Page.ID, code)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
				ana, code := s.Staff, map[int64]string{}
				for range 8 {
					ben := person(t, s, db.NewCode()+"@callrail.example", auth.Owner)
					ms, err := s.Auth.Members(t.Context(), s.Page.ID)
					must(t, err)
					for _, m := range ms {
						code[m.ID] = m.Code
					}
					errs := make(chan error, 2)
					go func() { errs <- act(s, ana, code[ben.StaffID]) }()
					go func() { errs <- act(s, ben, code[ana.StaffID]) }()
					first, second := <-errs, <-errs
					if (first == nil) == (second == nil) || (fault.Of(first) == nil && fault.Of(second) == nil) {
						t.Errorf("got %v and %v, want one refusal", first, second)
					}
					owners := owners(t, s)
					if len(owners) != 1 {
						t.Fatalf("%d owners are left", len(owners))
					}
					if owners[0].ID == ben.StaffID {
						ana = ben
					}
				}
			})
		})
	}
}

func owners(t *testing.T, s *statustest.Site) (out []auth.Member) {
	t.Helper()
	ms, err := s.Auth.Members(t.Context(), s.Page.ID)
	must(t, err)
	for _, m := range ms {
		if m.Role == auth.Owner {
			out = append(out, m)
		}
	}
	return out
}

// What somebody may do is what they may do at this moment, and not when their
// request came in.
func TestAuth_whoIsNoOwnerAnyMoreActsNoLonger(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		ben := person(t, s, "ben@callrail.example", auth.Owner)
		ms := owners(t, s)
		code := ms[0].Code
		if ms[0].ID == s.Staff.StaffID {
			code = ms[1].Code
		}
		must(t, s.Auth.SetRole(t.Context(), s.Staff, s.Page.ID, code, auth.Admin))
		_, err := s.Auth.Invite(t.Context(), ben, s.Page.ID, auth.NewStaff{Email: "eve@callrail.example", Name: "Eve", Password: password, Role: auth.Owner})
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("invites: %v", err)
		}
		if _, err := s.Auth.AddKey(t.Context(), ben, s.Page.ID, "Pager", auth.ScopeAdmin); !fault.Is(err, fault.Forbidden) {
			t.Errorf("makes a key: %v", err)
		}
		if len(owners(t, s)) != 1 {
			t.Error("an owner came from somebody who is none")
		}
	})
}

// Not even whoever runs commands leaves a page without an owner.
func TestAuth_theLastOwnerStays(t *testing.T) {
	t.Parallel()
	statustest.Engines(t, func(t *testing.T, s *statustest.Site) {
		last := owners(t, s)[0].Code
		statustest.WantFault(t, s.Auth.SetRole(t.Context(), auth.CommandLine(), s.Page.ID, last, auth.Viewer), "role", "auth.role_own")
		statustest.WantFault(t, s.Auth.Remove(t.Context(), auth.CommandLine(), s.Page.ID, last), "role", "auth.role_own")
		if len(owners(t, s)) != 1 {
			t.Error("the last owner went")
		}
	})
}

func TestAuth_Who_onAPageWhereOneHasNoRole(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	person(t, s, "ben@callrail.example", auth.Responder)
	token, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, auth.Login{Email: "ben@callrail.example", Password: password})
	must(t, err)
	if _, _, err := s.Auth.Who(t.Context(), s.Page.ID+1, token); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestAuth_ChangePassword_endsTheOtherSessions(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	ben := person(t, s, "ben@callrail.example", auth.Responder)
	in := auth.Login{Email: "ben@callrail.example", Password: password}
	here, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, in)
	must(t, err)
	there, _, err := s.Auth.SignIn(t.Context(), s.Page.ID, in)
	must(t, err)
	_, session, err := s.Auth.Who(t.Context(), s.Page.ID, here)
	must(t, err)
	statustest.WantFault(t, s.Auth.ChangePassword(t.Context(), ben, s.Page.ID, "wrong", "another long sentence of words", session.ID), "old", "auth.password_old")
	must(t, s.Auth.ChangePassword(t.Context(), ben, s.Page.ID, password, "another long sentence of words", session.ID))
	if _, _, err := s.Auth.Who(t.Context(), s.Page.ID, there); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the other session goes on: %v", err)
	}
	if _, _, err := s.Auth.Who(t.Context(), s.Page.ID, here); err != nil {
		t.Errorf("this session ended: %v", err)
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]string{
		password: "", "пароль из многих слов": "", "   spaces count too  ": "",
		"short": "auth.password_short", "fourteen chars": "auth.password_short", strings.Repeat("abcdefgh 12!", 30): "auth.password_long",
		"aaaaaaaaaaaaaaaaaaaa": "auth.password_common", "abcdefghijklmnopqrst": "auth.password_common", "passwordpassword": "auth.password_common",
		"qwertyuiopasdfgh": "auth.password_common", "1234567890123456": "auth.password_common", "hunter2hunter2hunter2": "auth.password_common",
		"callrailcallrail1": "auth.password_name", "a\x00bcdefghijklmnopq": "fault.encoding",
	} {
		err := auth.CheckPassword(p, "CallRail")
		got := ""
		if err != nil {
			got = fault.Of(err).Fields[0].Key
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", p, got, want)
		}
	}
}

func TestAuth_AddKey_isStoredAsItsHashAlone(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	key, err := s.Auth.AddKey(t.Context(), s.Staff, s.Page.ID, "Alert manager", auth.ScopeIncidents)
	must(t, err)
	if !strings.HasPrefix(key, "sd_incidents_") || len(key) != len("sd_incidents_")+40+9 {
		t.Errorf("key %q", key)
	}
	keys, err := s.Auth.Keys(t.Context(), s.Page.ID)
	must(t, err)
	if len(keys) != 1 || keys[0].Tail != key[len(key)-4:] {
		t.Errorf("keys: %+v", keys)
	}
	var dump string
	must(t, s.DB.Read(t.Context()).Raw(`select hash || name || tail from api_keys`).Scan(&dump).Error)
	if strings.Contains(dump, key[13:40]) {
		t.Error("the key itself is in the database")
	}
	must(t, s.Auth.RevokeKey(t.Context(), s.Staff, s.Page.ID, keys[0].Code))
	if err := s.Auth.RevokeKey(t.Context(), s.Staff, s.Page.ID, keys[0].Code); !fault.Is(err, fault.NotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestSetupToken_isSpentOnce(t *testing.T) {
	t.Parallel()
	s := statustest.NewSite(t)
	old, err := s.Auth.NewSetupToken(t.Context())
	must(t, err)
	token, err := s.Auth.NewSetupToken(t.Context())
	must(t, err)
	if s.Auth.CheckSetupToken(t.Context(), old) == nil {
		t.Error("an older link still opens")
	}
	must(t, s.Auth.CheckSetupToken(t.Context(), token))
	spend := func() error {
		return s.DB.Private(t.Context(), func(tx *db.Tx) error { return auth.UseSetupToken(tx, token) })
	}
	undone := errors.New("undone")
	err = s.DB.Private(t.Context(), func(tx *db.Tx) error {
		if err := auth.UseSetupToken(tx, token); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	must(t, spend()) // what was rolled back was not spent
	if !fault.Is(spend(), fault.NotFound) {
		t.Error("spent twice")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
