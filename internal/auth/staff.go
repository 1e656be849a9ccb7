package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/fault"
)

// Password lengths, in characters (R§11).
const (
	MinPassword = 15
	MaxPassword = 256
)

// Staff is a row of staff: one person, whatever pages they work on.
type Staff struct {
	ID                int64
	Code              string
	Email             string
	EmailKey          string // as compared: lower case
	Name              string
	PasswordHash      string
	PasswordChangedAt time.Time
	DisabledAt        *time.Time
	CreatedAt         time.Time
}

// TableName is the table of the rows.
func (Staff) TableName() string { return "staff" }

// Member is a person with their role on one page.
type Member struct {
	ID         int64
	Code       string
	Email      string
	Name       string
	Role       Role
	DisabledAt *time.Time
	CreatedAt  time.Time
}

// EmailKey is an address as it is compared.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// Members are the staff of a page, by name.
func (a *Auth) Members(ctx context.Context, page int64) ([]Member, error) {
	var ms []Member
	err := a.DB.Read(ctx).Raw(`select s.id, s.code, s.email, s.name, m.role, s.disabled_at, s.created_at from staff s join memberships m on m.staff_id = s.id where m.page_id = ? order by s.name, s.id limit 500`, page).Scan(&ms).Error
	if err != nil {
		return nil, fmt.Errorf("load members: %w", err)
	}
	return ms, nil
}

// NewStaff is a person to add. Without a name they get the address up to the @.
type NewStaff struct {
	Email, Name, Password string
	Role                  Role
}

// clean is the person as they are kept; a fault of the fields email, name and
// role says what is wrong with them.
func (n NewStaff) clean() (NewStaff, error) {
	var c fault.Collector
	if n.Role.Rank() < 0 {
		c.Add("role", "auth.role")
	}
	n.Email = strings.TrimSpace(n.Email)
	checkEmail(&c, n.Email)
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(n.Email, "@")
	}
	if !c.Has("email") {
		CheckName(&c, "name", n.Name)
	}
	return n, c.Err()
}

// AddStaff adds a person to a page. Somebody who already exists (on another
// page) keeps their name and password and gets the role here; who already has
// a role here is a fault, as is what cannot be a name or an address. Hash the password first with HashPassword: nothing slow may
// run inside a transaction.
func AddStaff(tx *db.Tx, page int64, n NewStaff, hash string) (Staff, error) {
	n, err := n.clean()
	if err != nil {
		return Staff{}, err
	}
	s, err := staffByEmail(tx.DB, n.Email)
	if fault.Is(err, fault.NotFound) {
		s = Staff{Code: db.NewCode(), Email: n.Email, EmailKey: EmailKey(n.Email), Name: n.Name, PasswordHash: hash, PasswordChangedAt: tx.Now, CreatedAt: tx.Now}
		err = tx.Create(&s).Error
	}
	if err != nil {
		return s, fmt.Errorf("add staff: %w", err)
	}
	err = tx.Exec(`insert into memberships (page_id, staff_id, role, created_at) values (?, ?, ?, ?)`, page, s.ID, n.Role, tx.Now).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return s, fault.At("email", "auth.email_taken")
	}
	if err != nil {
		return s, fmt.Errorf("add membership: %w", err)
	}
	return s, nil
}

// HashPassword checks a new password against the rules and hashes it.
// names are what it must not be made of: the person's and the page's name.
func (a *Auth) HashPassword(ctx context.Context, password string, names ...string) (string, error) {
	if err := CheckPassword(password, names...); err != nil {
		return "", err
	}
	return a.hasher.hash(ctx, password)
}

// CheckPassword says, as a fault of field "password", what is wrong with a new
// password. Any characters are fine and none are demanded; length is what counts.
func CheckPassword(password string, names ...string) error {
	n := utf8.RuneCountInString(password)
	low := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return fault.At("password", "fault.encoding")
	case n < MinPassword:
		return fault.At("password", "auth.password_short", "Min", MinPassword)
	case n > MaxPassword:
		return fault.At("password", "auth.password_long", "Max", MaxPassword)
	case monotonous(low):
		return fault.At("password", "auth.password_common")
	}
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if len(name) >= 3 && len(strings.ReplaceAll(low, name, "")) < 6 {
			return fault.At("password", "auth.password_name")
		}
	}
	return nil
}

// monotonous catches what long common passwords are made of: few letters,
// a short piece repeated, or a run along the alphabet, the digits or a keyboard row.
func monotonous(p string) bool {
	seen := map[rune]bool{}
	for _, r := range p {
		seen[r] = true
	}
	if len(seen) < 6 {
		return true
	}
	for size := 1; size <= len(p)/2; size++ {
		if strings.Repeat(p[:size], len(p)/size+1)[:len(p)] == p {
			return true
		}
	}
	runs := 0
	for _, row := range []string{"abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "password", "passwort", "letmein", "welcome", "iloveyou"} {
		for i := 0; i+4 <= len(row); i++ {
			runs += 4 * strings.Count(p, row[i:i+4])
		}
	}
	return runs >= len(p)*2
}

func staffByEmail(g *gorm.DB, email string) (Staff, error) {
	var s Staff
	err := g.Raw(`select id, code, email, email_key, name, password_hash, password_changed_at, disabled_at, created_at from staff where email_key = ?`, EmailKey(email)).Take(&s).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return s, fault.New(fault.NotFound, "fault.notfound")
	}
	return s, err
}

// memberByCode is one person of the page; others' are not found (R6.2).
func memberByCode(tx *db.Tx, page int64, code string) (Member, error) {
	var m Member
	err := tx.Raw(`select s.id, s.code, s.email, s.name, m.role, s.disabled_at, s.created_at from staff s join memberships m on m.staff_id = s.id where m.page_id = ? and s.code = ?`, page, code).Take(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return m, fault.New(fault.NotFound, "fault.notfound")
	}
	return m, err
}

// SetRole gives a person another role on a page. Nobody gives one above their
// own, changes their own, or touches somebody above them. The person's
// sessions end.
func (a *Auth) SetRole(ctx context.Context, by Actor, page int64, code string, role Role) error {
	return a.changeMember(ctx, by, page, code, "staff.role", func(tx *db.Tx, m Member) (any, error) {
		if role.Rank() < 0 {
			return nil, fault.At("role", "auth.role")
		}
		if role.Rank() > by.Role.Rank() {
			return nil, fault.At("role", "auth.role_above")
		}
		return role, tx.Exec(`update memberships set role = ? where page_id = ? and staff_id = ?`, role, page, m.ID).Error
	})
}

// Remove takes a person off a page; their sessions end, what they wrote stays.
func (a *Auth) Remove(ctx context.Context, by Actor, page int64, code string) error {
	return a.changeMember(ctx, by, page, code, "staff.remove", func(tx *db.Tx, m Member) (any, error) {
		return "", tx.Exec(`delete from memberships where page_id = ? and staff_id = ?`, page, m.ID).Error
	})
}

func (a *Auth) changeMember(ctx context.Context, by Actor, page int64, code, action string, fn func(*db.Tx, Member) (any, error)) error {
	if err := by.Need(Owner); err != nil {
		return err
	}
	return a.DB.Private(ctx, func(tx *db.Tx) error {
		if err := stillOwner(tx, page, &by); err != nil {
			return err
		}
		m, err := memberByCode(tx, page, code)
		if err != nil {
			return err
		}
		if m.ID == by.StaffID {
			return fault.At("role", "auth.role_own")
		}
		if m.Role.Rank() > by.Role.Rank() {
			return fault.New(fault.Forbidden, "fault.forbidden")
		}
		after, err := fn(tx, m)
		if err != nil {
			return err
		}
		if err := ownerLeft(tx, page); err != nil {
			return err
		}
		if err := tx.Exec(`delete from sessions where staff_id = ?`, m.ID).Error; err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return Record(tx, page, by, action, "staff "+m.Code, m.Role, after)
	})
}

// stillOwner reads the actor's role again where nobody can change it any more:
// the one of the request may be over. All who change who works on a page line up
// here. Somebody without a role on the page does not learn that there is one.
func stillOwner(tx *db.Tx, page int64, by *Actor) error {
	var rows []struct {
		StaffID int64
		Role    Role
	}
	q := `select staff_id, role from memberships where page_id = ? order by staff_id`
	if tx.Name() == "postgres" { // SQLite has one writer anyway
		q += ` for update`
	}
	if err := tx.Raw(q, page).Scan(&rows).Error; err != nil {
		return fmt.Errorf("load memberships: %w", err)
	}
	if by.StaffID == 0 {
		return nil
	}
	for _, r := range rows {
		if r.StaffID == by.StaffID {
			by.Role = r.Role
			return by.Need(Owner)
		}
	}
	return fault.New(fault.NotFound, "fault.notfound")
}

// ownerLeft refuses what would leave a page to nobody.
func ownerLeft(tx *db.Tx, page int64) error {
	var n int64
	if err := tx.Raw(`select count(*) from memberships m join staff s on s.id = m.staff_id where m.page_id = ? and m.role = ? and s.disabled_at is null`, page, Owner).Scan(&n).Error; err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if n == 0 {
		return fault.At("role", "auth.role_own")
	}
	return nil
}

// Invite adds a person with a first password that the owner hands over.
func (a *Auth) Invite(ctx context.Context, by Actor, page int64, n NewStaff) (Staff, error) {
	if err := by.Need(Owner); err != nil {
		return Staff{}, err
	}
	if n.Role.Rank() > by.Role.Rank() {
		return Staff{}, fault.At("role", "auth.role_above")
	}
	n, err := n.clean()
	if err != nil {
		return Staff{}, err
	}
	hash, err := a.HashPassword(ctx, n.Password, n.Email, n.Name)
	if err != nil {
		return Staff{}, err
	}
	var s Staff
	err = a.DB.Private(ctx, func(tx *db.Tx) error {
		if err := stillOwner(tx, page, &by); err != nil {
			return err
		}
		s, err = AddStaff(tx, page, n, hash)
		if err != nil {
			return err
		}
		return Record(tx, page, by, "staff.add", "staff "+s.Code, nil, map[string]any{"email": s.Email, "role": n.Role})
	})
	return s, err
}

// ChangePassword needs the old one. All sessions of the person end but keep,
// the one they are in, which gets a new token in the server.
func (a *Auth) ChangePassword(ctx context.Context, by Actor, page int64, old, fresh string, keep int64) error {
	var s Staff
	err := a.DB.Read(ctx).Raw(`select id, email, name, password_hash from staff where id = ?`, by.StaffID).Take(&s).Error
	if err != nil {
		return fmt.Errorf("load staff: %w", err)
	}
	ok, err := a.hasher.match(ctx, old, s.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return fault.At("old", "auth.password_old")
	}
	hash, err := a.HashPassword(ctx, fresh, s.Email, s.Name)
	if err != nil {
		return err
	}
	return a.DB.Private(ctx, func(tx *db.Tx) error {
		if err := tx.Exec(`update staff set password_hash = ?, password_changed_at = ? where id = ?`, hash, tx.Now, s.ID).Error; err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		if err := tx.Exec(`delete from sessions where staff_id = ? and id <> ?`, s.ID, keep).Error; err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return Record(tx, page, by, "staff.password", "staff", nil, nil)
	})
}

// CountStaff is how many people there are; 0 before the set-up.
func (a *Auth) CountStaff(ctx context.Context) (int64, error) {
	var n int64
	err := a.DB.Read(ctx).Raw(`select count(*) from staff`).Scan(&n).Error
	return n, err
}
