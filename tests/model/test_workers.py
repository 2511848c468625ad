"""Real processes that share every batch of a training."""

import time
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL

import psutil
import pytest
import torch

from checkstate.core.errors import UserError
from checkstate.core.params import Train
from checkstate.evaluation.scores import Scores
from checkstate.model.networks import Classifier
from checkstate.model.optimization import prepare_torch
from checkstate.model.resume import resumable
from checkstate.model.starting import new_model
from checkstate.model.training import Report, begin, fit_model
from tests.conftest import ROOT
from tests.model.test_training import recipe, squares

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)


def shared(workers: int, **changes: object) -> Train:
    """A recipe of a tiny network with three uneven batches an epoch."""
    tiny = {"backbone": "test_efficientnet", "batch_size": 7, "epochs": 2, "device": "cpu"}
    return recipe(**{**tiny, "workers": workers, **changes})


def train(params: Train, report: Report) -> Classifier:
    prepare_torch(0, 1)
    data = squares(19, 0)
    with resumable("workers", params) as resume:
        model = new_model(data, params)
        return fit_model(model, data, squares(8, 1), params, 0, report, None, (resume, "t"))


def same(first: Classifier, second: Classifier) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("class_weights", [False, True])
def test_two_workers_learn_what_one_does(class_weights: bool) -> None:
    """Without batch norm only last bits differ: same batches, same images, the batch's mean."""
    curves: dict[int, list[Scores]] = {1: [], 2: []}
    changes = {"backbone": "test_convnext", "optimizer": "sgd", "class_weights": class_weights}
    for workers, scores in curves.items():
        train(shared(workers, **changes), scores.append)
    assert len(curves[2]) == 2
    for one, two in zip(*curves.values(), strict=True):
        assert two == pytest.approx(one, rel=1e-3)


def test_more_workers_than_images_for_them_is_one_line() -> None:
    data, params = squares(3, 0), shared(2)
    with pytest.raises(UserError, match="3 training images do not give each worker two"):
        begin(new_model(data, params), data, params, 0)


def spawned() -> list[psutil.Process]:
    """The workers of a training here; other tests' programs are children as well, some ended."""
    commands = [(p, p.as_dict(["cmdline"], [])["cmdline"]) for p in psutil.Process().children()]
    return [process for process, command in commands if "spawn_main" in " ".join(command)]


def kill_a_worker(_: Scores) -> None:
    """After the first epoch; what follows finds it dead, however fast that is."""
    killed = spawned()[-1]
    killed.send_signal(SIGKILL)
    with suppress(psutil.NoSuchProcess):
        while killed.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def test_a_killed_worker_is_one_line_and_training_goes_on_to_the_same_bytes() -> None:
    params, curves = shared(3), []
    whole = train(params, curves.append)
    assert [scores["epoch"] for scores in curves] == [0, 1]
    with pytest.raises(UserError, match=r"^train\.workers=3: one of them ended \(.*$") as failed:
        train(params, kill_a_worker)
    assert "\n" not in str(failed.value)
    again: list[Scores] = []
    assert same(train(params, again.append), whole)
    assert again == curves
    assert not spawned()
