from pathlib import Path

from checkstate.explain import GRID, occlusion, overlay
from checkstate.predictor import Predictor


def test_an_occlusion_map_is_scaled_and_repeats(predictor: Predictor, crops: list[Path]) -> None:
    pixels = predictor.prepare(crops[0])
    heat = occlusion(predictor, pixels)
    assert heat.shape == (GRID, GRID)
    assert heat.min() >= 0
    assert heat.max() <= 1
    assert (heat == occlusion(predictor, pixels)).all()


def test_the_overlay_is_what_the_model_sees(predictor: Predictor, crops: list[Path]) -> None:
    assert overlay(predictor, predictor.prepare(crops[0])).size == (64, 64)
