import io
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from checkstate.runtime.images import ImageError, read_image
from checkstate.runtime.predictor import ModelError, Predictor, ScreenshotWarning, softmax
from tests.conftest import CLASSES


def test_paths_bytes_and_images_get_the_same_answer(
    predictor: Predictor, crops: list[Path]
) -> None:
    said = predictor(crops[0])
    assert said == predictor(crops[0].read_bytes()) == predictor(read_image(crops[0]))
    assert list(said.probabilities) == list(CLASSES)
    assert sum(said.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert said.confidence == max(said.probabilities.values())


def test_below_the_threshold_there_is_no_label(predictor: Predictor, crops: list[Path]) -> None:
    assert predictor(crops[0], threshold=0.999).label is None
    assert predictor(crops[0]).label in CLASSES


def test_a_batch_answers_as_single_images_do(predictor: Predictor, crops: list[Path]) -> None:
    batch = predictor.predict([predictor.preprocess(crop) for crop in crops])
    for crop, said in zip(crops, batch, strict=True):
        alone = predictor(crop)
        assert said.label == alone.label
        assert said.confidence == pytest.approx(alone.confidence, abs=1e-5)


def test_threads_may_share_a_predictor(predictor: Predictor, crops: list[Path]) -> None:
    expected = [predictor(crop) for crop in crops]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(predictor, crops)) == expected


def test_softmax_of_large_numbers() -> None:
    rows = softmax(np.array([[1000.0, 1000.0], [-1000.0, 1000.0]], np.float32))
    assert rows.tolist() == [[0.5, 0.5], [0.0, 1.0]]


def test_the_runtime_imports_no_torch_and_nothing_of_training() -> None:
    code = (
        "import sys, checkstate, checkstate.cli, checkstate.runtime.explain; "
        "print(sorted({'torch', 'timm', 'dvc', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_arrays_lists_and_files_of_one_image_give_the_same(
    predictor: Predictor, crops: list[Path]
) -> None:
    image = Image.open(crops[0]).convert("RGB")
    array = np.asarray(image)
    alpha = np.dstack([array, np.full(array.shape[:2], 255, np.uint8)])
    predictions = predictor([crops[0], crops[0].read_bytes(), image, array, alpha])
    assert all(each == predictions[0] for each in predictions)
    assert predictor(array[:, :, ::-1], channels="bgr") == predictions[0]
    gray = np.asarray(image.convert("L"))
    assert predictor(gray) == predictor(np.dstack([gray] * 3)) == predictor(gray[:, :, None])
    assert predictor([]) == []


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((9, 9, 3), np.float32), "float32, but pixels are uint8"),
        (np.zeros((9, 9, 2), np.uint8), "its shape is 9x9x2"),
        (np.zeros((0, 9, 3), np.uint8), "its shape is 0x9x3"),
        (np.zeros(9, np.uint8), "its shape is 9;"),
    ],
)
def test_an_array_that_is_no_picture_is_refused_in_one_line(
    predictor: Predictor, array: np.ndarray, reason: str
) -> None:
    with pytest.raises(ImageError, match=reason):
        predictor(array)


def test_buffers_are_bytes_and_another_thing_is_no_image(
    predictor: Predictor, crops: list[Path]
) -> None:
    content = crops[0].read_bytes()
    for buffer in (bytearray(content), memoryview(content)):
        assert predictor(buffer) == predictor(content)
    for wrong in (None, 7, (byte for byte in content), object()):
        with pytest.raises(TypeError, match="an image is a path, bytes"):
            predictor(wrong)


@pytest.mark.parametrize("wrong", ["BGR", "xyz", None])
def test_an_order_of_channels_that_is_none_is_refused(
    predictor: Predictor, crops: list[Path], wrong: object
) -> None:
    for image in (np.zeros((9, 9, 3), np.uint8), crops[0]):
        with pytest.raises(ValueError, match="is neither rgb nor bgr"):
            predictor(image, channels=wrong)


def test_a_pil_image_that_cannot_be_decoded_is_an_image_error(
    predictor: Predictor, crops: list[Path]
) -> None:
    cut = Image.open(io.BytesIO(crops[0].read_bytes()[:200]))
    for image, reason in ((cut, "damaged image"), (Image.new("RGB", (0, 5)), "0x5 pixels")):
        with pytest.raises(ImageError, match=reason):
            predictor(image)


@pytest.mark.parametrize("wrong", [5, -1, float("nan"), "0.5", True])
def test_a_threshold_that_is_no_number_from_0_to_1_is_refused(
    predictor: Predictor, crops: list[Path], wrong: object
) -> None:
    with pytest.raises(ValueError, match="is no number from 0 to 1"):
        predictor(crops[0], wrong)


def test_a_device_that_is_none_is_refused(model: Path) -> None:
    with pytest.raises(ModelError, match="device 'gpu': use cpu, cuda, auto"):
        Predictor(model, device="gpu")


@pytest.mark.parametrize("size", [(1280, 720), (1366, 500), (600, 600)])
def test_a_whole_screenshot_is_warned_of_with_the_way_out(
    predictor: Predictor, size: tuple[int, int]
) -> None:
    said = f"{size[0]}x{size[1]} pixels: this looks like.*`checkstate find`, in Python Finder"
    with pytest.warns(ScreenshotWarning, match=said):
        predictor(Image.new("RGB", size))


@pytest.mark.parametrize("size", [(1600, 60), (1800, 300), (4800, 180), (512, 512)])
def test_a_long_row_and_a_large_crop_are_not_warned_of(
    predictor: Predictor, size: tuple[int, int]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predictor(Image.new("RGB", size))
