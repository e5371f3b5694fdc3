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
.PHONY: doctor up down logs status plan backfill reports
doctor: ## say what this machine lacks, and what to type
	@$(PYTHON) ops/doctor.py

up: ## build and start everything, wait until it is healthy, print addresses and log-in
	@$(PYTHON) ops/doctor.py --only up
	@$(MAKE) bases
	@$(PYTHON) ops/up.py

down: ## stop everything; data and volumes stay
	@$(PYTHON) ops/down.py

logs: ## follow the logs of all parts
	@PYTHONPATH=ops $(PYTHON) -m checkout.logs

status: ## show what is well, what is not, and what to type [PIPELINE=name] [JSON=1] [CHECK=1] [WORKERS=1]
	@$(pipelines).status $(pipeline) $(if $(filter 1 y yes,$(JSON)),--json) $(if $(filter 1 y yes,$(CHECK)),--check) $(if $(filter 1 y yes,$(WORKERS)),--workers)

plan: ## say what the next run of each DAG will do after an edit, what it leaves alone, and why [PIPELINE=name]
	@$(pipelines).plan $(pipeline)

reports: ## write data/index.html, which lists the reports of all pipelines
	@$(pipelines).reports

backfill: ## run past days, both ends included: make backfill FROM=2026-11-01 TO=2026-11-22 [DAG=train] [FORCE=1] [PIPELINE=name]
	@$(PYTHON) ops/backfill.py $(pipeline) $(if $(value DAG),--dag=$(call quoted,DAG)) $(if $(filter 1 y yes,$(FORCE)),--force) -- $(call quoted,FROM) $(call quoted,TO)

##@ Several pipelines
unexport FILE TARGET KEY GROUP BY DAYS
.PHONY: new check migrate
new: ## add a pipeline from a table to the running stack: make new NAME=orders FILE=my.csv TARGET=column [KEY= GROUP= BY= DAYS=]
	@$(pipelines).new --name=$(call quoted,NAME) --file=$(call quoted,FILE) --target=$(call quoted,TARGET) \
	  --key=$(call quoted,KEY) --group=$(call quoted,GROUP) --by=$(call quoted,BY) --days=$(call quoted,DAYS)

check: ## show what of a file would be rejected, by rule, with rows; stores nothing: make check FILE=my.csv [PIPELINE=name]
	@$(pipelines).check $(pipeline) -- $(call quoted,FILE)

migrate: ## give the lone pipeline.toml a name, so that others can be added; shows first what it does [NAME=churn] [YES=1]
	@$(pipelines).migrate $(if $(value NAME),--name=$(call quoted,NAME)) $(if $(filter 1 y yes,$(YES)),--yes)

##@ Several machines
unexport ADDRESS REVOKE HEAD
.PHONY: token worker
token: ## on the head: print, once, the token that another machine needs: make token NAME=b ADDRESS=10.0.0.12, or REVOKE=b
	@PYTHONPATH=ops $(PYTHON) -m cluster.tokens --name=$(call quoted,NAME) --address=$(call quoted,ADDRESS) --revoke=$(call quoted,REVOKE)

worker: ## on another machine, in the same directory: take tasks from the head; asks for the token [HEAD=10.0.0.11] [NAME= ADDRESS=] [NEW=1] [DOWN=1]
	@PYTHONPATH=ops $(PYTHON) -m cluster.worker --head=$(call quoted,HEAD) --name=$(call quoted,NAME) \
	  --address=$(call quoted,ADDRESS) $(if $(filter 1 y yes,$(NEW)),--new) $(if $(filter 1 y yes,$(DOWN)),--down)

unexport JOIN DIR DEAD
.PHONY: check-shared
check-shared: ## check that two machines share a directory as the stack needs it; says what to type on the other one [DIR=data] [DEAD=1]
	@PYTHONPATH=ops $(PYTHON) -m shared_directory.check $(if $(value DIR),--dir=$(call quoted,DIR)) $(if $(value JOIN),--join=$(call quoted,JOIN)) $(if $(filter 1 y yes,$(DEAD)),--dead)

##@ State
unexport TO FROM
.PHONY: backup restore prune rotate
backup: ## copy all state (data, databases, secrets) into a new folder: make backup [TO=backups/x]
	@$(PYTHON) ops/backup.py $(if $(value TO),-- $(call quoted,TO))

restore: ## restore a backup into an empty stack: make restore FROM=backups/x
	@$(PYTHON) ops/restore.py $(if $(value FROM),-- $(call quoted,FROM))

prune: ## show old datasets that nothing needs, ask, and remove them: make prune KEEP_DAYS=90 [YES=1] [PIPELINE=name]
	@$(PYTHON) ops/prune.py $(pipeline) $(if $(filter 1 y yes,$(YES)),--yes) $(if $(value KEEP_DAYS),$(call quoted,KEEP_DAYS))

rotate: ## replace every secret that the stack made for itself
	@$(PYTHON) ops/rotate.py

##@ Images
.PHONY: docker bases build
docker: ## install and start a container engine on a bare Debian machine (as root)
	@infra/airgap/install-docker

bases: ## make sure that the base images are here: keep, pull or build them
	@infra/airgap/build-bases "$$(PYTHONPATH=ops $(PYTHON) -B -c 'from checkout.settings import cluster; print(cluster())')"

build: ## build every image
	@docker compose build
	@MICROSTEP_CLUSTER_ADDRESS=0.0.0.0 docker compose --file docker-compose.yml --file docker-compose.celery.yml build gateway

##@ Without Docker
.PHONY: try demo ui
try: ## from one old table to a judged model and predictions: make try FILE=my.csv TARGET=column [KEY= GROUP= BY= DAYS=]
	@$(PYTHON) demo/try_table.py --file=$(call quoted,FILE) --target=$(call quoted,TARGET) --key=$(call quoted,KEY) \
	  --group=$(call quoted,GROUP) --by=$(call quoted,BY) $(if $(value DAYS),--days=$(call quoted,DAYS))

demo: ## run the whole pipeline without Docker: a week of made-up days, from bare to predictions
	@$(PYTHON) ops/doctor.py --only demo
	@$(PYTHON) demo/demo.py run

ui: ## serve the Airflow and MLflow pages of the demo, until Ctrl-C
	@$(PYTHON) demo/demo.py ui

.PHONY: notebook
notebook: ## JupyterLab with notebooks/predictions.ipynb, on 127.0.0.1 with a token of its own, until Ctrl-C
	@dev/env notebooks
	@.venvs/notebooks/bin/jupyter lab --no-browser --ip=127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root) --LabApp.news_url=None --LabApp.extension_manager=readonly \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate notebooks/predictions.ipynb

##@ For developers
.PHONY: test test-faults reliability bench bench-tables bench-scaling soak sbom generated step release lock browser docs pictures
browser: ## install Chromium on a Debian machine (as root), for the tests that look at pages
	@command -v chromium > /dev/null || (apt-get update -qq && apt-get install --yes -qq chromium fonts-dejavu-core > /dev/null)

docs: ## build the documentation as a site with a search, and serve it until Ctrl-C
	@dev/env site
	@.venvs/site/bin/python site/build.py --serve

pictures: ## take the documentation's pictures anew from the running stack (it must be trained, and have a predicted day)
	@dev/env dev
	@.venvs/dev/bin/python site/pictures.py

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

bench-%: ## time something else: growth, small_day, at_once, folds, chain, dag_overhead, images
	@$(PYTHON) bench/$*.py

bench-tables: ## run public tables, unedited, beside other tools (an hour)
	@dev/env tables generate preprocess train validate predict
	@PYTHONPATH=libs/contract .venvs/tables/bin/python bench/tables/run.py $(ONLY)

bench-scaling: ## simulate nights of up to 1,000 pipelines on up to 10 machines, and print what breaks at which number
	@dev/env scaling
	@.venvs/scaling/bin/python bench/scaling/table.py $(ONLY)

soak: ## start 200 runs of the running stack, and measure whether anything grows
	@$(PYTHON) bench/soak.py $(RUNS)

sbom: ## list what is in each image (CycloneDX), with licences and known vulnerabilities
	@dev/env dev
	@.venvs/dev/bin/python dev/sbom.py

generated: ## renew what is written from the code: pipeline.schema.json, and the completion of ./microstep
	@dev/env contract generate preprocess train validate predict
	@PYTHONPATH=libs/contract .venvs/contract/bin/python libs/contract/pipeline_schema.py
	@$(PYTHON) dev/completion.py

step: ## add a sixth step, with all that belongs to it: make step NAME=enrich
	@PYTHONPATH=ops:dev $(PYTHON) -m new_step.command --name=$(call quoted,NAME)

unexport VERSION
release: ## a version on this machine: changelog, images with labels, SBOM, tag; shown first, nothing is pushed: make release VERSION=1.2.0 [YES=1]
	@dev/env dev
	@PYTHONPATH=ops:dev .venvs/dev/bin/python -m release.command --version=$(call quoted,VERSION) $(if $(filter 1 y yes,$(YES)),--yes)

lock: ## renew every hash-locked requirements.txt
	@dev/env contract
	@$(PYTHON) dev/lock

##@ Help
.PHONY: help
help: ## print this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {print "\n" substr($$0, 5)} /^[a-z%-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
