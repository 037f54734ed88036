.DEFAULT_GOAL := help
.PHONY: help run test test-newest up down lint fmt tidy graph bench fuzz check testenv

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

test-newest: testenv ## the tests of infra/postgres on the newest PostgreSQL, which Maven brings
	TESTENV_POSTGRES_DSN= $(TESTENV) --postgres=maven -- $(GO) test -race -shuffle=on ./infra/postgres/...

testenv:
	@$(GO) build -C integration -o ../$(TESTENV) ./testenv

up: testenv ## start a local PostgreSQL, and print its address
	@$(TESTENV) up

down: testenv ## stop it; its data stays
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

fuzz: ## every fuzz target for a minute each
	bash .ci/fuzz 60s

check: ## what CI runs: tidy, lint, build, vet, tests
	bash .ci/check
