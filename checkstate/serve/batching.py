"""Requests of the moment predicted in one run of the model, behind a bounded queue."""

from __future__ import annotations

import asyncio
import io
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image

from checkstate.core.types import Floats, Pixels
from checkstate.runtime.images import FORMATS, ImageError, read_image
from checkstate.runtime.predictor import Predictor, no_crop

Made = TypeVar("Made")


@dataclass(frozen=True)
class Input:
    """An image as the model takes it, and why it is no crop, if it is none."""

    pixels: Pixels
    warning: str


@dataclass(frozen=True)
class Output:
    """The probabilities of an image, and why it is no crop, if it is none."""

    probabilities: Floats
    warning: str


Outcome = Output | ImageError
Waiting = tuple[bytes | Input, "asyncio.Future[Outcome]"]

SMALL_BYTES, SMALL_PIXELS = 100_000, 1_000_000
"""Up to which an image is decoded between two runs of the model; a larger one, which would hold up
the others, is decoded in a thread of its own, one at a time, before it queues."""


PNG = b"\x89PNG\r\n\x1a\n"
"""How a PNG begins; width and height stand at its 16th byte (PNG specification, 11.2.1)."""


class OverloadError(Exception):
    """The queue is full; the client should come back later."""


def is_small(content: bytes) -> bool:
    """Whether an image decodes at once, as its header says; one color takes few bytes."""
    if len(content) > SMALL_BYTES:
        return False
    if content.startswith(PNG) and len(content) >= 24:  # Pillow would unpack its texts as well
        width, height = struct.unpack(">II", content[16:24])
        return bool(width * height <= SMALL_PIXELS)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return image.width * image.height <= SMALL_PIXELS
    except Exception:  # decoders raise almost anything; reading it says what is wrong
        return True


class Batcher:
    """Takes what waits, at most `max_batch` images, whenever the model is free.

    No timer: a lone request never waits for company, and under load batches fill themselves
    while the model is busy (as in Clipper, Crankshaw et al. 2017, with a delay of zero). One
    thread decodes and runs the model; more of them would wait for Python's lock, so that more
    cores want more processes.
    """

    def __init__(
        self, predictor: Predictor, max_batch: int, max_queue: int, max_pixels: int
    ) -> None:
        self.predictor = predictor
        self.max_batch = max_batch
        self.max_pixels = max_pixels
        self.queue: asyncio.Queue[Waiting] = asyncio.Queue(max_queue)
        self.pool = ThreadPoolExecutor(1, "model")
        self.large = ThreadPoolExecutor(1, "large")
        """For all that takes the memory, whole screenshots, explanations: one at a time."""
        self.turns = 0
        """Images that wait for `large`, or are in work there."""

    @property
    def room(self) -> int:
        """How many images more may wait."""
        return self.queue.maxsize - self.queue.qsize() - self.turns

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the context lasts, and at its end finish everything accepted."""
        task = asyncio.create_task(self.work())
        yield
        await self.queue.join()
        task.cancel()
        self.pool.shutdown()
        self.large.shutdown()

    async def predict(self, contents: list[bytes]) -> list[Outcome]:
        """Probabilities, or why there are none, for every image.

        Raises OverloadError when the queue cannot take them all, or others took the room while a
        large one was decoded.
        """
        if len(contents) > self.room:
            raise OverloadError
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Outcome]] = [loop.create_future() for _ in contents]
        try:
            await self.enqueue(contents, futures)
            return await asyncio.gather(*futures)
        finally:
            for future in futures:
                future.cancel()  # what was queued before the request ended early

    async def enqueue(self, contents: list[bytes], futures: list[asyncio.Future[Outcome]]) -> None:
        """Let every image wait for the model, or tell its future why it cannot."""
        for content, future in zip(contents, futures, strict=True):
            if is_small(content):
                if not self.room:  # others came while a large one was decoded
                    raise OverloadError
                self.queue.put_nowait((content, future))
                continue
            try:
                ready = await self.in_turn(self.preprocess, content)
            except ImageError as error:
                future.set_result(error)
            else:
                self.queue.put_nowait((ready, future))  # its turn kept the room

    async def in_turn(self, work: Callable[[bytes], Made], content: bytes) -> Made:
        """What is made of a large image, one after the other.

        Raises OverloadError when too many wait, and what the work raises.
        """
        if not self.room:
            raise OverloadError
        self.turns += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.large, work, content)
        finally:
            self.turns -= 1

    def preprocess(self, content: bytes) -> Input:
        """Decode an image and bring it to the model's input; raises ImageError."""
        picture = read_image(content, max_pixels=self.max_pixels)
        return Input(self.predictor.to_input(picture), no_crop(picture))

    async def work(self) -> None:
        """Predict batch after batch, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.queue.get()]
            while len(batch) < self.max_batch and not self.queue.empty():
                batch.append(self.queue.get_nowait())
            live = [item for item in batch if not item[1].cancelled()]  # the rest was too late
            contents = [content for content, _ in live]
            try:
                outcomes = await loop.run_in_executor(self.pool, self.compute, contents)
                for (_, future), outcome in zip(live, outcomes, strict=True):
                    if not future.cancelled():
                        future.set_result(outcome)
            except Exception as error:  # it belongs to the requests, not to the loop
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            for _ in batch:
                self.queue.task_done()

    def compute(self, contents: list[bytes | Input]) -> list[Outcome]:
        """Decode what is not decoded, and run the model once."""
        inputs: list[Input | ImageError] = []
        for content in contents:
            try:
                inputs.append(self.preprocess(content) if isinstance(content, bytes) else content)
            except ImageError as error:
                inputs.append(error)
        good = [item.pixels for item in inputs if isinstance(item, Input)]
        rows: Iterator[Floats] = iter(self.predictor.probabilities(np.stack(good)) if good else [])
        return [
            Output(next(rows), item.warning) if isinstance(item, Input) else item for item in inputs
        ]
