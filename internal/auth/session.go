package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// How long sessions last ("Settled", R6.4).
const (
	idle         = 12 * time.Hour
	absolute     = 7 * 24 * time.Hour
	rememberedTo = 30 * 24 * time.Hour
	freshFor     = 15 * time.Minute // sensitive acts ask for the password again after this
	touchEvery   = 5 * time.Minute
)

// Limits of log-ins in failWindow (R6.6).
const (
	failWindow     = 15 * time.Minute
	failPerAccount = 10
	failPerAddress = 100
)

// Session is somebody signed in on one device.
type Session struct {
	ID          int64
	Code        string
	TokenHash   string
	StaffID     int64
	Remembered  bool
	CreatedAt   time.Time
	LastSeenAt  time.Time
	ConfirmedAt time.Time // when the password was typed last
	Address     string
	Agent       string
}

// Login is what the form gives.
type Login struct {
	Email, Password string
	Remember        bool
	Address, Agent  string
}

// SignIn checks a password and opens a session. The token is for the cookie;
// only its hash is stored. Unknown people, wrong passwords and disabled people
// get one and the same answer in the same time.
func (a *Auth) SignIn(ctx context.Context, page int64, l Login) (token string, s Staff, err error) {
	account := HashToken(EmailKey(l.Email))
	if err := a.throttle(ctx, account, l.Address); err != nil {
		return "", s, err
	}
	s, err = staffByEmail(a.DB.Read(ctx), l.Email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", s, fmt.Errorf("load staff: %w", err)
	}
	ok, err := a.hasher.match(ctx, l.Password, s.PasswordHash)
	if err != nil {
		return "", s, err
	}
	if !ok || s.DisabledAt != nil {
		return "", s, a.failed(ctx, page, account, l)
	}
	token, hash := NewToken()
	err = a.DB.Private(ctx, func(tx *db.Tx) error {
		row := Session{Code: db.NewCode(), TokenHash: hash, StaffID: s.ID, Remembered: l.Remember, CreatedAt: tx.Now, LastSeenAt: tx.Now, ConfirmedAt: tx.Now, Address: l.Address, Agent: cut(l.Agent, 200)}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		// The owner's own failures are forgotten once they got in.
		if err := tx.Exec(`delete from login_failures where account_hash = ? and address = ?`, account, l.Address).Error; err != nil {
			return fmt.Errorf("forget failures: %w", err)
		}
		return Record(tx, page, Actor{StaffID: s.ID, Name: s.Name, Address: l.Address}, "staff.signin", "staff "+s.Code, nil, nil)
	})
	return token, s, err
}

// throttle counts failures by account and address together, so that nobody is
// locked out by failures from somewhere else.
func (a *Auth) throttle(ctx context.Context, account, address string) error {
	since := a.DB.Now().Add(-failWindow)
	var byAccount, byAddress int64
	g := a.DB.Read(ctx)
	if err := g.Raw(`select count(*) from login_failures where account_hash = ? and address = ? and at > ?`, account, address, since).Scan(&byAccount).Error; err != nil {
		return fmt.Errorf("count failures: %w", err)
	}
	if err := g.Raw(`select count(*) from login_failures where address = ? and at > ?`, address, since).Scan(&byAddress).Error; err != nil {
		return fmt.Errorf("count failures: %w", err)
	}
	if byAccount < failPerAccount && byAddress < failPerAddress {
		return nil
	}
	f := fault.New(fault.TooMany, "auth.throttled", "Minutes", int(failWindow.Minutes()))
	f.RetryAfter = failWindow
	return f
}

func (a *Auth) failed(ctx context.Context, page int64, account string, l Login) error {
	err := a.DB.Private(ctx, func(tx *db.Tx) error {
		if err := tx.Exec(`insert into login_failures (account_hash, address, at) values (?, ?, ?)`, account, l.Address, tx.Now).Error; err != nil {
			return fmt.Errorf("note failure: %w", err)
		}
		return Record(tx, page, Actor{Name: "unknown", Address: l.Address}, "staff.signin_failed", "", nil, nil)
	})
	if err != nil {
		return err
	}
	return fault.At("password", "auth.mismatch")
}

// Who finds the signed-in person of a token and their role on the page.
// fault.Unauthenticated when there is no such live session; fault.NotFound when
// the person has no role on this page.
func (a *Auth) Who(ctx context.Context, page int64, token string) (Actor, Session, error) {
	var row struct {
		Session
		Name       string
		Role       Role
		DisabledAt *time.Time
	}
	err := a.DB.Read(ctx).Raw(`select s.id, s.code, s.token_hash, s.staff_id, s.remembered, s.created_at, s.last_seen_at, s.confirmed_at, s.address, s.agent,
		p.name, p.disabled_at, coalesce(m.role, '') as role
		from sessions s join staff p on p.id = s.staff_id left join memberships m on m.staff_id = p.id and m.page_id = ? where s.token_hash = ?`, page, HashToken(token)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Actor{}, Session{}, unauthenticated()
	}
	if err != nil {
		return Actor{}, Session{}, fmt.Errorf("load session: %w", err)
	}
	now := a.DB.Now()
	if row.DisabledAt != nil || row.expired(now) {
		return Actor{}, Session{}, unauthenticated()
	}
	if row.Role.Rank() < 0 {
		return Actor{}, row.Session, fault.New(fault.NotFound, "fault.notfound")
	}
	a.touch(ctx, row.Session, now)
	return Actor{StaffID: row.StaffID, Name: row.Name, Role: row.Role}, row.Session, nil
}

func unauthenticated() error { return fault.New(fault.Unauthenticated, "fault.session") }

func (s Session) expired(now time.Time) bool {
	if s.Remembered {
		return now.After(s.CreatedAt.Add(rememberedTo))
	}
	return now.After(s.LastSeenAt.Add(idle)) || now.After(s.CreatedAt.Add(absolute))
}

// Fresh reports whether the password was typed lately enough for a sensitive act.
func (s Session) Fresh(now time.Time) bool { return now.Before(s.ConfirmedAt.Add(freshFor)) }

// touch keeps a session awake. A database that cannot be written must not keep
// staff from reading, so a failure here is not one of the request.
func (a *Auth) touch(ctx context.Context, s Session, now time.Time) {
	if now.Sub(s.LastSeenAt) < touchEvery || a.DB.Health() != nil {
		return
	}
	_ = a.DB.Private(ctx, func(tx *db.Tx) error { // the next request tries again
		return tx.Exec(`update sessions set last_seen_at = ? where id = ?`, tx.Now, s.ID).Error
	})
}

// Confirm takes the password again for sensitive acts.
func (a *Auth) Confirm(ctx context.Context, s Session, password string) error {
	account := HashToken(fmt.Sprint("confirm ", s.StaffID))
	if err := a.throttle(ctx, account, s.Address); err != nil {
		return err
	}
	var hash string
	if err := a.DB.Read(ctx).Raw(`select password_hash from staff where id = ?`, s.StaffID).Scan(&hash).Error; err != nil {
		return fmt.Errorf("load staff: %w", err)
	}
	ok, err := a.hasher.match(ctx, password, hash)
	if err != nil {
		return err
	}
	err = a.DB.Private(ctx, func(tx *db.Tx) error {
		if !ok {
			return tx.Exec(`insert into login_failures (account_hash, address, at) values (?, ?, ?)`, account, s.Address, tx.Now).Error
		}
		return tx.Exec(`update sessions set confirmed_at = ? where id = ?`, tx.Now, s.ID).Error
	})
	if err == nil && !ok {
		return fault.At("password", "auth.password_old")
	}
	return err
}

// Sessions are where a person is signed in, newest first.
func (a *Auth) Sessions(ctx context.Context, staff int64) ([]Session, error) {
	var out []Session
	err := a.DB.Read(ctx).Raw(`select id, code, token_hash, staff_id, remembered, created_at, last_seen_at, confirmed_at, address, agent from sessions where staff_id = ? order by last_seen_at desc, id desc limit 100`, staff).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	now := a.DB.Now()
	alive := out[:0]
	for _, s := range out {
		if !s.expired(now) {
			alive = append(alive, s)
		}
	}
	return alive, nil
}

// SignOut ends one session of a person by its code; an unknown one is no error.
func (a *Auth) SignOut(ctx context.Context, staff int64, code string) error {
	return a.DB.Private(ctx, func(tx *db.Tx) error {
		return tx.Exec(`delete from sessions where staff_id = ? and code = ?`, staff, code).Error
	})
}

// Renew gives a session a new token, after a change of password.
func (a *Auth) Renew(ctx context.Context, s Session) (token string, err error) {
	token, hash := NewToken()
	err = a.DB.Private(ctx, func(tx *db.Tx) error {
		return tx.Exec(`update sessions set token_hash = ?, confirmed_at = ? where id = ?`, hash, tx.Now, s.ID).Error
	})
	return token, err
}

// Sweep drops what is over: dead sessions, old failures, old submits. It
// returns how many rows went.
func (a *Auth) Sweep(ctx context.Context) (int64, error) {
	var n int64
	err := a.DB.Private(ctx, func(tx *db.Tx) error {
		for _, q := range []struct {
			sql    string
			before time.Time
		}{
			{`delete from sessions where created_at < ?`, tx.Now.Add(-rememberedTo)},
			{`delete from login_failures where at < ?`, tx.Now.Add(-24 * time.Hour)},
			{`delete from submits where created_at < ?`, tx.Now.Add(-48 * time.Hour)},
		} {
			res := tx.Exec(q.sql, q.before)
			if res.Error != nil {
				return fmt.Errorf("sweep: %w", res.Error)
			}
			n += res.RowsAffected
		}
		return nil
	})
	return n, err
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
