package view

import (
	"strings"
	"time"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/i18n"
)

// AdminSignIn is /admin/signin.
type AdminSignIn struct {
	AdminBase
	Form AdminForm
}

func (AdminSignIn) adminSet() string { return "signin" }

// AdminConfirm asks for the password again.
type AdminConfirm struct {
	AdminBase
	Form AdminForm
}

func (AdminConfirm) adminSet() string { return "confirm" }

// AdminSetup is /setup/{token}.
type AdminSetup struct {
	AdminBase
	Form  AdminForm
	Zones []string
}

func (AdminSetup) adminSet() string { return "setup" }

// AdminSettings is /admin/settings.
type AdminSettings struct {
	AdminBase
	Form  AdminForm
	Zones []string
	Words []AdminOption
	// Languages that readers can be answered in, each by its own name.
	Languages []AdminOption
}

func (AdminSettings) adminSet() string { return "settings" }

// AdminWordings are the two sets of words for statuses.
func AdminWordings(p *i18n.Printer) []AdminOption {
	return []AdminOption{
		{Value: "plain", Label: p.T("admin.words.plain"), Hint: p.T("admin.words.plain.hint")},
		{Value: "classic", Label: p.T("admin.words.classic"), Hint: p.T("admin.words.classic.hint")},
	}
}

// AdminLanguages are all languages, each by its own name.
func (v *Views) AdminLanguages() []AdminOption {
	var out []AdminOption
	for _, lang := range v.catalog.Languages() {
		out = append(out, AdminOption{Value: lang, Label: v.catalog.Name(lang)})
	}
	return out
}

// AdminAccount is /admin/account.
type AdminAccount struct {
	AdminBase
	Form     AdminForm
	Sessions []AdminSession
}

func (AdminAccount) adminSet() string { return "account" }

// AdminSession is one place where a person is signed in.
type AdminSession struct {
	Code, Agent, Address string
	Since, Seen          AdminTime
	Remembered, This     bool
}

// NewAdminSession words a session; this is the one that asks.
func NewAdminSession(p *i18n.Printer, s auth.Session, this int64, now time.Time) AdminSession {
	return AdminSession{
		Code: s.Code, Agent: AdminDevice(s.Agent), Address: s.Address, Remembered: s.Remembered, This: s.ID == this,
		Since: adminClock(p, s.CreatedAt, now), Seen: adminClock(p, s.LastSeenAt, now),
	}
}

// AdminDevice makes of what a browser calls itself what a person calls it.
func AdminDevice(agent string) string {
	find := func(names ...string) string {
		for _, n := range names {
			if strings.Contains(agent, n) {
				return n
			}
		}
		return ""
	}
	// Order matters: Edge also says Chrome, Chrome also says Safari, phones also say Linux.
	browser := find("Edg", "Firefox", "Chrome", "Safari", "curl")
	system := find("iPhone", "iPad", "Android", "Windows", "Mac OS", "Linux")
	if browser == "Edg" {
		browser = "Edge"
	}
	switch {
	case browser == "" && system == "":
		return "Unknown device"
	case system == "":
		return browser
	case browser == "":
		return system
	}
	return browser + " on " + system
}

// AdminTeam is /admin/team.
type AdminTeam struct {
	AdminBase
	Form    AdminForm // of a new person
	Members []AdminMember
	Roles   []AdminOption
	Keys    []AdminKey
	Audits  []AdminAudit
	Wrong   AdminForm // of a refused change of somebody
}

func (AdminTeam) adminSet() string { return "team" }

// AdminMember is a person of the team.
type AdminMember struct {
	Code, Name, Email string
	Role, RoleSays    string
	Self              bool
	New               bool // was added a moment ago
	Choice            AdminField
}

// Point says who it is that was just added, and points at them in the list.
func (t *AdminTeam) Point(code string) {
	for n, m := range t.Members {
		if m.Code != code || t.Done != AdminDone(t.T, "member") {
			continue
		}
		t.Members[n].New, t.Done = true, t.T.T("admin.added", "Name", m.Name)
	}
}

// NewAdminMember words a member; self is the id of the one who looks.
func NewAdminMember(p *i18n.Printer, m auth.Member, self int64) AdminMember {
	form := NewAdminForm(p, "m-"+m.Code, map[string][]string{"role": {string(m.Role)}})
	a := AdminMember{Code: m.Code, Name: m.Name, Email: m.Email, Role: p.T("role." + string(m.Role)), RoleSays: p.T("role." + string(m.Role) + ".says"), Self: m.ID == self}
	a.Choice = form.Choice("role", p.T("admin.team.role", "Name", m.Name), "select", "", AdminRoles(p))
	return a
}

// AdminRoles are the roles as choices, the least first.
func AdminRoles(p *i18n.Printer) []AdminOption {
	var out []AdminOption
	for _, r := range auth.Roles() {
		out = append(out, AdminOption{Value: string(r), Label: p.T("role." + string(r)), Hint: p.T("role." + string(r) + ".says")})
	}
	return out
}

// AdminKey is an API key.
type AdminKey struct {
	Code, Name, Scope, Tail string
	Used                    AdminSaid
}

// NewAdminKey words a key.
func NewAdminKey(p *i18n.Printer, k auth.APIKey, now time.Time) AdminKey {
	a := AdminKey{Code: k.Code, Name: k.Name, Tail: k.Tail, Scope: p.T("scope." + string(k.Scope)), Used: adminSaid(p, "admin.key.never")}
	if k.LastUsedAt != nil {
		a.Used = adminSaid(p, "admin.key.used", "At", adminClock(p, *k.LastUsedAt, now))
	}
	return a
}

// AdminAudits is /admin/team/audit.
type AdminAudits struct {
	AdminBase
	Audits []AdminAudit
	Older  string
}

func (AdminAudits) adminSet() string { return "audit" }

// AdminAudit is one row of who did what.
type AdminAudit struct {
	When                       AdminTime
	Who, What, Object, Address string
	Before, After              string
}

// NewAdminAudit words an audit row; an action that has no words shows its name.
func NewAdminAudit(p *i18n.Printer, a auth.Audit, now time.Time) AdminAudit {
	r := AdminAudit{When: adminClock(p, a.At, now), Who: a.ActorName, What: a.Action, Object: a.Object, Address: a.Address, Before: a.Before, After: a.After}
	if key := "audit." + a.Action; p.Has(key) {
		r.What = p.T(key)
	}
	return r
}
