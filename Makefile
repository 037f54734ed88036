.DEFAULT_GOAL := help
.PHONY: help run test test-newest up down lint fmt tidy graph bench bench-peers fuzz check testenv

GO ?= go
LINT_VERSION := v2.15.0
GOBIN := $(shell $(GO) env GOPATH)/bin
LINT := $(GOBIN)/golangci-lint
TESTENV := bin/testenv

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

run: ## run the Demo product: needs nothing but Go
	$(GO) run ./apps/core

PKGS ?= ./...
test: testenv ## all tests, with the race detector, in random order, on real servers; PKGS=./cells/... runs some
	$(TESTENV) -- sh -ec '$(GO) test -race -shuffle=on $(PKGS)$(if $(filter ./...,$(PKGS)),; $(GO) test -C integration -race -shuffle=on ./...)'

test-newest: testenv ## the adapter, the migrations and the stores on the newest PostgreSQL, which Maven brings
	TESTENV_POSTGRES_DSN= $(TESTENV) --only=postgres --postgres=maven -- $(GO) test -race -shuffle=on ./infra/postgres/... ./migrations/... ./cells/access/internal/store/... ./cells/audit/internal/store/... ./cells/config/internal/store/...

testenv:
	@$(GO) build -C integration -o ../$(TESTENV) ./testenv

# The keys that wrap what a person's PostgreSQL keeps: they stay as long as its data.
DEV_KEYS := $(HOME)/.local/share/fxcell/dev-keys

up: testenv ## start local servers, and print the line that runs the product on them
	@servers=$$($(TESTENV) up) && eval "$$servers" && mkdir -p $(dir $(DEV_KEYS)) && \
	{ test -f $(DEV_KEYS) || $(GO) run ./apps/core keygen $(DEV_KEYS) >/dev/null 2>&1; } && \
	printf '%s\n' "$$servers" '' 'The product on PostgreSQL:' \
	"  FXCELL_POSTGRES__DSN='$$TESTENV_POSTGRES_DSN' FXCELL_KEYFILE__FILE=$(DEV_KEYS) $(GO) run ./apps/core --assembly durable" \
	'The same over Kafka and Redis: --assembly durable-kafka, and' \
	"  --set kafka.brokers=$$TESTENV_KAFKA_BROKERS --set kafka.topics.replication=1 --set redis.addrs=$$TESTENV_REDIS_ADDR"

down: testenv ## stop them; their data stays
	@$(TESTENV) down

$(LINT):
	$(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

lint: $(LINT) ## golangci-lint on the tree, and each of its rules on a bad fixture
	$(LINT) run --allow-parallel-runners ./...
	cd integration && $(LINT) run --allow-parallel-runners ./...
	bash .lint/fixtures.sh $(LINT)

fmt: $(LINT) ## format the tree
	$(LINT) fmt ./...
	cd integration && $(LINT) fmt ./...

tidy: ## tidy each go.mod
	$(GO) mod tidy
	$(GO) -C integration mod tidy

graph: ## draw the apps into docs/
	bash .ci/graph

bench: ## every benchmark, briefly
	$(GO) test -run '^$$' -bench . -benchtime 200ms ./...

bench-peers: testenv ## the log of events beside what others use, on a server of its own: twenty minutes
	TESTENV_POSTGRES_DSN= $(TESTENV) --only=postgres -- $(GO) -C integration run ./bench

fuzz: ## every fuzz target for a minute each
	bash .ci/fuzz 60s

check: ## what CI runs: tidy, lint, build, vet, tests
	bash .ci/check
