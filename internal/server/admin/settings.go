package admin

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/statusd/statusd/internal/fault"
	"github.com/statusd/statusd/internal/pages"
	"github.com/statusd/statusd/internal/server"
	"github.com/statusd/statusd/internal/view"
)

func (h *Handlers) settingsForm(c *gin.Context) error { return h.settingsPage(c, reply{}) }

func (h *Handlers) settingsPage(c *gin.Context, r reply) error {
	b, err := h.base(c, "settings", "Page settings")
	if err != nil {
		return err
	}
	p := server.PageOf(c)
	v := proposed(
		"name", p.Name, "time_zone", p.TimeZone, "language", p.Language, "auto_language", one(p.AutoLanguage), "words", p.Words, "hold_seconds", strconv.Itoa(p.HoldSeconds), "postal_address", p.PostalAddress,
		"sender_name", p.SenderName, "sender_address", p.SenderAddress, "reply_to", p.ReplyTo, "support_url", p.SupportURL,
		"past_days", strconv.Itoa(p.PastDays), "show_uptime", one(p.ShowUptime), "raise_indicator", one(p.RaiseIndicator), "listed", one(!p.HideFromSearch),
		"weight_major", strconv.Itoa(p.WeightMajor), "weight_partial", strconv.Itoa(p.WeightPartial), "weight_degraded", strconv.Itoa(p.WeightDegraded),
		"expect", strconv.FormatInt(p.UpdatedAt.UnixMilli(), 10))
	if r.conflict() {
		r.values.Set("expect", v.Get("expect")) // who presses Save again has been told
	}
	return h.page(c, r, view.AdminSettings{AdminBase: b, Form: r.form(b.T, "g", v), Zones: zones[:], Words: view.AdminWordings(b.T), Languages: h.Views.AdminLanguages()})
}

func (h *Handlers) saveSettings(c *gin.Context) error {
	t := read(c)
	p, err := bindSettings(t, server.PageOf(c))
	if err == nil && h.Views.Catalog().Find(p.Language) != p.Language {
		err = fault.At("language", "field.choice")
	}
	if err == nil {
		err = h.Desk.SaveSettings(c, server.Actor(c), p)
	}
	if err != nil {
		return h.refuse(c, err, t, h.settingsPage)
	}
	return goTo(c, "/admin/settings", "saved")
}

// bindSettings reads the settings into the page as it is: what the form does
// not show stays.
func bindSettings(t *typed, p pages.Page) (pages.Page, error) {
	p.Name, p.TimeZone, p.Words = t.line("name"), t.line("time_zone"), t.line("words")
	p.PostalAddress, p.SenderName, p.SenderAddress = t.line("postal_address"), t.line("sender_name"), t.line("sender_address")
	p.ReplyTo, p.SupportURL = t.line("reply_to"), t.line("support_url")
	n, err := strconv.Atoi(t.line("hold_seconds"))
	if err != nil {
		return p, fault.At("hold_seconds", "page.hold")
	}
	p.HoldSeconds = n
	if err := bindReading(t, &p); err != nil {
		return p, err
	}
	p.UpdatedAt = time.Time{}
	if ms, err := strconv.ParseInt(t.line("expect"), 10, 64); err == nil {
		p.UpdatedAt = time.UnixMilli(ms).UTC()
	}
	return p, nil
}

// bindReading reads what is about the page's look; a form without these fields
// leaves them as they are.
func bindReading(t *typed, p *pages.Page) error {
	if !t.values.Has("past_days") {
		return nil
	}
	if t.values.Has("language") {
		p.Language, p.AutoLanguage = t.line("language"), t.tick("auto_language")
	}
	p.ShowUptime, p.RaiseIndicator, p.HideFromSearch = t.tick("show_uptime"), t.tick("raise_indicator"), !t.tick("listed")
	var c fault.Collector
	for _, f := range []struct {
		name, key string
		to        *int
	}{
		{"past_days", "page.past_days", &p.PastDays},
		{"weight_major", "page.weight", &p.WeightMajor},
		{"weight_partial", "page.weight", &p.WeightPartial},
		{"weight_degraded", "page.weight", &p.WeightDegraded},
	} {
		n, err := strconv.Atoi(t.line(f.name))
		if err != nil {
			c.Add(f.name, f.key)
			continue
		}
		*f.to = n
	}
	return c.Err()
}

// zones are offered in the field for the time zone; any other IANA name may be
// typed too. There is no list of them in Go's library, so the ones that most
// people live in stand here.
var zones = [...]string{
	"UTC",
	"Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
	"America/Anchorage", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Caracas", "America/Chicago", "America/Denver", "America/Halifax",
	"America/Lima", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Phoenix", "America/Santiago", "America/Sao_Paulo",
	"America/St_Johns", "America/Toronto", "America/Vancouver",
	"Asia/Almaty", "Asia/Bangkok", "Asia/Colombo", "Asia/Dhaka", "Asia/Dubai", "Asia/Ho_Chi_Minh", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Jerusalem",
	"Asia/Karachi", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Kuala_Lumpur", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore",
	"Asia/Taipei", "Asia/Tashkent", "Asia/Tehran", "Asia/Tokyo",
	"Atlantic/Azores", "Atlantic/Reykjavik",
	"Australia/Adelaide", "Australia/Brisbane", "Australia/Darwin", "Australia/Melbourne", "Australia/Perth", "Australia/Sydney",
	"Europe/Amsterdam", "Europe/Athens", "Europe/Belgrade", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest", "Europe/Copenhagen",
	"Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Moscow", "Europe/Oslo",
	"Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Sofia", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich",
	"Pacific/Auckland", "Pacific/Chatham", "Pacific/Fiji", "Pacific/Honolulu",
}
