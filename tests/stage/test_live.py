import json
from pathlib import Path

from checkstate.stage.live import write_metrics


def test_what_is_no_number_is_null_at_any_depth(tmp_path: Path) -> None:
    nan, infinity = float("nan"), float("inf")
    write_metrics(tmp_path, {"a": nan, "b": {"c": [1.0, -infinity, {"d": (nan, 2)}]}, "e": "NaN"})
    text = (tmp_path / "metrics.json").read_text()

    def refuse(name: str) -> None:
        raise AssertionError(name)

    found = json.loads(text, parse_constant=refuse)
    assert found == {"a": None, "b": {"c": [1.0, None, {"d": [None, 2]}]}, "e": "NaN"}
