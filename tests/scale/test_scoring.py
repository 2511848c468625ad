import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyarrow.fs import FileSystem

from checkstate.core.errors import UserError
from checkstate.runtime.images import ImageError
from checkstate.runtime.predictor import Predictor
from checkstate.scale.reading import Named, read_shard
from checkstate.scale.shards import find_shards
from checkstate.scale.target import Target
from tests.conftest import ROOT
from tests.hostile import readable, unreadable
from tests.pipeline.conftest import wait_for
from tests.remote.servers import S3, find
from tests.scale.conftest import (
    bytes_of,
    command,
    rows_of,
    run,
    write_table,
    write_tar,
    write_zip,
)


def expected(model: Path, crops: dict[str, Path]) -> list[tuple[object, ...]]:
    """What Predictor says, with its defaults, all images in one batch."""
    predictions = Predictor(model)(list(crops.values()))
    return [
        (name, p.label, p.confidence, p.probabilities)
        for name, p in zip(crops, predictions, strict=True)
    ]


def scores(target: Path) -> list[tuple[object, ...]]:
    keys = ("path", "label", "confidence", "probabilities")
    return [tuple(row[key] for key in keys) for row in rows_of(target)]


@pytest.mark.parametrize("form", ["folder", "glob", "uri", "zip", "tar", "tars", "parquet", "hf"])
def test_every_form_has_the_scores_of_predict(
    form: str, model: Path, crops: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for crop in crops:
        shutil.copy(crop, folder / crop.name)
    (folder / "labels.csv").write_text("no image")
    paths = {path.name: path for path in sorted(folder.glob("*.png"))}
    members = [(name, path.read_bytes()) for name, path in paths.items()]
    shards = tmp_path / "shards"
    shards.mkdir()
    source, prefix = str(folder), f"{folder}/"
    match form:
        case "glob":
            source = f"{folder}/*.png"
        case "uri":
            source, prefix = f"file://{folder}", f"file://{folder}/"
        case "zip":
            source = str(write_zip(shards / "a.zip", members))
            prefix = f"{source}/"
        case "tar":
            source = str(write_tar(shards / "a.tar", [("a.json", b"{}"), *members]))
            prefix = f"{source}/"
        case "tars":
            write_tar(shards / "0.tar", members[:4])
            write_tar(shards / "1.tar", members[4:])
            source, prefix = str(shards), ""
            order = [f"{shards}/{0 if n < 4 else 1}.tar/{name}" for n, name in enumerate(paths)]
            paths = dict(zip(order, paths.values(), strict=True))
        case "parquet":
            names, contents = map(list, zip(*members, strict=True))
            source = str(write_table(shards / "a.parquet", names, contents, 4))
            prefix = f"{source}/"
        case "hf":
            images = [{"bytes": content, "path": name} for name, content in members]
            source = f"{shards}/a.parquet"
            pq.write_table(pa.table({"label": [0] * 9, "image": images}), source)
            prefix = f"{source}/"
    status, said = run(source, tmp_path / "out", "--model", model, "--workers", 1)
    assert (status, said.splitlines()[0]) == (0, f"9 images, 0 unreadable: {tmp_path}/out")
    assert ("passed over: .csv 1" in said) == (form in {"folder", "uri"})
    named = {prefix + name: path for name, path in paths.items()}
    assert scores(tmp_path / "out") == expected(model, named)


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_of_names_without_an_ending_the_first_bytes_tell_images(
    scheme: str, crops: list[Path], tmp_path: Path
) -> None:
    shutil.copy(crops[0], tmp_path / "0f3a")
    shutil.copy(crops[1], tmp_path / "clip.mp4")
    (tmp_path / "README").write_text("no image")
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    left_out = Counter[str]()
    [shard] = find_shards(f"{scheme}{tmp_path}", 9, left_out)
    assert [Path(file.path).name for file in shard.files] == ["0f3a"]
    assert left_out == {"no ending": 3, ".mp4": 1}


def test_what_cannot_be_read_is_a_row_with_the_reason(
    model: Path, picture: Image.Image, tmp_path: Path
) -> None:
    good, bad = readable(picture), unreadable(picture)
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in {**good, **bad}.items():
        (folder / name).write_bytes(content)
    (folder / "gone.png").symlink_to("nowhere.png")
    status, said = run(folder, tmp_path / "out", "--model", model)
    assert (status, said.count("\n")) == (1, 1)
    rows = {Path(str(row["path"])).name: row for row in rows_of(tmp_path / "out")}
    assert set(rows) == {*good, *bad, "gone.png"}
    assert {name for name, row in rows.items() if row["error"]} == {*bad, "gone.png"}
    assert all((row["label"] is None) == (row["error"] is not None) for row in rows.values())
    assert rows["gone.png"]["error"] == "no such file or directory"
    summary = json.loads((tmp_path / "out/_summary.json").read_text())
    assert (summary["images"], summary["unreadable"]) == (len(rows), len(bad) + 1)
    assert sum(summary["labels"].values()) == len(good)


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_pipe_that_is_called_as_an_image_is_a_row_with_the_reason(
    scheme: str, model: Path, crops: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(crops[0], folder / "a.png")
    os.mkfifo(folder / "b.png")
    status, _ = run(f"{scheme}{folder}", tmp_path / "out", "--model", model, "--workers", 1)
    first, second = rows_of(tmp_path / "out")
    assert (status, first["error"], second["error"]) == (1, None, "not a regular file")


def test_damaged_archives_and_tables_do_not_end_a_run(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    content = crops[0].read_bytes()
    whole = write_zip(folder / "a.zip", [("a.png", content), ("b.png", content)]).read_bytes()
    middle = whole.index(content) + len(content) // 2
    (folder / "a.zip").write_bytes(whole[:middle] + b"damage" + whole[middle + 6 :])
    (folder / "b.tar").write_bytes(b"no archive")
    (folder / "c.parquet").write_bytes(b"no table")
    pq.write_table(pa.table({"words": ["a", "b"]}), folder / "d.parquet")
    write_table(folder / "e.parquet", ["x.png", "y.png"], [content, None], 2)
    latin = pa.BufferOutputStream()
    pq.write_table(pa.table({"xname": ["a"], "image": [content]}), latin, store_schema=False)
    (folder / "f.parquet").write_bytes(latin.getvalue().to_pybytes().replace(b"xname", b"\xe9name"))
    status, _ = run(folder, tmp_path / "out", "--model", model, "--workers", 1)
    assert status == 1
    rows = {str(row["path"]).removeprefix(f"{folder}/"): row for row in rows_of(tmp_path / "out")}
    assert {name for name, row in rows.items() if not row["error"]} == {
        "a.zip/b.png",
        "e.parquet/x.png",
    }
    assert re.match("damaged archive .*CRC", str(rows["a.zip/a.png"]["error"]))
    assert str(rows["b.tar"]["error"]).startswith("damaged archive")
    assert "magic" in str(rows["c.parquet"]["error"])
    assert "no column" in str(rows["d.parquet"]["error"])
    assert "utf-8" in str(rows["f.parquet"]["error"])
    assert rows["e.parquet/y.png"]["error"] == "no bytes"


@pytest.mark.parametrize("uri", [False, True])
def test_a_table_with_a_damaged_end_is_a_row(uri: bool, crops: list[Path], tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.parquet", ["x.png"], [crops[0].read_bytes()], 2)
    content = path.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[: -8 - footer] + b"\xff" * footer + content[-8:])
    source = f"file://{path}" if uri else str(path)
    [shard] = find_shards(source, 9, Counter())
    [(name, reason)] = read_shard(shard)
    assert (name, shard.images) == (source, 1)
    assert isinstance(reason, ImageError)
    assert "deserialize" in str(reason)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_table_that_does_not_arrive_is_another_run(crops: list[Path], tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.parquet", ["x.png"], [crops[0].read_bytes()], 2)
    path.chmod(0)
    with pytest.raises(UserError, match=r"a\.parquet: .*run it again to go on"):
        list(find_shards(f"file://{path}", 9, Counter()))


def test_columns_that_could_mislead_are_read_for_what_they_are(
    crops: list[Path], tmp_path: Path
) -> None:
    """Text is no image's bytes, a number is a name though it is 0, and of two columns none is."""
    content = crops[0].read_bytes()

    def read(table: pa.Table) -> list[Named]:
        pq.write_table(table, tmp_path / "a.parquet")
        [shard] = find_shards(str(tmp_path / "a.parquet"), 9, Counter())
        return list(read_shard(shard))

    pictures = [{"bytes": content, "path": "cat.png"}] * 2
    named = read(pa.table({"id": [0, 1], "image": pictures}))
    assert [name.rpartition("/")[2] for name, _ in named] == ["0", "1"]
    for table, said in (
        (pa.table({"image": [{"bytes": str(crops[0])}]}), "no column of image bytes"),
        (pa.table([[content], [content]], names=["image", "image"]), "two columns are named image"),
    ):
        [(_, reason)] = read(table)
        assert isinstance(reason, ImageError)
        assert said in str(reason)


def test_brackets_in_the_name_of_an_object_are_its_own(crops: list[Path], tmp_path: Path) -> None:
    path = write_zip(tmp_path / "run[1].zip", [("a.png", crops[0].read_bytes())])
    [shard] = find_shards(path.as_uri(), 9, Counter())
    [(name, _)] = read_shard(shard)
    assert name.endswith("run[1].zip/a.png")


def test_a_full_disk_ends_a_download_and_loses_no_image(
    crops: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", f"{tmp_path}/temporary")
    members = [(crop.name, crop.read_bytes()) for crop in crops]
    write_tar(tmp_path / "a.tar", [*members, ("a.json", bytes(2**20))])
    [shard] = find_shards(f"file://{tmp_path}/a.tar", 9, Counter())
    with little_room(), pytest.raises(UserError, match=r"a\.tar: .*run it again to go on"):
        list(read_shard(shard))
    assert not list((tmp_path / "temporary").iterdir())
    names = [f"file://{tmp_path}/a.tar/{name}" for name, _ in members]
    assert list(read_shard(shard)) == list(zip(names, (c for _, c in members), strict=True))


@contextmanager
def little_room() -> Iterator[None]:
    """A disk that takes half a megabyte of a file, as a limit of this process."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**19, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_damaged_archive_from_elsewhere_is_a_row_and_leaves_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", f"{tmp_path}/temporary")
    (tmp_path / "b.tar").write_bytes(b"no archive")
    [shard] = find_shards(f"file://{tmp_path}/b.tar", 9, Counter())
    [(name, content)] = read_shard(shard)
    assert name == f"file://{tmp_path}/b.tar"
    assert isinstance(content, ImageError)
    assert str(content).startswith("damaged archive")
    assert not list((tmp_path / "temporary").iterdir())


def test_a_killed_run_goes_on_and_ends_with_the_same_files(
    model: Path, many: Path, tmp_path: Path
) -> None:
    status, said = run(many, tmp_path / "whole", "--model", model)
    assert status == 0, said
    target = tmp_path / "killed"
    again = [many, target, "--model", model, "--workers", 2]
    with subprocess.Popen(command(*again), stderr=subprocess.DEVNULL) as driver:
        wait_for(lambda: list(target.glob("*.parquet")) or driver.poll() is not None)
        workers = psutil.Process(driver.pid).children(recursive=True)
        driver.send_signal(signal.SIGKILL)
    assert not psutil.wait_procs(workers, timeout=60)[1]  # nobody is left to work for nobody
    kept = {path.name: path.stat().st_mtime_ns for path in target.glob("*.parquet")}
    assert 0 < len(kept) < 5
    assert run(*again)[0] == 0
    assert bytes_of(target) == bytes_of(tmp_path / "whole")
    assert all((target / name).stat().st_mtime_ns == time for name, time in kept.items())
    paths = [row["path"] for row in rows_of(target)]
    assert len(set(paths)) == len(paths) == 4500


def test_a_killed_worker_is_one_line_and_costs_its_shards(
    model: Path, many: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    again = [many, target, "--model", model, "--workers", 1]
    with subprocess.Popen(command(*again), stderr=subprocess.PIPE, text=True) as driver:
        wait_for(lambda: list(target.glob("*.parquet")))
        for worker in workers_of(psutil.Process(driver.pid)):
            worker.kill()
        assert driver.wait(60) == 1
        assert driver.stderr
        said = driver.stderr.read()
    assert "a worker process died" in said
    assert "Traceback" not in said
    assert run(*again)[0] == 0
    assert len(rows_of(target)) == 4500


@pytest.mark.slow
def test_ten_random_kills_lose_no_row_and_repeat_none(model: Path, tmp_path: Path) -> None:
    """The driver or one of its workers, while it starts, scores or writes."""
    folder, target, random = tmp_path / "in", tmp_path / "out", Random(0)
    folder.mkdir()
    for n in range(100):
        write_tar(folder / f"{n:02}.tar", [(f"{i:02}.png", tiny(n, i)) for i in range(50)])
    again = [folder, target, "--model", model, "--workers", 2]
    kills = []
    while len(kills) < 10:
        enough = len(list(target.glob("*.parquet"))) + random.randrange(4)
        with subprocess.Popen(command(*again), stderr=subprocess.DEVNULL) as driver:
            started = psutil.Process(driver.pid)
            wait_for(lambda p=started: workers_of(p) or not p.is_running())
            wait_for(
                lambda p=started, n=enough: (
                    len(list(target.glob("*.parquet"))) >= n or not workers_of(p)
                )
            )
            time.sleep(random.random() / 20)
            victim = random.choice([started, random.choice(workers_of(started))])
            victim.kill()
            kills.append("driver" if victim == started else "worker")
            assert driver.wait(60) in {1, -signal.SIGKILL}
    assert set(kills) == {"driver", "worker"}
    assert 0 < len(list(target.glob("*.parquet"))) < 100
    assert run(*again)[0] == 0
    paths = [row["path"] for row in rows_of(target)]
    assert paths == [f"{folder}/{n:02}.tar/{i:02}.png" for n in range(100) for i in range(50)]
    assert run(folder, tmp_path / "whole", "--model", model)[0] == 0
    assert bytes_of(target) == bytes_of(tmp_path / "whole")


def tiny(red: int, green: int) -> bytes:
    """An image of a color of its own."""
    Image.new("RGB", (24, 24), (red, green, 128)).save(stream := io.BytesIO(), "PNG")
    return stream.getvalue()


def workers_of(driver: psutil.Process) -> list[psutil.Process]:
    """The processes that score; none once the driver has ended."""
    with suppress(psutil.NoSuchProcess):
        return [c for c in driver.children() if "resource_tracker" not in " ".join(c.cmdline())]
    return []


def test_a_source_that_is_none_leaves_the_target_to_another(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    empty, target = tmp_path / "empty", tmp_path / "out"
    empty.mkdir()
    for source in (tmp_path / "nowhere", empty):
        assert run(source, target, "--model", model)[0] == 1
    assert run(crops[0], target, "--model", model)[0] == 0
    assert len(rows_of(target)) == 1


def test_a_target_of_another_run_is_refused_in_one_line(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    folder, target = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(crops[0], folder)
    assert run(folder, target, "--model", model)[0] == 0
    before = bytes_of(target)
    released = ROOT / "checkstate/released/model.onnx"
    shutil.copy(crops[1], folder)
    for source, chosen, message in (
        (folder, released, "made with another model_md5"),
        (crops[0], model, "made with another source"),
        (folder, model, "which has changed since"),
        (tmp_path / "nowhere", model, "made with another source"),
    ):
        status, said = run(source, target, "--model", chosen)
        assert (status, said.count("\n")) == (1, 1)
        assert message in said
    for content in ("", "[]"):
        (target / "_summary.json").write_text(content)
        status, said = run(folder, target, "--model", model)
        assert (status, said.count("\n")) == (1, 1)
        assert "none of ours" in said
    (target / "_summary.json").write_bytes(before["_summary.json"])
    with Target(str(target)).locked():
        status, said = run(folder, target, "--model", model)
    assert (status, said.count("\n")) == (1, 1)
    assert "another run writes there" in said
    assert bytes_of(target) == before


@pytest.mark.parametrize(("scheme", "name"), [("", "in"), ("", "in[1]"), ("file://", "in")])
def test_a_target_inside_of_its_source_is_one_line(
    scheme: str, name: str, model: Path, crops: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    write_zip(folder / "a.zip", [("a.png", crops[0].read_bytes())])
    (tmp_path / "link").symlink_to(folder)
    source = f"{scheme}{folder}"
    patterns = [] if scheme else [f"{source}/**/*", f"{tmp_path}/*/*"]
    for within in (source, f"{source}/*", *patterns):
        for target in (folder, folder / "out", tmp_path / "link/out"):
            status, said = run(within, target, "--model", model)
            assert (status, said.count("\n")) == (1, 1)
            assert "would be read" in said
    assert [path.name for path in folder.iterdir()] == ["a.zip"]


def test_a_target_may_lie_beside_what_a_pattern_names(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    write_zip(tmp_path / "a.zip", [("a.png", crops[0].read_bytes())])
    for prefix in ("", "file://"):
        source = f"{prefix}{tmp_path}/*.zip"
        assert run(source, tmp_path / f"out{prefix[:4]}", "--model", model)[0] == 0


def test_what_an_archive_holds_beside_images_is_counted(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    path = write_zip(tmp_path / "a.zip", [("a.heic", b"no image"), ("b.txt", b"text")])
    status, said = run(path, tmp_path / "out", "--model", model)
    assert (status, said.count("\n")) == (1, 1)
    assert "no image there" in said
    write_zip(path, [("a.heic", b"no image"), ("b.png", crops[0].read_bytes())])
    assert run(path, tmp_path / "out", "--model", model)[0] == 0
    summary = json.loads((tmp_path / "out/_summary.json").read_text())
    assert (summary["images"], sum(summary["passed_over"].values())) == (1, 1)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "nowhere: no such file or folder"),
        ("empty", "empty: no image there, nor in a .zip, .tar or .parquet file"),
        ("*.gif", "no such file or folder"),
        ("ftp://host/x", "use a path or s3://"),
        ("file:///nowhere", "no such file or folder"),
    ],
)
def test_a_source_of_nothing_is_one_line(
    source: str, message: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    status, said = run(source, tmp_path / "out", "--model", model)
    assert (status, said.count("\n")) == (1, 1)
    assert message in said


@pytest.mark.remote
@pytest.mark.skipif(not find("juicefs"), reason="needs juicefs")
def test_from_and_to_a_bucket(
    model: Path, crops: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server").mkdir()
    server = S3(tmp_path / "server")
    try:
        options = server.options()
        for name, key in (
            ("AWS_ACCESS_KEY_ID", "access_key_id"),
            ("AWS_SECRET_ACCESS_KEY", "secret_access_key"),
            ("AWS_ENDPOINT_URL", "endpointurl"),
        ):
            monkeypatch.setenv(name, options[key])
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
        store, _ = FileSystem.from_uri("s3://volume")
        members = [(crop.name, crop.read_bytes()) for crop in crops]
        write_tar(tmp_path / "0.tar", members[:5])
        write_table(
            tmp_path / "1.parquet", [n for n, _ in members[5:8]], [c for _, c in members[5:8]], 2
        )
        for name in ("0.tar", "1.parquet"):
            with store.open_output_stream(f"volume/in/{name}") as stream:
                stream.write((tmp_path / name).read_bytes())
        with store.open_output_stream("volume/in/sub/last.png") as stream:
            stream.write(members[8][1])
        status, said = run("s3://volume/in", "s3://volume/out", "--model", model)
        assert status == 0, said
        table = pq.read_table("volume/out", filesystem=store).to_pylist()
        names = [f"0.tar/{n}" for n, _ in members[:5]]
        names += [f"1.parquet/{n}" for n, _ in members[5:8]] + ["sub/last.png"]
        found = [(r["path"], r["label"], r["confidence"], r["probabilities"]) for r in table]
        named = dict(zip((f"s3://volume/in/{n}" for n in names), crops, strict=True))
        assert found == expected(model, named)
        status, said = run("s3://volume/in/*.tar", tmp_path / "some", "--model", model)
        assert status == 0, said
        assert len(rows_of(tmp_path / "some")) == 5
        assert Target("s3://volume/new").is_free({})
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed-secret")
        status, said = run("s3://volume/in", tmp_path / "none", "--model", model)
        assert (status, said.count("\n")) == (1, 1), said
        with pytest.raises(UserError, match=r"s3://volume/out: .*run it again to go on"):
            Target("s3://volume/out").is_free({})
    finally:
        server.stop()


def test_a_target_beside_what_a_pattern_fits_is_none_of_its_images(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    for day in ("screens-1", "screens-2"):
        (tmp_path / day).mkdir()
        shutil.copy(crops[0], tmp_path / day)
    found = tmp_path / "found"
    for pattern in ("screens-*/*.png", "**/*.png"):
        status, said = run(f"{tmp_path}/{pattern}", found, "--model", model)
        assert status == 0, said
        shutil.rmtree(found)


@pytest.mark.parametrize(
    ("scheme", "told"), [("", "2 unreadable"), ("file://", "passed over: .parquet 1, .zip 1")]
)
def test_a_pipe_that_is_called_an_archive_is_not_waited_for(
    model: Path, crops: list[Path], tmp_path: Path, scheme: str, told: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(crops[0], folder)
    for name in ("a.zip", "b.parquet"):
        os.mkfifo(folder / name)
    _, said = run(f"{scheme}{folder}/*", tmp_path / "out", "--model", model)
    assert told in said
