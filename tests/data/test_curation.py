import shutil
import sys
import tarfile
import zipfile
from pathlib import Path
from subprocess import PIPE

import imagehash
import numpy as np
import psutil
import pytest
from PIL import Image

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.params import load_params
from checkstate.core.tables import ManifestRow
from checkstate.data.curation import curate_source, kept_members
from checkstate.data.duplicates import near_any, near_duplicate_groups
from checkstate.data.inspection import hash_input, inspect_blocks, perceptual_hashes
from checkstate.data.members import find_data
from checkstate.runtime.images import read_image
from tests.conftest import CLASSES, ROOT


def curated(source: Path, drop: bool = False, **settings: object) -> list[ManifestRow]:
    params = load_params(ROOT / "params.yaml").curate
    settings |= {"exclude_ambiguous": drop}
    return curate_source(source, paths.curation_list(source), params.override(**settings))


def rows_of(project: Path, drop: bool = False) -> dict[str, ManifestRow]:
    return {row.path: row for row in curated(project / "data/tiny", drop)}


def decide(project: Path, line: str) -> None:
    (project / "data/curation").mkdir()
    (project / "data/curation/tiny.csv").write_text(f"path,decision,reason\n{line},why\n")


def test_folder_zip_and_tar_give_the_same_manifest(project: Path) -> None:
    folder = project / "data/tiny"
    with zipfile.ZipFile(project / "data/tiny.zip", "w") as archive:
        for file in folder.rglob("*.png"):
            archive.write(file, file.relative_to(folder))
    with tarfile.open(project / "data/tiny.tar", "w") as tar:
        tar.add(folder, ".")
    expected = curated(folder)
    assert curated(find_data(Path("data/tiny.zip"))) == expected
    assert curated(find_data(Path("data/tiny.tar"))) == expected


@pytest.mark.usefixtures("project")
def test_a_missing_data_set_is_named() -> None:
    with pytest.raises(UserError, match=r"data/gone: no such folder"):
        find_data(Path("data/gone"))


def test_ambiguous_images_stay_unless_they_are_to_go(project: Path) -> None:
    name = "checked/" + sorted(p.name for p in (project / "data/tiny/checked").iterdir())[0]
    decide(project, f"{name},ambiguous")
    assert rows_of(project)[name].kept == 1
    dropped = [path for path, row in rows_of(project, drop=True).items() if not row.kept]
    assert dropped == [name]


def test_a_decision_can_correct_a_label(project: Path) -> None:
    name = "checked/" + sorted(p.name for p in (project / "data/tiny/checked").iterdir())[0]
    decide(project, f"{name},label=other")
    assert rows_of(project)[name].label == "other"


def test_a_decision_that_cannot_be_meant_is_refused(project: Path) -> None:
    name = "checked/" + sorted(p.name for p in (project / "data/tiny/checked").iterdir())[0]
    decide(project, f"{name},perhaps")
    with pytest.raises(UserError, match=r"tiny\.csv:2: decision 'perhaps'"):
        rows_of(project)


def test_a_list_without_its_columns_is_refused(project: Path) -> None:
    (project / "data/curation").mkdir()
    (project / "data/curation/tiny.csv").write_text("file;decision\nchecked/a.png;exclude\n")
    with pytest.raises(UserError, match=r"tiny\.csv: its columns are .*path,decision,reason"):
        rows_of(project)


def test_a_folder_with_a_dot_in_its_name_has_its_list(project: Path) -> None:
    (project / "data/tiny").rename(project / "data/v1.2")
    name = "checked/" + sorted(p.name for p in (project / "data/v1.2/checked").iterdir())[0]
    decide(project, f"{name},exclude")
    (project / "data/curation/tiny.csv").rename(project / "data/curation/v1.2.csv")
    rows = curated(project / "data/v1.2")
    assert [row.path for row in rows if not row.kept] == [name]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"checked/a.png", "decision ''"),
        (b"checked/a.png,label=", "decision 'label='"),
        ("checked/ü.png,keep".encode("cp1252"), "save it as UTF-8"),
    ],
)
def test_a_list_that_a_spreadsheet_spoilt_is_refused(
    project: Path, line: bytes, reason: str
) -> None:
    (project / "data/curation").mkdir()
    (project / "data/curation/tiny.csv").write_bytes(b"path,decision,reason\n" + line + b"\n")
    with pytest.raises(UserError, match=rf"tiny\.csv:.*{reason}"):
        rows_of(project)


def test_archives_that_cannot_be_read_whole_are_named(project: Path) -> None:
    source = project / "data/tiny.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checked/a.png", bytes(range(256)) * 9)
    good = source.read_bytes()
    start = good.index(b"a.png") + len("a.png")
    source.write_bytes(good[:start] + b"\xff" * 8 + good[start + 8 :])
    with pytest.raises(UserError, match=r"tiny\.zip: damaged archive"):
        curated(source)
    locked = bytearray(good)
    locked[6] |= 1  # the flag of a password, in both headers
    locked[good.index(b"PK\x01\x02") + 8] |= 1
    source.write_bytes(locked)
    with pytest.raises(UserError, match=r"tiny\.zip: .*password"):
        curated(source)


@pytest.mark.usefixtures("project")
def test_files_that_are_no_images_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("checked/new.avif", "other/new.avif", "readme", ".hidden"):
        Path("data/tiny", name).write_bytes(b"")
    curated(Path("data/tiny"))
    assert "tiny: left out: .avif 2, hidden 1, no ending 1\n" in capsys.readouterr().err


def test_huge_files_are_left_out_unread(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("checked/clip.mp4", "checked/huge.png"):
        with (project / "data/tiny" / name).open("wb") as file:
            file.truncate(2**40)  # takes no room, and would take all memory
    row = rows_of(project)["checked/huge.png"]
    assert not row.kept
    assert row.error == "1,099,512 MB are more than curate.max_file_mb, 20"
    assert "tiny: left out: .mp4 1\n" in capsys.readouterr().err


def test_a_zip_bomb_is_one_line(project: Path) -> None:
    with zipfile.ZipFile(project / "data/bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"checked/{number}.bmp", bytes(2**20))
    with pytest.raises(UserError, match=r"bomb\.zip: 0\.021 GB of images .*max_total_gb, 0\.01"):
        curated(project / "data/bomb.zip", max_total_gb=0.01)
    with pytest.raises(UserError, match="class checked: no readable image"):
        curated(project / "data/bomb.zip", max_file_mb=1)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_splits_and_folders_around_are_understood(project: Path, kind: str) -> None:
    (project / "data/mine").mkdir()
    shutil.copytree(project / "data/tiny", project / "data/mine/Training")
    (project / "data/tiny").rename(project / "data/mine/Valid")
    source = project / "data/mine"
    if kind == "zip":
        source = Path(shutil.make_archive(str(source), "zip", project / "data", "mine"))
    rows = curated(source)
    assert {(row.label, row.predefined) for row in rows} == {
        (label, split) for label in CLASSES for split in ("train", "val")
    }


def test_classes_nested_by_source_have_to_be_named(project: Path) -> None:
    shutil.copytree(project / "data/tiny", project / "data/sites/a")
    (project / "data/tiny").rename(project / "data/sites/b")
    with pytest.raises(UserError, match=r"data/sites: a/checked/: .* a or checked\? Name the cla"):
        curated(project / "data/sites")
    rows = curated(project / "data/sites", classes=list(CLASSES))
    assert {(row.path.split("/")[0], row.label) for row in rows} == {
        (site, label) for site in "ab" for label in CLASSES
    }


def test_two_spellings_of_a_class_are_refused(project: Path) -> None:
    (project / "data/tiny/other").rename(project / "data/tiny/Checked")
    with pytest.raises(UserError, match="classes 'Checked' and 'checked' differ in case"):
        curated(project / "data/tiny")


def test_names_that_differ_in_case_alone_are_kept_and_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = sorted((project / "data/tiny/checked").iterdir())[0]
    shutil.copy(image, image.with_name(image.name.upper()))
    assert len(rows_of(project)) == 37
    error = capsys.readouterr().err
    assert "1 pairs of names differ in case, accents or spaces alone" in error
    assert "data/tiny: checked 13, other 12, unchecked 12\n" in error


def test_a_name_that_is_no_text_is_refused(project: Path) -> None:
    (project / "data/tiny/checked/\udcff.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"checked/\\udcff\.png: its name is no valid UTF-8"):
        rows_of(project)


def test_a_data_set_without_an_image_is_an_error(project: Path) -> None:
    (project / "data/empty/checked").mkdir(parents=True)
    with pytest.raises(UserError, match="class checked: no readable image"):
        curated(project / "data/empty")


def test_a_class_that_decisions_dissolve_is_none(project: Path) -> None:
    names = [f"other/{p.name}" for p in (project / "data/tiny/other").iterdir()]
    decide(project, "\n".join(f"{name},label=checked,why" for name in names))
    assert {row.label for row in rows_of(project).values()} == {"checked", "unchecked"}


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar"])
def test_a_damaged_archive_is_named(project: Path, name: str) -> None:
    (project / "data" / name).write_bytes(b"no archive")
    with pytest.raises(UserError, match=f"data/{name}: damaged archive"):
        curated(find_data(project / "data" / name))


def test_a_listed_image_that_is_not_there_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(project, "checked/gone.png,exclude")
    assert all(row.kept for row in rows_of(project).values())
    assert "tiny.csv:2: checked/gone.png: no such image" in capsys.readouterr().err


def test_a_list_holds_for_the_layout_with_splits_as_well(project: Path) -> None:
    name = "checked/" + sorted(p.name for p in (project / "data/tiny/checked").iterdir())[0]
    decide(project, f"{name},exclude")
    (project / "data/tiny").rename(project / "data/train")
    (project / "data/tiny").mkdir()
    (project / "data/train").rename(project / "data/tiny/train")
    dropped = [path for path, row in rows_of(project).items() if not row.kept]
    assert dropped == [f"train/{name}"]


def test_the_same_pixels_under_two_labels_are_flagged(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = sorted((project / "data/tiny/checked").iterdir())[0]
    Image.open(source).convert("RGB").save(project / "data/tiny/unchecked/copy.bmp")
    rows = rows_of(project)
    assert rows["unchecked/copy.bmp"].conflict == f"checked/{source.name}"
    assert rows[f"checked/{source.name}"].group == rows["unchecked/copy.bmp"].group
    assert "under another label" in capsys.readouterr().err
    decide(project, "unchecked/copy.bmp,exclude")
    assert not any(row.conflict for row in rows_of(project).values())
    assert "under another label" not in capsys.readouterr().err


def test_an_unreadable_image_is_named_and_left_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data/tiny/other/broken.png").write_bytes(b"no image")
    rows = rows_of(project)
    assert not rows["other/broken.png"].kept
    assert "other/broken.png: not an image" in capsys.readouterr().err
    source = project / "data/tiny"
    assert "other/broken.png" not in dict(kept_members(source, list(rows.values())))


def test_an_empty_class_is_an_error(project: Path) -> None:
    shutil.rmtree(project / "data/tiny/other")
    (project / "data/tiny/other").mkdir()
    with pytest.raises(UserError, match="class other: no readable image"):
        rows_of(project)


def test_an_empty_class_that_decisions_fill_is_one(project: Path) -> None:
    (project / "data/tiny/partial").mkdir()
    moved = min((project / "data/tiny/checked").iterdir())
    decide(project, f"checked/{moved.name},label=partial")
    assert rows_of(project)[f"checked/{moved.name}"].label == "partial"


def test_what_joins_a_data_set_may_lack_classes(project: Path) -> None:
    source = project / "data/tiny"
    shutil.rmtree(source / "other")
    shutil.rmtree(source / "unchecked")
    settings = load_params(ROOT / "params.yaml").curate.override(
        classes=["checked", "unchecked", "other"]
    )
    rows = curate_source(source, paths.curation_list(source), settings, complete=False)
    assert {row.label for row in rows if row.kept} == {"checked"}
    with pytest.raises(UserError, match="class other, unchecked: no readable image"):
        curate_source(source, paths.curation_list(source), settings)


def test_a_resized_copy_is_a_near_duplicate_and_another_control_is_not(project: Path) -> None:
    first, *others = sorted((project / "data/tiny/checked").iterdir())
    image = Image.open(first).convert("RGB")
    image.resize((image.width * 2, image.height * 2)).save(project / "data/tiny/checked/big.png")
    rows = rows_of(project)
    group = rows["checked/big.png"].group
    assert group == rows[f"checked/{first.name}"].group
    assert all(rows[f"checked/{other.name}"].group != group for other in others)


def test_the_perceptual_hash_is_that_of_imagehash(crops: list[Path]) -> None:
    images = [read_image(path) for path in crops] + [Image.new("RGB", (20, 9), "white")]
    bilinear = Image.Resampling.BILINEAR
    small = [image.resize((128, 128), bilinear, reducing_gap=2.0) for image in images]
    expected = [str(imagehash.phash(image, hash_size=16)) for image in small]
    assert perceptual_hashes([hash_input(image) for image in images]) == expected


def test_images_are_read_as_they_are_needed(
    crops: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    content = crops[0].read_bytes()
    unread = iter([[(f"checked/{number}.png", content)] for number in range(1000)])
    inspecting = inspect_blocks(unread)
    next(inspecting)
    assert len(list(unread)) == 1000 - 9
    inspecting.close()


def test_near_duplicates_are_found_among_many_hashes() -> None:
    random = np.random.default_rng(0)
    bits = random.integers(0, 2, (20_000, 256), dtype=np.uint8)
    near = bits[:500].copy()
    for row in near:
        row[random.choice(256, 4, replace=False)] ^= 1
    hashes = [bytes(row).hex() for row in np.packbits(np.concatenate([bits, near]), axis=1)]
    groups = near_duplicate_groups(hashes, 8)
    found = groups[:500] == groups[20_000:]
    assert found.mean() > 0.99
    assert len(np.unique(groups)) >= 20_000


def test_near_any_names_what_resembles_held_images() -> None:
    zeros, ones = "0" * 64, "f" * 64
    assert near_any([zeros, ones], ["0" * 63 + "3"], 8) == {zeros}
    assert near_any([zeros], [], 8) == set()


def test_workers_end_with_a_killed_parent(crops: list[Path]) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from checkstate.data.inspection import inspect_all\n"
        "image = Path(sys.argv[1]).read_bytes()\n"
        "def images():\n"
        "    for i in range(10**6):\n"
        "        if i == 64 * (4 * (os.cpu_count() or 1) + 3):\n"
        "            print('answered', flush=True)\n"
        "        yield f'a/{i}.png', image\n"
        "inspect_all(images())\n"
    )
    parent = psutil.Popen([sys.executable, "-c", code, crops[0]], cwd=ROOT, stdout=PIPE)
    assert parent.stdout.readline() == b"answered\n"
    workers = parent.children(recursive=True)
    assert workers
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(workers, 30)
    for worker in alive:
        worker.kill()
    assert alive == []


def test_a_folder_as_people_have_it_is_understood(tmp_path: Path) -> None:
    source = tmp_path / "data/My Crops"
    images = sorted((ROOT / "data/starter/checked").glob("*.png"))[:400:100]
    places = ["TRAIN/Is checked/a.PNG", "TRAIN/not checked/b.png", "Test/Is checked/c.png"]
    for image, place in zip(images, [*places, "Test/not checked/d.png"], strict=True):
        (source / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, source / place)
    for name in (".DS_Store", "Thumbs.db", "._TRAIN", "TRAIN/Is checked/._a.PNG"):
        (source / name).write_bytes(b"junk")
    found = {(row.path.split("/")[0], row.label) for row in curated(source)}
    assert found == {(s, c) for s in ("TRAIN", "Test") for c in ("Is checked", "not checked")}
