# The workshop, rehearsed. `make` or `make help` lists what there is.
SHELL := /bin/sh
PYTHON ?= python3
KIT := .venvs/kit/bin/kit
INSTALL := $(PYTHON) requirements/install.py
ENVIRONMENTS := kit localstack label-studio detector moto

# Settings given on the command line (`make local EPOCHS=10`) reach the kit as KIT_EPOCHS, unquoted and unchanged.
SETTINGS := IMAGES LABELS MANIFEST LABELER RUNTIME EPOCHS LEARNING_RATE BATCH_SIZE IMAGE_SIZE SEED HELD_OUT THRESHOLD \
            S3_PORT LABEL_STUDIO_PORT RUNS
CLOUD_SETTINGS := REGION ROLE_ARN WORKERS MODEL_ID TRAIN_INSTANCE ENDPOINT_INSTANCE TRAINER SPOT ENDPOINT_HOURS \
                  ENDPOINT_MINUTES POLL_SECONDS PLAN YES FAULT
$(foreach name,$(SETTINGS) $(CLOUD_SETTINGS),$(if $(filter command,$(firstword $(origin $(name)))),$(eval export KIT_$(name) = $$(value $(name)))))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev kit-environment local doctor cloud cloud-rehearsal cloud-clean cloud-quota cloud-studio status compare go-on test check docs-check messages format lock samples bench-memory gpu-check \
        images base-image up down logs ps clean distclean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Settings of make local, each as NAME=value: $(SETTINGS)"
	@echo "make cloud has these besides: $(CLOUD_SETTINGS)"

setup:  ## make all environments under .venvs/ (make local and make test do it themselves)
	@$(INSTALL) $(ENVIRONMENTS)

setup-dev:
	@$(INSTALL) --dev $(ENVIRONMENTS)

# Where there is a Docker engine this is all that it takes; the kit makes the others when it needs them.
kit-environment:
	@$(INSTALL) kit

local: kit-environment  ## the whole workshop on this machine; goes on where it was cut short
	@$(KIT) local

doctor: kit-environment  ## can the workshop run on this AWS account? Makes nothing
	@$(KIT) doctor

cloud: kit-environment  ## the workshop on AWS: checks, shows plan and price, asks (PLAN=1: plan only; YES=1: no questions)
	@$(KIT) cloud

cloud-rehearsal: kit-environment  ## the workshop on AWS, against a double of AWS on this machine: no account, no cost
	@$(KIT) cloud-rehearsal

cloud-clean: kit-environment  ## delete everything that runs on AWS made, and list what is left
	@$(KIT) cloud-clean

cloud-quota: kit-environment  ## ask AWS for one instance of the chosen types where the quota is 0
	@$(KIT) cloud-quota

status:  ## how the latest run stands, and what to do next
	@$(KIT) status

compare:  ## two finished runs side by side: make compare RUNS="a b"
	@env -u KIT_RUNS $(KIT) compare $(RUNS)

cloud-studio: kit-environment  ## a SageMaker Studio domain with a JupyterLab space, and the address that opens it
	@$(KIT) cloud-studio

go-on:  ## end labelling by hand early and go on with the labels there are
	@$(KIT) go-on

test: check  ## every test, with the real LocalStack, Label Studio and detector; in containers too where Docker answers
	.venvs/detector/bin/python -m pytest tests/detector
	@if docker info >/dev/null 2>&1; then $(KIT) images; fi
	.venvs/kit/bin/python -m pytest --ignore=tests/detector

check: setup-dev  ## ruff and mypy --strict
	.venvs/kit/bin/ruff check .
	.venvs/kit/bin/ruff format --check .
	.venvs/kit/bin/mypy
	.venvs/detector/bin/python -m mypy --config-file containers/detector/pyproject.toml containers/detector/detector

docs-check: setup-dev  ## are the docs in step, English and Japanese, and is every command in them real?
	.venvs/kit/bin/python -m pytest -q tests/docs

messages: setup-dev  ## collect what people read, and compile what is translated
	.venvs/kit/bin/pybabel -q extract --no-wrap --omit-header --no-location --sort-output -F kit/locale/babel.cfg -k marked -o kit/locale/kit.pot kit requirements
	.venvs/kit/bin/pybabel -q update --no-wrap --no-fuzzy-matching --ignore-pot-creation-date -D kit -d kit/locale -i kit/locale/kit.pot
	.venvs/kit/bin/pybabel -q compile -D kit -d kit/locale
	.venvs/kit/bin/pybabel -q compile -D click -d kit/locale

format: setup-dev  ## let ruff lay out the code
	.venvs/kit/bin/ruff check --fix .
	.venvs/kit/bin/ruff format .

lock:  ## make the lock files under requirements/ anew
	@test -x .venvs/lock/bin/uv || { $(PYTHON) -m venv .venvs/lock && .venvs/lock/bin/pip install --quiet uv; }
	UV=$(CURDIR)/.venvs/lock/bin/uv requirements/lock

samples:  ## render the sample pictures anew, into runs/plugs (about half an hour on 2 cores)
	@test -x .venvs/scenes/bin/python || { $(PYTHON) -m venv .venvs/scenes && \
	    .venvs/scenes/bin/python -m pip install --quiet -r samples/scenes/requirements.txt; }
	.venvs/scenes/bin/python -m samples.scenes.render --out runs/plugs

images: kit-environment  ## build the container images whose inputs changed (GPU=1: PyTorch for CUDA, GPU=0: for the CPU)
	@$(KIT) images $(if $(filter 1,$(GPU)),--gpu) $(if $(filter 0,$(GPU)),--cpu)

base-image: kit-environment  ## make the images' Debian base from packages, where no registry can be reached
	@$(KIT) base-image

up: kit-environment  ## LocalStack and Label Studio in containers, by hand
	@$(KIT) services up

down:  ## stop them; remove what killed runs left in the engine
	@$(KIT) services down

logs:  ## what they have printed
	@$(KIT) services logs

ps:  ## the kit's containers
	@$(KIT) services ps

bench-memory: setup-dev  ## time and peak memory of converting a manifest of a million lines
	.venvs/kit/bin/python bench/convert_memory.py

gpu-check: setup  ## pictures per second in training, on a CUDA GPU and on the CPU
	.venvs/kit/bin/python bench/gpu_check.py

clean:  ## remove all runs, with the services' data in them
	@if [ -x $(KIT) ] && docker info >/dev/null 2>&1; then $(KIT) services down; fi
	rm -rf runs test-output

distclean: clean  ## remove the environments and the images too
	@if [ -x $(KIT) ] && docker info >/dev/null 2>&1; then $(KIT) images --remove; fi
	rm -rf containers/wheelhouse .venvs .mypy_cache .ruff_cache .pytest_cache *.egg-info containers/detector/*.egg-info
