import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from checkstate.model.networks import predict_logits
from checkstate.model.optimization import prepare_torch
from checkstate.model.resume import DIGEST, Resume, resumable
from checkstate.model.starting import new_model
from checkstate.model.training import fit_model
from tests.conftest import ROOT
from tests.model.test_training import recipe, squares


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)
    return tmp_path / "cache/checkstate"


def train(stop_after: int | None = None) -> np.ndarray:
    """Train a little; with `stop_after`, die of an error in that epoch's report."""
    prepare_torch(0, 1)
    data, val, params = squares(64, 0), squares(32, 1), recipe(epochs=5, lr=1e-3)
    epochs = []

    def report(values: dict[str, float]) -> None:
        epochs.append(values["epoch"])
        if stop_after is not None and values["epoch"] == stop_after + 1:
            raise KeyboardInterrupt

    with resumable("test") as resume:
        model = fit_model(
            new_model(data, params), data, val, params, 0, report, None, (resume, "t")
        )
    assert epochs == list(range(5))
    return predict_logits(model, val.pixels, 32)


@pytest.mark.parametrize("stop_after", [0, 2, 3])
def test_an_interrupted_training_ends_with_the_same_bytes(cache: Path, stop_after: int) -> None:
    whole = train()
    assert list(cache.iterdir()) == []
    with pytest.raises(KeyboardInterrupt):
        train(stop_after)
    assert len(list(cache.rglob("t.pt"))) == 1
    assert np.array_equal(train(), whole)
    assert list(cache.iterdir()) == []


def test_a_finished_training_is_not_done_again() -> None:
    def forbidden(*_: object) -> torch.Tensor:
        raise AssertionError

    prepare_torch(0, 1)
    data, params = squares(64, 0), recipe(epochs=2)
    with resumable("test") as resume:
        model = fit_model(new_model(data, params), data, data, params, 0, dict, None, (resume, "a"))
        again = fit_model(
            new_model(data, params), data, data, params, 0, dict, forbidden, (resume, "a")
        )
    expected = predict_logits(model, data.pixels, 32)
    assert np.array_equal(predict_logits(again, data.pixels, 32), expected)


def test_the_same_work_at_the_same_time_keeps_its_state_apart(cache: Path) -> None:
    with resumable("same") as first, resumable("same") as second:
        first.save("t", {"epoch": 1})
        assert second.load("t") is None
        second.save("t", {"epoch": 9})
        assert first.load("t") == {"epoch": 1}
    assert list(cache.iterdir()) == []


def test_a_param_of_another_stage_loses_no_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for rounds in (3, 5):
        Path("params.yaml").write_text(f"benchmark: {{rounds: {rounds}}}")
        with suppress(KeyboardInterrupt), resumable("x") as resume:
            known = resume.load("state")
            resume.save("state", {"epoch": rounds})
            raise KeyboardInterrupt
    assert known == {"epoch": 3}


@pytest.mark.parametrize("place", [0, 32, 0.5, "empty"])
def test_a_damaged_state_is_set_aside_and_training_starts_over(
    cache: Path, capsys: pytest.CaptureFixture[str], place: float | str
) -> None:
    whole = train()
    with pytest.raises(KeyboardInterrupt):
        train(2)
    (path,) = cache.rglob("t.pt")
    content = bytearray(path.read_bytes())
    if isinstance(place, str):
        content = content[: 0 if place == "empty" else len(content) // 2]
    else:
        content[int(place * len(content)) if place == 0.5 else int(place)] ^= 1
    path.write_bytes(content)
    capsys.readouterr()
    assert np.array_equal(train(), whole)
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert "t.damaged: a damaged resume state" in warnings[0]


OTHER: list[object] = [
    ["a", "list"],
    torch.zeros(3),
    Path("of a class that is not unpickled"),
    {"epoch": 1},
    "another run",
]


@pytest.mark.parametrize("state", OTHER, ids=range(len(OTHER)))
def test_a_whole_state_of_something_else_is_set_aside(
    cache: Path, capsys: pytest.CaptureFixture[str], state: object
) -> None:
    """Its digest is right: it is no damaged file, and yet none to go on from."""
    whole = train()
    with pytest.raises(KeyboardInterrupt):
        train(2)
    (path,) = cache.rglob("t.pt")
    if isinstance(state, str):
        state = torch.load(io.BytesIO(path.read_bytes()[DIGEST:]), weights_only=True)
        state["model"] = {f"other.{key}": value for key, value in state["model"].items()}
    Resume(path.parent).save("t", state)
    capsys.readouterr()
    assert np.array_equal(train(), whole)
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert "t.damaged: a damaged resume state" in warnings[0]
