"""Time what ships beside what was trained and beside the seed's recipe, in one run.

python -m stages.benchmark
"""

import tempfile
from functools import partial
from pathlib import Path

import torch
from dvclive.live import Live

from checkstate.datasets import load_split
from checkstate.errors import run_stage
from checkstate.export import export_fp32
from checkstate.files import write_csv
from checkstate.networks import build_backbone, load_model
from checkstate.params import load_params
from checkstate.predictor import Predictor
from checkstate.timing import interleave, machine
from checkstate.training import prepare_torch

SEED_BYTES = 94_400_000


def main() -> None:
    """Read both models; write metrics and the table of latencies, on one thread."""
    params = load_params()
    settings = params.benchmark
    prepare_torch(params.seed, 1)
    trained, card = load_model("models/model.safetensors")
    shipped = Predictor("models/model.onnx", threads=1)
    pixels = load_split(["test"], card.image_size, card.resize).pixels[: settings.images]
    side = settings.seed_image_size
    seed = build_backbone("torchvision.resnet50", len(card.classes), (side, side), "none").eval()
    picture = torch.zeros(1, 3, side, side)
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        plain = Path(folder, "trained.onnx")
        export_fp32(plain, trained, card)
        trained_onnx = Predictor(plain, threads=1)
        tensor = torch.from_numpy(pixels[:1])
        latency = interleave(
            {
                "seed": lambda: seed(picture),
                "trained": lambda: trained(tensor),
                "trained_onnx": lambda: trained_onnx.logits(pixels[:1]),
                "shipped": lambda: shipped.logits(pixels[:1]),
            },
            settings.rounds,
        )
        batched = {
            f"shipped_batch_{n}": interleave(
                {"it": partial(shipped.logits, pixels.repeat(n, 0)[:n])}, settings.rounds
            )["it"]["p50"]
            / n
            for n in settings.batches
        }
        sizes = {
            "seed": SEED_BYTES,
            "trained": Path("models/model.safetensors").stat().st_size,
            "trained_onnx": plain.stat().st_size,
            "shipped": Path("models/model.onnx").stat().st_size,
        }
    rows = {name: {**times, "bytes": sizes[name]} for name, times in latency.items()}
    for times in rows.values():
        times["speedup_vs_seed"] = latency["seed"]["p50"] / times["p50"]
    rows["shipped"]["speedup_vs_trained_onnx"] = (
        latency["trained_onnx"]["p50"] / latency["shipped"]["p50"]
    )
    rows["shipped"] |= batched
    with Live("metrics/benchmark", dvcyaml=None, save_dvc_exp=False) as live:
        live.summary.update({"machine": machine(), **rows})
    write_csv(
        "metrics/benchmark/plots/latency.csv",
        [{"row": name, "milliseconds": times["p50"]} for name, times in latency.items()],
    )


if __name__ == "__main__":
    run_stage(main)
