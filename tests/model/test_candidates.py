import numpy as np
import pytest

from checkstate.core.errors import UserError
from checkstate.model.candidates import Candidate, cheapest, check_parity


def test_an_export_that_answers_otherwise_is_refused_with_its_reason() -> None:
    logits = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    check_parity(logits, logits + 1e-4, 1e-3)
    with pytest.raises(UserError, match=r"differ by 0\.01, more than .*max_logit_difference=0.001"):
        check_parity(logits, logits + np.float32(0.01), 1e-3)


def candidate(name: str, cost: float, holds: int) -> Candidate:
    return Candidate(
        candidate=name,
        ratio=0.0,
        precision="int8",
        fp32_convolutions=0,
        top1=0.9,
        macro_f1=0.9,
        agreement=1.0,
        bytes=1,
        macs=1,
        cost=cost,
        holds=holds,
    )


def test_the_cheapest_that_is_accurate_enough_ships() -> None:
    whole, small = candidate("whole", 9, 1), candidate("small", 4, 1)
    smallest = candidate("smallest", 1, 0)
    assert cheapest([whole, small, smallest]) is small
    assert cheapest([smallest]) is None
