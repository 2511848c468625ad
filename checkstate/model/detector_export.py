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
from checkstate.core.types import KINDS
from checkstate.model.checkpoints import Metadata
from checkstate.model.detection import MULTIPLE, Detector, boxes_at, distances_of
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
    temperature (Guo et al. 2017): the losses of kinds are each kind's own.

    The detector in another form, for time: its stem reads rows of pixels as they lie in memory, and
    both heads are one convolution, as one of so few channels costs as much as one of sixteen.
    """

    def __init__(self, detector: Detector, kind_temperature: float) -> None:
        super().__init__()
        self.detector = detector
        self.stem = nn.Sequential(over_rows(detector.stem[0]), *detector.stem[1:])
        self.heads = side_by_side(detector.qualities, detector.distances)
        self.kind_temperature = kind_temperature

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of the places in a control's middle the best one is a peak, which a pooling finds."""
        values = self.detector.features(self.stem(image.flatten(2)[:, None].float()))
        logits, told = self.heads(values).split([len(KINDS), 4], 1)
        best = logits.amax(1, keepdim=True).sigmoid()
        peaks = best * (F.max_pool2d(best, 3, 1, 1) == best)
        boxes = boxes_at(distances_of(told)).flatten(2).transpose(1, 2)
        kinds = logits / self.kind_temperature
        return boxes, peaks.flatten(2), kinds.flatten(2)[0].transpose(0, 1)


def over_rows(stem: Any) -> nn.Conv2d:
    """The same convolution of [1, 1, height, 3 width]: the pixels of a row one after the other, so
    that nothing has to sort channels first."""
    (down, across), (top, left) = stem.stride, stem.padding
    weights = stem.weight.permute(0, 2, 3, 1).flatten(2)[:, None]  # [out, 1, high, 3 wide]
    side = weights.shape[2:]
    rows = nn.Conv2d(1, len(weights), side, (down, 3 * across), (top, 3 * left), bias=False)
    rows.weight = nn.Parameter(weights)
    return rows


def side_by_side(first: nn.Conv2d, second: nn.Conv2d) -> nn.Conv2d:
    """One convolution with the channels of both."""
    both = nn.Conv2d(first.in_channels, first.out_channels + second.out_channels, 1)
    states = first.state_dict(), second.state_dict()
    both.load_state_dict({key: torch.cat([state[key] for state in states]) for key in states[0]})
    return both


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
