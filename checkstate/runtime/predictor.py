"""Run a shipped model: `Predictor()("crop.png")`. Needs no torch."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, overload

import numpy as np
import onnxruntime as ort
from PIL import Image

from checkstate.core import bounds
from checkstate.core.bounds import excess
from checkstate.core.text import printable
from checkstate.core.types import Floats, Pixels, Resize
from checkstate.runtime.images import Channels, Picture, is_screenshot, read_image, resize
from checkstate.runtime.model_file import find_model

Pictures = list[Any] | tuple[Any, ...]
"""Several of what can be read as an image."""


class ScreenshotWarning(UserWarning):
    """An image is larger than a control can be."""


class ModelError(ValueError):
    """The file is not a checkstate model; the message says why in one line."""


@dataclass(frozen=True)
class Prediction:
    """The state of one control. `label` is None when the confidence lies below the threshold."""

    label: str | None
    confidence: float
    probabilities: dict[str, float]


class Predictor:
    """A model file, loaded; safe to share between threads.

    The ONNX graph takes `image`, uint8 [batch, height, width, 3], and gives `logits`, float32
    [batch, classes]; everything else that is needed stands in the file's metadata. Raises
    ModelError when the file is missing or is no checkstate model. Without a file, it is
    CHECKSTATE_MODEL, models/model.onnx of the working directory, or the released one.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        threads: int = 0,
        device: str = "cpu",
        providers: Sequence[str] = (),
    ) -> None:
        model = find_model(model).path
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.path = model
        if not self.path.is_file():
            raise ModelError(f"{model}: no such model file; `dvc repro` makes one")
        if reason := excess(self.path.stat().st_size, bounds.MODEL):
            raise ModelError(f"{model}: {reason}")
        try:
            chosen = list(providers) or providers_of(device)
            # without another provider, falling back prints, and tries the same again
            self.session = ort.InferenceSession(
                str(model), options, providers=chosen, enable_fallback=len(chosen) > 1
            )
            self.metadata: dict[str, str] = self.session.get_modelmeta().custom_metadata_map
        except ModelError:
            raise
        except Exception as error:  # ONNX Runtime's errors share no public base class
            raise ModelError(f"{model}: not a readable ONNX model") from error
        fields = parse_metadata(self.metadata, model)
        self.classes: list[str] = fields["classes"]
        self.size: tuple[int, int] = (fields["image_size"][0], fields["image_size"][1])
        self.resize: Resize = fields["resize"]
        self.temperature: float = float(fields["temperature"])
        self.check_graph()

    def check_graph(self) -> None:
        """Run the graph once; raises ModelError when it is not one of ours."""
        blank = np.zeros((2, *self.size, 3), np.uint8)
        try:
            logits = self.logits(blank)
        except Exception as error:  # as above
            raise ModelError(f"{self.path}: it takes or gives something else") from error
        fit = logits.dtype == np.float32 and logits.shape == (2, len(self.classes))
        if not fit or not np.isfinite(logits).all():
            raise ModelError(f"{self.path}: its logits are not one number a class")

    @overload
    def __call__(
        self, image: Picture, threshold: float = ..., *, channels: Channels = ...
    ) -> Prediction: ...

    @overload
    def __call__(
        self, image: Pictures, threshold: float = ..., *, channels: Channels = ...
    ) -> list[Prediction]: ...

    def __call__(
        self,
        image: Picture | Pictures,
        threshold: float = 0.0,
        *,
        channels: Channels = "rgb",
    ) -> Prediction | list[Prediction]:
        """Predict one image, or a list or tuple of them in one batch.

        An image is a path, the bytes of a file, an open file, a PIL image, or an array, uint8
        [height, width], [height, width, 3] or [height, width, 4]; `channels` is `bgr` for arrays
        as OpenCV has them. Raises `runtime.images.ImageError` when one is unreadable, TypeError
        for what is no image, and ValueError for a threshold that is no number from 0 to 1.
        """
        if isinstance(image, list | tuple):
            inputs = [self.preprocess(each, channels) for each in image]
            return self.predict(inputs, threshold) if inputs else []
        return self.predict([self.preprocess(image, channels)], threshold)[0]

    def preprocess(self, image: Picture, channels: Channels = "rgb") -> Pixels:
        """Decode one image and bring it to the model's input: uint8 [height, width, 3]."""
        picture = read_image(image, channels=channels)
        if reason := no_crop(picture):
            warnings.warn(reason, ScreenshotWarning, stacklevel=3)
        return self.to_input(picture)

    def to_input(self, image: Image.Image) -> Pixels:
        """Bring a decoded RGB image to the model's input: uint8 [height, width, 3]."""
        return resize(image, self.size, self.resize)

    def predict(self, images: Iterable[Pixels], threshold: float = 0.0) -> list[Prediction]:
        """Predict preprocessed images in one batch; raises ValueError as `valid` does."""
        threshold = valid(threshold)
        rows = self.probabilities(np.stack(list(images)))
        return [self.to_prediction(row, threshold) for row in rows]

    def logits(self, batch: Pixels) -> Floats:
        """Run the graph: uint8 [batch, height, width, 3] to float32 [batch, classes]."""
        logits: Floats = self.session.run(["logits"], {"image": batch})[0]
        return logits

    def probabilities(self, batch: Pixels) -> Floats:
        """Calibrated probabilities, float32 [batch, classes]; each row sums to one."""
        return softmax(self.logits(batch) / self.temperature)

    def to_prediction(self, row: Floats, threshold: float = 0.0) -> Prediction:
        """Turn one row of probabilities into a Prediction."""
        best = int(row.argmax())
        confidence = float(row[best])
        named = {name: float(p) for name, p in zip(self.classes, row, strict=True)}
        return Prediction(
            self.classes[best] if confidence >= threshold else None, confidence, named
        )


def no_crop(picture: Image.Image) -> str:
    """Why a picture is no crop of one control; empty for one that may be."""
    if not is_screenshot(picture):
        return ""
    return (
        f"{picture.width}x{picture.height} pixels: this looks like a whole screenshot; a model "
        "takes a crop of one control: `checkstate find`, in Python Finder, finds the controls in it"
    )


def parse_metadata(metadata: Mapping[str, str], model: Path) -> dict[str, Any]:
    """The metadata that a prediction needs; raises ModelError that names what is wrong."""
    found: dict[str, Any] = {}
    for key, is_valid in CHECKS.items():
        try:
            found[key] = json.loads(metadata[key])
        except KeyError as error:
            raise ModelError(f"{model}: not a checkstate model, no {key!r} in it") from error
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{model}: its metadata {key!r} is not JSON") from error
        if not is_valid(found[key]):
            raise ModelError(f"{model}: its metadata {key!r} is {printable(str(found[key])[:60])}")
    return found


def are_classes(value: Any) -> bool:
    """Whether it is two names or more, all different, each of which could name a folder."""
    texts = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return (
        texts
        and len(set(value)) == len(value) >= 2
        and not any(name in {"", ".", ".."} or {*"/\\"} & {*name} for name in value)
    )


def is_size(value: Any) -> bool:
    """Whether it is a height and a width that an image can be resized to."""
    whole = isinstance(value, list) and all(type(side) is int for side in value)
    return whole and len(value) == 2 and all(1 <= side <= MAX_SIDE for side in value)


def is_temperature(value: Any) -> bool:
    """Whether logits can be divided by it."""
    return type(value) in {int, float} and 0 < value < float("inf")


def valid(threshold: object) -> float:
    """A threshold as it is; raises ValueError when it is no number from 0 to 1."""
    number = int | float | np.integer | np.floating
    is_flag = isinstance(threshold, bool)  # meant for keep_other
    if not isinstance(threshold, number) or is_flag or not 0 <= threshold <= 1:
        raise ValueError(f"threshold: {printable(str(threshold)[:60])} is no number from 0 to 1")
    return float(threshold)


MAX_SIDE = 4096
DEVICES = ("cpu", "cuda", "auto")
CHECKS: dict[str, Callable[[Any], bool]] = {
    "classes": are_classes,
    "image_size": is_size,
    "resize": lambda value: value in get_args(Resize),
    "temperature": is_temperature,
}


def providers_of(device: str) -> list[str]:
    """ONNX Runtime's names for `cpu`, `cuda`, or `auto`: the GPU where there is one.

    Raises ModelError for another name, and when there is no GPU to run on.
    """
    if device not in DEVICES:
        raise ModelError(f"device {printable(device)!r}: use {', '.join(DEVICES)}")
    gpu, cpu = "CUDAExecutionProvider", "CPUExecutionProvider"
    has_gpu = gpu in ort.get_available_providers()
    if device == "cuda" and not has_gpu:
        raise ModelError("device cuda: install onnxruntime-gpu, or use cpu")
    return [gpu, cpu] if has_gpu and device != "cpu" else [cpu]


def softmax(logits: Floats) -> Floats:
    """Softmax over the last axis; scipy has one, but costs the runtime 100 MB."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scaled: Floats = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return scaled
