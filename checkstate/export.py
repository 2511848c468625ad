"""A trained network as one ONNX file, fp32 or int8, that says what it needs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from checkstate.files import replacing
from checkstate.networks import Card, Classifier
from checkstate.predictor import Predictor

Pixels = NDArray[np.uint8]


def export_fp32(path: Path, model: Classifier, card: Card) -> None:
    """Write the network with uint8 `image` [batch, h, w, 3] in and float `logits` out."""
    example = torch.zeros(2, *card.image_size, 3, dtype=torch.uint8)
    program: Any = torch.onnx.export(
        model.eval(),
        (example,),
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        external_data=False,
        verbose=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.onnx")
        program.save(str(plain), external_data=False)
        quant_pre_process(str(plain), str(path), skip_symbolic_shape=True)
    describe(path, card)


def describe(path: Path, card: Card) -> None:
    """Put the card into the file, and take out the exporter's notes, which hold paths."""
    graph = onnx.load(path)
    for node in graph.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*graph.graph.value_info, *graph.graph.input, *graph.graph.output):
        del value.metadata_props[:]
    del graph.graph.metadata_props[:], graph.metadata_props[:], graph.functions[:]
    graph.producer_name = "checkstate"
    onnx.helper.set_model_props(graph, card.metadata())
    onnx.checker.check_model(graph)
    with replacing(path) as temporary:
        onnx.save(graph, str(temporary))


STEMS = (1, 2, 4)
"""Numbers of first convolutions that int8 may leave in fp32; of three channels, it is slower."""

OPERATORS = ["Conv", "Clip", "Relu", "Gemm", "MatMul", "Add", "GlobalAveragePool", "ReduceMean"]


def as_predictor(model: Classifier, card: Card, threads: int) -> Predictor:
    """The network behind ONNX Runtime, without a file that stays."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        export_fp32(path, model, card)
        return Predictor(path, threads=threads)


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


def quantize_int8(source: Path, path: Path, images: Pixels, reduce_range: bool, card: Card) -> int:
    """Write `source` in static int8: QDQ, unsigned activations, signed weights a channel.

    The first convolutions see the widest ranges and may cost accuracy in int8. How many of them
    stay in fp32, of STEMS, is measured: the number with which the logits of `images` differ
    least from those of `source`. Returns it.
    """
    wanted = Predictor(source, threads=1).logits(images)
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
            describe(tried, card)
            given = Predictor(tried, threads=1).logits(images)
            differences[kept] = float(np.abs(given - wanted).mean())
        best = min(differences, key=lambda kept: differences[kept])
        with replacing(path) as temporary:
            shutil.copyfile(Path(folder, f"{best}.onnx"), temporary)
    return best
