package public

// FillSearches takes every place for searches, and gives them back.
func (h *Handlers) FillSearches() (leave func()) {
	for range atOnce {
		h.searches.enter()
	}
	return func() {
		for range atOnce {
			h.searches.leave()
		}
	}
}

// WantsText says whether these Accept headers get a text.
func WantsText(accept []string) bool { return wanted(accept) != nil }

// Beat sends every stream what keeps it from being cut, as Run does now and then.
func (s *Streams) Beat() { s.tell([]byte(": still here\n\n"), func(*stream) bool { return true }) }
