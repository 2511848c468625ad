"""Training augmentation of a batch, drawn from a seeded generator."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from checkstate.core.params import Augment


def uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Random numbers, float32 [n], between two bounds."""
    return torch.rand(n, generator=generator) * (high - low) + low


def augment(
    images: Tensor, strength: Augment, generator: torch.Generator, share: slice = slice(None)
) -> Tensor:
    """Vary a batch, uint8 [n, height, width, 3], as controls vary; float32 of 0..255.

    Place and size first, then colors. No flips: a check mark is not symmetric. Beyond the border
    its own pixels go on. Of a batch that several workers share, each draws for all images and
    varies its own: an image does not change with their number.
    """
    n = len(images)
    x = images[share].permute(0, 3, 1, 2).float()
    if strength.shift or strength.shrink or strength.enlarge:
        theta = random_affine(n, strength, generator)[share]
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    if strength.invert or strength.color or strength.fade:
        offset, matrix = color_jitter(n, strength, generator)
        x = torch.baddbmm(offset[share], matrix[share], x.flatten(2)).view(x.shape)
    return x.clamp(0, 255).permute(0, 2, 3, 1)


def random_affine(n: int, strength: Augment, generator: torch.Generator) -> Tensor:
    """Maps that shift, scale and slightly stretch, float32 [n, 2, 3]."""
    zoom = torch.exp2(uniform(n, -strength.enlarge, strength.shrink, generator))
    stretch = torch.exp2(uniform(n, -strength.enlarge / 4, strength.enlarge / 4, generator))
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = zoom * stretch, zoom / stretch
    theta[:, :, 2] = 2 * uniform(2 * n, -strength.shift, strength.shift, generator).view(n, 2)
    return theta


def color_jitter(n: int, strength: Augment, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Maps of channels of 0..255: offsets, float32 [n, 1, 1], and matrices, [n, 3, 3].

    They swap channels, take saturation away, change contrast and brightness, and turn light into
    dark.
    """
    swapped = uniform(n, 0, 1, generator) < strength.color
    order = torch.rand(n, 3, generator=generator).argsort(1)
    matrix = F.one_hot(torch.where(swapped[:, None], order, torch.arange(3)), 3).float()
    faded = uniform(n, 0, 1, generator) < strength.fade
    gray = torch.where(faded, uniform(n, 0, 1, generator), 0).view(n, 1, 1)
    matrix = torch.lerp(matrix, torch.full_like(matrix, 1 / 3), gray)
    inverted = uniform(n, 0, 1, generator) < strength.invert
    gain = (1 + uniform(n, -strength.color, strength.color, generator)) * (1 - 2 * inverted)
    offset = (1 - gain) / 2 + uniform(n, -strength.color, strength.color, generator) / 2
    return 255 * offset.view(n, 1, 1), gain.view(n, 1, 1) * matrix
