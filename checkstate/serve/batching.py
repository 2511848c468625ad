"""Requests of the moment answered in one run of the model, behind a bounded queue."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from checkstate.images import Pixels
from checkstate.predictor import Predictor

Row = NDArray[np.float32]
Waiting = tuple[Pixels, "asyncio.Future[Row]"]


class OverloadError(Exception):
    """The queue is full; the client should come back later."""


class Batcher:
    """Takes what waits, at most `max_batch` images, whenever the model is free.

    No timer: a lone request never waits for company, and under load batches fill themselves
    while the model runs (as in Clipper, Crankshaw et al. 2017, with a delay of zero).
    """

    def __init__(self, predictor: Predictor, max_batch: int, max_queue: int) -> None:
        self.predictor = predictor
        self.max_batch = max_batch
        self.queue: asyncio.Queue[Waiting] = asyncio.Queue(max_queue)
        self.pool = ThreadPoolExecutor(1, "model")

    async def probabilities(self, images: list[Pixels]) -> list[Row]:
        """Probabilities of some images; raises OverloadError when the queue cannot take them."""
        if self.queue.qsize() + len(images) > self.queue.maxsize:
            raise OverloadError
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Row]] = [loop.create_future() for _ in images]
        for waiting in zip(images, futures, strict=True):
            self.queue.put_nowait(waiting)
        return await asyncio.gather(*futures)

    async def run(self) -> None:
        """Answer for ever; cancel it after `drain`."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.queue.get()]
            while len(batch) < self.max_batch and not self.queue.empty():
                batch.append(self.queue.get_nowait())
            pixels = np.stack([waiting[0] for waiting in batch])
            try:
                rows = await loop.run_in_executor(self.pool, self.predictor.probabilities, pixels)
                for (_, future), row in zip(batch, rows, strict=True):
                    if not future.cancelled():
                        future.set_result(row)
            except Exception as error:  # it belongs to the requests, not to the loop
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            for _ in batch:
                self.queue.task_done()

    async def drain(self) -> None:
        """Wait until everything accepted is answered."""
        await self.queue.join()
