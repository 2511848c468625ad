from zipfile import ZipInfo

from checkstate.datasets import HELD, archive_labels, hold_out
from render.starter import MAX_BYTES, choose


def test_the_starter_is_what_pretraining_holds_out_less_the_large_files() -> None:
    names = [f"{label}/a-box-{i:012x}.png" for label in ("checked", "other") for i in range(200)]
    members = [ZipInfo(name) for name in names]
    for i, member in enumerate(members):
        member.file_size = MAX_BYTES + i % 2
    labels, _ = archive_labels(names)
    learned, held = hold_out(labels, HELD, 0)
    chosen = {member.filename for member in choose(members, 0)}
    assert chosen == {names[i] for i in held if i % 2 == 0}
    assert chosen.isdisjoint(names[i] for i in learned)
