# `make` lists what there is to type. A recipe of more than three lines lives in ops/, dev/ or demo/.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
# compose takes the checkout from it, also under make -C
export PWD := $(CURDIR)
# a variable's text for the shell, as it was typed: neither make nor the shell reads `$`, quotes or blanks in it
quoted = '$(subst ','\'',$(value $(1)))'

##@ The whole system
unexport PIPELINE NAME
pipeline = $(if $(value PIPELINE),--pipeline=$(call quoted,PIPELINE))
pipelines = PYTHONPATH=ops $(PYTHON) -m pipelines
.PHONY: doctor up down logs status backfill reports
doctor: ## tell what this machine lacks, and what to type
	@$(PYTHON) ops/doctor.py

up: ## build and start everything, wait until it is healthy, print addresses and log-in
	@$(PYTHON) ops/doctor.py --only up
	@$(MAKE) bases
	@$(PYTHON) ops/up.py

down: ## stop everything; data and volumes stay
	@$(PYTHON) ops/down.py

logs: ## follow what the parts say
	@PYTHONPATH=ops $(PYTHON) -m checkout.logs

status: ## tell what is well, what is not, and what to type then [PIPELINE=name] [JSON=1] [CHECK=1] [WORKERS=1]
	@$(pipelines).status $(pipeline) $(if $(filter 1 y yes,$(JSON)),--json) $(if $(filter 1 y yes,$(CHECK)),--check) $(if $(filter 1 y yes,$(WORKERS)),--workers)

reports: ## write data/index.html, which lists the reports of all pipelines
	@$(pipelines).reports

backfill: ## do days again or late, both ends included: make backfill FROM=2026-11-01 TO=2026-11-22 [DAG=train] [FORCE=1] [PIPELINE=name]
	@$(PYTHON) ops/backfill.py $(pipeline) $(if $(value DAG),--dag=$(call quoted,DAG)) $(if $(filter 1 y yes,$(FORCE)),--force) -- $(call quoted,FROM) $(call quoted,TO)

##@ Several pipelines
unexport FILE TARGET KEY GROUP BY DAYS
.PHONY: new migrate
new: ## another pipeline from a table, in the running stack: make new NAME=orders FILE=my.csv TARGET=column [KEY= GROUP= BY= DAYS=]
	@$(pipelines).new --name=$(call quoted,NAME) --file=$(call quoted,FILE) --target=$(call quoted,TARGET) \
	  --key=$(call quoted,KEY) --group=$(call quoted,GROUP) --by=$(call quoted,BY) --days=$(call quoted,DAYS)

migrate: ## give the lone pipeline.toml a name, so that others may stand beside it; shown first [NAME=churn] [YES=1]
	@$(pipelines).migrate $(if $(value NAME),--name=$(call quoted,NAME)) $(if $(filter 1 y yes,$(YES)),--yes)

##@ Several machines
unexport ADDRESS REVOKE HEAD
.PHONY: token worker
token: ## on the head: what another machine must know, printed once: make token NAME=b ADDRESS=10.0.0.12, or REVOKE=b
	@PYTHONPATH=ops $(PYTHON) -m cluster.tokens --name=$(call quoted,NAME) --address=$(call quoted,ADDRESS) --revoke=$(call quoted,REVOKE)

worker: ## on another machine, in the same directory: take part; asks for the token [HEAD=10.0.0.11] [NAME= ADDRESS=] [NEW=1] [DOWN=1]
	@PYTHONPATH=ops $(PYTHON) -m cluster.worker --head=$(call quoted,HEAD) --name=$(call quoted,NAME) \
	  --address=$(call quoted,ADDRESS) $(if $(filter 1 y yes,$(NEW)),--new) $(if $(filter 1 y yes,$(DOWN)),--down)

unexport JOIN DIR DEAD
.PHONY: check-shared
check-shared: ## prove between two machines that they share a directory as needed, then type what it says there [DIR=data] [DEAD=1]
	@PYTHONPATH=ops $(PYTHON) -m cluster.check_shared $(if $(value DIR),--dir=$(call quoted,DIR)) $(if $(value JOIN),--join=$(call quoted,JOIN)) $(if $(filter 1 y yes,$(DEAD)),--dead)

##@ State
unexport TO FROM
.PHONY: backup restore prune rotate
backup: ## copy all state (data, databases, secrets) into a folder: make backup [TO=backups/x]
	@$(PYTHON) ops/backup.py $(if $(value TO),-- $(call quoted,TO))

restore: ## bring it back into an empty stack: make restore FROM=backups/x
	@$(PYTHON) ops/restore.py $(if $(value FROM),-- $(call quoted,FROM))

prune: ## show old datasets that nothing needs, then remove them: make prune KEEP_DAYS=90 [YES=1] [PIPELINE=name]
	@$(PYTHON) ops/prune.py $(pipeline) $(if $(filter 1 y yes,$(YES)),--yes) $(if $(value KEEP_DAYS),$(call quoted,KEEP_DAYS))

rotate: ## replace every secret that the stack made for itself
	@$(PYTHON) ops/rotate.py

##@ Images
.PHONY: docker bases build
docker: ## install and start a container engine on a bare Debian machine (as root)
	@infra/airgap/install-docker

bases: ## have the base images here: kept, else pulled, else built; the broker's only for the head of several machines
	@infra/airgap/build-bases "$$(PYTHONPATH=ops $(PYTHON) -B -c 'from checkout.settings import cluster; print(cluster())')"

build: ## build every image, also that of several machines
	@docker compose build
	@MICROSTEP_CLUSTER_ADDRESS=0.0.0.0 docker compose --file docker-compose.yml --file docker-compose.celery.yml build gateway

##@ Without Docker
.PHONY: try demo ui
try: ## from one old table to a judged model and predictions: make try FILE=my.csv TARGET=column [KEY= GROUP= BY= DAYS=]
	@$(PYTHON) demo/try_table.py --file=$(call quoted,FILE) --target=$(call quoted,TARGET) --key=$(call quoted,KEY) \
	  --group=$(call quoted,GROUP) --by=$(call quoted,BY) $(if $(value DAYS),--days=$(call quoted,DAYS))

demo: ## the same pipeline on this machine alone: a week of synthetic days, from bare to predictions
	@$(PYTHON) ops/doctor.py --only demo
	@$(PYTHON) demo/demo.py run

ui: ## the Airflow and MLflow pages of the demo, until Ctrl-C
	@$(PYTHON) demo/demo.py ui

##@ For developers
.PHONY: test test-faults reliability bench bench-tables bench-scaling soak sbom lock browser
browser: ## install Chromium on a Debian machine (as root), for the tests that look at pages
	@command -v chromium > /dev/null || (apt-get update -qq && apt-get install --yes -qq chromium fonts-dejavu-core > /dev/null)

test: ## all checks that this machine allows; one summary says what was left out and why
	@$(PYTHON) dev/test

test-%: ## the checks of one part: test-train, test-airflow, test-docs, ...
	@$(PYTHON) dev/test $*

test-faults: ## break things on the real stack: every write, the services, the engine (half an hour)
	@MICROSTEP_FAULTS_EVERY=1 MICROSTEP_FAULTS_ENGINE=1 MICROSTEP_FAULTS_STACK=1 $(PYTHON) dev/test faults images end-to-end

reliability: ## run every fault-injection test, and print the table of docs/reliability.md (an hour)
	@dev/env dev contract analysis generate preprocess train validate predict socket-proxy mlflow
	@dev/env --dev airflow oracle validate generate
	@.venvs/dev/bin/python dev/reliability.py

bench: ## time the pipeline beside the same work as plain and as tuned scripts (half an hour) [ROWS=1e6] [RUNS=3]
	@$(PYTHON) bench/pipeline.py --rows $(or $(ROWS),1e6) --runs $(or $(RUNS),3)

bench-%: ## time another side: growth, at_once, chain, dag_overhead, images
	@$(PYTHON) bench/$*.py

bench-tables: ## run tables that nobody here made, unedited, beside what others make of them (an hour)
	@dev/env tables generate preprocess train validate predict
	@PYTHONPATH=libs/contract .venvs/tables/bin/python bench/tables/run.py $(ONLY)

bench-scaling: ## simulate nights of up to 1,000 pipelines on up to 10 machines, and print what breaks at which number
	@dev/env scaling
	@.venvs/scaling/bin/python bench/scaling/table.py $(ONLY)

soak: ## 200 runs of the running stack in one go, and whether anything grows
	@$(PYTHON) bench/soak.py $(RUNS)

sbom: ## list what is in each image (CycloneDX), its licences, and what is known to be vulnerable
	@dev/env dev
	@.venvs/dev/bin/python dev/sbom.py

lock: ## renew every hash-locked requirements.txt
	@dev/env contract
	@$(PYTHON) dev/lock

##@ Help
.PHONY: help
help: ## print this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {print "\n" substr($$0, 5)} /^[a-z%-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
