// Package admin is the staff's side in HTML: forms that bind, call one method
// of a domain room, and send the browser on.
//
// A handler is short: read the form (form.go), call the desk, answer. A form
// that is refused comes back as it was typed, with what is wrong beside each
// field and the status that says so (answer.go). Everything works without
// JavaScript; web/static/admin.js only saves taps.
//
// The table of routes stands below; each act has its handler in the file named
// after what it acts upon. The package holds no rule: who may do what is the
// Role of the route and, once more, the desk's.
package admin

import (
	"net/http"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
	"github.com/statusd/statusd/internal/notify"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/snapshot"
	"github.com/statusd/statusd/internal/view"
)

// Handlers answer requests of staff.
type Handlers struct {
	DB          *db.DB // for its clock, and to know when it cannot be used
	Server      *server.Server
	Shelf       *snapshot.Shelf // what readers are shown now
	Desk        *incidents.Desk
	Incidents   incidents.Store
	Auth        *auth.Auth
	Subscribers *notify.Subscribers
	Outbox      *notify.Outbox
	Views       *view.Views
}

// Routes is the table: who may do what. A sensitive route asks for the password
// again; posting never is one.
func (h *Handlers) Routes() []server.Route {
	const get, post = http.MethodGet, http.MethodPost
	open := func(method, path string, handle server.Handler) server.Route {
		return server.Route{Method: method, Path: path, Audience: server.Staff, Open: true, Handle: handle}
	}
	staff := func(role auth.Role, method, path string, handle server.Handler) server.Route {
		return server.Route{Method: method, Path: path, Audience: server.Staff, Role: role, Handle: handle}
	}
	sensitive := func(role auth.Role, method, path string, handle server.Handler) server.Route {
		r := staff(role, method, path, handle)
		r.Sensitive = true
		return r
	}
	return []server.Route{
		open(get, "/setup/:token", h.setUpForm),
		open(post, "/setup/:token", h.setUp),
		open(get, "/admin/signin", h.signInForm),
		open(post, "/admin/signin", h.signIn),

		staff(auth.Viewer, post, "/admin/signout", h.signOut),
		staff(auth.Viewer, get, "/admin/confirm", h.confirmForm),
		staff(auth.Viewer, post, "/admin/confirm", h.confirm),
		staff(auth.Viewer, get, "/admin/account", h.account),
		staff(auth.Viewer, post, "/admin/account/password", h.changePassword),
		staff(auth.Viewer, post, "/admin/account/sessions/:code/end", h.endSession),

		staff(auth.Viewer, get, "/admin", h.now),
		staff(auth.Responder, post, "/admin/headline", h.writeHeadline),
		staff(auth.Responder, post, "/admin/headline/automatic", h.dropHeadline),
		staff(auth.Responder, post, "/admin/preview", h.preview),

		staff(auth.Viewer, get, "/admin/incidents", h.incidents),
		staff(auth.Responder, get, "/admin/incidents/new", h.reportForm),
		staff(auth.Responder, post, "/admin/incidents", h.report),
		staff(auth.Viewer, get, "/admin/incidents/:code", h.incident),
		staff(auth.Responder, post, "/admin/incidents/:code/updates", h.postUpdate),
		staff(auth.Responder, get, "/admin/incidents/:code/edit", h.editForm),
		staff(auth.Responder, post, "/admin/incidents/:code/edit", h.edit),
		staff(auth.Responder, get, "/admin/incidents/:code/translations", h.translateIncidentForm),
		staff(auth.Responder, post, "/admin/incidents/:code/translations", h.translateIncident),
		staff(auth.Responder, get, "/admin/incidents/:code/withdraw", h.withdrawIncidentForm),
		staff(auth.Responder, post, "/admin/incidents/:code/withdraw", h.withdrawIncident),
		staff(auth.Viewer, get, "/admin/incidents/:code/postmortem", h.postmortemForm),
		staff(auth.Responder, post, "/admin/incidents/:code/postmortem", h.savePostmortem),
		staff(auth.Responder, post, "/admin/incidents/:code/postmortem/publish", h.publishPostmortem),
		staff(auth.Responder, post, "/admin/incidents/:code/postmortem/unpublish", h.unpublishPostmortem),
		staff(auth.Responder, post, "/admin/incidents/:code/postmortem/undo", h.undoLetter),

		staff(auth.Viewer, get, "/admin/updates/:code", h.correctForm),
		staff(auth.Responder, post, "/admin/updates/:code", h.correct),
		staff(auth.Responder, get, "/admin/updates/:code/translations", h.translateUpdateForm),
		staff(auth.Responder, post, "/admin/updates/:code/translations", h.translateUpdate),
		staff(auth.Responder, post, "/admin/updates/:code/withdraw", h.withdrawUpdate),
		staff(auth.Responder, post, "/admin/updates/:code/undo", h.undo),

		staff(auth.Viewer, get, "/admin/maintenance", h.maintenances),
		staff(auth.Responder, get, "/admin/maintenance/new", h.planForm),
		staff(auth.Responder, post, "/admin/maintenance", h.plan),
		staff(auth.Viewer, get, "/admin/maintenance/:code", h.incident),
		staff(auth.Responder, post, "/admin/maintenance/:code/updates", h.postUpdate),
		staff(auth.Responder, get, "/admin/maintenance/:code/edit", h.editForm),
		staff(auth.Responder, post, "/admin/maintenance/:code/edit", h.edit),
		staff(auth.Responder, get, "/admin/maintenance/:code/translations", h.translateIncidentForm),
		staff(auth.Responder, post, "/admin/maintenance/:code/translations", h.translateIncident),
		staff(auth.Responder, get, "/admin/maintenance/:code/withdraw", h.withdrawIncidentForm),
		staff(auth.Responder, post, "/admin/maintenance/:code/withdraw", h.withdrawIncident),

		staff(auth.Viewer, get, "/admin/services", h.services),
		staff(auth.Admin, get, "/admin/services/new", h.addServiceForm),
		staff(auth.Admin, post, "/admin/services/new", h.addService),
		staff(auth.Responder, get, "/admin/services/:code", h.serviceForm),
		staff(auth.Admin, post, "/admin/services/:code", h.editService),
		staff(auth.Responder, post, "/admin/services/:code/status", h.setStatus),
		staff(auth.Admin, post, "/admin/services/:code/up", h.moveService(true)),
		staff(auth.Admin, post, "/admin/services/:code/down", h.moveService(false)),
		staff(auth.Admin, post, "/admin/services/:code/archive", h.archiveService),
		staff(auth.Admin, post, "/admin/services/:code/restore", h.restoreService),
		staff(auth.Admin, get, "/admin/groups/new", h.addGroupForm),
		staff(auth.Admin, post, "/admin/groups/new", h.addGroup),
		staff(auth.Admin, get, "/admin/groups/:code", h.groupForm),
		staff(auth.Admin, post, "/admin/groups/:code", h.editGroup),
		staff(auth.Admin, post, "/admin/groups/:code/up", h.moveGroup(true)),
		staff(auth.Admin, post, "/admin/groups/:code/down", h.moveGroup(false)),
		staff(auth.Admin, post, "/admin/groups/:code/archive", h.archiveGroup),

		staff(auth.Viewer, get, "/admin/subscribers", h.subscribers),
		staff(auth.Admin, post, "/admin/subscribers/:code/remove", h.removeSubscriber),
		staff(auth.Admin, get, "/admin/outbox", h.outbox),
		staff(auth.Admin, get, "/admin/outbox/:id", h.letter),

		sensitive(auth.Admin, get, "/admin/settings", h.settingsForm),
		sensitive(auth.Admin, post, "/admin/settings", h.saveSettings),

		sensitive(auth.Owner, get, "/admin/team", h.team),
		sensitive(auth.Owner, post, "/admin/team", h.addMember),
		sensitive(auth.Owner, post, "/admin/team/:code/role", h.setRole),
		sensitive(auth.Owner, post, "/admin/team/:code/remove", h.removeMember),
		sensitive(auth.Owner, get, "/admin/team/audit", h.audit),
		sensitive(auth.Owner, post, "/admin/keys/:code/revoke", h.revokeKey),
	}
}
