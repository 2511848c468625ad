"""Windows of the toolkits that are installed here: states, rectangles, the same pixels again."""

import gc
import importlib
import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import Box, Control
from render.toolkit import HERE, window_crops
from render.toolkits import java, libreoffice, words, xserver
from render.toolkits.foreign import Program, at_home, read
from render.toolkits.libreoffice_page import Page
from render.toolkits.native import compile_source, draw_native, program
from render.toolkits.pixels import told_apart
from tests.render.missing import MISSING, needs_compiler, skipping_what_is_missing

SETTINGS = yaml.safe_load((HERE / "params.yaml").read_text())
WINDOWS = 12


Window = tuple[np.ndarray, list[Control]]


def draw(name: str, index: int) -> Window:
    """A window of a toolkit; skips the test where the toolkit is missing."""
    with skipping_what_is_missing():
        toolkit = importlib.import_module(f"render.toolkits.{name}")
        picture, controls = toolkit.window(Random(f"test-{index}"))
    return np.asarray(picture.convert("RGB")), controls


@cache
def drawn(name: str) -> list[Window]:
    """Windows of a toolkit, drawn once for all tests."""
    return [draw(name, index) for index in range(WINDOWS)]


def within(box: Box, outer: Box, slack: float) -> bool:
    """Whether a box lies in another one, but for a few pixels."""
    return all(a >= b - slack for a, b in zip(box[:2], outer[:2], strict=True)) and all(
        a <= b + slack for a, b in zip(box[2:], outer[2:], strict=True)
    )


@pytest.mark.parametrize("name", SETTINGS["toolkits"])
def test_controls_lie_where_the_toolkit_says(name: str) -> None:
    labels, windows = set(), drawn(name)
    # of toolkits whose boxes have no edge: pixels of the ground that they are seen against
    ground = getattr(importlib.import_module(f"render.toolkits.{name}"), "GROUND", 0)
    for picture, controls in windows:
        height, width = picture.shape[:2]
        assert controls
        for control in controls:
            labels.add(control.label)
            assert control.kind.isalnum() and control.kind == control.kind.lower()
            assert (control.label == "other") == (
                control.kind not in ("checkbox", "radio", "switch")
            )
            assert within(control.content, (0, 0, width, height), 2), control
            assert within(control.box, control.content, 2), control
            if control.label not in ("other", "hidden"):
                left, top = (max(0, round(side) - ground) for side in control.box[:2])
                right, bottom = (round(side) + ground for side in control.box[2:])
                assert np.ptp(picture[top:bottom, left:right].reshape(-1, 3), axis=0).max() >= 20
    assert labels - {"hidden"} == {"checked", "unchecked", "other"}


@pytest.mark.parametrize("name", SETTINGS["toolkits"])
def test_a_window_is_drawn_the_same_again(name: str) -> None:
    for index, first in enumerate(drawn(name)[:3]):
        second = draw(name, index)
        assert first[1] == second[1]
        assert np.array_equal(first[0], second[0])


@pytest.mark.parametrize("name", SETTINGS["toolkits"])
def test_controls_do_not_overlap(name: str) -> None:
    for _, controls in drawn(name):
        boxes = [control.box for control in controls if control.label != "other"]
        for index, one in enumerate(boxes):
            for two in boxes[index + 1 :]:
                apart = (
                    min(one[2], two[2]) - max(one[0], two[0]) < 2
                    or min(one[3], two[3]) - max(one[1], two[1]) < 2
                )
                assert apart, (one, two)


def test_a_box_of_which_a_part_is_chosen_looks_unlike_an_empty_one(tmp_path: Path) -> None:
    with skipping_what_is_missing():
        qt = importlib.import_module("render.toolkits.qt")
    state = qt.Qt.CheckState
    styles = qt.QtWidgets.QStyleFactory.keys()
    app = qt.application()
    looks = [qt.draw_look(Random(seed), styles, tmp_path) for seed in range(40)]
    partly = [seed for seed, look in enumerate(looks) if look.partly]
    assert 10 <= len(partly) < 40
    for seed in partly:
        qt.dress(app, look := qt.draw_look(Random(seed), styles, tmp_path))
        box, view = qt.QtWidgets.QCheckBox(), qt.QtWidgets.QListWidget()
        view.addItem(item := qt.QtWidgets.QListWidgetItem())
        for widget, control in ((box, box), (view, item)):
            widget.setStyleSheet(look.sheet)
            pictures = []
            for each in (state.PartiallyChecked, state.Unchecked):
                control.setCheckState(each)
                widget.ensurePolished()
                widget.adjustSize()
                pictures.append(qt.grab(widget, 1.0))
            assert told_apart(*pictures, (0, 0, *pictures[0].size)), (seed, widget)


def test_menus_of_qt_have_room_for_their_indicators(tmp_path: Path) -> None:
    with skipping_what_is_missing():
        qt = importlib.import_module("render.toolkits.qt")
    app = qt.application()
    styles, seen = qt.QtWidgets.QStyleFactory.keys(), 0
    for seed in range(30):
        look = qt.draw_look(Random(seed), styles, tmp_path)
        if "::indicator:checked" not in look.sheet:
            continue
        qt.dress(app, look)
        qt.fill_menu(page := qt.Page(Random(seed), look))
        for control in page.shoot(app)[1]:
            if control.label != "other":
                left, top, right, bottom = control.box
                assert abs((right - left) - (bottom - top)) <= 1, (seed, control)
                seen += 1
    assert seen > 20


def test_tk_draws_a_box_of_which_a_part_is_chosen_unlike_others() -> None:
    with skipping_what_is_missing():
        tk = importlib.import_module("render.toolkits.tk")
        xserver.display()
    compared = 0
    for seed in range(40):
        with page_of(tk, seed) as page:
            if page.partly and compared < 3:
                compared += 1
                empty, part, full = three_states(tk, page)
                whole = (0, 0, *part.size)
                assert told_apart(part, empty, whole), seed
                assert told_apart(part, full, whole), seed
                assert told_apart(full, empty, whole), seed
    assert compared == 3


@contextmanager
def page_of(tk: Any, seed: int) -> Iterator[Any]:
    """A page of Tk that is freed by this thread."""
    gc.disable()
    page = tk.Page(Random(seed))
    try:
        yield page
    finally:
        page.root.destroy()
        del page
        gc.collect()
        gc.enable()


def test_what_tk_holds_is_freed_where_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with skipping_what_is_missing():
        tk = importlib.import_module("render.toolkits.tk")
    roots = []

    class Page(tk.Page):
        def __init__(self, random: Random) -> None:
            super().__init__(random)
            roots.append(weakref.ref(self.root))

    monkeypatch.setattr(tk, "Page", Page)
    thresholds = gc.get_threshold()
    gc.set_threshold(0)  # only who asks for it collects
    try:
        tk.window(Random(0))
        left = [root() is not None for root in roots]
    finally:
        gc.set_threshold(*thresholds)
    assert left and not any(left), "another thread may come to free them"


def test_boxes_of_ttk_have_no_margin() -> None:
    with skipping_what_is_missing():
        tk = importlib.import_module("render.toolkits.tk")
        xserver.display()
    with page_of(tk, 1) as page:
        assert page.modern
        for theme in tk.PLAIN:
            tk.ttk.Style(page.root).theme_use(theme)
            tk.add_control(page, page.frame, "Label").pack()
            controls = page.shoot()[1]
            assert controls, theme
            for control in controls:
                left, top, right, bottom = control.box
                assert abs((right - left) - (bottom - top)) <= 1 and right - left >= 8, theme


def three_states(tk: Any, page: Any) -> list[Image.Image]:
    """The boxes that a page of classic Tk draws where nothing, a part and all is chosen."""
    while True:
        tk.add_control(page, page.frame, "").pack()
        boxes = [item for item in page.watched if item.kind == "checkbox"]
        usable = [item for item in boxes if "disabled" not in str(item.widget["state"])]
        found = {state(item): item for item in usable}
        if len(found) == 3:
            break
    page.root.update()
    width, height = page.root.winfo_width(), page.root.winfo_height()
    boxes, picture = tk.classic_boxes(page, width, height), page.picture(width, height)
    return [picture.crop(boxes[found[name].widget]) for name in ("empty", "part", "full")]


def state(item: Any) -> str:
    """How much is chosen of what a check box of classic Tk stands for."""
    part = str(item.widget["tristatevalue"]) == "1"
    return "part" if part else ("empty", "full")[item.variable.get()]


def test_crops_are_named_after_label_and_toolkit() -> None:
    name = "pdf"
    draw(name, 0)
    crops = [c for index in range(3) for c in window_crops(name, 0, index)]
    for path, png in islice(crops, 50):
        label, file = path.split("/")
        assert label in ("checked", "unchecked", "other")
        assert file.startswith(f"{name}-")
        assert png.startswith(b"\x89PNG")


@needs_compiler
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("#include <no/such/toolkit.h>\n", r"^no/such/toolkit\.h is missing: `hint`$"),
        (
            "int main() {\n    return one + two;\n}\n",
            r"^g\+\+ refuses .*Program.cpp:2:12: error: .*: `hint`$",
        ),
    ],
)
def test_a_program_that_cannot_be_compiled_is_one_line(
    tmp_path: Path, code: str, said: str
) -> None:
    source = tmp_path / "Program.cpp"
    source.write_text(code)
    with pytest.raises(UserError, match=said):
        program(str(source), (), "`hint`")


def test_a_program_that_warns_a_lot_still_answers() -> None:
    script = (
        "import sys; input(); sys.stderr.write('warning\\n' * 100_000); print('[1]', flush=True)"
    )
    asked = Program([sys.executable, "-c", script], "`hint`")
    assert asked.ask([]) == [1]
    with pytest.raises(UserError, match=r"^warning: `hint`$"):
        asked.ask([])


def test_a_program_that_dies_is_one_line() -> None:
    script = "raise ValueError('no\\n\\twindow')"
    with pytest.raises(UserError, match=r"^ValueError: no: `hint`$"):
        Program([sys.executable, "-c", script], "`hint`").ask(["x"])


def test_a_program_that_waits_in_vain_lacks_no_package() -> None:
    with pytest.raises(UserError, match=r"^TimeoutError: no window$"):
        Program([sys.executable, "-c", "raise TimeoutError('no window')"], "`hint`").ask(["x"])


def test_a_program_that_is_not_installed_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^no-such-program is missing: `hint`$") as caught:
        Program(["no-such-program"], "`hint`", at_home(tmp_path))
    assert MISSING.search(str(caught.value))


def test_a_home_of_its_own_leads_to_no_settings_of_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GDK_DPI_SCALE", "3")
    monkeypatch.setenv("GDK_SCALE", "3")
    script = "import json, os; input(); print(json.dumps(dict(os.environ)))"
    home = at_home(tmp_path, "GDK_SCALE=2", "PLACE=a=b")
    found = Program([sys.executable, "-c", script], "`hint`", home).ask([])
    assert found["HOME"] == str(tmp_path)
    assert found["GDK_SCALE"] == "2"
    assert found["PLACE"] == "a=b"
    assert found["PATH"] == os.environ["PATH"]
    assert "GDK_DPI_SCALE" not in found


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["javafx", "swing"])
def test_a_form_that_java_cannot_draw_is_one_line(name: str) -> None:
    toolkit = importlib.import_module(f"render.toolkits.{name}")
    with skipping_what_is_missing():
        toolkit.window(Random(0))
    modules = getattr(toolkit, "MODULES", ())
    one = java.program.__wrapped__(f"{name.title()}Program", "`hint`", modules)  # it ends
    with pytest.raises(UserError, match=r"^java\.lang\.\w+: .+: `hint`$"):
        one.ask(["set\tseed\tnone", "set\ttheme\tnone"])


def test_a_compiler_that_is_not_installed_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^no-such-compiler is missing: `hint`$"):
        compile_source(["no-such-compiler"], "`hint`")


def test_a_program_of_ours_that_is_not_there_is_no_missing_toolkit() -> None:
    with pytest.raises(UserError, match=r"No module named render\.toolkits\.nothing") as caught:
        Program([sys.executable, "-m", "render.toolkits.nothing"], "`hint`").ask([])
    assert not MISSING.search(str(caught.value))
    assert MISSING.search("ModuleNotFoundError: No module named 'kivy': `pip install kivy`")
    assert MISSING.search("ModuleNotFoundError: No module named 'renderer'")


@pytest.mark.parametrize(
    ("kind", "left", "right", "found"),
    [
        ("check", 10, 40, [("unchecked", (10, 10, 40, 30))]),
        ("check", 10, 140, [("unchecked", (10, 10, 100, 30))]),
        ("check", 90, 140, [("hidden", (90, 10, 100, 30))]),
        ("check", 110, 140, []),
        ("slider", 90, 140, []),
    ],
)
def test_a_control_at_the_edge_of_the_screen(
    tmp_path: Path, kind: str, left: int, right: int, found: list[tuple[str, Box]]
) -> None:
    box = (left, 10, left + 20, 30)
    Image.new("RGB", (100, 50), "white").save(tmp_path / "toggled.png")
    window = Image.new("RGB", (100, 50), "white")
    window.paste("black", (left + 4, 14, left + 16, 26))
    window.save(tmp_path / "window.png")
    item = {"kind": kind, "state": 0, "box": box, "content": (left, 10, right, 30)}
    pictures = {"picture": tmp_path / "window.png", "toggled": tmp_path / "toggled.png"}
    _, controls, clear = read({**pictures, "controls": [item]})
    assert [(control.label, control.content) for control in controls] == found
    assert clear


def test_a_firefox_that_does_not_start_is_one_line(tmp_path: Path) -> None:
    with skipping_what_is_missing():
        firefox = importlib.import_module("render.toolkits.firefox")
    script = tmp_path / "firefox-esr"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    home = os.environ.get("HOME")
    with pytest.raises(UserError, match=r"^Firefox does not start: .+$"):
        firefox.started(str(script))
    assert os.environ.get("HOME") == home


def test_forms_of_compiled_programs_have_only_letters_that_every_font_has() -> None:
    lines = [line for seed in range(40) for line in draw_native(Random(seed), ["check"])]
    assert {line.split("\t")[0] for line in lines} >= {"menu", "tree", "check", "other"}
    assert max("".join(lines)) < "\u2100"
    assert not any("\u0530" <= letter < "\u2000" for line in lines for letter in line)


def test_a_plain_box_is_seen_against_the_ground_around_it() -> None:
    picture = Image.new("RGB", (30, 30), "black")
    picture.paste("navy", (8, 8, 22, 22))
    toggled = picture.copy()
    toggled.paste("white", (12, 12, 18, 18))
    assert not told_apart(picture, toggled, (8, 8, 22, 22))
    assert told_apart(picture, toggled, (8, 8, 22, 22), ground=2)
    assert not told_apart(picture, picture, (8, 8, 22, 22), ground=2)


def test_a_missing_library_is_one_line() -> None:
    script = "from render.toolkits.foreign import library; library('libNothing.so.1')"
    with pytest.raises(UserError, match=r"^libNothing\.so\.1 is missing: `hint`$") as caught:
        Program([sys.executable, "-c", script], "`hint`").ask([])
    assert MISSING.search(str(caught.value))


def test_texts_for_fonts_of_few_letters() -> None:
    texts = {words.in_letters(Random(seed), words.label, "\u00ff") for seed in range(300)}
    assert len(texts) > 50
    assert max("".join(texts)) <= "\u00ff"


def test_colors_between_two() -> None:
    assert words.mixed("#000000", "#ffffff", 0) == "#000000"
    assert words.mixed("#000000", "#ff0080", 1) == "#ff0080"
    assert round(words.luminance("#ffffff")) == 255


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], r"^soffice is missing: `apt install libreoffice-writer-nogui .+`$"),
        (["soffice"], r"^graphicfilter\.xcd is missing: `apt install .+`$"),
    ],
)
def test_a_libreoffice_that_is_not_whole_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], said: str
) -> None:
    for file in files:
        (tmp_path / file).write_text("#!/bin/sh\n")
        (tmp_path / file).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=said) as caught:
        libreoffice.program.__wrapped__()
    assert MISSING.search(str(caught.value))


def test_a_libreoffice_whose_first_start_hangs_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = tmp_path / "program"
    office.mkdir()
    for file in ("soffice", "soffice.bin"):
        (office / file).write_text("#!/bin/sh\nexec sleep 60\n")
        (office / file).chmod(0o755)
    filters = office / libreoffice.PICTURES
    filters.parent.mkdir(parents=True)
    filters.touch()
    monkeypatch.setenv("PATH", f"{office}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(libreoffice, "FIRST_START_SECONDS", 0.2)
    with pytest.raises(UserError, match=r"soffice\.bin: its first start did not end in 0\.2 sec"):
        libreoffice.program.__wrapped__()


def test_a_file_that_libreoffice_cannot_write_is_one_line(tmp_path: Path) -> None:
    with skipping_what_is_missing():
        libreoffice.window(Random(0))
    one = libreoffice.program.__wrapped__()  # it ends
    page = tmp_path / "page.fodt"
    page.write_text(Page(Random(0), "plain", False).document())
    with pytest.raises(UserError, match=r"^[\w.]+Exception: .+: `apt install .+`$"):
        one.ask([f"{page}\t{tmp_path}/page.png\tno_such_filter\t90\t90"])


def test_boxes_of_libreoffice_are_its_indicators_alone() -> None:
    windows = [controls for _, controls in drawn("libreoffice")]
    # tails of letters hang into the boxes below
    windows.append(libreoffice.window(Random("0-libreoffice-137"))[1])
    for controls in windows:
        for control in controls:
            left, top, right, bottom = control.box
            if control.kind in ("checkbox", "radio"):
                assert 5 <= right - left <= 46, control
                assert abs((right - left) - (bottom - top)) <= 3, control


def test_boxes_of_moderntk_are_its_indicators_alone() -> None:
    assert {"checkbox", "radio", "switch", "scrollbar"} <= {
        control.kind for _, controls in drawn("moderntk") for control in controls
    }
    for _, controls in drawn("moderntk"):
        for control in controls:
            wide, high = (control.box[side + 2] - control.box[side] for side in (0, 1))
            if control.label == "hidden":
                continue
            if control.kind in ("checkbox", "radio"):
                assert wide == pytest.approx(high, rel=0.1), control
            elif control.kind == "switch":
                assert 1.4 * high < wide < 2.7 * high, control
            elif control.kind == "scrollbar":
                assert wide > 100, control


def test_pages_of_libreoffice_are_printed_on_light_paper() -> None:
    def darkest(printed: bool) -> float:
        pages = [Page(Random(seed), "plain", printed) for seed in range(60)]
        return min(words.luminance(page.paper) for page in pages)

    assert darkest(printed=False) < 90
    assert darkest(printed=True) > 120
