"""An fp32 ONNX file in static int8, all but its first convolutions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from checkstate.core.files import copy_file
from checkstate.core.types import Pixels
from checkstate.model.checkpoints import ModelMetadata
from checkstate.model.export import describe, exported_logits

STEMS = (3, 6)
"""Numbers of first convolutions that int8 may leave in fp32: on few channels, it is slower.

Where the third and the sixth end, the map of a mobile network is narrow: cheap places to go over.
"""

TOLERANCE = 1.5
"""The earlier place may move the logits by this much times the least of both."""

OPERATORS = ["Conv", "Clip", "Relu", "Gemm", "MatMul", "Add", "GlobalAveragePool", "ReduceMean"]


class Reader:
    """Training images, one by one, for ONNX Runtime's calibration."""

    def __init__(self, images: Pixels) -> None:
        self.batches: Iterator[Pixels] = iter(np.split(images, len(images)))

    def get_next(self) -> dict[str, Pixels] | None:
        """The next input, or None at the end."""
        batch = next(self.batches, None)
        return None if batch is None else {"image": batch}


def has_vnni() -> bool:
    """Whether the CPU multiplies int8 without saturating (VNNI); Linux tells, others do not."""
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "vnni" in flags.read_text(encoding="utf-8")


def quantize_int8(
    source: Path, path: Path, images: Pixels, reduce_range: bool, metadata: ModelMetadata
) -> int:
    """Write `source` in static int8: QDQ, unsigned activations, signed weights a channel.

    The first convolutions see the widest ranges and may cost accuracy in int8. How many of them
    stay in fp32 is measured by how far the logits of `images` come out from those of `source`: the
    fewest of STEMS that are within TOLERANCE of the nearest. Returns it. `images` are uint8
    [n, height, width, 3] of the input's size.
    """
    wanted = exported_logits(source, images)
    first = [node.name for node in onnx.load(source).graph.node if node.op_type == "Conv"]
    differences = {}
    with tempfile.TemporaryDirectory() as folder:
        for kept in STEMS:
            tried = Path(folder, f"{kept}.onnx")
            quantize_static(
                str(source),
                str(tried),
                Reader(images),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=OPERATORS,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=reduce_range,
                nodes_to_exclude=first[:kept],
            )
            describe(tried, metadata)
            given = exported_logits(tried, images)
            differences[kept] = float(np.abs(given - wanted).mean())
        least = min(differences.values())
        best = min(kept for kept in STEMS if differences[kept] <= TOLERANCE * least)
        copy_file(Path(folder, f"{best}.onnx"), path)
    return best
