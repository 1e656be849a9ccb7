package notify

import (
	"context"

	"github.com/statusd/statusd/internal/components"
	"github.com/statusd/statusd/internal/db"
	"github.com/statusd/statusd/internal/incidents"
)

// known is what readers may know of a page's components at a moment. An
// announcement is frozen, and a letter made of it may leave much later: what
// was hidden meanwhile is not to be read in it (R7.1).
type known struct {
	visible []components.Component // in page order
	hidden  map[int64]bool         // not the archived ones: history keeps their names
}

func knownOf(ctx context.Context, d *db.DB, page int64) (known, error) {
	k := known{hidden: map[int64]bool{}}
	_, cs, err := components.Store{DB: d}.All(ctx, page)
	if err != nil {
		return k, err
	}
	for _, c := range cs {
		if c.Hidden {
			k.hidden[c.ID] = true
		}
		if c.Visible() {
			k.visible = append(k.visible, c)
		}
	}
	return k, nil
}

// shown is an announcement without what readers may not know of any more. Who
// gets it is decided by the frozen one.
func (k known) shown(a incidents.Announcement) incidents.Announcement {
	var named []incidents.AnnouncedComponent
	for _, c := range a.Affected {
		if !k.hidden[c.ID] {
			named = append(named, c)
		}
	}
	a.Affected = named
	return a
}
