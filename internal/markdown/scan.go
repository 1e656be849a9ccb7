package markdown

const (
	maxNesting = 16
	maxLinks   = 1000
	maxRows    = 500
	maxColumns = 32
)

func scan(src string) error { return nil }
