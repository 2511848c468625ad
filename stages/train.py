"""Train the classifier and write models/model.safetensors.

python -m stages.train
"""

from dvclive.live import Live

from checkstate.datasets import add_extra, load_split
from checkstate.files import md5_of
from checkstate.networks import predict_logits, save_model
from checkstate.params import load_params
from checkstate.resume import resumable
from checkstate.running import run_stage
from checkstate.training import fit_model, fit_temperature, new_card, new_model, prepare_torch


def main() -> None:
    """Read data/split.csv and data/curated.zip; write the model and its curves."""
    params = load_params()
    recipe = params.train
    prepare_torch(params.seed, recipe.threads)
    train = load_split("train", recipe.image_size, recipe.resize)
    train = add_extra(train, recipe.extra, recipe.resize)
    val = load_split("val", recipe.image_size, recipe.resize)
    model = new_model(train, recipe)
    data_md5 = md5_of("data/curated.zip")
    extras = [md5_of(f"data/extra/{name}.zip") for name in recipe.extra]
    extras += [md5_of(recipe.init_from)] if recipe.init_from else []
    facts = (params.seed, recipe, data_md5, md5_of("data/split.csv"), extras)
    with (
        resumable("train", *facts) as resume,
        Live("metrics/train", dvcyaml=None, save_dvc_exp=False) as live,
    ):

        def report(values: dict[str, float]) -> None:
            for name, value in values.items():
                if name != "epoch":
                    live.log_metric(name, value)
            live.next_step()

        fit_model(model, train, val, recipe, params.seed, report, resume=(resume, "train"))
        logits = predict_logits(model, val.pixels, recipe.batch_size)
        temperature = fit_temperature(logits, val.labels)
        live.summary["temperature"] = temperature
        card = new_card(model, train.classes, recipe, temperature, data_md5, params.seed)
        save_model("models/model.safetensors", model, card)


if __name__ == "__main__":
    run_stage(main)
