.DEFAULT_GOAL := help
.PHONY: help run test lint fmt tidy graph bench fuzz check

GO ?= go
LINT_VERSION := v2.15.0
GOBIN := $(shell $(GO) env GOPATH)/bin
LINT := $(GOBIN)/golangci-lint

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

run: ## run the Demo product: needs nothing but Go
	$(GO) run ./apps/core

PKGS ?= ./...
test: ## all tests, with the race detector, in random order; PKGS=./cells/... runs some
	$(GO) test -race -shuffle=on $(PKGS)

$(LINT):
	$(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

lint: $(LINT) ## golangci-lint on the tree, and each of its rules on a bad fixture
	$(LINT) run --allow-parallel-runners ./...
	bash .lint/fixtures.sh $(LINT)

fmt: $(LINT) ## format the tree
	$(LINT) fmt ./...

tidy: ## tidy go.mod
	$(GO) mod tidy

graph: ## draw the apps into docs/
	bash .ci/graph

bench: ## every benchmark, briefly
	$(GO) test -run '^$$' -bench . -benchtime 200ms ./...

fuzz: ## every fuzz target for a minute each
	bash .ci/fuzz 60s

check: ## what CI runs: tidy, lint, build, vet, tests
	bash .ci/check
