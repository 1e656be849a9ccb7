package admin_test

import (
	"strings"
	"testing"

	"github.com/statusd/statusd/internal/auth"
	"github.com/statusd/statusd/internal/statustest"
)

// The page's language is chosen by its own name. What is published speaks it, and the desk goes on in English.
func TestSettings_languageIsThatOfWhatIsPublished(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Component("API")
	b := h.as(auth.Admin)
	b.open("/admin/settings").want(200)
	page := statustest.Page(t, []byte(b.body))
	if got := strings.Join(page.Texts("select[name=language] option"), " "); got != "English العربية Deutsch Español Français 日本語 Polski Português (Brasil) 简体中文" {
		t.Errorf("offered: %s", got)
	}
	b.send("/admin/settings", "language", "klingon").want(422).says("Choose one of the offered values.")
	b.send("/admin/settings", "language", "ja", "auto_language", "-").want(200)
	if got := h.Snapshot().Page; got.Language != "ja" || got.AutoLanguage {
		t.Fatalf("readers' side: %s, %v", got.Language, got.AutoLanguage)
	}
	b.open("/admin/incidents/new").want(200).says("調査しています").says("Partly down")
	api := statustest.Page(t, []byte(b.body)).Find("[name=components]").Attr("value")
	b.send("/admin/incidents", "components", api, "next_update_by", "none").want(200).says("Investigating")
	i := h.Snapshot().Incidents[0]
	if i.Title != "APIの問題" || i.Updates[0].Plain != "APIの問題を調査しています。" {
		t.Errorf("published: %q, %q", i.Title, i.Updates[0].Plain)
	}
}
