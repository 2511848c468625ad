"""Several workers that train one network: processes of one machine, each on its share of a batch.

The process that calls is the first of them. It alone reports, validates and writes; the others only
train, until it ends them.
"""

from __future__ import annotations

import os
import pickle
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.multiprocessing.spawn import ProcessContext, ProcessException, spawn
from torch.nn.parallel import DistributedDataParallel

from checkstate.core.errors import UserError
from checkstate.model.optimization import pick_device

WORK, READY = "work.pickle", "ready-{}"
"""The file that holds the work, and one by which a worker says that it has read it."""


@contextmanager
def helpers(workers: int, device: str, work: Callable[..., None], *args: object) -> Iterator[None]:
    """Run `work(*args)` in the other workers beside the block, which is the first one's work.

    Raises UserError when a worker ends before the block does, or has no device.
    """
    if workers == 1:
        yield
        return
    check_devices(workers, device)
    with tempfile.TemporaryDirectory() as folder:
        # by value: torch would share the network's memory, which each is to update alone; and by
        # way of the disk, or this process would hold the images once more for each helper
        with Path(folder, WORK).open("wb") as file:
            pickle.dump((work, args), file)
        begun = spawn(help_out, (workers, device, folder), workers - 1, join=False)
        try:
            while len(list(Path(folder).glob(READY.format("*")))) < workers - 1:
                begun.join(timeout=0.1)
            join_workers(0, workers, device, folder)
            yield
        except (ProcessException, RuntimeError) as error:
            if ended := end_of_helper(begun, error):
                raise UserError(
                    f"train.workers={workers}: one of them ended ({ended}); run again: it goes on "
                    "from the last finished epoch"
                ) from error
            raise
        finally:
            for process in begun.processes:
                process.kill()
                process.join()
            if dist.is_initialized():
                dist.destroy_process_group()


def help_out(number: int, workers: int, device: str, folder: str) -> None:
    """A helper's life: all that it has to say goes to the first worker by its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with Path(folder, WORK).open("rb") as file:
        work, args = pickle.load(file)  # noqa: S301 of the process that started this one
    Path(folder, READY.format(number)).touch()
    join_workers(number + 1, workers, device, folder)
    work(*args)
    signal.pause()  # a connection that closes early is an error to who still reads from it


def join_workers(rank: int, workers: int, device: str, folder: str) -> None:
    """Meet the others, over NCCL with a GPU each or over gloo on the CPU."""
    on_gpu = pick_device(device).type == "cuda"
    if on_gpu:
        torch.cuda.set_device(rank)
    dist.init_process_group(
        "nccl" if on_gpu else "gloo",
        init_method=f"file://{folder}/meeting",
        rank=rank,
        world_size=workers,
    )


def check_devices(workers: int, device: str) -> None:
    """Raise UserError where the workers would have to share a GPU."""
    kind = pick_device(device).type
    found = {"cpu": workers, "cuda": torch.cuda.device_count()}.get(kind, 1)
    if found < workers:
        raise UserError(
            f"train.workers={workers}: {found} {kind} device(s) here; lower it, or set "
            "train.device=cpu"
        )


def end_of_helper(begun: ProcessContext, error: Exception) -> str:
    """How a helper ended, in a line; "" when the error is not of that."""
    if not isinstance(error, ProcessException):
        try:
            begun.join(timeout=5)
        except ProcessException as ended:
            error = ended
        else:
            return ""
    return str(error).strip().splitlines()[-1]


def own_share() -> slice:
    """What this worker takes of a batch."""
    return (
        slice(dist.get_rank(), None, dist.get_world_size())
        if dist.is_initialized()
        else slice(None)
    )


def reseed(generator: torch.Generator) -> None:
    """Let layers draw, as dropout does, otherwise in each worker, and alike in one that goes on."""
    apart = torch.Generator().set_state(generator.get_state())  # batches stay what they were
    drawn = int(torch.randint(2**31, (1,), generator=apart))
    torch.manual_seed(drawn + (dist.get_rank() if dist.is_initialized() else 0))


def averaging(model: nn.Module) -> nn.Module:
    """The network, whose gradients are the mean of all workers'; for one epoch.

    It groups gradients anew after its first step, in an order that decides last bits: wrapped once
    for all epochs, a training that goes on would end with other bytes.
    """
    return DistributedDataParallel(model) if dist.is_initialized() else model


def sum_of_workers(value: float, device: torch.device) -> float:
    """The sum of a number that each worker has."""
    if not dist.is_initialized():
        return value
    total = torch.tensor(value, dtype=torch.float64, device=device)
    dist.all_reduce(total)
    return total.item()
