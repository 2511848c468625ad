"""Learning from renderings: what the teacher and its student share."""

from __future__ import annotations

from pathlib import Path

from checkstate.core.files import md5_of
from checkstate.core.params import Train
from checkstate.data.datasets import HOLDOUT_SHARE, Images, holdout, load_archive
from checkstate.model.checkpoints import save_half
from checkstate.model.loading import prove_loading
from checkstate.model.networks import Classifier
from checkstate.model.optimization import Loss
from checkstate.model.resume import resumable
from checkstate.model.starting import new_metadata
from checkstate.model.training import fit_model


def load_renderings(archive: Path, recipe: Train) -> tuple[Images, Images]:
    """The renderings to learn from, and those held out to choose the checkpoint by."""
    data = load_archive(archive, recipe.image_size, recipe.resize)
    train, held = holdout(data.paths, HOLDOUT_SHARE)
    return data.take(train), data.take(held)


def pretrain(
    target: Path,
    model: Classifier,
    data: tuple[Images, Images],
    archive: Path,
    recipe: Train,
    seed: int,
    facts: tuple[object, ...],
    loss: Loss | None = None,
) -> None:
    """Train a network on renderings and write it in half precision; resumable.

    `facts` are what the result depends on besides the recipe and the archive that the data,
    training and held-out images, come from. Raises UserError before the first epoch for a network
    that its file would not bring back.
    """
    md5 = md5_of(archive)
    metadata = new_metadata(model, data[0].classes, recipe, 1.0, md5, seed)
    prove_loading(model, metadata, data[0].pixels[:4])
    with resumable(target.stem, seed, recipe, md5, *facts) as resume:
        fit_model(model, *data, recipe, seed, print, loss, (resume, target.stem))
        save_half(target, model, metadata)
