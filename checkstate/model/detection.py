"""A fully convolutional detector: where controls are in a whole screenshot, and of what kind.

One map says how well a place in the middle of a checkbox, radio button or switch tells its box,
another the distances from there to the control's four sides (FCOS, Tian et al. 2019, with the
quality of boxes as in GFL, Li et al. 2020).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import box_area, generalized_box_iou_loss

from checkstate.core import bounds
from checkstate.core.bounds import check_size
from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write
from checkstate.core.text import first_line
from checkstate.core.types import KINDS
from checkstate.data.scenes import Boxes, area

STRIDE = 4
"""Pixels from one place of the maps to the next."""

MULTIPLE = 16
"""Both sides of an input are multiples of this."""

STEM, HEAD = 8, 24
"""Channels of the first map, at half the size, and of those that the heads read."""

LEVELS = ((32, 2), (64, 2), (96, 4))
"""Channels, and number of blocks, of the maps with strides of 4, 8 and 16 pixels."""

REACH = 8.0
"""Pixels of a distance whose logarithm is zero."""

MIDDLE = 1.5 * STRIDE
"""Pixels, across and down, from a box's middle to the last places that tell it."""

BOX_WEIGHT = 2.0
"""Of the boxes' loss beside the places'."""


class Detector(nn.Module):
    """uint8 [n, height, width, 3] to quality logits [n, kinds, height/4, width/4] and distances
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
        self.qualities = nn.Conv2d(HEAD, len(KINDS), 1)
        bias = torch.full((len(KINDS),), -4.6)  # a hundredth: most places are in no middle
        self.qualities.bias = nn.Parameter(bias)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Qualities and distances at every fourth pixel.

        Pixels go in as they are: the stem's norm brings them to a scale at no cost.
        """
        values = self.features(self.stem(images.permute(0, 3, 1, 2).float()))
        return self.qualities(values), distances_of(self.distances(values))

    def features(self, values: Tensor) -> Tensor:
        """What the heads read, [n, HEAD, height/4, width/4]; the levels meet as in an FPN."""
        maps = [values := level(values) for level in self.levels]
        found = [lateral(each) for lateral, each in zip(self.laterals, maps, strict=True)]
        merged = found.pop()
        while found:
            merged = found.pop() + F.interpolate(merged, scale_factor=2.0)
        told: Tensor = self.head(merged)
        return told


def distances_of(told: Tensor) -> Tensor:
    """Distances in pixels of what a convolution tells of them."""
    return REACH * told.clamp(-4, 5).exp()


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
        check_size(path, bounds.MODEL)
        detector.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UserError(f"{path}: not a trained detector ({first_line(error)})") from error
    return detector.eval()


def targets(boxes: list[Boxes], height: int, width: int) -> list[Tensor]:
    """What the maps of a batch should tell, for inputs of a height and width in pixels.

    The kind of the control in whose middle a place lies, int64 [n, h, w], -1 elsewhere; the
    control's box, float32 [n, 4, h, w]; the places' weight, float32 [n, h, w], 0 in what is
    ignored.
    """
    h, w = height // STRIDE, width // STRIDE
    kinds = np.full((len(boxes), h, w), -1, np.int64)
    corners = np.zeros((len(boxes), 4, h, w), np.float32)
    weight = np.ones((len(boxes), h, w), np.float32)
    x, y = STRIDE * (np.arange(w) + 0.5), STRIDE * (np.arange(h) + 0.5)
    for n, found in enumerate(boxes):
        for box in found.corners[found.ignored]:
            left, top, right, bottom = (int(v) for v in box // STRIDE)
            weight[n, top : bottom + 1, left : right + 1] = 0
        wanted = np.flatnonzero(~found.ignored)
        # of two in one place, the smaller is told
        for index in wanted[np.argsort(-area(found.corners[wanted]), kind="stable")]:
            box = found.corners[index]
            left, top = np.maximum(box[:2], (box[:2] + box[2:]) / 2 - MIDDLE)
            right, bottom = np.minimum(box[2:], (box[:2] + box[2:]) / 2 + MIDDLE)
            rows = np.flatnonzero((y >= top) & (y <= bottom))
            columns = np.flatnonzero((x >= left) & (x <= right))
            middle = np.ix_(rows, columns)
            kinds[n][middle], weight[n][middle] = found.kinds[index], 1
            corners[n][:, rows[:, None], columns] = box[:, None, None]
    return [torch.from_numpy(array) for array in (kinds, corners, weight)]


def detection_loss(outputs: tuple[Tensor, Tensor], wanted: list[Tensor]) -> Tensor:
    """The quality focal loss (GFL, Li et al. 2020, eq. 6): a place's confidence should be the IoU
    of the box that it tells; and the boxes' generalized IoU loss.

    `outputs` are logits [n, kinds, height, width] and distances [n, 4, height, width], `wanted`
    what `targets` gives: kinds, corners and weights of every place.
    """
    logits, distances = outputs
    kinds, corners, weight = wanted
    inside = kinds >= 0
    told = boxes_at(distances).movedim(1, -1)[inside]
    aimed = corners.movedim(1, -1)[inside]
    iou_loss: Tensor = generalized_box_iou_loss(told, aimed, reduction="sum")
    image, row, column = inside.nonzero(as_tuple=True)
    quality = torch.zeros_like(logits)
    quality[image, kinds[inside], row, column] = paired_iou(told.detach(), aimed)
    distance = quality - logits.sigmoid()
    entropy = F.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    focal = (entropy * distance**2 * weight[:, None]).sum()
    loss: Tensor = (focal + BOX_WEIGHT * iou_loss) / max(len(aimed), 1)
    return loss


def paired_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU of boxes [n, 4] with as many others, one to one, as float32 [n]."""
    sides = torch.minimum(first[:, 2:], second[:, 2:]) - torch.maximum(first[:, :2], second[:, :2])
    shared = sides.clamp(min=0).prod(1)
    iou: Tensor = shared / (box_area(first) + box_area(second) - shared)
    return iou


def boxes_at(distances: Tensor) -> Tensor:
    """Corners [n, 4, h, w] in pixels from the distances at every place."""
    h, w = distances.shape[-2:]
    x = STRIDE * (torch.arange(w, device=distances.device) + 0.5)
    y = STRIDE * (torch.arange(h, device=distances.device) + 0.5)[:, None]
    left, top, right, bottom = distances.unbind(1)
    return torch.stack([x - left, y - top, x + right, y + bottom], 1)
