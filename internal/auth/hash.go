package auth

import (
	"context"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/statusd/statusd/internal/fault"
)

// params cost about 30 ms and 19 MiB a hash, the smaller of the two settings of R§13.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hasher lets two hashes run at once and sixteen wait (R6.7): a flood of
// log-ins must not take the processor from the readers.
type hasher struct {
	running chan struct{}
	waiting chan struct{}
	dummy   string
}

func newHasher() *hasher {
	h := &hasher{running: make(chan struct{}, 2), waiting: make(chan struct{}, 16)}
	dummy, err := argon2id.CreateHash("nobody has this password", params)
	if err != nil {
		panic(err) // only a failing random source
	}
	h.dummy = dummy
	return h
}

func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, busy()
	}
	defer func() { <-h.waiting }()
	select {
	case h.running <- struct{}{}:
		return h.leave, nil
	case <-ctx.Done():
		return nil, busy()
	}
}

// leave frees the place. A hash is larger than everything else that lives in
// this process; left to itself, the collector would take its size for normal
// and let the heap grow to many times that. In a flood nobody collects: the
// last to leave does.
func (h *hasher) leave() {
	<-h.running
	if len(h.running) == 0 {
		runtime.GC()
	}
}

func busy() error {
	f := fault.New(fault.Unavailable, "auth.busy")
	f.RetryAfter = 5 * time.Second
	return f
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return argon2id.CreateHash(password, params)
}

// match compares a password with a hash; an empty hash is compared with the
// dummy, so that unknown names take as long as known ones.
func (h *hasher) match(ctx context.Context, password, hash string) (bool, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && known, err
}
