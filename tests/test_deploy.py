"""Containers and manifests, as far as they can be checked without a daemon or a cluster."""

import os
import re
import shlex
import signal
import subprocess
import sys
import venv
from contextlib import suppress
from pathlib import Path

import httpx
import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.main import get_command

from checkstate.cli import app
from tests.conftest import ROOT
from tests.pipeline.conftest import wait_for
from tests.remote.servers import free_port


def test_the_kubernetes_manifests_fit_together() -> None:
    for manifest in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text()):
        kubernetes_validate.validate(manifest, "1.30", strict=True)
    parts = {
        p["kind"]: p for p in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text())
    }
    assert set(parts) == {"Deployment", "Service", "HorizontalPodAutoscaler", "NetworkPolicy"}
    pod = parts["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert parts["Service"]["spec"]["selector"] == labels
    assert parts["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert pod["spec"]["enableServiceLinks"] is False  # or CHECKSTATE_PORT is tcp://...
    container = pod["spec"]["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {"readinessProbe", "livenessProbe", "resources"} <= set(container)
    assert parts["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "checkstate"


def rayjob_errors(job: object) -> list[str]:
    """What KubeRay would refuse, as far as its keys and their types go."""
    schema = yaml.safe_load((ROOT / "tests/rayjob.schema.yaml").read_text())
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(job)]


def test_the_job_has_only_the_keys_of_kuberay() -> None:
    text = (ROOT / "deploy/rayjob.yaml").read_text()
    assert not rayjob_errors(yaml.safe_load(text))
    for key in (
        "entrypoint",
        "backoffLimit",
        "shutdownAfterJobFinishes",
        "ttlSecondsAfterFinished",
        "rayClusterSpec",
        "rayVersion",
        "headGroupSpec",
        "rayStartParams",
        "workerGroupSpecs",
        "groupName",
        "replicas",
        "minReplicas",
        "maxReplicas",
        "template",
    ):
        misspelled = re.sub(rf"\b{key}:", f"{key}s:", text, count=1)
        errors = rayjob_errors(yaml.safe_load(misspelled))
        assert any(f"'{key}s' was unexpected" in error for error in errors), key
    for right, wrong in (
        ("backoffLimit: 2", "backoffLimit: two"),
        ('num-cpus: "0"', "num-cpus: 0"),
        ("shutdownAfterJobFinishes: true", "shutdownAfterJobFinishes: false"),
    ):
        assert right in text
        assert rayjob_errors(yaml.safe_load(text.replace(right, wrong))), wrong


def test_the_job_of_kuberay_runs_what_the_image_has() -> None:
    """The pods are held against Kubernetes' schema, which KubeRay's has within."""
    job = yaml.safe_load((ROOT / "deploy/rayjob.yaml").read_text())
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for group in groups:
        pod = {"apiVersion": "v1", "kind": "PodTemplate", "template": group["template"]}
        kubernetes_validate.validate(pod, "1.30", strict=True)
    containers = [group["template"]["spec"]["containers"][0] for group in groups]
    assert len({container["image"] for container in containers}) == 1
    assert all(each["resources"]["requests"] == each["resources"]["limits"] for each in containers)
    version = cluster["rayVersion"]
    assert f"\nray=={version} " in (ROOT / "requirements.txt").read_text()
    assert f"FROM rayproject/ray:{version}-py312-cpu AS score" in (ROOT / "Dockerfile").read_text()
    program, name, *arguments = shlex.split(job["spec"]["entrypoint"])
    command = get_command(app).commands[name]
    assert program == "checkstate"
    assert command.make_context(name, arguments).params["ray"] == "auto"


def test_the_dockerfile_copies_only_what_a_clone_has() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    assert "RUN git init" in text.split("AS serve")[0]  # DVC refuses to run without
    serve = text.split("AS serve")[1]
    assert "USER 10001" in serve
    assert "HEALTHCHECK" in serve


@pytest.mark.slow
def test_the_serve_image_runs_in_a_clean_environment(model: Path, tmp_path: Path) -> None:
    """What the serve target installs is enough to predict and serve, and has no torch; without the
    service it stays small."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    before = size_of(tmp_path / "env")
    install = [python, "-m", "pip", "install", "-q", "-c", ROOT / "requirements.txt"]
    subprocess.run([*install, ROOT], check=True)
    runtime = size_of(tmp_path / "env") - before
    assert runtime < 250_000_000
    image = next((ROOT / "data/starter/checked").glob("*.png"))
    command = [tmp_path / "env/bin/checkstate", "predict", "--model", model, image]
    assert subprocess.run(command, check=True, cwd=tmp_path, capture_output=True).stdout
    subprocess.run([*install, f"{ROOT}[serve]"], check=True)
    code = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is not None)"
    subprocess.run([python, "-c", code], check=True, cwd=tmp_path)
    port = str(free_port())
    command = [tmp_path / "env/bin/checkstate", "serve", "--model", model, "--port", port]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: reads(f"http://127.0.0.1:{port}/readyz"))
        with image.open("rb") as file:
            answer = httpx.post(f"http://127.0.0.1:{port}/predict", files={"files": file})
        assert answer.json()["results"][0]["label"] in {"checked", "unchecked", "other"}
    finally:
        server.terminate()
        assert server.wait(30) in {0, -signal.SIGTERM}  # uvicorn ends by the signal it was sent
    print(f"runtime {runtime / 1e6:.0f} MB on {sys.version.split()[0]}")


def reads(url: str) -> bool:
    with suppress(httpx.ConnectError):
        return httpx.get(url).is_success
    return False


def size_of(folder: Path) -> int:
    return sum(
        os.lstat(Path(place, name)).st_size for place, _, files in os.walk(folder) for name in files
    )
