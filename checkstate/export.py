"""A trained network as one ONNX file, fp32 or int8, that says what it needs."""

from __future__ import annotations

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


def quantize_int8(source: Path, path: Path, images: Pixels, reduce_range: bool, card: Card) -> None:
    """Write `source` in static int8: QDQ, unsigned activations, signed weights a channel.

    Normalisation stays in fp32, so that only convolutions and the head are quantized.
    """
    quantize_static(
        str(source),
        str(path),
        Reader(images),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=[
            "Clip",
            "Relu",
            "Conv",
            "Gemm",
            "MatMul",
            "Add",
            "GlobalAveragePool",
            "ReduceMean",
        ],
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=reduce_range,
        extra_options={"CalibMovingAverage": True},  # single outliers do not widen the range
    )
    describe(path, card)
