"""The report of answers to real images, in a real Chromium."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import yaml
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import (
    md5_of,
    read_csv,
    read_json,
    write_archive,
    write_csv,
    write_json,
)
from checkstate.core.params import load_params
from checkstate.core.tables import PredictionRow, SplitRow, class_indices, write_table
from checkstate.core.types import Indices, Pixels
from checkstate.data.curation import curate_source, kept_members
from checkstate.data.datasets import Images
from checkstate.evaluation.metrics import summarize
from checkstate.evaluation.predictions import coverage_rows, prediction_rows
from checkstate.evaluation.robustness import by_group, stability
from checkstate.report import provenance, report
from checkstate.report.figures import accuracy_axis, new_axes
from checkstate.report.hashing import hash_now
from checkstate.report.pages import cell
from checkstate.runtime.predictor import Predictor, softmax
from tests.conftest import CLASSES, ROOT, copy_data

SHOWN = 4


def git(*command: str) -> None:
    subprocess.run(["git", *command], check=True, capture_output=True)


@pytest.fixture(scope="module")
def run(predictor: Predictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers of an untrained model, made once; the rest is the repository's last run."""
    project = tmp_path_factory.mktemp("run")
    copy_data(project / "data/tiny", 12)
    shutil.copy(ROOT / "params.yaml", project)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        answer(project, predictor)
    return project


@pytest.fixture
def finished(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run with its report, as working directory."""
    folder = shutil.copytree(run, tmp_path / "run")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(report, "PICTURES", SHOWN)
    report.write_report()
    return folder


def answer(project: Path, predictor: Predictor) -> None:
    """Leave what the stages leave, and commit params.yaml."""
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text())
    lock["stages"]["train"]["params"]["params.yaml"]["train"]["lr"] = 0.5
    for stage in ("train", "quantize_prune", "benchmark"):
        shutil.copytree(ROOT / "metrics" / stage, project / "metrics" / stage)
    source = project / "data/tiny"
    rows = curate_source(source, paths.curation_list(source), load_params().curate)
    write_archive(paths.CURATED, kept_members(source, rows))
    for name in lock["stages"]["train"]["params"]["params.yaml"]["train"]["extra"]:
        write_archive(paths.extra_archive(name), [("checked/one.png", b"")])
    write_table(paths.SPLIT, [SplitRow(path=r.path, label=r.label, split="test") for r in rows])
    pixels = np.stack([predictor.preprocess(source / row.path) for row in rows])
    numbers = class_indices([row.label for row in rows], CLASSES)
    data = Images(pixels, numbers, [row.path for row in rows], list(CLASSES))
    probabilities = softmax(predictor.logits(pixels))

    def answers(images: list[Pixels]) -> Indices:
        inputs = [predictor.to_input(Image.fromarray(image)) for image in images]
        return predictor.logits(np.stack(inputs)).argmax(1)

    plots = project / "metrics/evaluate/plots"
    write_table(plots / "predictions.csv", prediction_rows(probabilities, data))
    write_csv(plots / "coverage.csv", coverage_rows(probabilities, numbers))
    encoded = [(source / row.path).read_bytes() for row in rows]
    variants = stability(encoded, numbers, answers)
    write_csv(plots / "robustness.csv", variants)
    found = summarize(probabilities, numbers, list(CLASSES), 0)
    found["robustness"] = by_group(variants)
    write_json(project / "metrics/evaluate" / paths.DETAILS, found)
    record(lock)
    (project / "dvc.lock").write_text(yaml.safe_dump(lock))
    git("init", "-q", "-b", "main")
    git("add", "params.yaml")
    git("-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", "start")


def record(lock: dict[str, Any]) -> None:
    """Make the lock say that these metrics came of what the stages before them made."""
    made = {}
    for stage in lock["stages"].values():
        for out in stage.get("outs", []):
            if Path(out["path"]).exists():
                out["md5"] = hash_now(str(Path(out["path"]).absolute())).value
            made[out["path"]] = out["md5"]
    for stage in lock["stages"].values():
        for dep in stage.get("deps", []):
            dep["md5"] = made.get(dep["path"], dep["md5"])


@pytest.fixture
def page(finished: Path, browser: Browser) -> Iterator[Page]:
    """The report on a phone; nothing but the file may be asked for."""
    page = browser.new_page(viewport={"width": 360, "height": 700})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    address = (finished / paths.REPORT).as_uri()
    page.goto(address)
    yield page
    assert {url for url in asked if not url.startswith("data:")} == {address}
    assert said == []


def test_a_cell_of_the_confusion_matrix_opens_its_images(page: Page, finished: Path) -> None:
    rows = PredictionRow.read(finished / "metrics/evaluate/plots/predictions.csv")
    label, predicted = rows[0].label, rows[0].predicted
    cell = [row for row in rows if (row.label, row.predicted) == (label, predicted)]
    assert len(cell) > SHOWN
    opened = page.locator(".images:visible")
    expect(opened).to_have_count(0)
    page.locator(f"a.cell[title='{label}, predicted {predicted}']").click()
    expect(opened).to_have_count(1)
    expect(opened.get_by_role("img")).to_have_count(SHOWN)
    assert opened.get_by_role("img").evaluate_all("all => all.every(i => i.naturalWidth > 0)")
    expect(opened).to_contain_text(f"and {len(cell) - SHOWN} more")
    page.get_by_role("link", name="close").click()
    expect(opened).to_have_count(0)


def test_it_fits_a_phone_and_shows_every_plot(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("figure svg")).to_have_count(8)
    for figure in page.locator("figure svg").all():
        assert figure.evaluate("svg => svg.getBoundingClientRect().height") > 100
    expect(page.locator(".missing")).to_have_count(0)


def test_twenty_classes_are_read_without_scrolling(finished: Path, browser: Browser) -> None:
    table = paths.predictions_table("evaluate")
    pictures = [row.path for row in PredictionRow.read(table)]
    classes = [f"a class of index {i}" for i in range(20)]
    odds = dict.fromkeys(classes, 0.05)
    rows = [
        PredictionRow(
            path=path, label=label, predicted=predicted, confidence=0.05, probabilities=odds
        )
        for path, label, predicted in zip(
            pictures, classes, classes[1:] + classes[:1], strict=False
        )
    ]
    write_table(table, rows)
    edited_lock(lambda stages: record({"stages": stages}))
    report.write_report()
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto((finished / paths.REPORT).as_uri())
    assert page.locator(".wide", has=page.locator(".matrix")).evaluate(
        "box => box.scrollWidth <= box.clientWidth"
    )
    sizes = page.locator(".matrix .cell, .matrix th").evaluate_all(
        "all => all.map(cell => parseFloat(getComputedStyle(cell).fontSize))"
    )
    assert min(sizes) >= 11
    expect(page.locator(".matrix a.cell")).to_have_count(20)


@pytest.mark.parametrize(("rule", "kept"), [("loss", 2), ("top1", 3), ("loss_and_top1", 1)])
def test_the_epoch_that_is_marked_is_the_one_that_training_kept(rule: str, kept: int) -> None:
    losses, top1 = np.array([1.0, 0.5, 0.4, 0.6]), np.array([0.8, 0.9, 0.85, 0.95])
    assert report.best_epoch(rule, losses, top1) == kept


@pytest.mark.usefixtures("finished")
def test_the_first_lines_say_what_the_test_images_are() -> None:
    def says(line: str) -> bool:
        return "est images" in line and "renderings" in line

    page = paths.REPORT.read_text().split("<h1>")[1]
    assert any(map(says, page.splitlines()[:8]))
    assert any(map(says, paths.MODEL_CARD.read_text().splitlines()[:8]))
    curve = read_csv(paths.metrics_folder("train") / "plots/metrics/val_loss.tsv", "\t")
    best = min(curve, key=lambda row: float(row["val_loss"]))["step"]
    shown = re.search(r"The dashed line is epoch (\d+), whose weights were kept.", page)
    assert shown
    assert int(shown[1]) == int(best) + 1, "epochs are counted from 1, steps from 0"


def test_a_figure_on_real_images_is_of_the_released_model_or_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert report.real_figure() is None
    paths.RELEASED.parent.mkdir(parents=True)
    paths.RELEASED.write_bytes(b"released")
    entry = {"correct": 3, "images": 4, "model_md5": md5_of(paths.RELEASED)}
    paths.REAL.parent.mkdir()
    write_json(paths.REAL, {"web": entry})
    assert report.real_figure() == entry
    paths.RELEASED.write_bytes(b"another")
    assert report.real_figure() is None
    paths.REAL.write_text("<<<<<<< HEAD\n{}\n")
    with pytest.raises(UserError, match=r"docs/real\.json: damaged .*`git checkout"):
        report.real_figure()


def test_a_run_of_the_baseline_alone_is_none_to_report(finished: Path) -> None:
    path = finished / paths.LOCK
    lock = yaml.safe_load(path.read_text())
    lock["stages"] = {"baseline": lock["stages"]["baseline"]}
    path.write_text(yaml.safe_dump(lock))
    with pytest.raises(UserError, match=r"dvc\.lock: curate has not run; `dvc repro`"):
        report.write_report()


def test_the_released_card_says_what_was_measured_of_the_released_model() -> None:
    web = read_json(ROOT / paths.REAL)["web"]
    assert web["model_md5"] == md5_of(ROOT / paths.RELEASED)
    card = (ROOT / paths.RELEASED).with_name("MODEL_CARD.md").read_text().replace("\n", " ")
    assert f"right on {web['correct']} of {web['images']}, measured {web['date']}" in card


FINDER_STAGES = ("find-evaluate", "find-benchmark")


@pytest.fixture
def with_finder(finished: Path) -> Path:
    """The run with the released finder, its figures, and what weights/ recorded of both."""
    for stage in FINDER_STAGES:
        shutil.copytree(ROOT / "metrics" / stage, finished / "metrics" / stage)
    for file in (paths.RELEASED_FINDER, provenance.WEIGHTS_LOCK):
        (finished / file).parent.mkdir(parents=True)
        shutil.copy(ROOT / file, finished / file)
    return finished


def card_now() -> str:
    """The model card, written anew."""
    report.write_report()
    return paths.MODEL_CARD.read_text()


def test_the_card_says_what_the_finder_is_and_does(with_finder: Path) -> None:
    section = card_now().partition("## The finder")[2].partition("## Limits")[0]
    finder, metrics = with_finder / paths.RELEASED_FINDER, with_finder / "metrics"
    assert f"{finder.stat().st_size} bytes" in section
    assert f"| md5 | `{md5_of(finder)}` |" in section
    session = ort.InferenceSession(finder)
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["data_md5"].strip('"') in section
    assert f"- `train.epochs`: {json.loads(metadata['params'])['train']['epochs']}\n" in section
    found = read_json(metrics / "find-evaluate/metrics.json")
    for key in ("average_precision", "f1_box", "f1_state"):
        assert f" | {report.percent(found[key])} |" in section
    for key in ("false_alarms_per_screenshot", "false_alarms_without_controls"):
        assert f" {found[key]:.2f} " in section
    timed = read_json(metrics / "find-benchmark/metrics.json")
    assert f" | {timed['boxes_and_states']['p50']:.0f} ms |" in section


@pytest.mark.parametrize(
    "file",
    [paths.RELEASED_FINDER, *(paths.metrics_folder(s) / "metrics.json" for s in FINDER_STAGES)],
    ids=str,
)
def test_a_card_without_a_finder_or_its_figures_has_no_section_of_it(
    with_finder: Path, file: Path
) -> None:
    with (with_finder / file).open("ab") as other:
        other.write(b"\n")
    assert "## The finder" not in card_now(), "figures of another finder"
    (with_finder / file).unlink()
    assert "## The finder" not in card_now()


def test_an_axis_of_accuracy_makes_no_collapse_of_one_image() -> None:
    axes = new_axes("epoch", "top1")
    accuracy_axis(axes, np.array([0.98, 0.99]))
    assert axes.get_ylim()[0] == 0.8
    accuracy_axis(axes, np.array([0.01, 0.5]))
    assert axes.get_ylim()[0] == 0


def test_the_card_has_the_same_numbers_and_what_differs_from_the_default(finished: Path) -> None:
    card = (finished / paths.MODEL_CARD).read_text()
    page = (finished / paths.REPORT).read_text()
    metrics = report.read_json(finished / "metrics/evaluate/details.json")
    top1 = report.interval(metrics["top1"])
    assert f"| Top1, trained model | {top1} |" in card
    assert top1.split(" (")[0] in page
    default = yaml.safe_load((ROOT / "params.yaml").read_text())["train"]["lr"]
    assert f"| `train.lr` | {default} | 0.5 |" in card
    assert "| checked | 12 |" in card
    assert "missing" not in card
    assert "not in dvc.lock" not in card


@pytest.mark.usefixtures("finished")
def test_the_same_run_gives_the_same_bytes() -> None:
    first = paths.REPORT.read_bytes()
    report.write_report()
    assert paths.REPORT.read_bytes() == first


@pytest.mark.usefixtures("project")
def test_what_has_not_run_is_named() -> None:
    report.write_report()
    page = paths.REPORT.read_text()
    for stage in ("train", "evaluate", "quantize_prune", "benchmark"):
        assert f"is missing: run `dvc repro {stage}`" in page
    assert "dvc.lock is missing: run `dvc repro`" in paths.MODEL_CARD.read_text()


def test_the_card_of_another_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths.MODEL_CARD.write_text("mine")
    with pytest.raises(UserError, match=r"params\.yaml is missing: run it in the folder"):
        report.write_report()
    assert paths.MODEL_CARD.read_text() == "mine"


@pytest.mark.usefixtures("finished")
def test_answers_to_other_images_are_refused() -> None:
    write_archive("data/curated.zip", [])
    with pytest.raises(UserError, match=r"is of other images .* run `dvc repro`"):
        report.write_report()


def edited_lock(change: Callable[[dict[str, Any]], None]) -> None:
    """Change dvc.lock as a partial run would."""
    lock = yaml.safe_load(paths.LOCK.read_text())
    change(lock["stages"])
    paths.LOCK.write_text(yaml.safe_dump(lock))


@pytest.mark.usefixtures("finished")
def test_figures_of_another_run_are_named_and_never_shown() -> None:
    def retrain(stages: dict[str, Any]) -> None:
        [out] = [out for out in stages["train"]["outs"] if out["path"] == str(paths.MODEL)]
        out["md5"] = "0" * 32

    top1 = report.interval(report.read_json(Path("metrics/evaluate/details.json"))["top1"])
    edited_lock(retrain)
    report.write_report()
    card, page = paths.MODEL_CARD.read_text(), paths.REPORT.read_text()
    for text in (card, page):
        assert top1 not in text
        assert f"evaluate has not run since train changed {paths.MODEL}" in text
    assert "has not run since" in card.split("## What was trained")[0]
    [shipped] = [line for line in card.splitlines() if line.startswith("| shipped model")]
    assert "run `dvc repro quantize_prune`" in shipped


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("file", ["metrics/evaluate/plots/predictions.csv", "data/split.csv"])
def test_plots_and_tables_of_another_run_are_not_shown(file: str) -> None:
    lines = Path(file).read_text().splitlines(keepends=True)
    Path(file).write_text("".join(lines[:-1]))
    report.write_report()
    stage = "evaluate" if "evaluate" in file else "split"
    for text in (paths.MODEL_CARD.read_text(), paths.REPORT.read_text()):
        assert f"is not what {stage} wrote: run `dvc repro {stage}`" in text


@pytest.mark.usefixtures("finished")
def test_the_card_says_what_other_crops_would_get() -> None:
    groups = report.read_json(Path("metrics/evaluate/details.json"))["robustness"]
    worst = min(groups, key=groups.get)
    assert f"least {report.percent(groups[worst])} of {worst}" in paths.MODEL_CARD.read_text()


@pytest.mark.usefixtures("finished")
def test_metrics_that_a_stage_did_not_write_are_not_shown() -> None:
    file = paths.metrics_folder("evaluate") / "details.json"
    file.write_text(file.read_text().replace("0.", "0.1"))
    report.write_report()
    assert f"{file} is not what evaluate wrote: run `dvc repro evaluate`" in (
        paths.REPORT.read_text()
    )


@pytest.mark.usefixtures("finished")
def test_damaged_metrics_are_one_line() -> None:
    file = paths.metrics_folder("evaluate") / "details.json"
    file.write_text("{")

    def accept(stages: dict[str, Any]) -> None:
        for out in stages["evaluate"]["outs"]:
            out["md5"] = md5_of(file) if out["path"] == str(file) else out["md5"]

    edited_lock(accept)
    report.write_report()
    assert "is damaged" in paths.REPORT.read_text()


def test_a_name_can_neither_end_a_cell_nor_start_markup() -> None:
    assert cell("a|b`<script>\n*") == r"a\|b\`\<script\>\\n\*"
