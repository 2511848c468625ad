"""Time what ships beside what was trained and beside the seed's recipe, in one run.

python -m stages.benchmark

The seed's recipe is a ResNet50 at 512 pixels in eager torch. Every claim is a ratio of two rows
of this run; the machine is described beside the times.
"""

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from dvclive.live import Live

from checkstate.datasets import load_split
from checkstate.export import export_fp32
from checkstate.files import read_archive, write_csv
from checkstate.networks import IMAGENET, Classifier, build_backbone, load_model
from checkstate.params import Augment, Params, load_params
from checkstate.predictor import Predictor
from checkstate.running import run_stage
from checkstate.timing import first_answer, interleave, machine
from checkstate.training import (
    classification_loss,
    new_model,
    new_optimizer,
    new_schedule,
    prepare_torch,
    train_one_epoch,
)

ENGINES = {
    "shipped_openvino": "OpenVINOExecutionProvider",
    "shipped_cuda": "CUDAExecutionProvider",
    "shipped_tensorrt": "TensorrtExecutionProvider",
}

TRAINED = 256
"""Images of a training loop that is timed."""


def main() -> None:
    """Read both models and the test images; write metrics by row, and the table for the plot."""
    params = load_params()
    settings = params.benchmark
    trained, card = load_model("models/model.safetensors")
    test = load_split("test", card.image_size, card.resize)
    [png] = [f.read() for f in read_archive("data/curated.zip", test.paths[:1])]
    side = settings.seed_image_size
    backbone = build_backbone("torchvision.resnet50", len(card.classes), (side, side), "none")
    seed = Classifier(backbone, *IMAGENET).eval()
    batch = {n: np.resize(test.pixels, (n, *test.pixels.shape[1:])) for n in settings.batches}
    large = np.zeros((max(settings.seed_batches), side, side, 3), np.uint8)
    rows: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "trained.onnx")
        export_fp32(plain, trained, card)
        files = {"trained": Path("models/model.safetensors"), "trained_onnx": plain}
        files["shipped"] = Path("models/model.onnx")
        for threads in (1, os.cpu_count() or 1):
            prepare_torch(params.seed, threads)
            onnx = {n: Predictor(files[n], threads=threads) for n in ("trained_onnx", "shipped")}
            for name, provider in ENGINES.items():
                if provider in ort.get_available_providers():
                    onnx[name] = Predictor(files["shipped"], threads=threads, providers=[provider])
                else:
                    rows[name] = {"skipped": f"{provider} is not installed"}
            for n in settings.batches:
                calls: dict[str, Callable[[], object]] = {
                    "seed": partial(eager, seed, torch.from_numpy(large[:n])),
                    "trained": partial(eager, trained, torch.from_numpy(batch[n])),
                    **{name: partial(p.logits, batch[n]) for name, p in onnx.items()},
                }
                if threads == n == 1:
                    ready = onnx["shipped"]
                    calls["shipped_from_png"] = partial(ready, png)
                    calls["shipped_prepare"] = partial(ready.prepare, png)
                if n not in settings.seed_batches:
                    del calls["seed"]
                rounds = settings.rounds if n == 1 else 1
                for name, times in interleave(calls, rounds).items():
                    row = rows.setdefault(name, {})
                    if threads == n == 1:
                        row |= times
                    row[f"per_second_batch_{n}_threads_{threads}"] = 1000 * n / times["p50"]
        for name, file in files.items():
            rows[name] |= first_answer(file, png, settings.rounds) | {"bytes": file.stat().st_size}
    rows["seed"]["bytes"] = sum(weights.nbytes for weights in seed.state_dict().values())
    for name in ("trained_onnx", "shipped"):
        said = onnx[name].logits(test.pixels).argmax(1)
        rows[name]["test_top1"] = float((said == test.labels).mean())
    p50 = {name: float(str(row["p50"])) for name, row in rows.items() if "p50" in row}
    for name in ("trained", "trained_onnx", "shipped"):
        rows[name]["speedup_vs_seed"] = p50["seed"] / p50[name]
    rows["shipped"]["speedup_vs_trained_onnx"] = p50["trained_onnx"] / p50["shipped"]
    with Live("metrics/benchmark", dvcyaml=None, save_dvc_exp=False) as live:
        live.summary.update({"machine": machine(), **rows, "training": training_input(params)})
    write_csv(
        "metrics/benchmark/plots/latency.csv",
        [{"row": name, "milliseconds": value} for name, value in p50.items()],
    )


def training_input(params: Params) -> dict[str, float]:
    """Images a second of the training loop, and on images that it need not augment."""
    recipe = params.train.model_copy(update={"schedule": "constant"})
    data = load_split("train", recipe.image_size, recipe.resize)
    spread = np.linspace(0, len(data.labels) - 1, min(TRAINED, len(data.labels)))
    data = data.take(spread.astype(np.int64))  # they are sorted by class
    prepare_torch(params.seed, recipe.threads)
    model = new_model(data, recipe).to(memory_format=torch.channels_last)
    optimizer = new_optimizer(model, recipe)
    still = recipe.augment.model_copy(update=dict.fromkeys(Augment.model_fields, 0.0))
    recipes = {"loop": recipe, "in_memory": recipe.model_copy(update={"augment": still})}
    calls = {
        name: partial(
            train_one_epoch,
            *(model, data, each, classification_loss(data.labels, each, torch.device("cpu"))),
            *(optimizer, new_schedule(optimizer, each, 1), torch.Generator()),
        )
        for name, each in recipes.items()
    }
    times = interleave(calls, params.benchmark.rounds)
    return {f"{name}_per_second": 1000 * len(data.labels) / times[name]["p50"] for name in calls}


@torch.inference_mode()
def eager(model: Classifier, images: torch.Tensor) -> torch.Tensor:
    """Answer in torch, uint8 [n, height, width, 3] to logits."""
    answer: torch.Tensor = model(images)
    return answer


if __name__ == "__main__":
    run_stage(main)
