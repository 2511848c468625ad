"""The shipped model as a repository for NVIDIA Triton Inference Server."""

from __future__ import annotations

from pathlib import Path

from checkstate.core.files import copy_file, write_text
from checkstate.runtime.predictor import Predictor

CONFIG = """\
name: "checkstate"
backend: "onnxruntime"
max_batch_size: {max_batch}
input [
  {{ name: "image", data_type: TYPE_UINT8, dims: [ {height}, {width}, 3 ] }}
]
output [
  {{ name: "logits", data_type: TYPE_FP32, dims: [ {classes} ], label_filename: "labels.txt" }}
]
dynamic_batching {{
  max_queue_delay_microseconds: 2000
}}
"""


def write_repository(predictor: Predictor, target: Path, max_batch: int) -> None:
    """Write <target>/checkstate/{config.pbtxt,labels.txt,1/model.onnx}."""
    height, width = predictor.size
    config = CONFIG.format(
        max_batch=max_batch, height=height, width=width, classes=len(predictor.classes)
    )
    folder = target / "checkstate"
    copy_file(predictor.path, folder / "1/model.onnx")
    for name, text in (
        ("labels.txt", "\n".join(predictor.classes) + "\n"),
        ("config.pbtxt", config),
    ):
        write_text(folder / name, text)
