from collections import Counter

import pytest

from checkstate.core.errors import UserError
from checkstate.core.layout import (
    HEAD,
    not_image,
    summarize,
    twins,
    understand,
    without_split,
)


def read(*folders: str, classes: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """Places of folders that hold one image each."""
    places, _ = understand(dict.fromkeys(folders, 1), folders, classes, Counter())
    return {folder: tuple(place) for folder, place in places.items()}


def left_out(*folders: str, classes: tuple[str, ...] = ()) -> Counter[str]:
    counted = Counter[str]()
    understand(dict.fromkeys(folders, 1), folders, classes, counted)
    return counted


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("train", "val", "test"),
        ("train", "valid", "test"),
        ("Train", "Val", "Test"),
        ("TRAINING", "VALIDATION", "TESTING"),
        ("training", "validation", "Testing"),
        ("mine/train", "mine/val", "mine/test"),
        ("site-a/train", "site-b/val", "site-b/test"),
    ],
)
def test_splits_have_the_names_that_people_give_them(train: str, val: str, test: str) -> None:
    assert read(f"{train}/on", f"{val}/on", f"{test}/off") == {
        f"{train}/on": ("on", "train"),
        f"{val}/on": ("on", "val"),
        f"{test}/off": ("off", "test"),
    }


def test_a_class_may_be_called_almost_anything() -> None:
    assert read("not checked", "Off", "trained") == {
        "not checked": ("not checked", ""),
        "Off": ("Off", ""),
        "trained": ("trained", ""),
    }


def test_folders_around_and_below_the_classes_are_none() -> None:
    assert read("mine/v1/on", "mine/v1/off") == {
        "mine/v1/on": ("on", ""),
        "mine/v1/off": ("off", ""),
    }
    assert read("on", "on/2024", "off")["on/2024"] == ("on", "")
    assert read("train/crops/on", "val/crops/on")["val/crops/on"] == ("on", "val")


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (("site-a/on", "site-b/on"), "site-a/on/: is its class site-a or on"),
        (("on", "off", "site/on"), "site/on/: is its class site or on"),
        (("train/site-a/on", "train/site-b/on"), "is its class site-a or on"),
        (("running", "training", "resting"), "resting/: 1 images beside the split training/"),
        (("train", "val"), "train/: 1 images and no class folder"),
        (("train/on", "train/off", "test"), "test/: 1 images and no class folder"),
        (("train/on", "test/on", "eval/on"), "eval/on/: 1 images beside the split test/on/"),
        (("train/on", "train/test"), "train/test/: a split in a split"),
        (("train/train/on", "train/train/off"), "a split in a split"),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(folders: tuple[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(*folders)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_folder_that_holds_most_images_is_the_class() -> None:
    loose = {"site-a": 1, "site-a/on": 5, "site-b": 1, "site-b/off": 5}
    with pytest.raises(UserError, match="site-a/on/: is its class site-a or on"):
        understand(loose, loose, (), Counter())
    dated = {"on": 5, "on/2024": 4, "off": 1}
    places, classes = understand(dated, dated, (), Counter())
    assert (places["on/2024"].label, classes) == ("on", {"on", "off"})
    halves = {"train/on": 1, "train/on/2024": 4, "test/on": 5, "test/off": 5}
    assert understand(halves, halves, (), Counter())[0]["train/on/2024"].label == "on"


def test_named_classes_are_found_wherever_they_lie() -> None:
    classes = ("on", "off", "training")
    assert read("site-a/on", "site-b/x/off", "training", classes=classes) == {
        "site-a/on": ("on", ""),
        "site-b/x/off": ("off", ""),
        "training": ("training", ""),
    }
    assert read("Train/site/on", "val/on", classes=classes) == {
        "Train/site/on": ("on", "train"),
        "val/on": ("on", "val"),
    }
    assert left_out("on", "off", "else", classes=classes) == {"image of no known class": 1}
    for folders in (("on/off",), ("train/on", "off")):
        with pytest.raises(UserError, match=r"two class folders|beside the split"):
            read(*folders, classes=classes)


def test_a_split_in_a_split_is_refused_where_classes_are_named_too() -> None:
    with pytest.raises(UserError, match="train/train/on/: a split in a split"):
        read("train/train/on", "train/test/on", "train/test/off", classes=("on", "off"))


def test_a_named_class_is_found_in_another_case_and_called_as_it_is_named() -> None:
    classes = ("Not checked", "training", "docs")
    assert read("a/not  CHECKED", "Training", "Docs", classes=classes) == {
        "a/not  CHECKED": ("Not checked", ""),
        "Training": ("training", ""),
        "Docs": ("docs", ""),
    }
    assert read("on", "On", classes=("On", "on")) == {"on": ("on", ""), "On": ("On", "")}


def test_images_without_a_class_are_counted() -> None:
    assert left_out("", "on", "off", "Docs/a") == {
        "image in no class folder": 1,
        "image in a folder of documents": 1,
    }
    assert left_out("train", "train/on", "val/on") == {"image in no class folder": 1}
    assert read("docs", "photos", classes=("docs", "photos"))["docs"] == ("docs", "")


@pytest.mark.parametrize(
    "folders", [["on", "off"], ["train", "train/on", "val/off"], ["a", "a/on", "a/off"]]
)
def test_an_empty_class_folder_is_a_class(folders: list[str]) -> None:
    filled = folders[-1]
    other = filled.replace("off", "third")
    _, classes = understand({filled: 1, other: 1}, [*folders, other], (), Counter())
    assert classes == {"on", "off", "third"}


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.JPE", b"", ""),
        ("a.jfif", b"", ""),
        ("a.b.tif", b"", ""),
        ("0f3a", b"\x89PNG\r\n\x1a\n", ""),
        ("0f3a", b"RIFF\0\0\0\0WEBP", ""),
        ("README", b"# hello", "no ending"),
        ("clip.MP4", b"\x89PNG\r\n\x1a\n", ".mp4"),
        ("a.\n", b"", ".\\n"),
    ],
)
def test_the_ending_tells_an_image_and_else_its_first_bytes(
    name: str, head: bytes, kind: str
) -> None:
    assert not_image(name, lambda: head[:HEAD]) == kind


def test_a_summary_names_the_most_frequent_kinds() -> None:
    assert summarize({".txt": 2, "hidden": 3}) == "hidden 3, .txt 2"
    assert summarize({f".{number:02}": 1 for number in range(12)}).endswith(".09 1, others 2")


def test_names_that_people_take_for_one_are_paired() -> None:
    assert twins(["On", "on", "off"]) == [("On", "on")]
    assert twins(["gepr\u00fcft", "gepru\u0308ft"]) == [("gepru\u0308ft", "gepr\u00fcft")]
    assert twins(["on ", "on"]) == [("on", "on ")]
    assert twins(["on", "off"]) == []


def test_a_path_without_its_split() -> None:
    assert without_split("mine/Train/on/a.png") == "mine/on/a.png"
    assert without_split("on/train") == "on/train"
