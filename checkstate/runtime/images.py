"""The one preprocessing path: bytes or a file to an RGB picture, and a picture to model input.

Training, evaluation, quantization, the command line and the server all come through here, so
that a model never meets pixels prepared in another way.
"""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from checkstate.core.text import printable
from checkstate.core.types import Pixels, Resize

MAX_PIXELS = 64_000_000
"""Pixels an image may have; a larger one is refused before it is decoded."""

MAX_ENLARGEMENT = 2.0
"""A tiny crop is enlarged at most this much: more would show the network only blur."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")


class ImageError(ValueError):
    """The image cannot be read; the message says why in one line."""


def read_image(
    source: str | Path | bytes | BinaryIO | Image.Image, *, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Decode the first frame of an image, upright, as RGB.

    Transparent pixels are laid over white, the background most pages have. 16-bit grey is
    scaled to 8 bits. Raises ImageError for anything that is not a readable image.
    """
    if isinstance(source, Image.Image):
        return to_rgb(source)
    name = "image"
    if isinstance(source, str | Path):
        name = printable(str(source))
        try:
            mode = Path(source).stat().st_mode
        except (OSError, ValueError) as error:  # ValueError: a null byte in the name
            reason = getattr(error, "strerror", None) or str(error)
            raise ImageError(f"{name}: {reason.lower()}") from error
        if not stat.S_ISREG(mode):
            raise ImageError(f"{name}: not a regular file")
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with Image.open(stream, formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise ImageError(
                    f"{name}: {image.width}x{image.height} is more than {max_pixels:,} pixels"
                )
            return to_rgb(image)
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
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{name}: damaged image ({reason})") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Turn any Pillow mode into RGB, upright by EXIF, transparency over white."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.nan_to_num(np.asarray(image, dtype=np.float32))
        scale = 255.0 / 65535.0 if values.max(initial=0) > 255 else 1.0
        return Image.fromarray(np.uint8(np.clip(values * scale, 0, 255))).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        background = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(background, image).convert("RGB")
    return image.convert("RGB")


def resize(image: Image.Image, size: tuple[int, int], mode: Resize) -> Pixels:
    """Bring an RGB image to `size` (height, width); returns uint8 of shape [height, width, 3]."""
    return stretch(image, size) if mode == "stretch" else letterbox(image, size)


def stretch(image: Image.Image, size: tuple[int, int]) -> Pixels:
    """Fill the whole input, whatever becomes of the aspect ratio, as the classic recipe does."""
    height, width = size
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def letterbox(image: Image.Image, size: tuple[int, int]) -> Pixels:
    """Keep the aspect ratio and pad with the median color of the border."""
    height, width = size
    scale = min(width / image.width, height / image.height, MAX_ENLARGEMENT)
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
