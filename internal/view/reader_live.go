package view

import (
	"encoding/json"
	"fmt"

	"github.com/statusd/statusd/internal/snapshot"
)

// Live is what a browser with the page open asks for: a tag that moves with
// everything on the page, and the headline to announce. One line of JSON.
func (v *Views) Live(s *snapshot.Snapshot) ([]byte, error) {
	h := v.reader(s).headline()
	raw, err := json.Marshal(struct {
		Tag  string `json:"tag"`
		Say  string `json:"say"`
		Lang string `json:"lang,omitempty"` // of what is said, where that is not the page's
		Mark Mark   `json:"mark"`
	}{s.Tag(), h.Text, h.Lang, h.Mark})
	if err != nil {
		return nil, fmt.Errorf("write the live line: %w", err)
	}
	return raw, nil
}
