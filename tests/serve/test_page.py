"""The page in a real Chromium."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from checkstate.runtime.predictor import Predictor
from checkstate.serve.routes import STATIC
from tests.conftest import CLASSES, ROOT
from tests.screens import screenshot
from tests.serve.conftest import Start


@pytest.fixture
def page(start: Start, browser: Browser) -> Iterator[Page]:
    """The page as wide as a phone; what it loads comes from the service alone and breaks no rule
    of the Content-Security-Policy."""
    page = browser.new_page(viewport={"width": 360, "height": 700})
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Policy" in said.text else None)
    page.on("request", lambda request: asked.append(request.url))
    url = start()
    page.goto(url)
    yield page
    assert errors == []
    assert {urlsplit(each).hostname for each in asked if each.startswith("http")} == {"127.0.0.1"}


def test_many_files_and_a_bad_one(page: Page, crops: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no image")
    page.set_input_files("#file", [*crops[:3], bad])
    expect(page.locator("#status")).to_have_text("4 done")
    expect(page.locator("#results .label")).to_have_count(3)
    expect(page.locator("#results .error")).to_contain_text("not an image")
    expect(page.locator("#results meter")).to_have_count(9)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_pasted_image_is_answered(page: Page, crops: list[Path]) -> None:
    page.evaluate(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        list(crops[0].read_bytes()),
    )
    expect(page.locator("#results .label")).to_have_count(1)


def press_tab_until(page: Page, reached: str) -> None:
    """Go on with Tab until the element of this selector has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", reached):
            return
    raise AssertionError(f"no Tab reaches {reached}")


def test_the_keyboard_reaches_everything_and_why_shows_an_overlay(page: Page) -> None:
    expect(page.locator("#about")).to_contain_text("Model")
    press_tab_until(page, "#file")
    press_tab_until(page, "#samples button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    press_tab_until(page, "#threshold")
    page.keyboard.press("End")
    expect(page.locator("#limit")).to_have_text("100 %")
    press_tab_until(page, "#csv")
    press_tab_until(page, "#results button")
    page.keyboard.press("Enter")
    expect(page.get_by_alt_text("What the prediction rests on, in magenta")).to_be_visible()
    press_tab_until(page, "#api summary")
    page.keyboard.press("Enter")
    expect(page.locator("#curl")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_sample_is_answered_and_is_an_image_of_the_starter_data(page: Page) -> None:
    samples = sorted(STATIC.glob("samples/*.png"))
    starter = {image.name: image for image in (ROOT / "data/starter").glob("*/*.png")}
    assert sum(sample.stat().st_size for sample in samples) < 20_000
    for sample in samples:
        assert sample.read_bytes() == starter[sample.name].read_bytes()
    for button in page.locator("#samples button").all():
        button.click()
        expect(page.locator("#status")).to_have_text("1 done")
    expect(page.locator("#results .label")).to_have_count(len(samples))
    assert set(page.locator("#results h2").all_text_contents()) == {s.name for s in samples}


def test_the_model_and_its_figures_are_shown(start: Start, browser: Browser) -> None:
    released = Predictor(ROOT / "checkstate/released/model.onnx", threads=1)
    page = browser.new_page(viewport={"width": 360, "height": 700})
    page.goto(start(released))
    expect(page.locator("#about")).to_have_text(
        re.compile(r"Model tf_efficientnet_lite0: checked, other, unchecked; 0\.\d+ MB")
    )
    expect(page.locator("#note")).to_contain_text("On real images")
    page.get_by_text("Figures of this model").click()
    expect(page.get_by_role("rowheader", name="Top1, trained model")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_threshold_marks_rows_and_the_csv_says_so(
    page: Page, crops: list[Path], tmp_path: Path
) -> None:
    formula = tmp_path / '=1+1,"x".png'
    formula.write_bytes(crops[0].read_bytes())
    page.set_input_files("#file", [formula, *crops[1:3]])
    expect(page.locator("#status")).to_have_text("3 done")
    page.locator("#threshold").fill("0")
    expect(page.locator("#results .doubtful")).to_have_count(0)
    page.locator("#threshold").fill("100")
    expect(page.locator("#results .doubtful")).to_have_count(3)
    expect(page.get_by_text("doubtful", exact=True)).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [f"'{formula.name}", *(c.name for c in crops[1:3])]
    for row in rows:
        odds = {name: float(row[f"p_{name}"]) for name in CLASSES}
        assert row["label"] == max(odds, key=odds.__getitem__)
        assert float(row["confidence"]) == max(odds.values())
        assert row["doubtful"] == "true"


@pytest.mark.parametrize("token", ["", "YOURS"])
def test_the_snippets_run(
    start: Start, browser: Browser, crops: list[Path], tmp_path: Path, token: str
) -> None:
    page = browser.new_page()
    page.goto(start(token=token))
    shutil.copy(crops[0], tmp_path / "crop.png")
    expect(page.locator("#python")).not_to_be_empty()
    code, curl = page.locator("#python").text_content(), page.locator("#curl").text_content()
    label = subprocess.run(
        [sys.executable, "-c", str(code)], cwd=tmp_path, text=True, capture_output=True, check=True
    )
    assert label.stdout.strip() in CLASSES
    command = ["sh", "-c", str(curl)]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(answer.stdout)["results"][0]["label"] == label.stdout.strip()


def test_the_operations_can_be_read_and_tried(page: Page, crops: list[Path]) -> None:
    page.goto(page.url + "docs")
    page.locator("#operations-default-predict_predict_post").click()
    page.get_by_role("button", name="Try it out").click()
    page.locator("select[aria-label='Request content type']").select_option("image/*")
    page.set_input_files("#operations-default-predict_predict_post input[type=file]", crops[0])
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")


def test_a_token_comes_from_the_address(start: Start, page: Page, crops: list[Path]) -> None:
    url = start(token="sec+ret=")
    page.goto(url)
    page.set_input_files("#file", crops[0])
    expect(page.locator("#results .error")).to_contain_text("open this page as /#token=YOURS")
    page.goto(f"{url}/#token=sec+ret=")
    page.reload()
    page.set_input_files("#file", crops[0])
    expect(page.locator("#results .label")).to_have_count(1)


def test_dropped_files_stay_in_their_order(page: Page, crops: list[Path]) -> None:
    page.evaluate(
        """(files) => {
          const data = new DataTransfer();
          for (const [name, bytes] of files)
            data.items.add(new File([new Uint8Array(bytes)], name));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: data }));
        }""",
        [[crop.name, list(crop.read_bytes())] for crop in crops[:2]],
    )
    expect(page.locator("#results .label")).to_have_count(2)
    assert page.locator("#results h2").all_text_contents() == [crop.name for crop in crops[:2]]


def test_a_screenshot_shows_its_controls_over_the_picture(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "screen.png"
    screenshot()[0].save(file)
    page.set_input_files("#file", file)
    expect(page.locator("#status")).to_have_text("1 done")
    buttons = page.locator("#results .controls button")
    boxes = page.locator("#results svg rect")
    expect(boxes).to_have_count(buttons.count())
    assert buttons.count() >= 6
    assert re.match(
        r"(checked|unchecked|other) (checkbox|radio|switch), \d", buttons.first.inner_text()
    )
    buttons.first.focus()
    expect(boxes.first).to_have_class(re.compile("pointed"))
    picture, first = page.locator("#results img").bounding_box(), boxes.first.bounding_box()
    assert picture
    assert first
    assert picture["x"] <= first["x"]
    assert first["x"] + first["width"] <= picture["x"] + picture["width"] + 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
