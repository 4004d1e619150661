# Posology's own commands; continuous integration calls these and nothing else.
# Each makes sure of .venv first (tools/bootstrap); after the first time that takes no time.
# Extra words for the command behind a target go in ARGS:  make demo ARGS=--reset

.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs serve safety faults fuzz mutants lock
ARGS ?=
PY := .venv/bin/python

help: ## say what each command does
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: ## bring up a synthetic clinic at a local address (synthetic patients only)
	@sh tools/bootstrap
	@.venv/bin/posology demo $(ARGS)

test: ## the whole suite on SQLite, and beside it on PostgreSQL what touches the database
	@sh tools/bootstrap --with chromium --with postgresql
	@$(PY) -m tools.test $(ARGS)

check: ## format, lint, types, imports, knowledge, migrations, generated docs, lock file
	@sh tools/bootstrap
	@$(PY) -m tools.check $(ARGS)

bench: ## commands from nothing and simulated populations, beside references and limits
	@sh tools/bootstrap
	@$(PY) -m tools.bench $(ARGS)

docs: ## build the generated pages under docs/reference
	@sh tools/bootstrap
	@$(PY) -m tools.docs $(ARGS)

serve: ## serve a clinic from this checkout
	@sh tools/bootstrap
	@.venv/bin/posology serve $(ARGS)

safety: ## list hazards and requirements with their proofs, and run those proofs
	@sh tools/bootstrap --with chromium --with postgresql
	@$(PY) -m tools.safety $(ARGS)

faults: ## kills, power cuts and lost networks, on both databases
	@sh tools/bootstrap --with chromium --with postgresql
	@$(PY) -m tools.test --faults $(ARGS)

fuzz: ## ten million orders through every door: what was refused, and that nothing escaped
	@sh tools/bootstrap
	@$(PY) -m tools.fuzz $(ARGS)

mutants: ## change the deciding code in small ways, and see whether a test notices
	@sh tools/bootstrap
	@$(PY) -m tools.mutants $(ARGS)

lock: ## write requirements.lock anew from pyproject.toml
	@sh tools/bootstrap
	@$(PY) -m tools.lock $(ARGS)
