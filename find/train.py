"""Train the detector over tiles of rendered screenshots.

python -m find.train
"""

from functools import partial
from pathlib import Path

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import md5_of
from checkstate.core.find_params import load_find_params
from checkstate.data.scenes import load_screenshots
from checkstate.model.detection import Detector, load_detector, save_detector
from checkstate.model.detector_training import fit_detector
from checkstate.model.optimization import prepare_torch
from checkstate.model.resume import resumable
from checkstate.stage.live import log_epoch, new_live
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read find/data/train.zip; write the detector and its curve."""
    params = load_find_params()
    prepare_torch(params.seed, params.train.threads)
    archive = paths.scenes("train")
    screenshots = load_screenshots(archive)
    start = Path(params.train.init_from) if params.train.init_from else None
    if start and not start.exists():
        raise UserError(f'{start}: no such file; train.init_from in find/params.yaml may be ""')
    detector = load_detector(start) if start else Detector()
    facts = (params.seed, params.train, md5_of(archive), md5_of(start) if start else "")
    with resumable("find", *facts) as resume, new_live(paths.metrics_folder("find-train")) as live:
        report = partial(log_epoch, live)
        fit_detector(detector, screenshots, params.train, params.seed, report, resume)
        save_detector(paths.DETECTOR, detector)


if __name__ == "__main__":
    run_stage(main)
