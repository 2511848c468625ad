from collections import Counter

import pytest

from checkstate.core.errors import UserError
from checkstate.core.tables import ManifestRow
from checkstate.data.splitting import check_classes, folds_of, split_rows, take_share


def rows_of(each: int, predefined: str = "") -> list[ManifestRow]:
    """Rows of three classes, each in a group of its own."""
    labels = [label for label in ("checked", "other", "unchecked") for _ in range(each)]
    return [
        ManifestRow(path=f"{label}/{i}", label=label, group=i, predefined=predefined)
        for i, label in enumerate(labels)
    ]


def test_shares_are_kept_for_every_class() -> None:
    rows = rows_of(100)
    splits = split_rows(rows, 0.15, 0.15, seed=0)
    counts = Counter((row.label, split) for row, split in zip(rows, splits, strict=True))
    for label in ("checked", "other", "unchecked"):
        assert 10 <= counts[label, "val"] <= 20
        assert 10 <= counts[label, "test"] <= 20


def test_a_large_share_is_met_as_well() -> None:
    counts = Counter(split_rows(rows_of(100), 0.1, 0.4, seed=0))
    assert 110 <= counts["test"] <= 130
    assert 20 <= counts["val"] <= 40


def test_a_group_stays_on_one_side() -> None:
    rows = rows_of(60)
    for i, row in enumerate(rows):
        row.group = i // 3
    splits = split_rows(rows, 0.2, 0.2, seed=1)
    sides = {}
    for row, split in zip(rows, splits, strict=True):
        assert sides.setdefault(row.group, split) == split


def test_the_seed_decides() -> None:
    rows = rows_of(40)
    assert split_rows(rows, 0.2, 0.2, 3) == split_rows(rows, 0.2, 0.2, 3)
    assert split_rows(rows, 0.2, 0.2, 3) != split_rows(rows, 0.2, 0.2, 4)


def test_a_predefined_val_is_the_untouched_test_set() -> None:
    rows = rows_of(40, "train") + rows_of(10, "val")
    for row in rows[120:]:
        row.group = 1000 + (row.group or 0)
    splits = split_rows(rows, 0.2, 0.2, 0)
    assert set(splits[120:]) == {"test"}
    assert set(splits[:120]) == {"train", "val"}


def test_an_image_that_would_leak_into_a_predefined_test_set_is_dropped() -> None:
    rows = rows_of(40, "train") + rows_of(10, "test")
    for row in rows[120:]:
        row.group = 1000 + (row.group or 0)
    rows[0].group = rows[120].group
    splits = split_rows(rows, 0.2, 0.2, 0)
    assert splits[0] == "dropped"
    assert splits.count("dropped") == 1


def test_a_complete_predefined_split_is_left_as_it_is() -> None:
    rows = rows_of(5, "train") + rows_of(5, "val") + rows_of(5, "test")
    for i, row in enumerate(rows):
        row.group = i
    assert split_rows(rows, 0.2, 0.2, 0) == [row.predefined for row in rows]


def test_a_val_beside_a_test_set_is_left_as_it_is() -> None:
    rows = rows_of(20) + rows_of(5, "val") + rows_of(5, "test")
    for i, row in enumerate(rows):
        row.group = i
    splits = split_rows(rows, 0.2, 0.2, 0)
    assert splits == ["train"] * 60 + ["val"] * 15 + ["test"] * 15


def test_near_duplicates_of_a_predefined_val_leave_train() -> None:
    rows = rows_of(20) + rows_of(5, "val") + rows_of(5, "test")
    for i, row in enumerate(rows):
        row.group = i
    rows[0].group = rows[60].group  # of val
    rows[61].group = rows[75].group  # a val image like one of test
    splits = split_rows(rows, 0.2, 0.2, 0)
    assert (splits[0], splits[60], splits[61]) == ("dropped", "val", "dropped")
    assert splits.count("dropped") == 2


def test_a_fold_that_would_hold_a_whole_class_is_refused() -> None:
    rows = rows_of(20)
    sides = ["val" if row.label == "other" else "train" for row in rows]
    with pytest.raises(UserError, match="class checked: no image for val"):
        check_classes(rows, sides, ("train", "val"))


def test_a_share_of_almost_all_is_taken() -> None:
    assert take_share(rows_of(50), 0.96, 0).sum() == 144


def test_too_few_groups_are_an_error_that_says_so() -> None:
    rows = rows_of(20)
    for i, row in enumerate(rows):
        row.group = i % 3
    with pytest.raises(UserError, match="60 images in 3 near-duplicate groups are too few"):
        split_rows(rows, 0.2, 0.2, 0)
    with pytest.raises(UserError, match="0 images"):
        split_rows(rows_of(20, "val"), 0.2, 0.2, 0)


def test_too_small_a_class_is_named() -> None:
    few = [row for row in rows_of(40) if row.label != "other"] + rows_of(3)[3:6]
    with pytest.raises(UserError, match="class other: 3 images are too few"):
        split_rows(few, 0.2, 0.2, 0)


def test_folds_are_of_like_size_and_stratified() -> None:
    folds = folds_of(rows_of(50), 5, 0)
    assert Counter(folds.tolist()) == dict.fromkeys(range(5), 30)
