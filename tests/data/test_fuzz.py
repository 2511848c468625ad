"""Images, archives, lists, params and model files damaged: an answer or one line, nothing else.

pytest tests/data/test_fuzz.py              # seconds, the same cases every time
pytest -m slow tests/data/test_fuzz.py      # minutes, other cases every time
"""

import io
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import chdir, suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.find_params import load_find_params
from checkstate.core.params import load_params
from checkstate.core.render_params import load_render_params
from checkstate.data.decisions import read_decisions
from checkstate.data.members import open_members
from checkstate.runtime.finder import Finder
from checkstate.runtime.images import ImageError, read_image
from checkstate.runtime.predictor import ModelError, Predictor
from tests.conftest import ROOT
from tests.hostile import KINDS, encode
from tests.runtime.test_hostile_models import FINDER, GOOD, as_text, write, write_finder

PICTURE = Image.linear_gradient("L").resize((24, 16)).convert("RGB")
IMAGES = [encode(PICTURE, kind) for kind in KINDS]
LIST = b'path,decision,reason\non/a.png,keep,"x, y"\noff/b.png,label=on,\n"on/c.png",exclude,\n'


def archive(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "tar":
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name in ("on/a.png", "off/b", "on/c.txt"):
                member = tarfile.TarInfo(name)
                member.size = len(IMAGES[0])
                tar.addfile(member, io.BytesIO(IMAGES[0]))
    else:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("on/a.png", "off/b", "on\\c.txt"):
                archive.writestr(name, IMAGES[0])
    return buffer.getvalue()


WRITTEN = st.text("0189-:[]{}'\"&*!%@\n eE.xb_~?|>#,/\\", max_size=8).map(str.encode)


@st.composite
def damaged(draw: st.DrawFn, wholes: list[bytes]) -> bytes:
    """One of `wholes` with a few pieces replaced, and perhaps cut off."""
    content = bytearray(draw(st.sampled_from(wholes)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 4))] = draw(st.binary(max_size=8) | WRITTEN)
    return bytes(content[: draw(st.integers(0, len(content)) | st.none())])


def look_at_image(content: bytes, _: Path) -> None:
    with suppress(ImageError):
        image = read_image(content)
        assert image.mode == "RGB"


def look_at_archive(content: bytes, folder: Path, kind: str) -> None:
    source = folder / f"x.{kind}"
    source.write_bytes(content)
    with suppress(UserError), open_members(source) as members:
        for path, size in members.images.items():
            if size < 100_000:
                assert len(members.read(path)) <= size


def look_at_list(content: bytes, folder: Path) -> None:
    (folder / "x.csv").write_bytes(content)
    with suppress(UserError):
        decisions = read_decisions(folder / "x.csv", ["on/a.png", "off/b.png", "on/c.png"])
        assert set(decisions) <= {"on/a.png", "off/b.png", "on/c.png"}


def look_at_params(content: bytes, folder: Path) -> None:
    (folder / "params.yaml").write_bytes(content)
    with suppress(UserError):
        load_params(folder / "params.yaml")


def look_at_find_params(content: bytes, folder: Path) -> None:
    (folder / paths.FIND_PARAMS).parent.mkdir(exist_ok=True)
    (folder / paths.FIND_PARAMS).write_bytes(content)
    with chdir(folder), suppress(UserError):
        load_find_params()


def look_at_render_params(content: bytes, folder: Path) -> None:
    (folder / paths.RENDER_PARAMS).parent.mkdir(exist_ok=True)
    (folder / paths.RENDER_PARAMS).write_bytes(content)
    with chdir(folder), suppress(UserError):
        load_render_params()


def bytes_of(make: Callable[[Path], Path]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return make(Path(folder, "m.onnx")).read_bytes()


@cache
def classifier() -> Predictor:
    return Predictor(threads=1)


def look_at_model(content: bytes, folder: Path) -> None:
    (folder / "m.onnx").write_bytes(content)
    with suppress(ModelError):
        assert set(Predictor(folder / "m.onnx", threads=1)(PICTURE).probabilities)


def look_at_finder(content: bytes, folder: Path) -> None:
    (folder / "f.onnx").write_bytes(content)
    with suppress(ModelError):
        Finder(folder / "f.onnx", classifier(), threads=1).find(PICTURE)


TARGETS: dict[str, tuple[list[bytes], Callable[[bytes, Path], None]]] = {
    "image": (IMAGES, look_at_image),
    "zip": ([archive("zip")], lambda content, folder: look_at_archive(content, folder, "zip")),
    "tar": ([archive("tar")], lambda content, folder: look_at_archive(content, folder, "tar")),
    "list": ([LIST], look_at_list),
    "params": ([(ROOT / paths.PARAMS).read_bytes()], look_at_params),
    "find params": ([(ROOT / paths.FIND_PARAMS).read_bytes()], look_at_find_params),
    "render params": ([(ROOT / paths.RENDER_PARAMS).read_bytes()], look_at_render_params),
    "model": ([bytes_of(lambda path: write(path, as_text(GOOD)))], look_at_model),
    "finder": ([bytes_of(lambda path: write_finder(path, as_text(FINDER)))], look_at_finder),
}


def fuzz(target: str, folder: Path, examples: int, repeatable: bool) -> None:
    wholes, look = TARGETS[target]

    @settings(
        max_examples=examples,
        derandomize=repeatable,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(damaged(wholes))
    def run(content: bytes) -> None:
        look(content, folder)

    run()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("target", TARGETS)
def test_damage_gives_an_answer_or_one_line(target: str, tmp_path: Path) -> None:
    fuzz(target, tmp_path, 200, repeatable=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("target", TARGETS)
def test_much_damage_gives_an_answer_or_one_line(target: str, tmp_path: Path) -> None:
    fuzz(target, tmp_path, 20_000, repeatable=False)
