"""The page in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serve.conftest import Start


@pytest.fixture
def page(start: Start, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 700})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(start())
    yield page
    assert errors == []


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


def test_the_keyboard_reaches_everything_and_why_shows_an_overlay(
    page: Page, crops: list[Path]
) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
    page.set_input_files("#file", crops[0])
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_alt_text("What the prediction rests on, in red")).to_be_visible()


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
