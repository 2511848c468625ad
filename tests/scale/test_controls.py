import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.scale.conftest import MODELS, Rows, rows_of, run, write_tar, write_zip
from tests.screens import screenshot

VALUES = ("box", "kind", "kind_confidence", "confidence", "state", "state_confidence")


def find(*screenshots: Path) -> tuple[dict[str, dict[str, object]], str]:
    """What `checkstate find --json` says of screenshots, by path, and what it cannot read."""
    command = [sys.executable, "-m", "checkstate.cli", "find", "--json", *MODELS, *screenshots]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return {row.pop("path"): row for row in map(json.loads, done.stdout.splitlines())}, done.stderr


def controls_of(rows: Rows) -> dict[str, list[dict[str, object]]]:
    """The controls of each screenshot that was read."""
    found = defaultdict(list)
    for row in rows:
        if not row["error"]:
            controls = found[str(row["path"])]
            if row["number"] is not None:
                assert row["number"] == len(controls)
                controls.append({name: row[name] for name in VALUES})
    return dict(found)


def test_every_screenshot_has_the_controls_of_find(screens: Path, tmp_path: Path) -> None:
    status, said = run(screens, tmp_path / "out", "--find", *MODELS, "--workers", 1)
    expected, unread = find(screens)
    rows = rows_of(tmp_path / "out")
    assert controls_of(rows) == {path: row["controls"] for path, row in expected.items()}
    sizes = {row["path"]: (row["width"], row["height"]) for row in rows if not row["error"]}
    assert sizes == {path: (row["width"], row["height"]) for path, row in expected.items()}
    [blank] = [row for row in rows if row["path"] == f"{screens}/blank.png"]
    assert all(blank[name] is None for name in (*VALUES, "number", "error"))
    [broken] = [row for row in rows if row["path"] == f"{screens}/broken.png"]
    assert f"{broken['path']}: {broken['error']}" in unread
    assert all(broken[name] is None for name in (*VALUES, "number", "width", "height"))
    summary = json.loads((tmp_path / "out/_summary.json").read_text())
    controls = sum(row["number"] is not None for row in rows)
    assert controls >= 8
    assert (summary["images"], summary["unreadable"]) == (4, 1)
    assert summary["controls"] == sum(summary["states"].values()) == controls
    assert status == 1
    assert said == f"4 images, 1 unreadable, {controls} controls: {tmp_path}/out\n"


def test_archives_of_screenshots_and_crops_of_a_target_are_kept_apart(
    screens: Path, tmp_path: Path
) -> None:
    archives, target = tmp_path / "archives", tmp_path / "out"
    archives.mkdir()
    content = (screens / "b.png").read_bytes()
    write_zip(archives / "0.zip", [("x/b.png", content)])
    write_tar(archives / "1.tar", [("b.png", content)])
    assert run(archives, target, "--find", *MODELS, "--workers", 1)[0] == 0
    found = controls_of(rows_of(target))
    expected = find(screens / "b.png")[0][f"{screens}/b.png"]["controls"]
    assert found == {f"{archives}/0.zip/x/b.png": expected, f"{archives}/1.tar/b.png": expected}
    status, said = run(archives, target, *MODELS)
    assert (status, said.count("\n")) == (1, 1)
    assert "made with --find; name another folder" in said


def test_screenshots_go_on_where_a_run_was(tmp_path: Path) -> None:
    picture, _ = screenshot()
    picture.crop((290, 30, 420, 100)).save(tmp_path / "small.png")
    content = (tmp_path / "small.png").read_bytes()
    many = write_zip(tmp_path / "many.zip", [(f"{n:03}.png", content) for n in range(250)])
    target = tmp_path / "out"
    assert run(many, target, "--find", *MODELS)[0] == 0
    before = {path: path.read_bytes() for path in target.glob("*.parquet")}
    lost, *kept = sorted(before)
    assert len(kept) == 2
    times = [path.stat().st_mtime_ns for path in kept]
    lost.unlink()
    assert run(many, target, "--find", *MODELS)[0] == 0
    assert {path: path.read_bytes() for path in target.glob("*.parquet")} == before
    assert [path.stat().st_mtime_ns for path in kept] == times
    assert len(controls_of(rows_of(target))) == 250
