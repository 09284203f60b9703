SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help venv demo test bench format clean

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

venv: ## Make .venv with everything the other targets need
	@.ci/venv .venv dev 3.11 3.12 3.13

demo: venv ## Train, crash, fix the line, go on, and prove it
	@.venv/bin/daifu-dap demo $(ARGS)

test: venv ## Lint, types, the extension's checks and every test
	@.ci/test

bench: venv ## Recover the crash cases, and measure what all of it costs; ARGS=--quick to try
	@.venv/bin/python benchmarks/run.py $(ARGS)

format: venv ## Sort imports and format the Python code
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

clean: ## Remove the environments and every build output
	rm -rf .venv .venv-3.* node_modules .vscode-test vscode-extension/node_modules \
	    vscode-extension/dist vscode-extension/out dist build .mypy_cache .ruff_cache .pytest_cache
