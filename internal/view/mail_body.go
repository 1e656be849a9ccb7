package view

import (
	"html/template"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/statusd/statusd/internal/i18n"
	"github.com/statusd/statusd/internal/incidents"
)

// times is the line below the title. Every time in it has its zone (R4.1).
func times(p *i18n.Printer, a incidents.Announcement) string {
	if a.Telling == incidents.TellPostmortem {
		return p.T("mail.about", "Title", a.Title, "Day", p.Date(a.StartedAt))
	}
	if a.Telling == incidents.TellMaintenance {
		return maintenanceTimes(p, a)
	}
	parts := []string{p.Stamp(a.HappenedAt)}
	told := a.HappenedAt // announcements kept from before PostedAt have none
	if a.PostedAt.After(told) {
		told = a.PostedAt
	}
	lasting := told.Sub(a.StartedAt) >= time.Minute
	switch {
	case a.ResolvedAt != nil && a.ResolvedAt.After(a.StartedAt):
		parts = append(parts, p.T("mail.lasted", "Length", p.Duration(a.ResolvedAt.Sub(a.StartedAt)),
			"From", p.Near(a.StartedAt, a.HappenedAt), "To", p.Near(*a.ResolvedAt, a.HappenedAt)))
	case a.State.Done():
	case a.Telling == incidents.TellNew && lasting:
		parts = append(parts, p.T("mail.since", "Time", p.Near(a.StartedAt, a.HappenedAt)))
	case lasting:
		parts = append(parts, p.T("mail.going_on", "Length", p.Duration(told.Sub(a.StartedAt))))
	}
	if a.NextUpdateBy != nil {
		next := p.T("mail.next", "Time", p.Near(*a.NextUpdateBy, a.HappenedAt))
		if a.Telling == incidents.TellNew {
			parts = append(parts, next)
		} else { // news of something known: what comes next matters more than how long it lasts
			parts = slices.Insert(parts, 1, next)
		}
	}
	return strings.Join(parts, " · ")
}

func maintenanceTimes(p *i18n.Printer, a incidents.Announcement) string {
	if a.ScheduledFor == nil || a.ScheduledUntil == nil {
		return p.Stamp(a.HappenedAt)
	}
	switch a.State {
	case incidents.Scheduled:
		return p.Range(*a.ScheduledFor, *a.ScheduledUntil) + utcRange(p, *a.ScheduledFor, *a.ScheduledUntil)
	case incidents.Completed:
		return p.Stamp(a.HappenedAt)
	}
	return p.Stamp(a.HappenedAt) + " · " + p.T("mail.until", "Time", p.Near(*a.ScheduledUntil, a.HappenedAt))
}

// utcRange repeats a window in UTC for readers in other zones: " (06:00 to
// 07:30 UTC)". Their day is named where it is another.
func utcRange(p *i18n.Printer, from, to time.Time) string {
	u := p.In(time.UTC)
	if p.ZoneLabel(from) == u.ZoneLabel(from) && p.Clock(from) == u.Clock(from) {
		return ""
	}
	layout := func(t time.Time) string {
		if p.DayKey(t) == u.DayKey(t) {
			return u.Time(t)
		}
		return u.DayTime(t)
	}
	return " (" + p.T("date.range", "From", layout(from), "To", layout(to)+" UTC") + ")"
}

// tagStyles are what the tags that markdown writes look like in a letter. Mail
// programs bring margins of their own, which differ.
var tagStyles = map[string]string{
	"p": "margin:0 0 16px", "ul": "margin:0 0 16px;padding-left:24px", "ol": "margin:0 0 16px;padding-left:24px", "li": "margin:0 0 4px",
	"h2": "margin:24px 0 8px;font-size:18px;line-height:26px", "h3": "margin:20px 0 8px;font-size:16px;line-height:24px",
	"h4": "margin:16px 0 8px;font-size:16px;line-height:24px", "h5": "margin:16px 0 8px;font-size:16px;line-height:24px", "h6": "margin:16px 0 8px;font-size:16px;line-height:24px",
	"a": "color:inherit", "hr": "border:0;border-top:1px solid #e2e4df;margin:24px 0",
	"blockquote": "margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #e2e4df",
	"pre":        "margin:0 0 16px;padding:12px;background:#efefeb;border-radius:10px;white-space:pre-wrap;font-size:14px;line-height:20px",
	"code":       "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px",
	"div":        "margin:0 0 16px;overflow-x:auto", "table": "border-collapse:collapse;font-size:14px;line-height:20px",
	"th": "text-align:left;overflow-wrap:normal;word-break:normal;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid #e2e4df", "td": "overflow-wrap:normal;word-break:normal;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid #e2e4df",
}

// tagClasses let the dark scheme reach what inline styles made light.
var tagClasses = map[string]string{"hr": "line", "blockquote": "line", "th": "line", "td": "line", "pre": "sunk"}

// openTag finds the beginning of a tag, and of a cell how it is set. In what
// markdown writes, a "<" is never anything else.
var openTag = regexp.MustCompile(`<([a-z][a-z0-9]*)(?: class="scroll" role="group" tabindex="0" aria-label="Table")?((?: scope="[a-z]+")?)(?: class="(right|center)")?`)

// headings finds the level of each heading; deeper begins a text whose first heading leaves room above it.
var (
	headings = regexp.MustCompile(`(</?h)([3-6])`)
	deeper   = regexp.MustCompile(`^(?s:[^<]|<[^h]|<hr)*<h3>`)
)

// styled is the HTML of an update with its looks inline. It adds constant
// attributes to what the sanitiser let through, and is HTML for no other reason.
func styled(safe string) template.HTML {
	if deeper.MatchString(safe) { // in a letter the text stands right below the h1
		safe = headings.ReplaceAllStringFunc(safe, func(m string) string { return m[:len(m)-1] + string(m[len(m)-1]-1) })
	}
	return template.HTML(strings.TrimRight(openTag.ReplaceAllStringFunc(safe, func(m string) string { //nolint:gosec // see above
		parts := openTag.FindStringSubmatch(m)
		tag, scope, set := parts[1], parts[2], parts[3]
		style, ok := tagStyles[tag]
		if !ok {
			return m
		}
		if set != "" {
			style = strings.TrimPrefix(style, "text-align:left;") + ";text-align:" + set
		}
		out := "<" + tag + scope
		if c := tagClasses[tag]; c != "" {
			out += ` class="` + c + `"`
		}
		return out + ` style="` + style + `"`
	}), "\n"))
}

// paragraph is one line of ours as a paragraph. It begins a line, because it
// may be a slot.
func paragraph(text string) template.HTML {
	return template.HTML("      <p style=\"" + tagStyles["p"] + "\">\n" + template.HTMLEscapeString(text) + "</p>") //nolint:gosec // escaped
}
