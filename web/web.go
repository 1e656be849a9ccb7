// Package web embeds the templates, static files and message catalogues, and
// nothing else. Only cmd/statusd imports it: view, i18n and server are handed
// an fs.FS.
package web

import "embed"

// FS holds templates/, static/ and locales/.
//
//go:embed templates static locales
var FS embed.FS
