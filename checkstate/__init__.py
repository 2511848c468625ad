"""Tells the state of a control in a screenshot. Importing this package never imports torch."""

from checkstate.predictor import Prediction, Predictor

__all__ = ["Prediction", "Predictor"]
