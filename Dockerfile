# docker build --target train -t checkstate-train . && docker run --name trained checkstate-train
#   then  docker cp trained:/app/models/model.onnx models/
#   on other images, named in data.name: docker run -v $PWD/data:/app/data -v $PWD/params.yaml:/app/params.yaml
# docker build --target serve -t checkstate .   serves the released models; docs/serving.md has how to serve your own
# docker build --target score -t checkstate-score .   for deploy/rayjob.yaml
FROM python:3.12-slim AS base
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1
WORKDIR /app

FROM base AS train
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends git make \
 && rm -rf /var/lib/apt/lists/*
COPY requirements.txt pyproject.toml README.md Makefile ./
COPY checkstate checkstate
RUN make .venv/installed
COPY . .
# DVC wants a repository, and the image leaves .git out
RUN git init --quiet
CMD ["make", "repro"]

# Ray's own image has what KubeRay asks for: the dashboard, its job server, wget
FROM rayproject/ray:2.60.0-py312-cpu AS score
WORKDIR /home/ray/checkstate
COPY pyproject.toml README.md requirements.txt ./
COPY checkstate checkstate
USER 0
RUN pip install --no-cache-dir --constraint requirements.txt ".[scale]"
USER 1000

FROM base AS serve
COPY pyproject.toml README.md requirements.txt ./
COPY checkstate checkstate
RUN pip install --constraint requirements.txt ".[serve]" \
 && useradd --system --uid 10001 checkstate
USER 10001
ENV CHECKSTATE_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"CHECKSTATE_PORT\", 8000)}/readyz', timeout=2)"]
CMD ["checkstate", "serve"]
