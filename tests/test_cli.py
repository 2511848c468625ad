import csv
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any

import onnx
import onnxruntime as ort
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from PIL import Image
from pyarrow.fs import LocalFileSystem

from checkstate.cli import one_line_errors
from checkstate.core import paths
from tests.conftest import CLASSES, ROOT
from tests.hostile import readable, unreadable
from tests.screens import screenshot


def run(*arguments: object, stdin: bytes = b"", folder: Path | None = None) -> tuple[int, str, str]:
    """The real command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "checkstate.cli", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=folder,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_json_is_one_object_a_line(model: Path, crops: list[Path]) -> None:
    status, out, _ = run("predict", "--json", "--model", model, *crops)
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [row["path"] for row in rows] == [str(crop) for crop in crops]
    assert set(rows[0]) == {"path", "label", "confidence", "probabilities", "model"}
    assert rows[0]["label"] in CLASSES


def test_csv_has_a_header(model: Path, crops: list[Path]) -> None:
    _, out, _ = run("predict", "--csv", "--model", model, crops[0].parent)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(list(crops[0].parent.iterdir()))
    assert float(rows[0]["confidence"]) == max(float(rows[0][f"p_{c}"]) for c in CLASSES)


def test_a_person_gets_label_confidence_and_bar(model: Path, crops: list[Path]) -> None:
    _, out, _ = run("predict", "--model", model, crops[0])
    assert "%" in out and "#" in out and crops[0].name in out


def test_standard_input_and_abstaining(model: Path, crops: list[Path]) -> None:
    status, out, _ = run(
        "predict", "--json", "--threshold", 1, "--model", model, "-", stdin=crops[0].read_bytes()
    )
    assert status == 0
    assert json.loads(out)["label"] is None


def test_unreadable_images_are_named_and_the_others_answered(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "text.png"
    bad.write_text("no image")
    status, out, err = run("predict", "--json", "--model", model, bad, crops[0], tmp_path / "gone")
    assert status == 1
    assert len(out.splitlines()) == 1
    assert "text.png: not an image" in err
    assert "gone: no such file" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "--model", "gone.onnx", "x.png"], "gone.onnx: no such model file"),
        (["predict", "--json", "--csv", "x.png"], "exclude each other"),
        (["predict"], "Missing argument"),
        (["find", "--threshold", "1.1", "x.png"], "less than or equal to 1"),
        (["find", "--threshold", "-0.1", "x.png"], "greater than or equal to 0"),
        (["find", "--json", "--csv", "x.png"], "exclude each other"),
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str], message: str) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        ("evaluate", "scipy", "train"),
        ("report", "jinja2", "train"),
        ("serve", "uvicorn", "serve"),
    ],
)
def test_a_missing_package_names_the_extra_that_brings_it(
    command: str, package: str, extra: str
) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from checkstate.cli import app; app()"
    done = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True)
    line = f"error: {package} is missing: in a clone, pip install '.[{extra}]'\n"
    assert (done.returncode, done.stderr) == (2, line)


def test_an_error_of_a_library_without_a_file_name_has_its_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pq.write_table(pa.table({"x": [1]}), table := io.BytesIO())
    content = table.getvalue()
    footer = int.from_bytes(content[-8:-4], "little")
    damaged = content[: -8 - footer] + b"\xff" * footer + content[-8:]
    with pytest.raises(typer.Exit), one_line_errors("scale"):
        pq.read_metadata(io.BytesIO(damaged))
    with pytest.raises(typer.Exit), one_line_errors("scale"):
        LocalFileSystem().open_input_stream("/nowhere/x")
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: Couldn't deserialize thrift")
    assert second.startswith("error: Failed to open local file '/nowhere/x'")


def test_info_prints_the_card(model: Path, tmp_path: Path) -> None:
    status, out, _ = run("info", "--model", model, folder=tmp_path)
    assert status == 0
    about = json.loads(out)
    assert about["classes"] == list(CLASSES)
    assert about["finder"]["kinds"] == ["checkbox", "radio", "switch"]
    assert about["finder"]["chosen"] == "released with the package"


def test_info_takes_a_finder_by_name_or_by_its_variable(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = str(shutil.copy(ROOT / paths.RELEASED_FINDER, tmp_path / "mine.onnx"))
    named = json.loads(run("info", "--model", model, "--finder", mine)[1])["finder"]
    assert (named["file"], named["chosen"]) == (mine, "named")
    monkeypatch.setenv("CHECKSTATE_FINDER", mine)
    found = json.loads(run("info", "--model", model)[1])["finder"]
    assert (found["file"], found["chosen"]) == (mine, "CHECKSTATE_FINDER")


def test_explain_writes_an_overlay_beside_each_others(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(crops[0].read_bytes())
    command = ["predict", "--model", model, "--explain", tmp_path / "why"]
    status, _, _ = run(*command, tmp_path / "one", tmp_path / "two", "-", stdin=b"no image")
    assert status == 1
    status, _, _ = run(*command, "-", stdin=crops[0].read_bytes())
    assert status == 0
    written = sorted(path.name for path in (tmp_path / "why").rglob("*.png"))
    assert written == ["-.explained.png", "a.png.explained.png", "a.png.explained.png"]
    assert Image.open(tmp_path / "why/-.explained.png").size == (64, 64)


@pytest.mark.parametrize("command", ["predict", "find"])
def test_a_hostile_folder_is_answered_line_by_line(
    command: str, model: Path, picture: Image.Image, tmp_path: Path
) -> None:
    good, bad = readable(picture), unreadable(picture)
    (tmp_path / "sub").mkdir()
    for name, content in {**good, **bad}.items():
        (tmp_path / "sub" / name).write_bytes(content)
    (tmp_path / "around").symlink_to(tmp_path)
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "x.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    status, out, err = run(command, "--model", model, tmp_path, tmp_path / "x.png")
    assert status == 1
    # of find, the line of a screenshot; those of its controls are indented
    assert len([line for line in out.splitlines() if not line.startswith("  ")]) == len(good)
    assert "ünï\\ncode \\x1b[31m.png" in out
    lines = err.splitlines()
    assert [line for line in lines if "passed over" in line] == [
        f"{tmp_path}: passed over: linked folder 1"
    ]
    lines.remove(f"{tmp_path}: passed over: linked folder 1")
    assert all(line.startswith("unreadable: ") for line in lines)
    named = {line.split(": ")[1].rsplit("/", 1)[1] for line in lines}
    assert named == {*bad, "loop.png", "pipe.png", "x.png"}


def test_names_that_are_no_text_and_patterns(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    odd = tmp_path / "deep" / os.fsdecode(b"\xff.png")
    odd.write_bytes(crops[0].read_bytes())
    for form in ("--csv", "--json"):
        status, out, _ = run("predict", form, "--model", model, tmp_path / "**" / "*.png")
        assert status == 0
        assert "udcff.png" in out
    status, _, err = run("predict", "--model", model, tmp_path / "*.gif")
    assert (status, err.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", ["predict", "find"])
def test_output_goes_through_links_and_into_pipes_and_keeps_their_rights(
    command: str, model: Path, crops: list[Path], tmp_path: Path
) -> None:
    file, link, pipe = (tmp_path / name for name in ("file.csv", "link.csv", "pipe"))
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file.name)
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_text)
        for output in (link, pipe):
            assert run(command, "--csv", "--model", model, crops[0], "--output", output)[0] == 0
        assert read.result(60) == file.read_text() != "old"
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert file.stat().st_mode & 0o777 == 0o640


def test_each_warning_and_error_names_its_file_once(model: Path, tmp_path: Path) -> None:
    (tmp_path / "none.png").symlink_to("nowhere")
    for name in ("a.png", "b.png"):
        screenshot()[0].save(tmp_path / name)
    status, _, err = run("predict", "--model", model, ".", folder=tmp_path)
    lines = sorted(err.splitlines())
    assert status == 1
    assert lines[0] == "unreadable: ./none.png: no such file or directory"
    for line, name in zip(lines[1:], ("a.png", "b.png"), strict=True):
        assert line.startswith(f"warning: ./{name}: 900x740 pixels: this looks like a whole")


def test_a_port_that_is_none_is_refused() -> None:
    status, _, err = run("serve", "--port", 99999)
    assert (status, "65535" in err) == (2, True)


@pytest.mark.parametrize("command", ["predict", "find"])
def test_urls_lead_inwards_only_when_allowed(command: str, model: Path, crops: list[Path]) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=crops[0].parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{http.server_port}/{crops[0].name}"
        for spelled in (url, url.replace("http", "HTTP")):
            status, out, _ = run(command, "--json", "--private-urls", "--model", model, spelled)
            assert (status, json.loads(out)["path"]) == (0, spelled)
        status, _, err = run(command, "--model", model, url)
        assert (status, err.count("\n")) == (1, 1)
        why = "127.0.0.1 is not a public address; --private-urls allows it"
        assert err == f"unreadable: {url}: {why}\n"
        http.shutdown()


@pytest.mark.parametrize("command", ["predict", "find"])
def test_a_file_url_stands_for_its_path(
    command: str, model: Path, crops: list[Path], tmp_path: Path
) -> None:
    crop = tmp_path / "a [crop].png"
    shutil.copy(crops[0], crop)
    here = crop.as_uri().replace("file://", "FILE://LocalHost")
    status, out, err = run(
        command, "--json", "--model", model, crop.as_uri(), here, tmp_path.as_uri()
    )
    assert (status, err) == (0, "")
    assert [json.loads(line)["path"] for line in out.splitlines()] == 3 * [str(crop)]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file://server/a.png", "a file of another machine"),
        ("file://[x/a.png", "no valid URL"),
        ("file://", "the URL of no file"),
        ("ftp://server/a.png", "of URLs, those of http, https and file are read"),
        ("S3://bucket/*.png", "of URLs, those of http, https and file are read"),
    ],
)
def test_a_url_that_cannot_be_read_says_which_can(url: str, why: str, model: Path) -> None:
    status, out, err = run("predict", "--model", model, url)
    assert (status, out, err) == (1, "", f"unreadable: {url}: {why}\n")


@pytest.mark.slow
def test_ten_thousand_images_need_no_more_memory_than_a_hundred(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    peaks = []
    for count in (100, 10_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        for i in range(count):
            (folder / f"{i:05}.png").symlink_to(crops[i % len(crops)])
        command = [sys.executable, "-m", "checkstate.cli", "predict", "--model", model, folder]
        with (tmp_path / "out").open("wb") as out:
            process = subprocess.Popen(list(map(str, command)), stdout=out)
            _, status, usage = os.wait4(process.pid, 0)
        assert status == 0
        assert len((tmp_path / "out").read_text().splitlines()) == count
        peaks.append(usage.ru_maxrss)
    assert peaks[1] - peaks[0] < 20_000  # kilobytes


def test_a_target_that_cannot_be_written_is_named(model: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    status, _, said = run("export-triton", tmp_path / "taken", "--model", model)
    assert (status, said.count("\n")) == (1, 1)
    assert "taken" in said


def test_export_triton_matches_the_graph(model: Path, tmp_path: Path) -> None:
    status, _, _ = run("export-triton", tmp_path, "--model", model)
    assert status == 0
    config = (tmp_path / "checkstate/config.pbtxt").read_text()
    graph = onnx.load(tmp_path / "checkstate/1/model.onnx").graph
    dims = [d.dim_value or -1 for d in graph.input[0].type.tensor_type.shape.dim]
    assert (graph.input[0].name, dims[1:]) == ("image", [64, 64, 3])
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert 'name: "image", data_type: TYPE_UINT8, dims: [ 64, 64, 3 ]' in config
    assert [d.dim_value for d in graph.output[0].type.tensor_type.shape.dim][1:] == [3]
    assert 'name: "logits", data_type: TYPE_FP32, dims: [ 3 ]' in config
    assert (tmp_path / "checkstate/labels.txt").read_text().split() == list(CLASSES)


def test_export_triton_has_the_finder_too(model: Path, tmp_path: Path) -> None:
    files = ("--model", model, "--finder", paths.RELEASED_FINDER)
    assert run("export-triton", tmp_path, *files)[0] == 0
    config = (tmp_path / "checkstate-finder/config.pbtxt").read_text()
    session = ort.InferenceSession(tmp_path / "checkstate-finder/1/model.onnx")
    types = {"tensor(uint8)": "TYPE_UINT8", "tensor(float)": "TYPE_FP32"}
    for node in [*session.get_inputs(), *session.get_outputs()]:
        dims = ", ".join(str(side) if isinstance(side, int) else "-1" for side in node.shape)
        declared = f'name: "{node.name}", data_type: {types[node.type]}, dims: [ {dims} ]'
        assert declared in config
    assert config.count("name:") == 1 + len(session.get_inputs()) + len(session.get_outputs())


def test_output_is_written_whole_or_not_at_all(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    target = tmp_path / "out/rows.jsonl"
    status, out, _ = run("predict", "--model", model, "--json", "--output", target, *crops)
    assert (status, out) == (0, "")
    assert len(target.read_text().splitlines()) == len(crops)
    before = target.read_bytes()
    assert run("predict", "--model", "gone.onnx", "--output", target, *crops)[0] == 2
    assert target.read_bytes() == before


def test_an_output_that_cannot_be_written_is_one_line(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    target = tmp_path / "taken/rows.csv"
    status, out, err = run("predict", "--model", model, "--csv", "--output", target, crops[0])
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {target}: ")


def test_a_device_changes_nothing_or_is_one_line(model: Path, crops: list[Path]) -> None:
    command = ("predict", "--json", "--model", model, *crops)
    assert run(*command, "--device", "cpu") == run(*command)
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        for name in ("predict", "evaluate"):
            status, _, err = run(name, "--device", "cuda", "--model", model, crops[0])
            assert (status, err.count("\n")) == (2, 1)
            assert "device cuda: install onnxruntime-gpu" in err


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version") == (0, f"{metadata.version('checkstate')}\n", "")


@pytest.fixture
def screen(tmp_path: Path) -> Path:
    """A screenshot of eight controls."""
    path = tmp_path / "shots/screen.png"
    path.parent.mkdir()
    screenshot()[0].save(path)
    return path


def test_find_gives_controls_pictures_and_crops_with_a_list(screen: Path, tmp_path: Path) -> None:
    draw, crops = tmp_path / "boxes", tmp_path / "data/mine"
    status, out, err = run("find", "--json", "--draw", draw, "--crops", crops, screen.parent)
    assert status == 0, err
    [row] = map(json.loads, out.splitlines())
    assert (row["path"], row["width"], row["height"]) == (str(screen), 900, 740)
    assert len(row["controls"]) >= 6
    assert len(list(crops.rglob("*.png"))) == len(row["controls"])
    assert (tmp_path / "data/curation/mine.csv").is_file()
    [boxes] = draw.rglob("*.found.png")
    assert Image.open(boxes).size == (900, 740)
    again = run("find", "--crops", crops, screen)
    assert again[0] == 2
    assert "already there" in again[2]


def test_nothing_else_is_written_among_crops(screen: Path, tmp_path: Path) -> None:
    for option in ("--draw", "--output"):
        status, _, err = run(
            "find", "--crops", tmp_path / "mine", option, tmp_path / "mine/x", screen
        )
        assert (status, err) == (2, f"error: {tmp_path}/mine/x: lies in the folder of the crops\n")
    assert not (tmp_path / "mine").exists()
    mine = tmp_path / "shots/mine"
    for option, other, reason in (
        ("--draw", mine.parent, "the folder of the crops lies in it"),
        ("--output", mine.parent / "curation/mine.csv", "is the list of the crops"),
    ):
        status, _, err = run("find", "--crops", mine, option, other, ROOT / "docs/screen.png")
        assert (status, err) == (2, f"error: {other}: {reason}\n")
    assert not mine.exists()


@pytest.mark.parametrize("command", ["predict", "find"])
def test_no_text_is_written_over_an_image(command: str, screen: Path) -> None:
    before = screen.read_bytes()
    status, _, err = run(command, "--csv", screen, "--output", screen)
    assert status == 2
    assert "has an image's ending" in err
    assert screen.read_bytes() == before


def test_find_takes_standard_input_and_patterns(screen: Path) -> None:
    status, out, _ = run("find", "--csv", "-", stdin=screen.read_bytes())
    given = list(csv.DictReader(io.StringIO(out)))
    assert (status, {row["path"] for row in given}) == (0, {"-"})
    status, out, _ = run("find", "--csv", screen.parent / "*.png")
    matched = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert [row | {"path": "-"} for row in matched] == given
    assert len(given) >= 6
    assert float(given[0]["left"]) < float(given[0]["right"])
    status, _, err = run("find", "--csv", screen.parent / "*.gif")
    assert (status, err.count("\n")) == (1, 1)


def test_find_of_a_plain_screen_is_empty_and_of_no_image_is_one_line(tmp_path: Path) -> None:
    plain, bad = tmp_path / "plain.png", tmp_path / "bad.png"
    Image.new("RGB", (300, 200), "white").save(plain)
    bad.write_text("no image")
    assert run("find", plain)[:2] == (0, f"{plain}  300x200  0 controls\n")
    status, _, err = run("find", bad)
    assert status == 1
    assert err.startswith("unreadable: ")
    assert err.count("\n") == 1


def test_find_refuses_a_classifier_as_finder(model: Path, screen: Path) -> None:
    status, _, err = run("find", "--finder", model, screen)
    assert status == 2
    assert err == f"error: {model}: not a checkstate finder\n"


def test_find_lists_what_is_sure_enough_or_with_other_all(screen: Path) -> None:
    def found(*options: object) -> list[dict[str, Any]]:
        status, out, err = run("find", "--json", *options, screen)
        assert (status, err) == (0, "")
        return list(json.loads(out)["controls"])

    sure = found("--threshold", 0.7)
    usual, every = found("--threshold", 0.1), found("--threshold", 0.1, "--other")
    assert 0 < len(sure) < len(usual) < len(every)
    assert all(control["confidence"] >= 0.7 for control in sure)
    assert "other" not in {control["state"] for control in usual}
    assert "other" in {control["state"] for control in every}
    assert found("--threshold", 1) == []


def test_find_writes_an_output_without_the_one_bad_file(screen: Path, tmp_path: Path) -> None:
    (screen.parent / "bad.png").write_text("no image")
    Image.new("RGB", (300, 200), "white").save(screen.parent / "plain.png")
    target = tmp_path / "out/found.jsonl"
    status, out, err = run("find", "--json", "--output", target, screen.parent)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "bad.png: not an image" in err
    plain, found = map(json.loads, target.read_text().splitlines())
    assert (plain["width"], plain["height"], plain["controls"]) == (300, 200, [])
    assert len(found["controls"]) >= 6


def test_find_of_a_plain_screen_is_an_empty_list(tmp_path: Path) -> None:
    plain, crops = tmp_path / "plain.png", tmp_path / "data/mine"
    Image.new("RGB", (300, 200), "white").save(plain)
    status, out, err = run("find", "--json", "--crops", crops, plain)
    assert (status, json.loads(out)["controls"], err) == (0, [], "")
    assert not crops.parent.exists()


@pytest.mark.parametrize(
    ("command", "option"), [("find", "--draw"), ("find", "--crops"), ("predict", "--explain")]
)
@pytest.mark.parametrize("name", ["taken/x", 300 * "x"])
def test_a_folder_that_cannot_be_written_is_named_before_anything_is_computed(
    command: str, option: str, name: str, screen: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    status, out, err = run(command, "--json", screen, option, tmp_path / name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {tmp_path / name}: ")


def test_a_list_of_crops_that_cannot_be_written_is_named_before_anything_is_computed(
    screen: Path, tmp_path: Path
) -> None:
    (tmp_path / "curation").write_text("a file")
    status, out, err = run("find", "--json", screen, "--crops", tmp_path / "mine")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {tmp_path / 'curation/mine.csv'}: ")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("command", "option"), [("find", "--draw"), ("find", "--crops"), ("predict", "--explain")]
)
@pytest.mark.parametrize(
    ("images", "folder"),
    [
        ("shots", "shots"),
        ("shots", "shots/new/boxes"),
        ("shots", "link/boxes"),
        (".", "boxes"),
        ("shots/**/*.png", "shots/boxes"),
        ("**/*.png", "boxes"),
    ],
)
def test_pictures_that_would_be_read_as_images_are_refused(
    command: str, option: str, images: str, folder: str, screen: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("shots")
    status, out, err = run(command, images, option, folder, folder=tmp_path)
    why = f"what is written there would be read as images of {images}"
    assert (status, out) == (2, "")
    assert err == f"error: {folder}: {why}: name a folder outside of it\n"
    assert list(screen.parent.iterdir()) == [screen]


@pytest.mark.parametrize("images", ["shots/screen.png", "shots/*.png"])
def test_pictures_beside_images_that_are_named_are_not_read(
    images: str, screen: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        status, out, err = run("find", "--json", images, "--draw", "shots", folder=tmp_path)
        assert (status, out.count("\n"), err) == (0, 1, "")
    assert len(list(screen.parent.rglob("*.found.png"))) == 1


@pytest.mark.parametrize("name", ["taken/x", 300 * "x"])
@pytest.mark.parametrize(
    ("option", "output"),
    [
        ("--draw", False),
        ("--draw", True),
        ("--crops", False),
        ("--crops", True),
        ("--output", False),
    ],
)
def test_find_names_the_target_that_cannot_be_written(
    option: str, output: bool, name: str, screen: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    others = ["--output", tmp_path / "o.txt"] if output else []
    status, _, err = run("find", screen, *others, option, tmp_path / name)
    assert (status, err.count("\n")) == (2, 1)
    assert err.startswith(f"error: {tmp_path / name}")
    assert not (tmp_path / "o.txt").exists()


def test_find_cuts_crops_of_screenshots_with_long_names(screen: Path, tmp_path: Path) -> None:
    long = tmp_path / "deep" / (150 * "a") / f"{150 * 'b'}.png"
    long.parent.mkdir(parents=True)
    long.write_bytes(screen.read_bytes())
    wide = long.with_name(f"{80 * '設'}.png")
    wide.write_bytes(screen.read_bytes())
    targets = ["--crops", tmp_path / "data/mine", "--draw", tmp_path / "drawn"]
    status, _, err = run("find", *targets, tmp_path / "deep")
    assert (status, err) == (0, "")
    assert len(list((tmp_path / "drawn").rglob("*.found.png"))) == 2
    rows = list(csv.DictReader((tmp_path / "data/curation/mine.csv").open(encoding="utf-8")))
    assert len(rows) >= 12
    assert all((tmp_path / "data/mine" / row["path"]).is_file() for row in rows)
