"""The one preprocessing path: bytes or a file to an RGB picture, and a picture to model input.

Training, evaluation, quantization, the command line and the server all come through here, so
that a model never meets pixels prepared in another way.
"""

from __future__ import annotations

import io
import math
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from checkstate.core import bounds
from checkstate.core.bounds import excess
from checkstate.core.text import printable
from checkstate.core.types import Pixels, Resize

MAX_PIXELS = 64_000_000
"""Pixels an image may have; a larger one is refused before it is decoded."""

BITS_PER_SAMPLE, PHOTOMETRIC, MAX_SAMPLE_VALUE = 258, 262, 281
"""TIFF tags."""

WHITE_IS_ZERO = 0
"""Of the tag PHOTOMETRIC; Pillow turns such images of 8 bits around, those of more it does not."""

MAX_ROW_HEIGHT, MAX_CONTROL_AREA = 384, 512 * 512
"""Pixels of a row of settings, however long, at threefold scale, and of a control alone."""

MAX_ENLARGEMENT = 2.0
"""A tiny crop is enlarged at most this much: more would show the network only blur."""

MAX_STRIPS, MIN_GAIN = 3, 1.1
"""Strips of a wrapped row at most, and by how much more of them have to enlarge it."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")


Channels = Literal["rgb", "bgr"]
Picture = (
    str | Path | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray[Any, Any]
)
"""What can be read as an image."""


class ImageError(ValueError):
    """The image cannot be read; the message says why in one line."""


def read_image(
    source: Picture, *, max_pixels: int = MAX_PIXELS, channels: Channels = "rgb"
) -> Image.Image:
    """Decode the first frame of an image, upright, as RGB.

    Transparent pixels are laid over white, the background most pages have, unless all are wholly
    transparent. 16-bit gray is scaled to 8 bits. `channels` says the order of an array's. Raises
    ImageError for anything that is not a readable image, TypeError for what could not hold one,
    and ValueError for an order that is none.
    """
    if channels not in get_args(Channels):
        raise ValueError(f"channels: {printable(str(channels)[:60])!r} is neither rgb nor bgr")
    if isinstance(source, Image.Image):
        return from_picture(source)
    if isinstance(source, np.ndarray):
        return from_array(source, channels)
    name = "image"
    if isinstance(source, str | Path):
        name = printable(str(source))
        try:
            status = Path(source).stat()
        except (OSError, ValueError) as error:  # ValueError: a null byte in the name
            reason = getattr(error, "strerror", None) or str(error)
            raise ImageError(f"{name}: {reason.lower()}") from error
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(f"{name}: not a regular file")
        if reason := excess(status.st_size, bounds.IMAGE):
            raise ImageError(f"{name}: {reason}")
    elif isinstance(source, bytes | bytearray | memoryview):
        source = io.BytesIO(source)
    elif not hasattr(source, "read"):
        kind = type(source).__name__
        raise TypeError(f"{kind}: an image is a path, bytes, an open file, a PIL image or an array")
    try:
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise ImageError(
                    f"{name}: {image.width}x{image.height} is more than {max_pixels:,} pixels"
                )
            image.load()
            with damaged_exif_ignored():
                # in place, for 4000x4000 pixels take 64 MB and each copy as much
                ImageOps.exif_transpose(image, in_place=True)
            return to_rgb(image, image)
    except ImageError:
        raise
    except PermissionError as error:
        raise ImageError(f"{name}: permission denied") from error
    except UnidentifiedImageError as error:
        kinds = ", ".join(FORMATS)
        raise ImageError(f"{name}: not an image of a known format ({kinds})") from error
    except (Image.DecompressionBombError, MemoryError) as error:
        raise ImageError(f"{name}: more than {max_pixels:,} pixels") from error
    except Exception as error:  # decoders raise almost anything on damaged bytes
        raise damaged(name, error) from error


def damaged(name: str, error: Exception) -> ImageError:
    """The error of an image whose decoder raised another."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return ImageError(f"{name}: damaged image ({reason})")


def from_picture(picture: Image.Image) -> Image.Image:
    """A PIL image, which may not be decoded yet, as RGB; raises ImageError where it cannot be."""
    if not (picture.width and picture.height):
        raise ImageError(f"image: {picture.width}x{picture.height} pixels")
    try:
        picture.load()
        upright = picture
        with damaged_exif_ignored():
            upright = ImageOps.exif_transpose(picture)
        return to_rgb(picture, upright)
    except MemoryError as error:
        side = f"{picture.width}x{picture.height}"
        raise ImageError(f"image: {side} pixels are more than memory holds") from error
    except Exception as error:  # as above
        raise damaged("image", error) from error


@contextmanager
def damaged_exif_ignored() -> Iterator[None]:
    """Leaves an image as it lies in its file where what says how to turn it cannot be read."""
    try:
        yield
    except MemoryError:
        raise
    except Exception:  # Pillow raises almost anything on damaged EXIF
        return


def full_scale(image: Image.Image) -> float:
    """The value of white in an image of more than 8 bits.

    A TIFF may declare it (MaxSampleValue, or 9 to 15 bits per sample); floats are of 0..1 unless
    one is larger; other integers have 16 bits unless none needs more than 8.
    """
    tags = getattr(image, "tag_v2", {})
    if declared := tags.get(MAX_SAMPLE_VALUE):
        return float(declared[0] if isinstance(declared, tuple) else declared)
    bits = tags.get(BITS_PER_SAMPLE, (16,))[0]
    if 8 < bits < 16:
        return float(2**bits - 1)
    top = float(np.nan_to_num(np.asarray(image, np.float32)).max(initial=0))
    if image.mode == "F":
        return 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0
    return 65535.0 if top > 255 else 255.0


def from_array(array: np.ndarray[Any, Any], channels: Channels) -> Image.Image:
    """An array as RGB; raises ImageError for one that is no picture of 0..255."""
    if array.dtype != np.uint8:
        raise ImageError(f"array: {array.dtype}, but pixels are uint8 of 0..255")
    depth = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in {2, 3} or depth not in {1, 3, 4} or not array.size:
        shape = "x".join(map(str, array.shape))
        raise ImageError(f"array: its shape is {shape}; use [height, width] or [height, width, 3]")
    if array.ndim == 3 and depth == 1:
        array = array[:, :, 0]
    if channels == "bgr" and depth > 1:
        array = array[:, :, [2, 1, 0, *range(3, depth)]]
    image = Image.fromarray(np.ascontiguousarray(array))
    return to_rgb(image, image)


def is_screenshot(image: Image.Image) -> bool:
    """Whether an image is larger than a control, and higher and wider than a row is high.

    Area alone would tell long rows, a side alone the low window of a wide screen.
    """
    return min(image.size) > MAX_ROW_HEIGHT and image.width * image.height > MAX_CONTROL_AREA


def to_rgb(original: Image.Image, image: Image.Image) -> Image.Image:
    """Turn any Pillow mode into RGB, transparency over white.

    `image` is what is turned, upright already; `original` may declare its scale.
    """
    if image.mode.startswith("I") or image.mode == "F":
        values = np.nan_to_num(np.asarray(image, dtype=np.float32))
        values *= 255.0 / full_scale(original)
        if getattr(original, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO:
            values = 255.0 - values
        return Image.fromarray(np.uint8(np.clip(values, 0, 255))).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() == (0, 0):
            # a byte that nobody set, in screenshots of X11 and of Windows
            return image.convert("RGB")
        background = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(background, image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def resize(image: Image.Image, size: tuple[int, int], mode: Resize) -> Pixels:
    """Bring an RGB image to `size` (height, width); returns uint8 of shape [height, width, 3]."""
    if mode == "stretch":
        return stretch(image, size)
    return letterbox(wrap(image, size) if mode == "wrap" else image, size)


def stretch(image: Image.Image, size: tuple[int, int]) -> Pixels:
    """Fill the whole input, whatever becomes of the aspect ratio, as the classic recipe does."""
    height, width = size
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def wrap(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Cut a long row into strips, one below the other, where `size` shows those larger.

    Neighboring strips share as many pixels as the row is high. So a control no wider than that is
    whole in one strip, and of a wider one each of the two has a part.
    """
    row, height = image.width, image.height
    strips = strips_of(row, height, size)
    if strips == 1:
        return image
    width = strip_width(row, height, strips)
    wrapped = Image.new("RGB", (width, strips * height))
    for strip in range(strips):
        left = round(strip * (row - width) / (strips - 1))
        wrapped.paste(image.crop((left, 0, left + width, height)), (0, strip * height))
    return wrapped


def strips_of(row: int, height: int, size: tuple[int, int]) -> int:
    """Strips that a row is cut into: one, or as many more as each enlarge it by a tenth."""
    best, largest = 1, 0.0
    for strips in range(1, MAX_STRIPS + 1):
        scale = letterbox_scale(strip_width(row, height, strips), strips * height, size)
        if scale > MIN_GAIN * largest:
            best, largest = strips, scale
    return best


def strip_width(row: int, height: int, strips: int) -> int:
    """Pixels across of each of so many strips, which share the row's height with the next one."""
    return math.ceil((row + (strips - 1) * height) / strips)


def letterbox_scale(width: int, height: int, size: tuple[int, int]) -> float:
    """What a picture of width and height is multiplied by to fit into `size` (height, width)."""
    return min(size[1] / width, size[0] / height, MAX_ENLARGEMENT)


def letterbox(image: Image.Image, size: tuple[int, int]) -> Pixels:
    """Keep the aspect ratio and pad with the median color of the border."""
    height, width = size
    scale = letterbox_scale(image.width, image.height, size)
    inner = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = image.resize(inner, Image.Resampling.BILINEAR, reducing_gap=2.0)
    pixels = np.asarray(small)
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[0] = border_color(pixels)
    canvas[1:] = canvas[0]  # row by row: twenty times as fast as pixel by pixel
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = pixels
    return canvas


def border_color(pixels: Pixels) -> Pixels:
    """Return the per-channel median of the outermost pixels, uint8 of shape [3]."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    middle = len(border) // 2
    median: Pixels = np.partition(border, middle, axis=0)[middle]
    return median
