package notify

import "testing"

// Letters are large. Few are kept, and batches in which they differ are short.
func TestRound_holdsFewLetters(t *testing.T) {
	t.Parallel()
	r := &round{letters: map[letterKey]*letter{}, batch: mostBatch, most: mostBatch, limit: 4}
	for batch := range int64(10) {
		now := map[letterKey]*letter{}
		for id := range int64(3 * keptLetters) {
			key := letterKey{id: 40*batch + id}
			if now[key] = r.letters[key]; now[key] == nil {
				now[key] = &letter{}
			}
		}
		now[letterKey{id: -1}] = nil // could not be made
		r.keep(now)
		if len(r.letters) != keptLetters {
			t.Errorf("%d letters are kept, want %d", len(r.letters), keptLetters)
		}
		for key, l := range r.letters {
			if l == nil || now[key] != l {
				t.Errorf("a wrong letter is kept for %d", key.id)
			}
		}
	}
	last := map[letterKey]*letter{{id: 9999}: {}}
	if r.keep(last); r.letters[letterKey{id: 9999}] == nil {
		t.Error("the letter of the batch is not kept")
	}
	for _, tt := range []struct{ jobs, letters, batch int }{
		{1000, 1, 1000}, {1000, 1000, 200}, {200, 200, 200}, {60, 60, 200}, {1000, 400, 500}, {10, 10, 200},
	} {
		r.batch = mostBatch
		if r.vary(tt.jobs, tt.letters); r.batch != tt.batch {
			t.Errorf("after %d jobs with %d letters a batch is %d, want %d", tt.jobs, tt.letters, r.batch, tt.batch)
		}
	}
}
