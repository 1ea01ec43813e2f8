# Everything that one does with this repository, from a bare Debian 12 with a Swift toolchain.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

SWIFT ?= swift
# Extra arguments of `notifi up` or `notifi bench`, e.g. make run ARGS="--port 9000", make bench ARGS="--stage post".
ARGS ?=
# Extra arguments of `swift test`, e.g. make test TESTS="--filter KafkaTests".
TESTS ?=

# Seeds of `make faults`: how many, or from-to; or the one to run again.
SEEDS ?= 100
SEED ?=

PRODUCTS := notifi-api notifi-router notifi-poller notifi-delivery notifi
PROTOS := Sources/Shared/Wire/Protos
GENERATED := Sources/Shared/Wire/Generated

# The targets whose tests run daemons as processes.
WITH_DAEMONS := ^(SystemTests|Faults)\.

# What failed stands among thousands of lines: it is said once more at the end.
define run-tests
$(SWIFT) test $(1) 2>&1 | tee .build/test.log || { \
    echo "==> What failed, once more"; grep -a 'recorded an issue' .build/test.log | cut -c -600; exit 1; }
endef

.PHONY: help run build test guard faults bench lint format proto install-run install-test install-proto

help: ## What there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: install-run build ## Install what is missing, build, and start everything on this machine
	@exec .build/debug/notifi up $(ARGS)

# Product by product: a plain `swift build` also builds what no product needs, as the C++ protoc inside swift-protobuf,
# which takes longer than all of this.
build: ## Build the four daemons and the command (debug)
	@echo "==> Building. The first time takes some minutes; later only what changed."
	@for product in $(PRODUCTS); do $(SWIFT) build --product "$$product"; done

# In two runs: what waits for events within one process is not to wait for the daemons of the others.
test: install-test build ## Install what the tests need, and run them all
	@echo "==> Building and running the tests"
	@$(call run-tests,$(or $(TESTS),--skip '$(WITH_DAEMONS)'))
	@$(if $(TESTS),,$(call run-tests,--skip-build --filter '$(WITH_DAEMONS)'))
	@$(if $(TESTS),,$(MAKE) --no-print-directory guard)

guard: install-test ## Count what each hot path costs a message, and fail where that grew (part of make test)
	@Benchmarks/guard/run

faults: install-test build ## Random faults under a random load, seed by seed (SEEDS=100, SEEDS=101-200, SEED=7)
	@$(SWIFT) build --build-tests
	@NOTIFI_FAULT_SEEDS=$(SEEDS) $(if $(SEED),NOTIFI_FAULT_SEED=$(SEED)) $(SWIFT) test --skip-build --filter '^Faults\.'

# One by one, as in `build`; a release build of all takes about a quarter of an hour the first time.
bench: install-run ## Measure every stage against its ceiling (ARGS="--stage post", ARGS="--quick", ARGS=--help)
	@echo "==> Building for release. The first time takes long; later only what changed."
	@for product in $(PRODUCTS); do $(SWIFT) build --configuration release --product "$$product"; done
	@exec .build/release/notifi bench $(ARGS)

lint: ## Layout, import order, unsafe code and formatting
	@.ci/lint --self-test
	@.ci/lint

format: ## Rewrite the sources as .swift-format says
	@$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

# The generator comes from the very swift-protobuf that is linked, so that generated code and runtime never differ.
proto: install-proto ## Make the generated protobuf code again
	@echo "==> Building protoc-gen-swift"
	@$(SWIFT) build --product protoc-gen-swift
	@mkdir -p $(GENERATED)
	@find $(GENERATED) -name '*.pb.swift' -delete
	@cd $(PROTOS) && find . -name '*.proto' -print0 | sort -z | xargs -0 \
	    protoc --plugin=protoc-gen-swift="$(CURDIR)/.build/debug/protoc-gen-swift" --proto_path=. \
	    --swift_opt=Visibility=Internal --swift_opt=UseAccessLevelOnImports=true --swift_out="$(CURDIR)/$(GENERATED)"
	@echo "==> $(GENERATED)"

install-run:
	@deploy/install-debian.sh run

install-test:
	@deploy/install-debian.sh run test

install-proto:
	@deploy/install-debian.sh proto
