"""The classifier and the finder as a repository for NVIDIA Triton Inference Server."""

from __future__ import annotations

import json
from pathlib import Path

from checkstate.core.files import copy_file, write_text
from checkstate.runtime.finder import Finder

CLASSIFIER = """\
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
parameters [
  {{ key: "resize", value: {{ string_value: "{resize}" }} }},
  {{ key: "temperature", value: {{ string_value: "{temperature}" }} }}
]
"""
FINDER = """\
name: "checkstate-finder"
backend: "onnxruntime"
max_batch_size: 0
input [
  {{ name: "image", data_type: TYPE_UINT8, dims: [ 1, -1, -1, 3 ] }},
  {{ name: "threshold", data_type: TYPE_FP32, dims: [ 1 ] }}
]
output [
  {{ name: "boxes", data_type: TYPE_FP32, dims: [ -1, 4 ] }},
  {{ name: "scores", data_type: TYPE_FP32, dims: [ -1 ] }},
  {{ name: "kinds", data_type: TYPE_FP32, dims: [ -1, {count} ] }}
]
parameters [
  {{ key: "kinds", value: {{ string_value: {kinds} }} }},
  {{ key: "multiple", value: {{ string_value: "{multiple}" }} }},
  {{ key: "threshold", value: {{ string_value: "{threshold}" }} }}
]
"""
"""Of one screenshot or tile at a time, whose sides are multiples of `multiple`.

Its parameters are as in the file's metadata, the names of the kinds as JSON. They are in no
label file: Triton would take a label for each number of `kinds`, not for each of its columns."""


def write_repository(finder: Finder, target: Path, max_batch: int) -> None:
    """Write <target>/checkstate and <target>/checkstate-finder, a config and 1/model.onnx each."""
    predictor = finder.predictor
    height, width = predictor.size
    classifier = CLASSIFIER.format(
        max_batch=max_batch,
        height=height,
        width=width,
        classes=len(predictor.classes),
        resize=predictor.resize,
        temperature=predictor.temperature,
    )
    write_model(target / "checkstate", predictor.path, classifier)
    write_text(target / "checkstate/labels.txt", "\n".join(predictor.classes) + "\n")
    detector = FINDER.format(
        count=len(finder.kinds),
        kinds=json.dumps(json.dumps(finder.kinds)),  # a string in quotes, as protobuf escapes it
        multiple=finder.multiple,
        threshold=finder.threshold,
    )
    write_model(target / "checkstate-finder", finder.path, detector)


def write_model(folder: Path, file: Path, config: str) -> None:
    """Write one model of the repository."""
    copy_file(file, folder / "1/model.onnx")
    write_text(folder / "config.pbtxt", config)
