from pathlib import Path

import pytest

from checkstate.core.files import read_csv, write_csv
from checkstate.core.text import as_cell, first_line, from_cell

FORMULAS = ["=1+1", "+1", "-a.png", "@x", "\tx", "\rx", "'=1", "''=1"]
TEXT = ["a=b.png", "'quoted'", "'", "", "-"]


@pytest.mark.parametrize("text", FORMULAS + TEXT)
def test_a_cell_is_no_formula_and_gives_the_text_back(text: str) -> None:
    assert as_cell(text).startswith("'") or text in TEXT
    assert from_cell(as_cell(text)) == text


def test_numbers_stay_numbers() -> None:
    assert as_cell(-0.5) == -0.5


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no\nlines"), "no"),
        (ValueError("\n  Some tensors share memory: [...]\n"), "Some tensors share memory: [...]"),
        (KeyError(), "KeyError"),
        (OSError(" \n"), "OSError"),
    ],
)
def test_an_error_is_told_by_its_first_line_with_words(error: Exception, line: str) -> None:
    assert first_line(error) == line


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [{"path": text, "x": "-1"} for text in FORMULAS + TEXT]
    write_csv(tmp_path / "t.csv", rows)
    assert read_csv(tmp_path / "t.csv") == rows
    (tmp_path / "short.csv").write_text("a,b\n1\n")
    assert read_csv(tmp_path / "short.csv") == [{"a": "1", "b": None}]
