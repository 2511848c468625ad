import numpy as np
import pytest

from checkstate.core.errors import UserError
from checkstate.model.candidates import check_parity


def test_an_export_that_answers_otherwise_is_refused_with_its_reason() -> None:
    logits = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    check_parity(logits, logits + 1e-4, 1e-3)
    with pytest.raises(UserError, match=r"differ by 0\.01, more than .*max_logit_difference=0.001"):
        check_parity(logits, logits + np.float32(0.01), 1e-3)
