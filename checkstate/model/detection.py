"""A fully convolutional detector: where controls are in a whole screenshot, and of what kind.

One map says how much a place is the center of a checkbox, radio button or switch, another the
distances from there to the control's four sides (CenterNet, Zhou et al. 2019; FCOS, Tian et al.
2019).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import generalized_box_iou_loss

from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write
from checkstate.core.text import first_line
from checkstate.core.types import KINDS
from checkstate.data.scenes import Boxes

STRIDE = 4
"""Pixels from one place of the maps to the next."""

MULTIPLE = 16
"""Both sides of an input are multiples of this."""

STEM, HEAD = 8, 24
"""Channels of the first map, at half the size, and of those that the heads read."""

LEVELS = ((32, 1), (48, 2), (96, 3))
"""Channels, and number of blocks, of the maps with strides of 4, 8 and 16 pixels."""

REACH = 8.0
"""Pixels of a distance whose logarithm is zero."""

SPREAD = 0.54 / 6
"""Standard deviation of a center's bell over the box's side (TTFNet, Liu et al. 2020)."""

BOX_WEIGHT = 2.0
"""Of the boxes' loss beside the centers'."""


class Detector(nn.Module):
    """uint8 [n, height, width, 3] to center logits [n, kinds, height/4, width/4] and distances
    [n, 4, height/4, width/4], in pixels, to the left, top, right and bottom side.

    Of a screenshot's two million pixels the maps at full and half size are what costs, in memory
    more than in arithmetic, so that a classifier's trunk takes three times as long as all of this.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = [width for width, _ in LEVELS]
        self.stem = convolution(3, STEM, 3, 2)
        self.levels = nn.ModuleList(
            nn.Sequential(
                convolution(STEM, width, 3, 2) if given is None else separable(given, width, 2),
                *(Residual(separable(width, width)) for _ in range(blocks)),
            )
            for given, (width, blocks) in zip([None, *widths], LEVELS, strict=False)
        )
        self.laterals = nn.ModuleList(convolution(width, HEAD, 1) for width in widths)
        self.head = separable(HEAD, HEAD)
        self.distances = nn.Conv2d(HEAD, 4, 1)
        self.centers = nn.Conv2d(HEAD, len(KINDS), 1)
        bias = torch.full((len(KINDS),), -4.6)  # a hundredth: most places are no center
        self.centers.bias = nn.Parameter(bias)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Centers and distances at every fourth pixel; the levels meet as in an FPN."""
        values = self.stem(images.permute(0, 3, 1, 2).float() / 64 - 2)
        maps = [values := level(values) for level in self.levels]
        found = [lateral(each) for lateral, each in zip(self.laterals, maps, strict=True)]
        merged = found.pop()
        while found:
            merged = found.pop() + F.interpolate(merged, scale_factor=2.0)
        values = self.head(merged)
        return self.centers(values), REACH * self.distances(values).clamp(-4, 5).exp()


class Residual(nn.Module):
    """What a block adds to its input."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, values: Tensor) -> Tensor:
        """The input and what the block makes of it."""
        added: Tensor = values + self.block(values)
        return added


def convolution(
    given: int, taken: int, side: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(given, taken, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(taken),
        nn.ReLU(inplace=True),
    )


def separable(given: int, taken: int, stride: int = 1) -> nn.Sequential:
    """A depthwise 5x5 and a pointwise convolution (MobileNet, Howard et al. 2017)."""
    return nn.Sequential(convolution(given, given, 5, stride, given), convolution(given, taken, 1))


def save_detector(path: Path, detector: Detector) -> None:
    """Write the weights to a .safetensors file, atomically."""
    tensors = {key: value.contiguous() for key, value in detector.state_dict().items()}
    with atomic_write(path) as temporary:
        save_file(tensors, temporary)


def load_detector(path: Path) -> Detector:
    """Read what save_detector wrote; raises UserError when it is another file."""
    detector = Detector()
    try:
        detector.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UserError(f"{path}: not a trained detector ({first_line(error)})") from error
    return detector.eval()


def targets(boxes: list[Boxes], height: int, width: int) -> list[Tensor]:
    """What the maps of a batch should be, for inputs of a height and width in pixels.

    Centers [n, kinds, h, w] of bells that are 1 at a center; their weight [n, 1, h, w], 0 in what
    is ignored; the box [n, 4, h, w] that a place belongs to; whether it belongs to one [n, h, w].
    """
    h, w = height // STRIDE, width // STRIDE
    centers = np.zeros((len(boxes), len(KINDS), h, w), np.float32)
    weight = np.ones((len(boxes), 1, h, w), np.float32)
    corners = np.zeros((len(boxes), 4, h, w), np.float32)
    belongs = np.zeros((len(boxes), h, w), bool)
    x, y = np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)
    for n, found in enumerate(boxes):
        for box in found.corners[found.ignored]:
            left, top, right, bottom = (int(v) for v in box // STRIDE)
            weight[n, 0, top : bottom + 1, left : right + 1] = 0
        for box, kind in zip(
            found.corners[~found.ignored], found.kinds[~found.ignored], strict=True
        ):
            middle = (box[:2] + box[2:]) / 2 / STRIDE
            column, row = min(int(middle[0]), w - 1), min(int(middle[1]), h - 1)
            spread = np.maximum(SPREAD * (box[2:] - box[:2]) / STRIDE, 0.4)
            bell = np.exp(-((y[:, None] - row) ** 2) / (2 * spread[1] ** 2)) * np.exp(
                -((x - column) ** 2) / (2 * spread[0] ** 2)
            )
            centers[n, kind] = np.maximum(centers[n, kind], bell)
            near = slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2)
            corners[n][(slice(None), *near)] = box[:, None, None]
            belongs[n][near] = True
            weight[n, 0, row, column] = 1
    return [torch.from_numpy(array) for array in (centers, weight, corners, belongs)]


def detection_loss(outputs: tuple[Tensor, Tensor], wanted: list[Tensor]) -> Tensor:
    """The centers' focal loss, less strict near a center (CornerNet, Law and Deng 2018, eq. 1), and
    the boxes' generalized IoU loss."""
    logits, distances = outputs
    centers, weight, corners, belongs = wanted
    positive = centers == 1
    chance = logits.sigmoid()
    near = F.logsigmoid(logits) * (1 - chance) ** 2
    far = F.logsigmoid(-logits) * chance**2 * (1 - centers) ** 4
    focal = -(torch.where(positive, near, far) * weight).sum() / positive.sum().clamp(min=1)
    predicted = boxes_at(distances).movedim(1, -1)[belongs]
    aimed = corners.movedim(1, -1)[belongs]
    iou: Tensor = generalized_box_iou_loss(predicted, aimed, reduction="sum")
    return focal + BOX_WEIGHT * iou / max(len(aimed), 1)


def boxes_at(distances: Tensor) -> Tensor:
    """Corners [n, 4, h, w] in pixels from the distances at every place."""
    h, w = distances.shape[-2:]
    x = STRIDE * (torch.arange(w, device=distances.device) + 0.5)
    y = STRIDE * (torch.arange(h, device=distances.device) + 0.5)[:, None]
    left, top, right, bottom = distances.unbind(1)
    return torch.stack([x - left, y - top, x + right, y + bottom], 1)
