package public

// OneAtATime is a rendering that waits for the others to end.
func OneAtATime(render func() ([]byte, error)) func() ([]byte, error) {
	return theDrawings.one(render)
}

var theDrawings drawings
