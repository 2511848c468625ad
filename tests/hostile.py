"""Files that a stranger may send: those that have an answer and those that have none."""

import io
import random
import struct
import zlib

import numpy as np
from PIL import Image

KINDS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes that says it has side x side pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(bytes(9999)))
        + chunk(b"IEND", b"")
    )


def unreadable(picture: Image.Image) -> dict[str, bytes]:
    """Each has to be refused in one line."""
    png = encode(picture.convert("RGB").resize((99, 99)), "PNG")
    return {
        "truncated.png": png[: len(png) // 2],
        "truncated.jpg": encode(picture.convert("RGB"), "JPEG")[:200],
        "empty.png": b"",
        "bomb.png": bomb(),
        "vast.png": bomb(16_000),
        "vector.svg.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "text.png": b"no image",
    }


def readable(picture: Image.Image) -> dict[str, bytes]:
    """Odd, and yet images."""
    rgb = picture.convert("RGB")
    turned = rgb.getexif()
    turned[274] = 6
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    animation = {"save_all": True, "append_images": frames[1:]}
    gray = np.asarray(rgb.convert("L"), np.uint16)
    return {
        "deep.png": encode(Image.fromarray(gray * 257), "PNG"),
        "float.tif": encode(Image.fromarray(np.full((9, 9), np.nan, np.float32)), "TIFF"),
        "cmyk.jpg": encode(rgb.convert("CMYK"), "JPEG"),
        "palette.png": encode(rgb.convert("P"), "PNG", transparency=0),
        "alpha.webp": encode(rgb.convert("RGBA"), "WEBP"),
        "animated.gif": encode(frames[0], "GIF", **animation),
        "animated.webp": encode(frames[0], "WEBP", **animation),
        "animated.png": encode(frames[0], "PNG", **animation),
        "turned.jpg": encode(rgb, "JPEG", exif=turned),
        "dot.png": encode(Image.new("RGB", (1, 1)), "PNG"),
        "line.png": encode(Image.new("RGB", (20_000, 1)), "PNG"),
        "ünï\ncode \x1b[31m.png": encode(rgb, "PNG"),
    }


def damaged(picture: Image.Image, rounds: int, seed: int = 0) -> list[bytes]:
    """Real files with bytes changed, cut out, doubled or cut off, the same ones every time."""
    chance = random.Random(seed)
    made = []
    for kind in KINDS:
        whole = encode(picture.convert("RGB"), kind)
        for _ in range(rounds):
            content = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                place = chance.randrange(len(content))
                length = chance.choice((1, 1, 2, 4, 32))
                piece = chance.choice(
                    (chance.randbytes(length), b"\xff" * length, b"", bytes(content[:place][-99:]))
                )
                content[place : place + length] = piece
            made.append(bytes(content[: chance.choice((len(content), chance.randint(1, 9999)))]))
    return made
