# make: what there is. Two words are enough for a newcomer: make run, make test.

# What "statusd version" says. A checkout without git history builds too.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# The time of the commit and not of the build, so that the same sources give the same binary.
DATE    ?= $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS  = -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)

# SQLite is C, so every build needs a C compiler.
export CGO_ENABLED = 1

# Versions of the linters stand here and nowhere else; CI calls "make lint".
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     = mvdan.cc/gofumpt@v0.12.0

.DEFAULT_GOAL := help
.PHONY: help run demo build test lint fmt bench fuzz clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and serve on http://127.0.0.1:8080, with the database in ./data
	bin/statusd serve

demo: build ## build and serve three example pages
	bin/statusd demo

build: ## build bin/statusd
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/statusd ./cmd/statusd

test: ## all tests, on SQLite and PostgreSQL, with a browser
	@scripts/test

lint: ## what CI asks of the sources
	go vet ./...
	go vet -tags testclock ./...
	go run $(STATICCHECK) ./...
	@unformatted=$$(go run $(GOFUMPT) -l .) || exit; \
	if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi
	cd bench && go vet ./...

fmt: ## format all Go files
	go run $(GOFUMPT) -w .

bench: build ## measure reads, posts and mails beside the machine's limits
	bench/run.sh

FUZZTIME ?= 30s

fuzz: ## each fuzz test for FUZZTIME (30s)
	@scripts/fuzz $(FUZZTIME)

clean: ## remove what was built; ./data stays
	rm -rf bin bench/results
