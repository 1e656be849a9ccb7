package admin_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/statustest"
)

func TestServices_sayWhichNameIsTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Component("Call routing")
	h.Group("Apps", "Dashboard")
	b := h.as(auth.Admin)
	b.open("/admin/services/new")
	b.send("/admin/services/new", "name", "Call recording\ncall ROUTING\nReports").want(422).says("There is already a service called “call ROUTING” here.")
	if got := strings.Fields(b.page().Find("#s-name").Text()); strings.Join(got, " ") != "call ROUTING Reports" {
		t.Errorf("the field keeps %q", got)
	}
	b.open("/admin/groups/new")
	b.send("/admin/groups/new", "name", "Apps").want(422).says("There is already a group called “Apps”.")
}

func TestIncidents_listSaysWithdrawn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := h.Reports("Posted by mistake", "We know.", statustest.Is(h.Component("Call routing"), components.MajorOutage))
	b := h.as(auth.Responder)
	at := "/admin/incidents/" + i.Code
	b.open(at + "/withdraw")
	b.send(at + "/withdraw").want(200)
	for _, page := range []string{"/admin/incidents", at} {
		got := b.open(page).page().Find("main .list, main .facts").Text()
		if !strings.Contains(got, "Withdrawn") || strings.Contains(got, "Investigating") {
			t.Errorf("%s says %q", page, got)
		}
	}
}

func TestTeam_saysWhoWasAdded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(auth.Owner)
	b.open("/admin/team")
	b.send("/admin/team", "name", "Ben Okafor", "email", "ben@callrail.example", "password", password, "role", "responder").want(200)
	if got := b.page().Find("[data-done]").Text(); !strings.Contains(got, "Ben Okafor") || !strings.Contains(got, "first password") {
		t.Errorf("after adding somebody the page says %q", got)
	}
	if got := b.page().FindAll("[data-new]"); len(got) != 1 || !strings.Contains(got[0].Text(), "Ben Okafor") {
		t.Errorf("the list does not point at the new one: %v", got)
	}
}
