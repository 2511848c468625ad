"""Tells the state of a control in a screenshot. Importing this package imports nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checkstate.runtime.predictor import Prediction, Predictor

__all__ = ["Prediction", "Predictor"]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for (PEP 562).

    A stage that uses one room so depends on that room alone.
    """
    if name in __all__:
        return getattr(import_module("checkstate.runtime.predictor"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
