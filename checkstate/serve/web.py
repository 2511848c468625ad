"""The shipped model as a static page, which reads states in the browser."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write, copy_file, md5_of, write_json
from checkstate.runtime.predictor import Predictor

PAGE = ("index.html", "style.css", "page.js", "predictor.js", "images.js")
SHARED = "files.js"
"""What the page has in common with that of the service."""

MODEL, ABOUT = "model.onnx", "model.json"

RUNTIME = "ort.wasm.bundle.min.mjs"
WASM = "ort-wasm-simd-threaded.wasm"
"""Of onnxruntime-web: the build for WebAssembly alone, without GPUs."""


def write_page(predictor: Predictor, target: Path) -> None:
    """Write the page, ONNX Runtime Web and the model file, unmodified, into a folder.

    ONNX Runtime Web comes from npm, by the lock file of this package; the page loads nothing from
    elsewhere. Raises UserError where npm is missing or fails, or the folder has a file of the same
    name and no page of before, OSError for a folder that cannot be written.
    """
    if not (target / RUNTIME).exists():
        for name in (*PAGE, SHARED, MODEL, ABOUT):
            if (target / name).exists():
                raise UserError(f"{target / name}: already there; name a folder of its own")
    with as_file(files("checkstate.serve")) as serve:
        website = serve / "website"
        with onnxruntime_web(website) as runtime:
            copy_file(runtime / RUNTIME, target / RUNTIME)
            with atomic_write(target / f"{WASM}.gzip") as temporary:
                packed = gzip.compress((runtime / WASM).read_bytes(), mtime=0)
                temporary.write_bytes(packed)
        for name in PAGE:
            copy_file(website / name, target / name)
        copy_file(serve / "static" / SHARED, target / SHARED)
    copy_file(predictor.path, target / MODEL)
    keys = ("classes", "image_size", "resize", "temperature")
    metadata = {key: json.loads(predictor.metadata[key]) for key in keys}
    write_json(target / ABOUT, metadata | {"md5": md5_of(predictor.path)})


@contextmanager
def onnxruntime_web(website: Path) -> Iterator[Path]:
    """The folder of what onnxruntime-web ships, installed by npm for the length of the block."""
    npm = shutil.which("npm")
    if not npm:
        raise UserError("npm is missing: install Node.js (Debian: apt install npm)")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(website / name, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            said = " ".join(done.stderr.split()) or f"status {done.returncode}"
            raise UserError(f"npm ci failed, is the npm registry reachable? It said: {said[:160]}")
        yield Path(folder, "node_modules/onnxruntime-web/dist")
