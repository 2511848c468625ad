from pathlib import Path

import pytest

from checkstate.core.errors import UserError
from checkstate.data.decisions import read_decisions

HEADER = "path,decision,reason\n"
KNOWN = ["on/a.png", "on/b.png", "off/c,1.png"]


def read(folder: Path, text: str, known: list[str] = KNOWN) -> dict[str, str]:
    (folder / "list.csv").write_text(text)
    return read_decisions(folder / "list.csv", known)


def test_spaces_around_a_decision_or_a_label_count_for_nothing(tmp_path: Path) -> None:
    text = f'{HEADER}on/a.png , exclude ,\non/b.png,label= off ,"x, y"\n"off/c,1.png",keep\n'
    assert read(tmp_path, text) == {
        "on/a.png": "exclude",
        "on/b.png": "label=off",
        "off/c,1.png": "keep",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "list.csv: its columns are missing"),
        ("on/a.png,exclude,dark\n", "list.csv: its columns are on/a.png, exclude, dark"),
        ("image,decision,reason\n", "list.csv: its columns are image, decision, reason"),
        ("path;decision;reason\n", "list.csv: its columns are path;decision;reason"),
        ("path,decision,decision\n", "its first line has to be path,decision,reason"),
        (f"{HEADER}on/a.png,keep,\non/a.png,exclude,\n", "list.csv:3: on/a.png: exclude here and"),
        (f'{HEADER}on/a.png,keep,"dark\non/b.png,exclude,\n', "list.csv:2: unexpected end"),
        (f'{HEADER}on/a.png,keep,"dark"er\n', "list.csv:2: "),
        (f"{HEADER}\n{'a' * 200_000},keep,\n", "list.csv:3: field larger than field limit"),
        (f"{HEADER}on/a.png,label=on/off,\n", "list.csv:2: decision 'label=on/off'"),
        (f"{HEADER}on/a.png,label= ,\n", "list.csv:2: decision 'label= '"),
        (f"{HEADER}on/a.png,Keep,\n", "list.csv:2: decision 'Keep'"),
    ],
)
def test_a_line_that_could_lose_a_decision_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_decision_twice_is_one(tmp_path: Path) -> None:
    text = f"{HEADER}on/a.png,keep,\n\n,,\nTrain/on/a.png,keep,\n"
    known = ["Train/on/a.png", "val/on/b.png"]
    assert read(tmp_path, text, known) == {"Train/on/a.png": "keep"}


def test_a_path_without_its_split_may_not_stand_for_two_images(tmp_path: Path) -> None:
    known = ["train/on/a.png", "val/on/a.png"]
    with pytest.raises(UserError, match=r":2: on/a\.png is train/on/a\.png and val/on/a\.png"):
        read(tmp_path, f"{HEADER}on/a.png,exclude,\n", known)
    assert read(tmp_path, f"{HEADER}val/on/a.png,exclude,\n", known) == {"val/on/a.png": "exclude"}
