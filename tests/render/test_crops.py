"""One library in the real Chromium, where it and render/node_modules are installed."""

import io
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

import pytest
import yaml
from PIL import Image
from playwright.sync_api import Browser

from checkstate.core.errors import UserError
from render.crops import IDLE, MEASURE, SITE, contrast, pages, serve, shoot, shrink
from render.pages import COLUMNS, HEIGHT, HERE, ROWS, WIDTH, draw_page
from tests.render.missing import needs_browser

LIBRARIES = yaml.safe_load((HERE / "params.yaml").read_text())["libraries"]


@needs_browser
@pytest.mark.parametrize("library", ["bootstrap", "material-ui"])
def test_a_library_renders_every_class_the_same_every_time(library: str, tmp_path: Path) -> None:
    first = [crops for _, crops in islice(pages(library, 3, tmp_path / "one"), 2)]
    second = [crops for _, crops in islice(pages(library, 3, tmp_path / "two"), 2)]
    assert first == second
    crops = first[0] | first[1]
    assert {path.split("/")[0] for path in crops} == {"checked", "unchecked", "other"}
    for path, content in crops.items():
        image = Image.open(io.BytesIO(content)).convert("RGB")
        assert path.split("/")[1].startswith(library)
        assert contrast(image) >= 20
        assert min(image.size) >= 10


@needs_browser
def test_an_interrupted_run_goes_on_with_the_pages_it_has(tmp_path: Path) -> None:
    [(_, first)] = islice(pages("bootstrap", 3, tmp_path), 1)
    written = (tmp_path / "0.zip").stat().st_mtime_ns
    again = [crops for _, crops in islice(pages("bootstrap", 3, tmp_path), 2)]
    assert again[0] == first
    assert (tmp_path / "0.zip").stat().st_mtime_ns == written


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_librarys_template_makes_a_page(library: str) -> None:
    html, cells = draw_page(library, Random(1))
    assert all(f'id="cell{cell.index}"' in html for cell in cells)
    assert {cell.kind for cell in cells} & {"checkbox", "radio", "switch"}


@needs_browser
def test_a_control_of_no_size_names_its_library(browser: Browser) -> None:
    html, cells = draw_page("custom", Random(1))
    hidden = "<style>[data-control] { display: none !important; }</style></head>"
    page = browser.new_page(viewport={"width": COLUMNS * WIDTH, "height": ROWS * HEIGHT})
    page.route("**/*", partial(serve, html=html.replace("</head>", hidden)))
    with pytest.raises(UserError, match=r"render/libraries/custom: a \w+ has no size"):
        dict(shoot(page, "custom", cells, 1, Random(1)))


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_crop_is_cut_around_its_control(library: str, browser: Browser) -> None:
    html, cells = draw_page(library, Random(1))
    page = browser.new_page(viewport={"width": COLUMNS * WIDTH, "height": ROWS * HEIGHT})
    page.route("**/*", partial(serve, html=html))
    page.goto(SITE, wait_until="load")
    page.evaluate(IDLE)
    for cell in (cell for cell in cells if cell.kind != "other"):
        seen = page.evaluate(MEASURE, cell.index)
        left, top, right, bottom = seen["control"]
        x, y = (left + right) / 2, (top + bottom) / 2
        assert seen["box"][0] <= x <= seen["box"][2], (cell.kind, cell.position)
        assert seen["box"][1] <= y <= seen["box"][3], (cell.kind, cell.position)


def test_shrinking_loses_nothing() -> None:
    random = Random(0)
    for colours in (3, 200, 100_000):
        image = Image.new("RGB", (60, 40))
        image.putdata(
            [(v % 256, v // 256 % 256, v * 7 % 256) for v in random.choices(range(colours), k=2400)]
        )
        assert Image.open(io.BytesIO(shrink(image))).convert("RGB").tobytes() == image.tobytes()
