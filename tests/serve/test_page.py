"""The page in a real Chromium."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import onnx
import pytest
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from checkstate.core import paths
from checkstate.runtime.finder import Finder
from checkstate.runtime.finds import writer
from checkstate.runtime.predictor import Predictor
from checkstate.serve.routes import STATIC
from tests.conftest import CLASSES, ROOT
from tests.screens import CONTROLS, screenshot
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
    expect(page.locator("#status")).to_have_text("3 done, 1 failed")
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
    expect(page.locator("#finder")).to_have_text(
        re.compile(
            r"Finder finder\.onnx: checkbox, radio, switch; \d\.\d\d MB; from a confidence of \d"
        )
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
        page.get_by_role("button", name="Download CSV of crops").click()
    with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [f"'{formula.name}", *(c.name for c in crops[1:3])]
    for row in rows:
        probabilities = {name: float(row[f"p_{name}"]) for name in CLASSES}
        assert row["label"] == max(probabilities, key=probabilities.__getitem__)
        assert float(row["confidence"]) == max(probabilities.values())
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
    label = output_of([sys.executable, "-c", str(code)], tmp_path).strip()
    assert label in CLASSES
    answer = json.loads(output_of(["sh", "-c", str(curl)], tmp_path))
    assert answer["results"][0]["label"] == label


def output_of(command: list[str], folder: Path) -> str:
    """What a command prints in a folder."""
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=True).stdout


@pytest.mark.parametrize("token", ["", "YOURS"])
def test_the_snippets_of_screenshots_run(
    start: Start, browser: Browser, screen: Path, token: str
) -> None:
    page = browser.new_page()
    page.goto(start(token=token))
    expect(page.locator("#find-python")).not_to_be_empty()
    code, curl = (page.locator(f"#find-{name}").text_content() for name in ("python", "curl"))
    lines = output_of([sys.executable, "-c", str(code)], screen.parent).splitlines()
    controls = json.loads(output_of(["sh", "-c", str(curl)], screen.parent))["controls"]
    assert lines == [f"{each['box']} {each['kind']} {each['state']}" for each in controls]
    assert len(lines) >= 6


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
    expect(page.locator("#status")).to_have_text("0 done, 1 failed")
    page.evaluate("location.hash = 'token=sec+ret='")  # as in the address bar: nothing loads anew
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


@pytest.fixture
def screen(tmp_path: Path) -> Path:
    """A screenshot of eight controls."""
    file = tmp_path / "screen.png"
    screenshot()[0].save(file)
    return file


def ask(page: Page, file: Path, said: str = "1 done") -> None:
    """Give the page a file, and wait for its answer."""
    page.set_input_files("#file", file)
    expect(page.locator("#status")).to_have_text(said)


def box_of(element: Locator) -> FloatRect:
    """Where an element lies on the page."""
    box = element.bounding_box()
    assert box
    return box


def is_inside(inner: FloatRect, outer: FloatRect) -> bool:
    """Whether one box lies in another, but for a rounding."""
    return all(
        outer[start] - 1 <= inner[start]
        and inner[start] + inner[side] <= outer[start] + outer[side] + 1
        for start, side in (("x", "width"), ("y", "height"))
    )


def test_a_screenshot_shows_its_controls_over_the_picture(page: Page, screen: Path) -> None:
    ask(page, screen)
    buttons = page.locator("#results .controls button")
    boxes = page.locator("#results svg rect")
    expect(boxes).to_have_count(buttons.count())
    assert buttons.count() >= 6
    expect(page.locator("#results .label")).to_have_text(f"{buttons.count()} controls found")
    said = re.compile(
        r"(checked|unchecked|other) \d+\.\d %, (checkbox|radio|switch) \d+\.\d %, control \d+\.\d %"
    )
    assert all(said.fullmatch(text) for text in buttons.all_text_contents())
    picture = box_of(page.locator("#results img"))
    assert is_inside(box_of(boxes.first), picture)
    assert box_of(page.locator("#results .controls"))["y"] >= picture["y"] + picture["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_wide_page_has_the_list_beside_the_picture(page: Page, screen: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    ask(page, screen)
    picture, listed = (box_of(page.locator(f"#results {name}")) for name in ("img", ".controls"))
    assert listed["x"] >= picture["x"] + picture["width"]
    assert listed["y"] < picture["y"] + picture["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_box_says_its_state_inside_the_picture(page: Page, screen: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    ask(page, screen)
    states, picture = page.locator("#results svg text"), Image.open(screen)
    said = page.locator("#results .controls button").all_text_contents()
    assert [text.split()[0] for text in said] == states.all_text_contents()
    assert page.locator("#results svg title").all_text_contents() == said
    shown = box_of(page.locator("#results img"))["width"] / picture.width
    whole: FloatRect = {"x": 0, "y": 0, "width": picture.width, "height": picture.height}
    for state in states.all():
        expect(state).to_be_visible()
        letters = state.evaluate(  # of the picture's pixels, without the rim
            "(text) => (({ x, y, width, height }) => ({ x, y, width, height }))(text.getBBox())"
        )
        assert is_inside(letters, whole)
        assert 8 <= letters["height"] * shown <= 20


def test_a_state_without_room_waits_for_a_click(page: Page, tmp_path: Path) -> None:
    crop = Image.open(sorted((CONTROLS / "checked").glob("bootstrap-checkbox-*.png"))[0])
    canvas = Image.new("RGB", (1000, 700), "white")
    for row in range(5):
        for column in range(5):
            canvas.paste(crop, (300 + column * crop.width, 200 + row * crop.height))
    canvas.save(tmp_path / "close.png")
    ask(page, tmp_path / "close.png")
    crowded = page.locator("#results g:has(text.crowded)").first
    expect(crowded.locator("text")).to_be_hidden()
    crowded.locator("rect").click()
    expect(crowded.locator("text")).to_be_visible()


def test_states_of_other_names_differ_in_color(
    start: Start, browser: Browser, screen: Path, tmp_path: Path
) -> None:
    model = onnx.load(ROOT / "checkstate/released/model.onnx")
    names = {"checked": "on", "other": "other", "unchecked": "off"}
    for said in model.metadata_props:
        if said.key == "classes":
            said.value = json.dumps([names[name] for name in json.loads(said.value)])
    onnx.save(model, tmp_path / "model.onnx")
    page = browser.new_page()
    page.goto(start(Predictor(tmp_path / "model.onnx", threads=1)))
    ask(page, screen)
    states = set(page.locator("#results svg text").all_text_contents())
    assert states == {"on", "off"}
    colors = page.locator("#results svg g").evaluate_all(
        """(groups) => groups.map((group) => group.querySelector("text").textContent + " "
          + getComputedStyle(group.querySelector("rect")).stroke)"""
    )
    assert len(set(colors)) == len({color.partition(" ")[2] for color in colors}) == 2


def test_a_box_selects_its_row_and_a_row_its_box(page: Page, screen: Path) -> None:
    ask(page, screen)
    boxes, groups = page.locator("#results svg rect"), page.locator("#results svg g")
    rows = page.locator("#results .controls button")
    last = rows.count() - 1
    boxes.nth(last).click()
    expect(page.locator("#results [aria-current=true]")).to_have_count(1)
    expect(rows.nth(last)).to_have_attribute("aria-current", "true")
    expect(rows.nth(last)).to_be_in_viewport()
    # without the focus and the mouse, which a finger does not bring in Safari
    rows.first.evaluate("(row) => row.click()")
    expect(groups.first).to_have_class(re.compile("pointed"))
    expect(groups.nth(last)).not_to_have_class(re.compile("pointed"))
    expect(boxes.first).to_be_in_viewport()


def test_a_tap_beside_a_box_means_it_and_one_far_away_none(page: Page, screen: Path) -> None:
    ask(page, screen)
    picture = page.locator("#results svg")
    picture.scroll_into_view_if_needed()
    first, corner = box_of(page.locator("#results rect").first), box_of(picture)
    picture.click(position={"x": 5, "y": corner["height"] - 5})
    expect(page.locator("#results [aria-current]")).to_have_count(0)
    beside = {"x": first["x"] - corner["x"] - 10, "y": first["y"] - corner["y"] + 2}
    picture.click(position=beside)
    expect(page.locator("#results .controls button").first).to_have_attribute(
        "aria-current", "true"
    )


def test_the_keyboard_points_to_boxes_and_asks_the_other_way(page: Page, screen: Path) -> None:
    ask(page, screen)
    press_tab_until(page, "#results .controls button")
    expect(page.locator("#results svg g").first).to_have_class(re.compile("pointed"))
    page.keyboard.press("Tab")
    expect(page.locator("#results svg g").nth(1)).to_have_class(re.compile("pointed"))
    press_tab_until(page, "#results .other")
    page.keyboard.press("Enter")
    expect(page.locator("#results .label")).to_have_text(re.compile("^(checked|other|unchecked)$"))
    other = page.locator("#results .other")
    expect(other).to_be_focused()
    expect(other).to_have_text("Find the controls in it")
    page.keyboard.press("Enter")
    expect(page.locator("#results .label")).to_have_text(re.compile("controls found"))
    expect(other).to_be_focused()
    expect(other).to_have_text("One control")


def test_a_strip_is_one_control_until_its_controls_are_asked_for(
    page: Page, screen: Path, tmp_path: Path
) -> None:
    strip = tmp_path / "strip.png"
    Image.open(screen).crop((280, 20, 880, 160)).save(strip)
    ask(page, strip)
    expect(page.locator("#results meter")).to_have_count(3)
    page.get_by_role("button", name="Find the controls in it").click()
    expect(page.locator("#results svg rect")).to_have_count(2)
    expect(page.locator("#results meter")).to_have_count(0)
    expect(page.locator("#csv")).to_be_disabled()
    expect(page.locator("#find-csv")).to_be_enabled()


def test_a_screenshot_without_controls_says_so(page: Page, tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    Image.new("RGB", (300, 300), "white").save(empty)
    ask(page, empty)
    expect(page.locator("#results .label")).to_have_text("No controls found")
    expect(page.locator("#results .controls li")).to_have_count(0)
    expect(page.get_by_role("button", name="One control")).to_be_visible()


def test_an_error_of_find_is_shown(start: Start, page: Page, screen: Path) -> None:
    page.goto(start(max_pixels=10_000))
    ask(page, screen, "0 done, 1 failed")
    expect(page.locator("#results .error")).to_contain_text("pixels")
    expect(page.locator("#find-csv")).to_be_disabled()


def test_the_csv_of_screenshots_is_that_of_the_command_and_the_threshold_marks_controls(
    page: Page, predictor: Predictor, screen: Path
) -> None:
    ask(page, screen)
    count = page.locator("#results .controls li").count()
    page.locator("#threshold").fill("100")
    expect(page.locator("#results g.doubtful")).to_have_count(count)
    expect(page.locator("#results .controls .doubt:visible")).to_have_count(count)
    page.locator("#threshold").fill("0")
    expect(page.locator("#results g.doubtful")).to_have_count(0)
    expect(page.locator("#results .controls .doubt:visible")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV of screenshots").click()
    finder, picture, expected = (
        Finder(ROOT / paths.RELEASED_FINDER, predictor),
        Image.open(screen),
        io.StringIO(),
    )
    writer(expected, "csv", finder)(screen.name, picture, finder(picture))
    text = Path(download.value.path()).read_text(encoding="utf-8")
    shown, wanted = (list(csv.reader(io.StringIO(each))) for each in (text, expected.getvalue()))
    assert shown[0] == wanted[0]
    assert len(shown) == len(wanted) == count + 1
    for row, line in zip(shown[1:], wanted[1:], strict=True):
        assert [row[0], row[5], row[8]] == [line[0], line[5], line[8]]
        numbers = [1, 2, 3, 4, 6, 7, 9]
        assert [float(row[n]) for n in numbers] == pytest.approx(
            [float(line[n]) for n in numbers], abs=0.11
        )
