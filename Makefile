# `make repro` runs the pipeline, `make test` checks the code; both make .venv first.
PYTHON ?= python3
# the index that PyTorch documents for a torch without CUDA
INDEX := $(if $(filter cpu,$(TORCH)),--extra-index-url https://download.pytorch.org/whl/cpu)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DVC_NO_ANALYTICS := 1

.PHONY: repro test experiments lock deps figures baseline release wheel render weights finder
repro: .venv/installed
	dvc repro
	@python -m scripts.summary

# one file of tests stays on one worker, so that what its fixtures make is made once
test: .venv/installed
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	codespell
	hadolint Dockerfile
	pytest --numprocesses logical --maxprocesses 4 --dist loadfile $(PYTEST)

# what the experiments changed and what came of it, without the hashes of files
experiments: .venv/installed
	dvc exp show --no-pager --only-changed --drop 'Created|.*/.*'

# requirements.txt anew from pyproject.toml; torch pins its own CUDA packages, where it has any
lock: .venv/installed
	pip-compile --upgrade --all-extras --strip-extras --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --no-header --annotation-style=line \
	  --output-file requirements.txt pyproject.toml
	sed -i -E '/^(nvidia-|cuda-|triton)/d' requirements.txt

# the modules that each stage imports, into every dvc.yaml
deps: .venv/installed
	python -m scripts.deps

# the figures that README and docs quote, from metrics/
figures: .venv/installed
	python -m scripts.figures

# the recipe of 2024, as an experiment of that name
BASELINE := train.backbone=torchvision.resnet50 train.image_size=512 train.resize=stretch \
  train.optimizer=sgd train.lr=0.001 train.momentum=0.9 train.weight_decay=0 train.init_from= \
  train.schedule=constant train.epochs=500 train.patience=200 train.checkpoint_by=loss_and_top1 \
  train.batch_size=32 train.label_smoothing=0 train.augment.shift=0 train.augment.shrink=0 \
  train.augment.enlarge=0 train.augment.invert=0 train.augment.color=0 train.augment.fade=0 \
  train.augment.surround=0 split.test=0.2
baseline: .venv/installed
	dvc exp run --name baseline $(addprefix -S ,$(BASELINE))

# the model of this workspace becomes the one that the package carries
release: .venv/installed
	cp models/model.onnx checkstate/released/
	checkstate report
	cp MODEL_CARD.md checkstate/released/

wheel: .venv/installed
	pip wheel --quiet --no-deps --wheel-dir dist .

# pages, crops, the detector and what it finds; an hour and a half on two cores
# RAY=auto, or an address: the nodes of a Ray cluster draw; docs/operations.md
render: .venv/installed
	npm ci --prefix render
	$(if $(RAY),python -m render.cluster --ray $(RAY))
	dvc --cd weights repro collect_held_out

# what every training goes on from, and the starter data, from pages that this step does not train on; two hours on two cores
weights: render
	dvc --cd weights repro --single-item finetune average
	cp models/averaged.safetensors pretrain/weights/student.safetensors
	python -m render.starter

# the detector of whole screenshots goes on for the epochs of find/params.yaml; an hour on two cores, the rendering
# included. What it goes on from took five hours of training; docs/results.md
finder: .venv/installed
	npm ci --prefix render
	dvc --cd weights repro find_evaluate find_benchmark
	cp find/models/finder.onnx checkstate/released/

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	@echo "installing into .venv: 5.5 GB with CUDA, of which a CPU needs 1.2: make TORCH=cpu brings those"
	.venv/bin/pip install --disable-pip-version-check $(INDEX) --requirement requirements.txt
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@
