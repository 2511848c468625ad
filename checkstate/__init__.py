"""Finds controls in screenshots and tells their states. Importing it imports nothing else."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checkstate.runtime.finder import Control, Finder
    from checkstate.runtime.images import ImageError
    from checkstate.runtime.predictor import ModelError, Prediction, Predictor, ScreenshotWarning

# ONNX Runtime would send usage data to Microsoft by default (its Privacy.md), and warn without HOME
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

PLACES = {
    "Control": "checkstate.runtime.finder",
    "Finder": "checkstate.runtime.finder",
    "ImageError": "checkstate.runtime.images",
    "ModelError": "checkstate.runtime.predictor",
    "Prediction": "checkstate.runtime.predictor",
    "Predictor": "checkstate.runtime.predictor",
    "ScreenshotWarning": "checkstate.runtime.predictor",
}
__all__ = [
    "Control",
    "Finder",
    "ImageError",
    "ModelError",
    "Prediction",
    "Predictor",
    "ScreenshotWarning",
]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for (PEP 562).

    A stage that uses one room so depends on that room alone.
    """
    if name in PLACES:
        return getattr(import_module(PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
