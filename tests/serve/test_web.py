"""The static page in a real Chromium, against native predictions."""

import csv
import os
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from checkstate.core.files import md5_of
from checkstate.core.types import Resize
from checkstate.runtime.images import read_image, resize
from checkstate.runtime.predictor import Predictor
from tests.conftest import CLASSES, ROOT
from tests.hostile import encode

RELEASED = ROOT / "checkstate/released/model.onnx"
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")


def export(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    command = [sys.executable, "-m", "checkstate.cli", "export-web", *map(str, arguments)]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=env)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("npm"):
        pytest.skip("needs npm: apt install npm")
    folder = tmp_path_factory.mktemp("site")
    done = export(folder, "--model", RELEASED)
    if any(code in done.stderr for code in UNREACHABLE):
        pytest.skip(f"needs the npm registry: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def page(folder: Path, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 700})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))  # CSP complains there
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{http.server_port}/"
        elsewhere: list[str] = []
        page.on(
            "request",
            lambda r: r.url.startswith((home, "blob:", "data:")) or elsewhere.append(r.url),
        )
        page.goto(home)
        expect(page.locator("#status")).to_have_text("Ready", timeout=60_000)
        yield page
        http.shutdown()
    assert (problems, elsewhere) == ([], [])


@pytest.mark.parametrize("name", ["index.html", "model.onnx"])
def test_a_folder_of_something_else_stays_as_it_is(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    done = export(tmp_path, "--model", RELEASED)
    told = f"error: {tmp_path}/{name}: already there; name a folder of its own\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "mine")]


def rows_of(page: Page, images: list[Path], target: Path) -> list[dict[str, str]]:
    """What the page's CSV says of images chosen together."""
    page.set_input_files("#file", images)
    done = f"{len(images)} of {len(images)} done"
    expect(page.locator("#status")).to_have_text(done, timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    download.value.save_as(target)
    with target.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_browser_predicts_what_the_library_predicts(page: Page, tmp_path: Path) -> None:
    images = [
        image
        for name in CLASSES
        for image in sorted((ROOT / "data/starter" / name).glob("*.png"))[::17]
    ]
    images += odd_images(images, tmp_path)
    predictor = Predictor(RELEASED)
    rows = rows_of(page, images, tmp_path / "rows.csv")
    assert list(rows[0]) == ["path", "label", "confidence", *(f"p_{name}" for name in CLASSES)]
    assert [row["path"] for row in rows] == [image.name for image in images]
    for row, expected in zip(rows, predictor([str(image) for image in images]), strict=True):
        assert row["label"] == expected.label, row
        assert float(row["confidence"]) == pytest.approx(expected.confidence, abs=0.02), row


def odd_images(images: list[Path], folder: Path) -> list[Path]:
    """A control in other formats and sizes, with transparency, and turned by EXIF."""
    image = read_image(images[0])
    clear = image.convert("RGBA")
    clear.putalpha(128)
    exif = image.getexif()
    exif[274] = 6
    width, height = image.size
    image.save(folder / "a.jpg", quality=95)
    image.save(folder / "lossless.webp", lossless=True)
    image.save(folder / "turned.jpg", exif=exif, quality=95)
    clear.save(folder / "clear.png")
    image.convert("L").save(folder / "gray.png")
    image.resize((width * 9, height * 9)).save(folder / "large.png")
    image.resize((11, 9)).save(folder / "tiny.png")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("mode", get_args(Resize))
def test_the_same_pixels_become_the_same_input(page: Page, mode: Any) -> None:
    random = np.random.default_rng(0)
    sizes = [(1, 1), (64, 256), (3, 2000), (2000, 3), (1207, 911), (256, 1024), (41, 307)]
    sizes += [tuple(random.integers(1, 700, 2)) for _ in range(12)]
    for height, width in sizes:
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        expected = resize(Image.fromarray(pixels), (96, 160), mode)
        made = page.evaluate(
            """async ([width, height, bytes, mode]) => {
              const { resize } = await import("/images.js");
              const data = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
              const made = resize({ width, height, data }, [96, 160], mode);
              return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", made)));
            }""",
            [int(width), int(height), b64encode(pixels.tobytes()).decode(), mode],
        )
        assert bytes(made) == sha256(expected.tobytes()).digest(), (width, height)


def test_a_threshold_a_bad_file_and_a_name_that_is_a_formula(
    page: Page, crops: list[Path], tmp_path: Path
) -> None:
    bad, formula = tmp_path / "bad.png", tmp_path / "=1,2.png"
    bad.write_text("no image")
    shutil.copy(crops[0], formula)
    page.locator("#threshold").fill("1")
    rows = rows_of(page, [bad, formula], tmp_path / "rows.csv")
    assert [(row["path"], row["label"]) for row in rows] == [("'=1,2.png", "")]
    expect(page.locator("#rows .error")).to_contain_text("not an image")
    expect(page.get_by_text("(unsure)")).to_have_count(1)
    page.locator("#threshold").fill("0")
    expect(page.get_by_text("(unsure)")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_images_are_dropped_and_pasted(page: Page, crops: list[Path]) -> None:
    screenshot = Image.new("RGB", (600, 600), "white")
    for kind, event, image in [
        ("drop", "DragEvent", crops[0].read_bytes()),
        ("paste", "ClipboardEvent", encode(screenshot, "PNG")),
    ]:
        page.evaluate(
            """([kind, event, bytes]) => {
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array(bytes)], `${kind}.png`));
              const options = { clipboardData: data, dataTransfer: data };
              document.dispatchEvent(new window[event](kind, options));
            }""",
            [kind, event, list(image)],
        )
        expect(page.locator("#rows")).to_contain_text(f"{kind}.png")
    expect(page.locator("#rows .number")).to_contain_text(["%", "%"])
    expect(page.locator("#rows")).to_contain_text("looks like a whole screenshot")


def test_the_model_file_is_the_shipped_one_and_all_is_small(folder: Path) -> None:
    assert md5_of(folder / "model.onnx") == md5_of(RELEASED)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 5_000_000


def test_a_missing_npm_and_a_dead_registry_are_one_line(tmp_path: Path) -> None:
    done = export(tmp_path / "site", "--model", RELEASED, PATH=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "npm is missing: install Node.js" in done.stderr
    if shutil.which("npm"):
        dead = {"npm_config_registry": "http://127.0.0.1:9", "npm_config_fetch_retries": "0"}
        done = export(
            tmp_path / "site", "--model", RELEASED, npm_config_cache=str(tmp_path / "cache"), **dead
        )
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "is the npm registry reachable?" in done.stderr
    assert not (tmp_path / "site").exists()
