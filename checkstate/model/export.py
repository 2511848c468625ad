"""A trained network as one ONNX file that says what it needs."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization.shape_inference import quant_pre_process

from checkstate.core.files import atomic_write
from checkstate.core.types import Floats, Pixels
from checkstate.model.checkpoints import Metadata, ModelMetadata
from checkstate.model.networks import Classifier
from checkstate.model.rewriting import rewrite_for_runtime
from checkstate.runtime.predictor import Predictor

BATCH = 8
"""Images a run of an exported network; with more of them it takes longer for each."""


def export_fp32(path: Path, model: Classifier, metadata: ModelMetadata) -> None:
    """Write the network with uint8 `image` [batch, h, w, 3] in and float `logits` out.

    Its maps are laid out channel by channel, as ONNX has them: pooling a channels_last map, torch
    would write down the strides of the result as well, in seven nodes.
    """
    model = copy.deepcopy(model).eval().to(memory_format=torch.contiguous_format)
    model.backbone.register_forward_pre_hook(lambda _, inputs: (inputs[0].contiguous(),))
    example = torch.zeros(2, *metadata.image_size, 3, dtype=torch.uint8)
    program: Any = torch.onnx.export(
        model,
        (example,),
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        external_data=False,
        verbose=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.onnx")
        rewrite_for_runtime(program.model)
        program.save(str(plain), external_data=False)
        quant_pre_process(str(plain), str(path), skip_symbolic_shape=True)
    describe(path, metadata)


def describe(path: Path, metadata: Metadata) -> None:
    """Put the metadata into the file, and take out the exporter's notes, which hold paths."""
    graph = onnx.load(path)
    for node in graph.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*graph.graph.value_info, *graph.graph.input, *graph.graph.output):
        del value.metadata_props[:]
    del graph.graph.metadata_props[:], graph.metadata_props[:], graph.functions[:]
    graph.producer_name = "checkstate"
    onnx.helper.set_model_props(graph, metadata.as_json())
    onnx.checker.check_model(graph)
    with atomic_write(path) as temporary:
        onnx.save(graph, str(temporary))


def exported_logits(path: Path, images: Pixels) -> Floats:
    """Logits of images, uint8 [n, height, width, 3], by ONNX Runtime on one thread."""
    predictor = Predictor(path, threads=1)
    starts = range(0, len(images), BATCH)
    return np.concatenate([predictor.logits(images[n : n + BATCH]) for n in starts])


def as_predictor(model: Classifier, metadata: ModelMetadata, threads: int) -> Predictor:
    """The network behind ONNX Runtime, without a file that stays."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        export_fp32(path, model, metadata)
        return Predictor(path, threads=threads)
