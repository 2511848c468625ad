"""Write the finder: the trained detector as one ONNX file in fp32.

python -m find.export
"""

from checkstate.core import paths
from checkstate.core.files import md5_of
from checkstate.core.find_params import load_find_params
from checkstate.core.types import KINDS
from checkstate.model.detection import MULTIPLE, load_detector
from checkstate.model.detector_export import FinderMetadata, export_finder
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read the detector; write find/models/finder.onnx."""
    params = load_find_params()
    recipe = {
        "seed": params.seed,
        "train": params.train.model_dump(mode="json"),
        "export": params.export.model_dump(mode="json"),
    }
    metadata = FinderMetadata(
        list(KINDS),
        MULTIPLE,
        params.export.threshold,
        md5_of(paths.scenes("train")),
        recipe,
    )
    export_finder(paths.FINDER, load_detector(paths.DETECTOR), params.export, metadata)


if __name__ == "__main__":
    run_stage(main)
