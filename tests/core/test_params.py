import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from checkstate.core.errors import UserError
from checkstate.core.params import RENAMED, load_params
from tests.conftest import ROOT


def section_of(params: dict[str, Any], key: str) -> tuple[dict[str, Any], str]:
    """The section that a dotted key lies in, and its last part."""
    *sections, last = key.split(".")
    for section in sections:
        params = params[section]
    return params, last


def changed(tmp_path: Path, key: str, value: object, without: str = "") -> Path:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    if without:
        place, last = section_of(params, without)
        del place[last]
    place, last = section_of(params, key)
    place[last] = value
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(params))
    return path


def test_the_shipped_params_are_valid() -> None:
    assert load_params(ROOT / "params.yaml").data.name == "starter"


@pytest.mark.parametrize("value", [1e-05, "1e-05", "0.00001"])
def test_a_number_that_dvc_wrote_as_text_is_a_number(tmp_path: Path, value: object) -> None:
    assert load_params(changed(tmp_path, "train.lr", value)).train.lr == 1e-05


@pytest.mark.parametrize(
    ("value", "name"),
    [(202401, "202401"), ("My Crops", "My Crops"), ("übung-1.zip", "übung-1.zip")],
)
def test_a_data_set_may_have_any_plain_name(tmp_path: Path, value: object, name: str) -> None:
    assert load_params(changed(tmp_path, "data.name", value)).data.name == name


def test_one_side_means_a_square(tmp_path: Path) -> None:
    assert load_params(changed(tmp_path, "train.image_size", "96")).train.image_size == (96, 96)
    assert load_params(changed(tmp_path, "train.image_size", [64, 160])).train.image_size == (
        64,
        160,
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train.learning_rate", 0.1, "train.learning_rate: unknown key"),
        ("train.lr", -1, "train.lr: input should be greater than 0"),
        ("train.lr", "fast", "train.lr: input should be a valid number"),
        ("train.optimizer", "lion", "train.optimizer: input should be 'sgd', 'adam' or 'adamw'"),
        ("train.normalization", [[0.5] * 3, [0.2, 0, 0.2]], "should be greater than 0"),
        ("train.workers", 0, "train.workers: input should be greater than or equal to 1"),
        ("train.workers", 17, "train: value error, batch_size 32 gives 17 workers less than two"),
        ("split.val", 0.9, "split.val + split.test"),
        ("data.name", "../elsewhere", "data.name"),
        ("data.name", 1.5, "data.name"),
        ("data.name", "a ", "data.name: value error, use letters, digits"),
        ("train.extra", ["two words"], "train.extra.0: value error, rename the data set without"),
        ("curate.classes", ["a/b"], "curate.classes.0"),
        ("curate.classes", [True, False], "curate.classes.0: value error, write it in quotes"),
        ("curate.max_file_mb", 0, "curate.max_file_mb"),
        ("quantize_prune.ratios", [], "quantize_prune.ratios"),
        ("benchmark.baseline_batches", [8], "baseline_batches must hold 1"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_key(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        load_params(changed(tmp_path, key, value))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_param_of_before_0_2_is_refused_with_its_new_name(
    tmp_path: Path, old: str, new: str
) -> None:
    place, last = section_of(yaml.safe_load((ROOT / "params.yaml").read_text()), new)
    with pytest.raises(UserError) as caught:
        load_params(changed(tmp_path, old, place[last], without=new))
    assert f"params.yaml: {old}: it is {new} now" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_recipe_of_2024_names_params_that_there_are(tmp_path: Path) -> None:
    """As DVC reads them: it refuses a key that params.yaml does not have."""
    make = ["make", "--dry-run", "--old-file=.venv/installed", "baseline"]
    said = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = shlex.split(said)
    params = [word for before, word in pairwise(words) if before == "-S"]
    shutil.copy(ROOT / "params.yaml", tmp_path)
    apply_overrides(tmp_path / "params.yaml", params)
    recipe = load_params(tmp_path / "params.yaml").train
    assert (recipe.backbone, recipe.image_size) == ("torchvision.resnet50", (512, 512))
    assert len(params) > 20


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_than_utf8_is_one_line(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("seed: 0  # größer\n", encoding=encoding)
    with pytest.raises(UserError) as caught:
        load_params(path)
    assert str(caught.value) == f"{path}: not UTF-8; save it in that encoding"


@pytest.mark.parametrize(
    "text", ["seed: 2001-99-99", "seed: 0b_", "seed: !!timestamp x", "seed: !!bool x", "a: [b"]
)
def test_what_yaml_cannot_make_a_value_of_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml: not YAML: [^\n]+$"):
        load_params(path)


def test_a_long_value_is_shown_in_part(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_params(changed(tmp_path, "train.lr", ["x" * 999] * 999))
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"params\.yaml: No such file"):
        load_params(tmp_path / "params.yaml")
