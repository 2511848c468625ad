"""A trained detector as one ONNX file: a screenshot in, boxes out."""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn
from torch.nn import functional as F

from checkstate.core.files import copy_file
from checkstate.core.find_params import FindExport
from checkstate.model.checkpoints import Metadata
from checkstate.model.detection import MULTIPLE, Detector, boxes_at
from checkstate.model.export import describe


@dataclass(frozen=True)
class FinderMetadata(Metadata):
    """What a finder's file says of itself."""

    kinds: list[str]
    multiple: int
    threshold: float
    data_md5: str
    params: dict[str, object]


class Candidates(nn.Module):
    """Every place of the maps as a candidate: uint8 [1, height, width, 3] to boxes [1, n, 4],
    confidences [1, 1, n], 0 beside a stronger neighbor, and kinds' logits [n, kinds], divided by a
    temperature (Guo et al. 2017): the losses of kinds are each kind's own."""

    def __init__(self, detector: Detector, kind_temperature: float) -> None:
        super().__init__()
        self.detector = detector
        self.kind_temperature = kind_temperature

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of the places in a control's middle the best one is a peak, which a pooling finds."""
        logits, distances = self.detector(image)
        best = logits.amax(1, keepdim=True).sigmoid()
        peaks = best * (F.max_pool2d(best, 3, 1, 1) == best)
        boxes = boxes_at(distances).flatten(2).transpose(1, 2)
        kinds = logits / self.kind_temperature
        return boxes, peaks.flatten(2), kinds.flatten(2)[0].transpose(0, 1)


def export_finder(
    path: Path, detector: Detector, settings: FindExport, metadata: FinderMetadata
) -> None:
    """Write the network and the suppression of doubles behind it.

    `image`, uint8 [1, height, width, 3] of sides that are multiples of 16, and `threshold`, float32
    [1], give `boxes`, float32 [n, 4] as left, top, right and bottom in pixels, `scores`, float32
    [n], and `kinds`, float32 [n, kinds], of which each row sums to 1.
    """
    plain_layout = copy.deepcopy(detector).to(memory_format=torch.contiguous_format)
    module = Candidates(plain_layout, settings.kind_temperature).eval()
    height, width = (MULTIPLE * torch.export.Dim(name, min=2, max=512) for name in ("h", "w"))
    program: Any = torch.onnx.export(
        module,
        (torch.zeros(1, 4 * MULTIPLE, 6 * MULTIPLE, 3, dtype=torch.uint8),),
        input_names=["image"],
        output_names=["candidates", "peaks", "places"],
        dynamic_shapes=({1: height, 2: width},),
        external_data=False,
        verbose=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder, "plain.onnx"), Path(folder, "small.onnx")
        program.save(str(plain), external_data=False)
        quant_pre_process(str(plain), str(small), skip_symbolic_shape=True)
        model = onnx.load(small)
        suppress_doubles(model.graph, settings, len(metadata.kinds))
        onnx.save(model, small)
        describe(small, metadata)
        copy_file(small, path)


def suppress_doubles(graph: onnx.GraphProto, settings: FindExport, kinds: int) -> None:
    """Put ONNX's NonMaxSuppression behind the candidates, and the kinds' softmax behind that: of
    130,000 places some twenty are left."""
    graph.initializer.extend(
        [
            helper.make_tensor("most", TensorProto.INT64, [1], [settings.max_controls]),
            helper.make_tensor("overlap", TensorProto.FLOAT, [1], [settings.overlap]),
            helper.make_tensor("column", TensorProto.INT64, [], [2]),
            helper.make_tensor("first", TensorProto.INT64, [1], [0]),
        ]
    )
    graph.node.extend(
        [
            helper.make_node(
                "NonMaxSuppression",
                ["candidates", "peaks", "most", "overlap", "threshold"],
                ["selected"],
            ),
            helper.make_node("Gather", ["selected", "column"], ["chosen"], axis=1),
            helper.make_node("Squeeze", ["candidates", "first"], ["all_boxes"]),
            helper.make_node("Gather", ["all_boxes", "chosen"], ["boxes"]),
            helper.make_node("Flatten", ["peaks"], ["row"], axis=2),
            helper.make_node("Squeeze", ["row", "first"], ["all_scores"]),
            helper.make_node("Gather", ["all_scores", "chosen"], ["scores"]),
            helper.make_node("Gather", ["places", "chosen"], ["kind_logits"]),
            helper.make_node("Softmax", ["kind_logits"], ["kinds"]),
        ]
    )
    graph.input.append(helper.make_tensor_value_info("threshold", TensorProto.FLOAT, [1]))
    del graph.output[:]
    shapes: dict[str, list[str | int]] = {"boxes": ["n", 4], "scores": ["n"], "kinds": ["n", kinds]}
    for name, shape in shapes.items():
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
