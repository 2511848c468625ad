"""The mean of a network's weights before and after a training.

A network that learned new images alone forgets some of the old ones. The mean of both networks is
right on more of either (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

from checkstate.core.params import Train
from checkstate.model.checkpoints import load_model
from checkstate.model.networks import Classifier


def average(model: Classifier, before: Classifier, share: float) -> None:
    """Bring every weight and statistic of a norm to the mean of both networks, in place.

    `share` is that of the network before.
    """
    earlier = before.state_dict()
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            value.lerp_(earlier[name], share)


def keep_start(model: Classifier, classes: list[str], recipe: Train) -> None:
    """Average what a recipe trained with the model that it went on from, by `recipe.keep`.

    Nothing is kept of weights that were no model, nor of one of other classes, whose head is new.
    """
    if not recipe.init_from or not recipe.keep:
        return
    before, metadata = load_model(recipe.init_from)
    if metadata.classes == classes:
        average(model, before, recipe.keep)
