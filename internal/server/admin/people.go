package admin

import (
	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) setUpForm(c *gin.Context) error {
	if err := h.Auth.CheckSetupToken(c, c.Param("token")); err != nil {
		return err
	}
	return h.setUpPage(c, reply{})
}

// setUpPage asks for everything a page needs, on one page: fewer steps to lose
// one's way in, and it works with the keyboard of a phone.
func (h *Handlers) setUpPage(c *gin.Context, r reply) error {
	page := server.PageOf(c)
	b := h.bare(c, "Set up")
	v := proposed("time_zone", page.TimeZone)
	return h.page(c, r, view.AdminSetup{AdminBase: b, Form: r.form(b.T, "u", v), Zones: zones[:]})
}

// setUp spends the one-time link. The new owner is signed in at once.
func (h *Handlers) setUp(c *gin.Context) error {
	t := read(c)
	s := incidents.SetUp{
		Token: c.Param("token"), PageName: t.line("page_name"), TimeZone: t.line("time_zone"), PostalAddress: t.line("postal_address"),
		SenderName: t.line("sender_name"), SenderAddress: t.line("sender_address"), OwnerName: t.line("name"), OwnerEmail: t.line("email"),
		Password: t.values.Get("password"), Services: t.text("services"), Address: server.ClientIP(c),
	}
	page, err := h.Desk.SetUp(c, h.Auth, s)
	if err != nil {
		return h.refuse(c, err, t, h.setUpPage)
	}
	token, _, err := h.Auth.SignIn(c, page.ID, auth.Login{Email: s.OwnerEmail, Password: s.Password, Address: s.Address, Agent: c.Request.UserAgent()})
	if err != nil {
		return err
	}
	h.Server.SetSession(c, token, false)
	return goTo(c, "/admin", "welcome")
}

func (h *Handlers) signInForm(c *gin.Context) error { return h.signInPage(c, reply{}) }

func (h *Handlers) signInPage(c *gin.Context, r reply) error {
	b := h.bare(c, "Sign in")
	return h.page(c, r, view.AdminSignIn{AdminBase: b, Form: r.form(b.T, "i", proposed("next", c.Query("next"), "stay", "1"))})
}

func (h *Handlers) signIn(c *gin.Context) error {
	t := read(c)
	l := auth.Login{Email: t.line("email"), Password: t.values.Get("password"), Remember: t.tick("stay"), Address: server.ClientIP(c), Agent: c.Request.UserAgent()}
	token, _, err := h.Auth.SignIn(c, server.PageOf(c).ID, l)
	if err != nil {
		return h.refuse(c, err, t, h.signInPage)
	}
	h.Server.SetSession(c, token, l.Remember)
	server.SeeOther(c, server.SafeNext(t.values.Get("next")))
	return nil
}

func (h *Handlers) signOut(c *gin.Context) error {
	if err := h.Auth.SignOut(c, server.Actor(c).StaffID, server.SessionOf(c).Code); err != nil {
		return err
	}
	h.Server.ClearSession(c)
	server.SeeOther(c, "/admin/signin")
	return nil
}

func (h *Handlers) confirmForm(c *gin.Context) error { return h.confirmPage(c, reply{}) }

// confirmPage asks for the password again. It shows no menu: there is one
// thing to do.
func (h *Handlers) confirmPage(c *gin.Context, r reply) error {
	b := h.bare(c, "Your password again")
	return h.page(c, r, view.AdminConfirm{AdminBase: b, Form: r.form(b.T, "i", proposed("next", c.Query("next")))})
}

func (h *Handlers) confirm(c *gin.Context) error {
	t := read(c)
	if err := h.Auth.Confirm(c, server.SessionOf(c), t.values.Get("password")); err != nil {
		return h.refuse(c, err, t, h.confirmPage)
	}
	server.SeeOther(c, server.SafeNext(t.values.Get("next")))
	return nil
}

func (h *Handlers) account(c *gin.Context) error { return h.accountPage(c, reply{}) }

// accountPage is a person's own: where they are signed in, and their password.
func (h *Handlers) accountPage(c *gin.Context, r reply) error {
	by, this := server.Actor(c), server.SessionOf(c)
	b, err := h.base(c, "account", by.Name)
	if err != nil {
		return err
	}
	all, err := h.Auth.Sessions(c, by.StaffID)
	if err != nil {
		return err
	}
	p := view.AdminAccount{AdminBase: b, Form: r.form(b.T, "a", proposed())}
	for _, s := range all {
		p.Sessions = append(p.Sessions, view.NewAdminSession(b.T, s, this.ID, h.clock()))
	}
	return h.page(c, r, p)
}

// changePassword ends every other session; this one gets a new token.
func (h *Handlers) changePassword(c *gin.Context) error {
	t, by, this := read(c), server.Actor(c), server.SessionOf(c)
	err := h.Auth.ChangePassword(c, by, server.PageOf(c).ID, t.values.Get("old"), t.values.Get("password"), this.ID)
	if err != nil {
		return h.refuse(c, err, t, h.accountPage)
	}
	token, err := h.Auth.Renew(c, this)
	if err != nil {
		return err
	}
	h.Server.SetSession(c, token, this.Remembered)
	return goTo(c, "/admin/account", "password")
}

func (h *Handlers) endSession(c *gin.Context) error {
	this := server.SessionOf(c)
	if c.Param("code") == this.Code {
		return h.signOut(c)
	}
	if err := h.Auth.SignOut(c, server.Actor(c).StaffID, c.Param("code")); err != nil {
		return err
	}
	return goTo(c, "/admin/account", "session")
}

func (h *Handlers) team(c *gin.Context) error { return h.teamPage(c, reply{}) }

// teamPage shows people, keys and the last acts. A refused change of somebody
// has no form of its own: its words stand above the list.
func (h *Handlers) teamPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "team", "Team and keys")
	if err != nil {
		return err
	}
	page, now := server.PageOf(c).ID, h.clock()
	p := view.AdminTeam{AdminBase: b, Roles: view.AdminRoles(b.T)}
	propose := proposed("role", string(auth.Responder))
	if r.values != nil {
		p.Form = r.form(b.T, "t", propose)
	} else {
		p.Form, p.Wrong = reply{}.form(b.T, "t", propose), r.form(b.T, "w", nil)
	}
	members, err := h.Auth.Members(c, page)
	if err != nil {
		return err
	}
	for _, m := range members {
		p.Members = append(p.Members, view.NewAdminMember(b.T, m, server.Actor(c).StaffID))
	}
	p.Point(c.Query("new"))
	keys, err := h.Auth.Keys(c, page)
	if err != nil {
		return err
	}
	for _, k := range keys {
		p.Keys = append(p.Keys, view.NewAdminKey(b.T, k, now))
	}
	audits, err := h.Auth.Audits(c, page, 0, 10)
	for _, a := range audits {
		p.Audits = append(p.Audits, view.NewAdminAudit(b.T, a, now))
	}
	if err != nil {
		return err
	}
	return h.page(c, r, p)
}

func (h *Handlers) addMember(c *gin.Context) error {
	t := read(c)
	st, err := h.Auth.Invite(c, server.Actor(c), server.PageOf(c).ID, auth.NewStaff{Email: t.line("email"), Name: t.line("name"), Password: t.values.Get("password"), Role: auth.Role(t.line("role"))})
	if err != nil {
		return h.refuse(c, err, t, h.teamPage)
	}
	server.SeeOther(c, "/admin/team?done=member&new="+st.Code)
	return nil
}

func (h *Handlers) setRole(c *gin.Context) error {
	if err := h.Auth.SetRole(c, server.Actor(c), server.PageOf(c).ID, c.Param("code"), auth.Role(read(c).line("role"))); err != nil {
		return h.refuse(c, err, nil, h.teamPage)
	}
	return goTo(c, "/admin/team", "saved")
}

func (h *Handlers) removeMember(c *gin.Context) error {
	if err := h.Auth.Remove(c, server.Actor(c), server.PageOf(c).ID, c.Param("code")); err != nil {
		return h.refuse(c, err, nil, h.teamPage)
	}
	return goTo(c, "/admin/team", "removed")
}

func (h *Handlers) revokeKey(c *gin.Context) error {
	if err := h.Auth.RevokeKey(c, server.Actor(c), server.PageOf(c).ID, c.Param("code")); err != nil {
		return h.refuse(c, err, nil, h.teamPage)
	}
	return goTo(c, "/admin/team", "revoked")
}

// audit is all of who did what, newest first.
func (h *Handlers) audit(c *gin.Context) error {
	b, err := h.base(c, "team", "Who did what")
	if err != nil {
		return err
	}
	rows, err := h.Auth.Audits(c, server.PageOf(c).ID, cursor(c, "before"), listed+1)
	if err != nil {
		return err
	}
	p := view.AdminAudits{AdminBase: b}
	if len(rows) > listed {
		rows = rows[:listed]
		p.Older = "?before=" + number(rows[listed-1].ID)
	}
	for _, a := range rows {
		p.Audits = append(p.Audits, view.NewAdminAudit(b.T, a, h.clock()))
	}
	return h.page(c, reply{}, p)
}
