"""The same classifier in a form that ONNX Runtime computes in less time."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnxscript import ir
from onnxscript.rewriter import rewrite
from onnxscript.rewriter.pattern import RewriteRule

FLOAT = ir.DataType.FLOAT


def rewrite_for_runtime(model: ir.Model) -> None:
    """Let the first convolution read pixels as they lie in memory, and pool the last map; a network
    that begins or ends otherwise stays as it is there."""
    rules = RewriteRule(beginning, over_rows, is_plain), RewriteRule(whole_mean, pooling, is_map)
    rewrite(model, rules)


def beginning(op: Any, image: Any, mean: Any, std: Any, weight: Any) -> Any:
    """Sort the channels of uint8 [n, height, width, 3], normalize them, convolve."""
    pixels = op.Cast(op.Transpose(image, perm=[0, 3, 1, 2]), to=FLOAT)
    normalized = op.Div(op.Sub(pixels, mean), std)
    return op.Conv(normalized, weight, _allow_other_inputs=True, _outputs=["features"])


def is_plain(_: Any, weight: Any, features: Any, **_others: Any) -> bool:
    """Whether the kernel is of all channels, of neighbors, and no result of other nodes."""
    dilations = features.producer().attributes.get_ints("dilations", [1])
    return bool(weight.const_value is not None and weight.shape[1] == 3 and set(dilations) == {1})


def over_rows(op: Any, image: Any, mean: Any, std: Any, weight: Any, features: Any) -> Any:
    """A row of pixels is one of 3 * width numbers, over which the kernel steps by three, so that
    nothing sorts channels; and its weights divide by the standard deviation."""
    _, height, width, channels = image.shape
    given = features.producer()
    kernel = (weight.const_value.numpy() / std.const_value.numpy()).transpose(0, 2, 3, 1)
    kernel = kernel.reshape(len(kernel), 1, kernel.shape[1], -1)
    means = np.tile(mean.const_value.numpy().reshape(1, 1, 1, channels), width)
    down, across = given.attributes.get_ints("strides", [1, 1])
    top, left, bottom, right = given.attributes.get_ints("pads", [0, 0, 0, 0])
    rows = op.Reshape(image, op.Constant(value_ints=[0, 1, height, width * channels]))
    return op.Conv(
        op.Sub(op.Cast(rows, to=FLOAT), op.Constant(value=ir.tensor(means))),
        op.Constant(value=ir.tensor(kernel)),
        *given.inputs[2:],
        strides=[down, across * channels],
        pads=[top, left * channels, bottom, right * channels],
    )


def whole_mean(op: Any, features: Any) -> Any:
    """The mean over the last two sides, as PyTorch writes a pooling of the whole map."""
    return op.ReduceMean(features, [-1, -2], keepdims=1)


def is_map(_: Any, features: Any) -> bool:
    """Whether there are images, channels, height and width."""
    return features.shape is not None and len(features.shape) == 4


def pooling(op: Any, features: Any) -> Any:
    """The same as an operator that int8 has."""
    return op.GlobalAveragePool(features)
