"""Run a shipped model: `Predictor("models/model.onnx")("crop.png")`. Needs no torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from checkstate.images import Pixels, Resize, fit, read_image


class ModelError(ValueError):
    """The file is not a checkstate model; the message says why in one line."""


@dataclass(frozen=True)
class Prediction:
    """One answer. `label` is None when the confidence lies below the threshold."""

    label: str | None
    confidence: float
    probabilities: dict[str, float]


class Predictor:
    """A model file ready to answer; safe to share between threads.

    The ONNX graph takes `image`, uint8 [batch, height, width, 3], and gives `logits`, float32
    [batch, classes]; everything else that is needed stands in the file's metadata. Raises
    ModelError when the file is missing or is no checkstate model.
    """

    def __init__(
        self, model: str | Path, *, threads: int = 0, providers: Sequence[str] = ()
    ) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.path = Path(model)
        if not self.path.is_file():
            raise ModelError(f"{model}: no such model file; `dvc repro` makes one")
        try:
            self.session = ort.InferenceSession(
                str(model), options, providers=list(providers) or ["CPUExecutionProvider"]
            )
            self.metadata: dict[str, str] = self.session.get_modelmeta().custom_metadata_map
            self.classes: list[str] = json.loads(self.metadata["classes"])
            height, width = json.loads(self.metadata["image_size"])
            self.resize: Resize = json.loads(self.metadata["resize"])
            self.temperature: float = json.loads(self.metadata["temperature"])
        except KeyError as error:
            raise ModelError(f"{model}: not a checkstate model, no {error} in it") from error
        except Exception as error:  # ONNX Runtime's errors share no public base class
            raise ModelError(f"{model}: not a readable ONNX model") from error
        self.size: tuple[int, int] = (height, width)

    def __call__(
        self, image: str | Path | bytes | BinaryIO | Image.Image, threshold: float = 0.0
    ) -> Prediction:
        """Answer for one image; raises `checkstate.images.ImageError` when it is unreadable."""
        return self.predict([self.prepare(image)], threshold)[0]

    def prepare(self, image: str | Path | bytes | BinaryIO | Image.Image) -> Pixels:
        """Decode and fit one image: uint8 [height, width, 3]."""
        return self.fit(read_image(image))

    def fit(self, image: Image.Image) -> Pixels:
        """Fit a decoded RGB image: uint8 [height, width, 3]."""
        return fit(image, self.size, self.resize)

    def predict(self, images: Iterable[Pixels], threshold: float = 0.0) -> list[Prediction]:
        """Answer for prepared images in one batch."""
        rows = self.probabilities(np.stack(list(images)))
        return [self.answer(row, threshold) for row in rows]

    def logits(self, batch: Pixels) -> NDArray[np.float32]:
        """Run the graph: uint8 [batch, height, width, 3] to float32 [batch, classes]."""
        logits: NDArray[np.float32] = self.session.run(["logits"], {"image": batch})[0]
        return logits

    def probabilities(self, batch: Pixels) -> NDArray[np.float32]:
        """Calibrated probabilities, float32 [batch, classes]; each row sums to one."""
        return softmax(self.logits(batch) / self.temperature)

    def answer(self, row: NDArray[np.float32], threshold: float = 0.0) -> Prediction:
        """Turn one row of probabilities into a Prediction."""
        best = int(row.argmax())
        confidence = float(row[best])
        named = {name: float(p) for name, p in zip(self.classes, row, strict=True)}
        return Prediction(
            self.classes[best] if confidence >= threshold else None, confidence, named
        )


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over the last axis; scipy has one, but costs the runtime 100 MB."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scaled: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return scaled
