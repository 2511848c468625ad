import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageOps

from checkstate.runtime.images import MAX_PIXELS, ImageError, border_color, read_image, resize
from tests.hostile import damaged, encode, readable, unreadable


def test_lossless_formats_decode_to_the_same_pixels(picture: Image.Image) -> None:
    expected = read_image(picture).tobytes()
    rgb = picture.convert("RGB")
    for content in (
        encode(rgb, "PNG"),
        encode(rgb, "BMP"),
        encode(rgb, "TIFF"),
        encode(rgb, "WEBP", lossless=True),
    ):
        assert read_image(content).tobytes() == expected


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "1", "LA", "I;16"])
def test_every_mode_becomes_rgb_of_the_same_size(picture: Image.Image, mode: str) -> None:
    kind = "TIFF" if mode in {"CMYK", "I;16"} else "PNG"
    gray = picture.convert("RGB").convert("L")
    other = gray.convert("I;16").point(lambda v: v * 257) if mode == "I;16" else gray.convert(mode)
    decoded = read_image(encode(other, kind))
    assert decoded.mode == "RGB"
    assert decoded.size == picture.size


def test_sixteen_bit_gray_keeps_its_brightness() -> None:
    deep = Image.fromarray(np.full((4, 4), 32896, np.uint16))
    assert read_image(encode(deep, "PNG")).getpixel((0, 0)) == (128, 128, 128)


def test_transparency_lies_over_white() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    clear.putpixel((0, 0), (255, 0, 0, 255))
    assert read_image(encode(clear, "PNG")).getpixel((1, 1)) == (255, 255, 255)


def test_exif_orientation_is_applied() -> None:
    wide = Image.new("RGB", (8, 4))
    exif = wide.getexif()
    exif[274] = 6
    assert read_image(encode(wide, "JPEG", exif=exif)).size == (4, 8)


def test_an_intact_image_whose_exif_is_damaged_is_read() -> None:
    resolution_in_letters = struct.pack("<HHII", 0x11A, 2, 1, 6)
    turned = struct.pack("<HHII", 0x112, 3, 1, 6)
    exif = b"II*\0" + struct.pack("<IH", 8, 2) + turned + resolution_in_letters + bytes(4)
    content = encode(Image.new("RGB", (8, 4), "red"), "PNG", exif=exif)
    with pytest.raises(TypeError):
        ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    for source in (content, Image.open(io.BytesIO(content))):
        assert read_image(source).getpixel((0, 0)) == (255, 0, 0)


def test_colors_of_a_screenshot_whose_alpha_nobody_set_are_seen() -> None:
    array = np.full((4, 8, 4), (10, 20, 30, 0), np.uint8)
    assert read_image(array).getpixel((0, 0)) == (10, 20, 30)
    assert read_image(array, channels="bgr").getpixel((0, 0)) == (30, 20, 10)
    array[0, 0, 3] = 255
    assert read_image(array).getpixel((1, 0)) == (255, 255, 255)


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    content = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read_image(content).getpixel((0, 0)) == (255, 0, 0)


def test_what_is_no_image_is_refused_in_one_line(picture: Image.Image) -> None:
    for name, content in unreadable(picture).items():
        with pytest.raises(ImageError, match=r"not an image|damaged|pixels") as caught:
            read_image(content)
        assert "\n" not in str(caught.value), name


def test_odd_images_are_read(picture: Image.Image) -> None:
    for name, content in readable(picture).items():
        assert read_image(content).mode == "RGB", name


def test_damaged_files_raise_nothing_else_and_leave_no_memory(picture: Image.Image) -> None:
    process = psutil.Process()
    refused, before = 0, 0
    for seed in range(2):
        before = process.memory_info().rss  # the first round is a warm-up
        for content in damaged(picture, 50, seed):
            try:
                read_image(content, max_pixels=1_000_000)
            except ImageError as error:
                refused += 1
                assert "\n" not in str(error)
    assert refused > 100
    assert process.memory_info().rss - before < 20_000_000


def test_decompression_bomb_is_refused_before_decoding() -> None:
    side = int(MAX_PIXELS**0.5) + 1000
    bomb = encode(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 1_000_000
    with pytest.raises(ImageError, match="pixels"):
        read_image(bomb)


def test_a_picture_of_more_pixels_than_memory_holds_is_not_called_damaged(tmp_path: Path) -> None:
    content = bytearray(encode(Image.new("RGB", (1, 1)), "PNG"))
    content[16:24] = struct.pack(">II", 40_000, 40_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "large.png").write_bytes(content)
    program = """
import resource, sys
from PIL import Image
from checkstate.runtime.images import ImageError, read_image
Image.MAX_IMAGE_PIXELS = None
resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
try:
    read_image(Image.open(sys.argv[1]))
except ImageError as error:
    print(error)
"""
    run = [sys.executable, "-c", program, str(tmp_path / "large.png")]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert said == "image: 40000x40000 pixels are more than memory holds\n"


def test_paths_that_are_no_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match=r"folder\.png: not a regular file"):
        read_image(tmp_path / "folder.png")
    with pytest.raises(ImageError, match=r"pipe\.png: not a regular file"):
        read_image(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match=r"gone\.png: no such file"):
        read_image(tmp_path / "gone.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    with pytest.raises(ImageError, match=r"loop\.png: too many levels of symbolic links"):
        read_image(tmp_path / "loop.png")
    with pytest.raises(ImageError, match="file name too long"):
        read_image(tmp_path / ("a" * 300))
    with pytest.raises(ImageError, match=r"ü\.png: no such file"):
        read_image(tmp_path / "ü.png")
    with pytest.raises(ImageError) as caught:
        read_image(tmp_path / "two\nlines.png")
    assert "two\\nlines.png" in str(caught.value)


@pytest.mark.parametrize("size", [(1, 1), (20000, 1), (1, 20000), (300, 40)])
def test_letterbox_fits_any_shape(size: tuple[int, int]) -> None:
    fitted = resize(Image.new("RGB", size, (10, 20, 30)), (96, 128), "letterbox")
    assert fitted.shape == (96, 128, 3)
    assert (fitted == (10, 20, 30)).all()


@pytest.mark.parametrize("size", [(1, 1), (20000, 1), (1, 20000), (300, 40), (640, 40), (9000, 7)])
def test_fold_fits_any_shape(size: tuple[int, int]) -> None:
    fitted = resize(Image.new("RGB", size, (10, 20, 30)), (96, 160), "wrap")
    assert fitted.shape == (96, 160, 3)
    assert (fitted == (10, 20, 30)).all()


@pytest.mark.parametrize("size", [(40, 40), (100, 40), (30, 300), (50, 15)])
def test_what_is_no_long_row_is_not_folded(size: tuple[int, int]) -> None:
    image = Image.effect_noise(size, 80).convert("RGB")
    assert np.array_equal(resize(image, (96, 160), "wrap"), resize(image, (96, 160), "letterbox"))


@pytest.mark.parametrize("length", [200, 320, 480, 600])
def test_a_control_anywhere_in_a_long_row_is_whole_in_a_strip_and_larger(length: int) -> None:
    for left in range(0, length - 40 + 1, 8):
        row = Image.new("RGB", (length, 40), "white")
        row.paste("black", (left, 0, left + 40, 40))
        sides = {}
        for mode in ("letterbox", "wrap"):
            dark = resize(row, (96, 160), mode).max(axis=2) < 128
            runs = np.diff(np.pad(dark, ((0, 0), (1, 1))).astype(int), axis=1)
            starts, ends = np.nonzero(runs == 1)[1], np.nonzero(runs == -1)[1]
            sides[mode] = (ends - starts).max()
        assert sides["wrap"] > 1.1 * sides["letterbox"]
        assert sides["wrap"] >= 27


def test_letterbox_pads_with_the_border_and_never_enlarges_beyond_twice() -> None:
    image = Image.new("RGB", (20, 20), "white")
    image.paste("black", (5, 5, 15, 15))
    fitted = resize(image, (128, 128), "letterbox")
    dark = np.argwhere(fitted.max(axis=2) < 64)
    assert (np.ptp(dark, axis=0) + 1 <= 20).all()
    assert (fitted[0, 0] == 255).all()


def test_stretch_fills_the_input() -> None:
    image = Image.new("RGB", (10, 10), "white")
    image.paste("black", (0, 0, 5, 10))
    fitted = resize(image, (32, 64), "stretch")
    assert fitted[:, :20].max() < 128 < fitted[:, -20:].min()


def test_border_color_is_the_median() -> None:
    pixels = np.full((9, 9, 3), 200, np.uint8)
    pixels[0, :3] = 0
    pixels[4, 4] = 7
    assert border_color(pixels).tolist() == [200, 200, 200]


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_floats_are_read_by_their_range(picture: Image.Image, tmp_path: Path, top: float) -> None:
    gray = np.asarray(picture.convert("L"), np.float32)
    Image.fromarray(gray * (top / 255)).save(tmp_path / "f.tiff")
    read = np.asarray(read_image(tmp_path / "f.tiff"))[:, :, 0].astype(int)
    assert np.abs(read - gray).max() <= 1


def twelve_bits(values: list[int]) -> bytes:
    """One row as a TIFF of 12 bits per sample, packed; Pillow writes none."""
    pairs = zip(values[::2], values[1::2], strict=True)
    data = b"".join((a << 12 | b).to_bytes(3, "big") for a, b in pairs)
    tags = {256: len(values), 257: 1, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1}
    entries = [struct.pack("<HHII", tag, 4, 1, v) for tag, v in (tags | {279: len(data)}).items()]
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory


def test_white_is_that_of_the_bits_that_a_tiff_declares() -> None:
    read = np.asarray(read_image(twelve_bits([0, 1024, 2048, 4095])))[0, :, 0]
    assert read.tolist() == [0, 63, 127, 255]
    sixteen = encode(Image.fromarray(np.array([[0, 4095, 65535]], np.uint16)), "TIFF")
    assert np.asarray(read_image(sixteen))[0, :, 0].tolist() == [0, 15, 255]


def test_white_may_be_zero_in_a_tiff_of_sixteen_bits() -> None:
    values = np.array([[0, 30000, 65535]], np.uint16)
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "TIFF", tiffinfo={262: 0})
    read = np.asarray(read_image(stream.getvalue()))[0, :, 0]
    assert read.tolist() == pytest.approx([255, 138, 0], abs=1)


def test_twelve_bits_in_sixteen_are_read_by_what_the_file_declares(tmp_path: Path) -> None:
    values = np.array([[0, 2048, 4095]], np.uint16)
    Image.fromarray(values).save(tmp_path / "12.tiff", tiffinfo={281: 4095})
    read = np.asarray(read_image(tmp_path / "12.tiff"))[0, :, 0]
    assert read.tolist() == pytest.approx([0, 127, 255], abs=1)
