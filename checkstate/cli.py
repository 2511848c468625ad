"""The command line: checkstate predict, find, score, serve, evaluate, report and others."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

import typer
from tqdm import tqdm
from typer.core import TyperGroup

from checkstate.core import bounds
from checkstate.core.errors import UserError, is_out_of_memory
from checkstate.core.layout import SUFFIXES
from checkstate.core.text import first_line, printable
from checkstate.core.types import Pixels
from checkstate.runtime import finds
from checkstate.runtime.finder import Finder
from checkstate.runtime.images import ImageError, read_image
from checkstate.runtime.model_file import (
    FINDER_VARIABLE,
    VARIABLE,
    ModelFile,
    find_finder,
    find_model,
)
from checkstate.runtime.output import Format, check_writable, explanation_path, writer
from checkstate.runtime.predictor import (
    ModelError,
    Prediction,
    Predictor,
    no_crop,
)
from checkstate.runtime.sources import Source, expand, reads_below


class Commands(TyperGroup):
    """All commands, none of which ends in a traceback for what is no fault of its own.

    Typer ends in silence for an interrupt (130) and a closed pipe (1).
    """

    def invoke(self, ctx: Any) -> Any:
        """Run a command; memory or a disk that runs out is one line."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # a closed pipe is noticed here, not as Python ends
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                typer.echo("error: no space left where the output goes", err=True)
                # or Python tries to write the rest once more as it ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            elif is_out_of_memory(error):
                typer.echo("error: out of memory: end other programs, or give it less", err=True)
            else:
                raise
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Model = Annotated[
    Path | None,
    typer.Option(
        envvar=VARIABLE,
        help="The model file; else models/model.onnx of this folder, else the released one.",
    ),
]
Device = Annotated[
    Literal["cpu", "cuda", "auto"], typer.Option(help="Where the model runs; auto takes a GPU.")
]
FinderFile = Annotated[
    Path | None,
    typer.Option(
        envvar=FINDER_VARIABLE,
        help="The finder's file; else find/models/finder.onnx here, else the released one.",
    ),
]


def no_image(output: Path | None) -> Path | None:
    """Refuse to write text where an image is: `--output shots/*.png` names one, once the shell has
    put names in the pattern's place."""
    if output and output.suffix.lower() in SUFFIXES:
        raise typer.BadParameter(f"{printable(str(output))}: has an image's ending")
    return output


Images = Annotated[list[str], typer.Argument(help="Files, folders, globs, URLs, or -.")]
Output = Annotated[
    Path | None,
    typer.Option(dir_okay=False, callback=no_image, help="Write there instead of standard output."),
]
PrivateUrls = Annotated[bool, typer.Option(help="Let URLs lead to addresses that are not public.")]


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Find checkboxes, radio buttons and switches in screenshots, and tell their states."""
    if version:
        typer.echo(metadata.version("checkstate"))
        raise typer.Exit


ESCAPED = "backslashreplace"
"""What becomes of names that are no valid text."""

warnings.filterwarnings("ignore", module=r"PIL\.")  # of odd metadata: what matters is an ImageError


@contextmanager
def model_errors() -> Iterator[None]:
    """End with status 2 and one line when a model file is not one."""
    try:
        yield
    except ModelError as error:
        if is_out_of_memory(error):
            raise
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def open_model(named: Path | None, device: str = "cpu") -> Predictor:
    """Load a classifier, or end with status 2 and one line."""
    with model_errors():
        return Predictor(named, device=device)


def open_finder(named: Path | None, model: Path | None, device: str = "cpu") -> Finder:
    """Load a finder and a classifier, or end with status 2 and one line."""
    with model_errors():
        return Finder(named, Predictor(model, device=device), device=device)


@contextmanager
def one_line_errors(extra: str) -> Iterator[None]:
    """End with one line for what a user can mend, or for a package that `extra` would bring."""
    try:
        yield
    except ImportError as error:
        typer.echo(
            f"error: {error.name} is missing: in a clone, pip install '.[{extra}]'", err=True
        )
        raise typer.Exit(2) from error
    except UserError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        if error.filename is None and error.errno in {errno.EPIPE, errno.ENOSPC}:
            raise  # standard output, which is no file of theirs
        # pyarrow's errors have no file name, and some no number: then strerror is None too
        told = (error.filename, error.strerror or first_line(error))
        typer.echo(f"error: {': '.join(str(t) for t in told if t is not None)}", err=True)
        raise typer.Exit(1) from error


@app.command()
def predict(
    images: Images,
    model: Model = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv",
            help="CSV; a path that a spreadsheet would run as a formula gets an apostrophe.",
        ),
    ] = False,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Abstain when less confident than this.")
    ] = 0.0,
    batch_size: Annotated[int, typer.Option(min=1, help="Images a run of the model.")] = 32,
    explain: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder for pictures of what each prediction rests on."),
    ] = None,
    output: Output = None,
    device: Device = "cpu",
    private_urls: PrivateUrls = False,
) -> None:
    """Predict every image. Exit status: 0 all were read, 1 some were not, 2 wrong usage."""
    kind = output_format(as_json, as_csv)
    check_folders(images, explain)
    predictor = open_model(model, device)
    unread = 0
    sources = expand(images, private_urls=private_urls)
    with (
        opened(output) as stream,
        tqdm(unit="image", disable=None, file=sys.stderr, leave=False) as bar,
    ):
        show = writer(stream, kind, predictor)
        for source, outcome in predictions(predictor, sources, batch_size, threshold):
            with tqdm.external_write_mode():
                if isinstance(outcome, ImageError):
                    unread += 1
                    typer.echo(f"unreadable: {outcome}", err=True)
                else:
                    pixels, prediction = outcome
                    show(source.name, prediction)
                    if explain:
                        save_explanation(predictor, source, pixels, explain)
            bar.update()
    raise typer.Exit(1 if unread else 0)


@app.command()
def find(
    screenshots: Images,
    model: Model = None,
    finder: FinderFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per screenshot.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, a row per control.")] = False,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least confidence; else the finder's own.")
    ] = None,
    other: Annotated[
        bool, typer.Option("--other", help="Also list what the classifier calls other.")
    ] = False,
    draw: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for screenshots with boxes.")
    ] = None,
    crops: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="New folder for crops by state, with a curation list."),
    ] = None,
    output: Output = None,
    device: Device = "cpu",
    private_urls: PrivateUrls = False,
) -> None:
    """Find every control of a screenshot, with its state. Exit status as of predict."""
    kind = output_format(as_json, as_csv)
    check_folders(screenshots, draw, crops)
    check_apart(crops, draw, output)
    found = open_finder(finder, model, device)
    unread = 0
    with model_errors(), opened(output) as stream, listed(crops) as cut:
        show = finds.writer(stream, kind, found)
        for source in tqdm(
            expand(screenshots, private_urls=private_urls),
            unit="screenshot",
            disable=None,
            file=sys.stderr,
            leave=False,
        ):
            try:
                picture = read_image(source.content())
            except ImageError as error:
                unread += 1
                tqdm.write(f"unreadable: {named_error(source, error)}", sys.stderr)
                continue
            controls = found.find(picture, threshold, other)
            with tqdm.external_write_mode():
                show(source.name, picture, controls)
            if draw:
                boxes = finds.drawn(picture, controls, found.predictor.classes)
                target = finds.drawn_path(source.name, draw)
                with target_errors(target):
                    finds.save(boxes, target)
            if cut:
                with target_errors(cut.folder):
                    cut.add(source.name, picture, controls)
    raise typer.Exit(1 if unread else 0)


def check_folders(images: list[str], *folders: Path | None) -> None:
    """End with status 2 and one line for a folder that cannot be written, or whose pictures would
    be read as images: before anything is computed."""
    for folder in filter(None, folders):
        if name := reads_below(images, folder):
            shown = printable(str(folder))
            typer.echo(
                f"error: {shown}: what is written there would be read as images of "
                f"{printable(name)}: name a folder outside of it",
                err=True,
            )
            raise typer.Exit(2)
        with target_errors(folder):
            check_writable(folder)


def check_apart(crops: Path | None, draw: Path | None, output: Path | None) -> None:
    """End with status 2 and one line where something else would be written among the crops or over
    their list."""
    if not crops:
        return
    folder, table = crops.resolve(), finds.list_of(crops).resolve()
    for other in filter(None, (draw, output)):
        written = other.resolve()
        if written.is_relative_to(folder):
            reason = "lies in the folder of the crops"
        elif folder.is_relative_to(written):
            reason = "the folder of the crops lies in it"
        elif written == table:
            reason = "is the list of the crops"
        else:
            continue
        typer.echo(f"error: {printable(str(other))}: {reason}", err=True)
        raise typer.Exit(2)


@contextmanager
def listed(folder: Path | None) -> Iterator[finds.Crops | None]:
    """Crops to add to, if a folder is named; however it ends, those that are there are listed."""
    if not folder:
        yield None
        return
    try:
        with target_errors(folder):
            crops = finds.Crops(folder)
    except UserError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    with target_errors(crops.list):
        check_writable(crops.list.parent)
    try:
        yield crops
    finally:
        with target_errors(crops.list):
            crops.write_list()


def named_error(source: Source, error: ImageError) -> ImageError:
    """The error of an image with the image's name in it."""
    name, text = printable(source.name), str(error).removeprefix("image: ")
    if name in text:
        return error
    opened_as = printable(str(Path(source.name)))  # without "./"
    return ImageError(f"{name}: {text.removeprefix(f'{opened_as}: ')}")


def output_format(as_json: bool, as_csv: bool) -> Format:
    """The one of the two that is asked for, else text for a person."""
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    return "json" if as_json else "csv" if as_csv else "text"


@contextmanager
def opened(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there once all of it is; a name need not be valid text."""
    if not output:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors=ESCAPED)
        yield sys.stdout
        return
    from checkstate.core.files import atomic_write

    with target_errors(output):
        if output.exists() and not output.is_file():  # a device or a pipe: nothing takes its place
            with output.open("w", encoding="utf-8", errors=ESCAPED) as file:
                yield file
            return
        target = output.resolve()  # of a link, which stays one
        with (
            atomic_write(target) as temporary,
            temporary.open("w", encoding="utf-8", errors=ESCAPED) as file,
        ):
            if target.exists():
                shutil.copymode(target, temporary)
            yield file


@contextmanager
def target_errors(target: Path) -> Iterator[None]:
    """End with status 2 and one line that names a file or folder that cannot be written."""
    try:
        yield
    except OSError as error:
        typer.echo(f"error: {printable(str(target))}: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def predictions(
    predictor: Predictor, sources: Iterator[Source], batch_size: int, threshold: float
) -> Iterator[tuple[Source, tuple[Pixels, Prediction] | ImageError]]:
    """Predict batch by batch, in order, with one batch of images in memory."""

    def prepare(source: Source) -> Pixels | ImageError:
        try:
            picture = read_image(source.content())
        except ImageError as error:
            return named_error(source, error)
        if reason := no_crop(picture):
            tqdm.write(f"warning: {printable(source.name)}: {reason}", sys.stderr)
        return predictor.to_input(picture)

    with ThreadPoolExecutor() as pool:
        while batch := list(islice(sources, batch_size)):
            # a thread that waits for standard input would keep an interrupt waiting
            waits = any(source.name == "-" for source in batch)
            inputs = list((map if waits else pool.map)(prepare, batch))
            good = [pixels for pixels in inputs if not isinstance(pixels, ImageError)]
            predicted = iter(predictor.predict(good, threshold) if good else [])
            for source, pixels in zip(batch, inputs, strict=True):
                outcome = pixels if isinstance(pixels, ImageError) else (pixels, next(predicted))
                yield source, outcome


def save_explanation(predictor: Predictor, source: Source, pixels: Pixels, folder: Path) -> None:
    """Write <folder>/<path>.explained.png with the pixels that the prediction rests on."""
    from checkstate.core.files import atomic_write
    from checkstate.runtime.explain import overlay

    target = explanation_path(source.name, folder)
    with target_errors(target), atomic_write(target) as temporary:
        overlay(predictor, pixels).save(temporary, "PNG")


def as_json_value(text: str) -> Any:
    """A field of metadata: JSON where it is, text where somebody else wrote it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


@app.command()
def info(
    # without their variables, which find_model and find_finder look at and tell from a name
    model: Annotated[Path | None, typer.Option(help="The model file.")] = None,
    finder: Annotated[Path | None, typer.Option(help="The finder's file.")] = None,
) -> None:
    """Print which model files are used and what they say of themselves, as JSON."""
    models = open_finder(finder, model)
    about = told(find_model(model), models.predictor.metadata)
    about["finder"] = told(find_finder(finder), models.metadata)
    typer.echo(json.dumps(about, indent=2))


def told(chosen: ModelFile, metadata: dict[str, str]) -> dict[str, Any]:
    """A model file, why it was chosen, and its metadata."""
    about = {"file": str(chosen.path), "chosen": chosen.reason, "bytes": chosen.path.stat().st_size}
    return about | {key: as_json_value(value) for key, value in metadata.items()}


@app.command()
def serve(
    model: Model = None,
    finder: FinderFile = None,
    host: Annotated[str, typer.Option(envvar="CHECKSTATE_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, envvar="CHECKSTATE_PORT")] = 8000,
    token: Annotated[
        str, typer.Option(envvar="CHECKSTATE_TOKEN", help="Bearer token that clients must send.")
    ] = "",
    allow_urls: Annotated[
        bool, typer.Option(envvar="CHECKSTATE_ALLOW_URLS", help="Offer POST /predict-url.")
    ] = False,
    max_batch: Annotated[int, typer.Option(min=1, help="Images a run of the model.")] = 4,
    max_queue: Annotated[int, typer.Option(min=1, help="Images that may wait.")] = 256,
    max_bytes: Annotated[int, typer.Option(min=1, help="Bytes of a request.")] = bounds.REQUEST,
    workers: Annotated[int, typer.Option(min=1, help="Processes; under load, one a core.")] = 1,
) -> None:
    """Serve the models over HTTP, with a page at /."""
    with one_line_errors("serve"):
        import uvicorn

        from checkstate.serve import processes
        from checkstate.serve.app import to_environment
        from checkstate.serve.logs import CONFIG
        from checkstate.serve.protocol import OPTIONS
        from checkstate.serve.settings import Settings, clean_token

        token = clean_token(token)
        processes.check_address(host, port)
    settings = Settings(
        token=token,
        allow_urls=allow_urls,
        max_batch=max_batch,
        max_queue=max_queue,
        max_bytes=max_bytes,
    )
    # a bad file ends here in one line, not in the crash of every process
    to_environment(open_finder(finder, model), settings)
    options: dict[str, Any] = {
        "app": "checkstate.serve.app:from_environment",
        "factory": True,
        "host": host,
        "port": port,
        "access_log": False,
        "log_config": CONFIG,
        "timeout_graceful_shutdown": 30,
        **OPTIONS,
    }
    if workers == 1:
        uvicorn.run(**options)
        return
    with tempfile.TemporaryDirectory() as counters:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
        processes.serve(uvicorn.Config(workers=workers, **options))


@app.command()
def mcp(
    model: Model = None,
    finder: FinderFile = None,
) -> None:
    """Offer find_controls and control_state to a screen agent, over stdin and stdout (MCP)."""
    with one_line_errors("mcp"):
        from checkstate.serve.mcp import new_server

    new_server(open_finder(finder, model)).run()


@app.command()
def evaluate(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of class folders, or .zip or .tar files of them, as one set; else the "
            "current test split."
        ),
    ] = None,
    model: Model = None,
    compare: Annotated[
        Path | None, typer.Option(help="Another model file, on the same images.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    device: Device = "cpu",
) -> None:
    """Measure a model on labeled images. Exit status: 0 all were read, 1 some were not."""
    files = [model, compare] if compare else [model]
    predictors = [open_model(file, device) for file in files]
    first, second = predictors[0], predictors[-1]
    with one_line_errors("train"):
        from checkstate.core import paths
        from checkstate.core.files import finite
        from checkstate.core.layout import summarize
        from checkstate.evaluation import labeled
        from checkstate.evaluation.text import comparison_text, summary_text

        labeled.check_same_classes(first, second)
        left_out = Counter[str]()
        images = (
            labeled.in_folders(sources, first.classes, left_out)
            if sources
            else labeled.in_test_split(paths.SPLIT, paths.CURATED, first.classes, left_out)
        )
        tables, errors = labeled.predict_labeled(predictors, images)
        summaries = [labeled.summarize_labeled(table) for table in tables]
        compared = labeled.compare(*tables) if compare else None
    for error in errors:
        typer.echo(f"unreadable: {printable(error)}", err=True)
    if left_out:
        typer.echo(f"left out: {summarize(left_out)}", err=True)
    if as_json:
        names = [str(predictor.path) for predictor in predictors]
        found = dict(zip(names, summaries, strict=True))
        whole = {"models": found, "comparison": compared, "left_out": left_out}
        typer.echo(json.dumps(finite(whole), indent=2))
    else:
        for predictor, summary in zip(predictors, summaries, strict=True):
            typer.echo(f"{predictor.path}\n{summary_text(summary, first.classes)}")
        if compared:
            typer.echo(comparison_text(compared))
    raise typer.Exit(1 if errors else 0)


@app.command()
def score(
    source: Annotated[
        str, typer.Argument(help="Folder, glob, .zip, .tar or .parquet of images; or s3://...")
    ],
    target: Annotated[str, typer.Argument(help="Folder of Parquet files; or s3://...")],
    screens: Annotated[
        bool, typer.Option("--find", help="Find the controls of whole screenshots, a row each.")
    ] = False,
    model: Model = None,
    finder: FinderFile = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes, by default one a core; on Ray, shards at a time."),
    ] = None,
    ray: Annotated[
        str, typer.Option(help="Address of a Ray cluster, or auto: on its nodes instead of here.")
    ] = "",
) -> None:
    """Predict millions of images; run it again to go on. Exit status: 0 all read, 1 some not."""
    if screens:
        opened_finder = open_finder(finder, model)
        files = [opened_finder.predictor.path, opened_finder.path]
    else:
        files = [open_model(model).path]
    with model_errors(), one_line_errors("scale"):
        from checkstate.core.layout import summarize
        from checkstate.scale.models import Models
        from checkstate.scale.pools import local_pool, ray_pool
        from checkstate.scale.scoring import score as score_all

        if ray and "://" not in source:
            source = str(Path(source).absolute())  # its nodes have working directories of their own
        here = partial(local_pool, workers=workers or os.cpu_count() or 1)
        there = partial(ray_pool, address=ray, workers=workers or 0)
        summary = score_all(source, target, Models.of(*files), there if ray else here)
    if passed := summary["passed_over"]:
        typer.echo(f"passed over: {summarize(passed)}", err=True)
    controls = f", {summary['controls']} controls" if screens else ""
    typer.echo(
        f"{summary['images']} images, {summary['unreadable']} unreadable{controls}: {target}"
    )
    raise typer.Exit(1 if summary["unreadable"] else 0)


@app.command()
def audit(
    target: Annotated[Path, typer.Argument(help="Writes TARGET.html and TARGET.csv.")],
    limit: Annotated[int, typer.Option(min=1, help="Images at most.")] = 100,
) -> None:
    """Rank suspicious labels from the last cross-validation."""
    with one_line_errors("train"):
        from checkstate.core import paths
        from checkstate.report.audit_page import AuditSources, write_audit

        predictions = paths.predictions_table("crossval")
        sources = AuditSources(predictions, paths.MANIFEST, paths.CURATED)
        count = write_audit(sources, target, limit)
    typer.echo(f"{count} labels to look at: {target}.html")


@app.command()
def report() -> None:
    """Write metrics/report.html and MODEL_CARD.md from what the stages left."""
    with one_line_errors("train"):
        from checkstate.core import paths
        from checkstate.report.report import write_report

        write_report()
    typer.echo(f"wrote {paths.REPORT} and {paths.MODEL_CARD}")


@app.command()
def verify(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Outputs or folders; by default of dvc.yaml and .dvc, and the released finder."
        ),
    ] = None,
) -> None:
    """Compare files with the md5 that DVC recorded. Exit status: 0 all are the same, else 1."""
    with one_line_errors("train"):
        from checkstate.report.verify import verify as states

        good = True
        for state, path in states(paths or []):
            typer.echo(f"{state:<8}{path}")
            good &= state == "ok"
    raise typer.Exit(0 if good else 1)


@app.command()
def log_mlflow(
    rev: Annotated[str, typer.Argument(help="Commit, tag or name of an experiment.")] = "HEAD",
    uri: Annotated[
        str, typer.Option(envvar="MLFLOW_TRACKING_URI", help="The tracking server.")
    ] = "http://127.0.0.1:5000",
    experiment: Annotated[
        str, typer.Option(envvar="MLFLOW_EXPERIMENT_NAME", help="The experiment there.")
    ] = "checkstate",
) -> None:
    """Send what DVC recorded of a commit to MLflow, once."""
    with one_line_errors("train,mlflow"):
        from checkstate.scale.tracking import log_commit

        run_id, is_new = log_commit(uri, experiment, rev)
    typer.echo(f"{'logged as' if is_new else 'already there:'} run {run_id}")


@app.command()
def export_triton(
    target: Annotated[Path, typer.Argument(help="The model repository to write.")],
    model: Model = None,
    finder: FinderFile = None,
    max_batch: Annotated[int, typer.Option(min=1)] = 64,
) -> None:
    """Write a repository for NVIDIA Triton: the classifier, batched, and the finder."""
    with one_line_errors("serve"):
        from checkstate.serve.triton import write_repository

        write_repository(open_finder(finder, model), target, max_batch)
    typer.echo(f"wrote {target}/checkstate and {target}/checkstate-finder")


@app.command()
def export_web(
    folder: Annotated[Path, typer.Argument(help="The folder to write.")], model: Model = None
) -> None:
    """Write a static page that reads states in the browser; needs npm."""
    with one_line_errors("serve"):
        from checkstate.serve.web import write_page

        write_page(open_model(model), folder)
    typer.echo(f"wrote {folder}, for any web server: python -m http.server --directory {folder}")


if __name__ == "__main__":
    app()
