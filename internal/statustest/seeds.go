package statustest

import (
	"bytes"
	_ "embed" // for the seeds below
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// Seed is a real incident report as its page showed it, word for word. The notes at its end say what is not known.
type Seed struct {
	Source   string       `json:"source"`
	Page     SeedPage     `json:"page"`
	Incident SeedIncident `json:"incident"`
	Notes    []string     `json:"notes"`
}

// SeedPage is the status page that the report stood on.
type SeedPage struct {
	Name     string `json:"name"`
	TimeZone string `json:"time_zone"`
}

// SeedIncident is the report itself.
type SeedIncident struct {
	Name       string     `json:"name"`
	ReportLine string     `json:"report_line"`
	Status     string     `json:"status"`
	Started    *time.Time `json:"started"` // nil where the report does not say
	// Updates stand as the page shows them, the newest first; see OldestFirst.
	Updates      []SeedUpdate    `json:"updates_newest_first"`
	Affected     []SeedComponent `json:"affected_components"`
	AffectedLine string          `json:"affected_line"`
	Postmortem   SeedPostmortem  `json:"postmortem"`
}

// SeedUpdate is one statement.
type SeedUpdate struct {
	Label         string   `json:"label"`          // as shown; "" where the seed shows none
	LabelInferred string   `json:"label_inferred"` // a guess from the text where the seed shows none
	State         string   `json:"effective_status"`
	Posted        SeedTime `json:"posted"`
	Body          string   `json:"body"`
}

// SeedTime is one instant in the forms in which it must come out again.
type SeedTime struct {
	Display   string    `json:"display"` // May 14, 2018 - 14:08 EDT
	Local     time.Time `json:"local"`
	UTC       time.Time `json:"utc"`
	ZoneLabel string    `json:"zone_label"`
}

// SeedComponent is an affected component, in a group or ("") in none.
type SeedComponent struct{ Group, Name string }

// UnmarshalJSON takes a name alone or an object with the group.
func (c *SeedComponent) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &c.Name)
	}
	type plain SeedComponent // without this method
	return json.Unmarshal(data, (*plain)(c))
}

// SeedPostmortem is the report that was published afterwards.
type SeedPostmortem struct {
	Posted          SeedTime `json:"posted"`
	Markdown        string   `json:"markdown"`
	Format          string   `json:"format"`
	AuthorSignature string   `json:"author_signature"`
	Note            string   `json:"gfm_note"`
}

// OldestFirst returns the updates in the order in which they were posted.
func (i SeedIncident) OldestFirst() []SeedUpdate {
	updates := slices.Clone(i.Updates)
	slices.Reverse(updates)
	return updates
}

var (
	//go:embed seeds/callrail.json
	callRail []byte
	//go:embed seeds/raco.json
	raco []byte
)

// CallRail is the outage of 14 May 2018: nine updates in four hours, five components, a long postmortem with a table.
func CallRail(t testing.TB) Seed {
	t.Helper()
	return seed(t, callRail)
}

// RACO is an outage whose cause was a supplier: no labels, a component in a group, the supplier's own report.
func RACO(t testing.TB) Seed {
	t.Helper()
	return seed(t, raco)
}

func seed(t testing.TB, data []byte) Seed {
	t.Helper()
	var s Seed
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields() // a field that is read by nobody is a fact that is checked by nobody
	if err := decoder.Decode(&s); err != nil {
		t.Fatalf("read the seed: %v", err)
	}
	return s
}
