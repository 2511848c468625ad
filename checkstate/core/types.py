"""Types that several rooms share."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Images of 0..255: [height, width, 3] or [n, height, width, 3]."""

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

Resize = Literal["letterbox", "wrap", "stretch"]
Color = tuple[float, float, float]
"""Red, green and blue of 0..1."""

KINDS = ("checkbox", "radio", "switch")
"""What the detector finds."""
