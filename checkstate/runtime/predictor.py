"""Run a shipped model: `Predictor("models/model.onnx")("crop.png")`. Needs no torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnxruntime as ort
from PIL import Image

from checkstate.core.types import Floats, Pixels, Resize
from checkstate.runtime.images import read_image, resize


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
        """Predict one image; raises `runtime.images.ImageError` when it is unreadable."""
        return self.predict([self.preprocess(image)], threshold)[0]

    def preprocess(self, image: str | Path | bytes | BinaryIO | Image.Image) -> Pixels:
        """Decode one image and bring it to the model's input: uint8 [height, width, 3]."""
        return self.to_input(read_image(image))

    def to_input(self, image: Image.Image) -> Pixels:
        """Bring a decoded RGB image to the model's input: uint8 [height, width, 3]."""
        return resize(image, self.size, self.resize)

    def predict(self, images: Iterable[Pixels], threshold: float = 0.0) -> list[Prediction]:
        """Predict preprocessed images in one batch."""
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


def softmax(logits: Floats) -> Floats:
    """Softmax over the last axis; scipy has one, but costs the runtime 100 MB."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scaled: Floats = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return scaled
