import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from PIL.PngImagePlugin import PngInfo

from checkstate.runtime.predictor import Predictor
from checkstate.serve.batching import SMALL_BYTES, Batcher, OverloadError, is_small


def test_a_few_bytes_may_hold_many_pixels(crops: list[Path]) -> None:
    Image.new("1", (4000, 4000)).save(stream := io.BytesIO(), "PNG")
    assert len(stream.getvalue()) < SMALL_BYTES
    assert not is_small(stream.getvalue())
    assert is_small(crops[0].read_bytes())
    assert is_small(b"no image")


def test_texts_in_a_picture_are_not_unpacked_to_see_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = PngInfo()
    for number in range(3):
        texts.add_text(f"t{number}", "x" * 1000, zip=True)
    Image.new("RGB", (8, 8)).save(stream := io.BytesIO(), "PNG", pnginfo=texts)
    unpacked = []
    inflate = PngImagePlugin._safe_zlib_decompress
    monkeypatch.setattr(
        PngImagePlugin, "_safe_zlib_decompress", lambda s: unpacked.append(s) or inflate(s)
    )
    assert is_small(stream.getvalue())
    assert not unpacked
    Image.open(stream).load()
    assert len(unpacked) == 3


def test_large_images_that_wait_to_be_decoded_take_room(
    predictor: Predictor, crops: list[Path]
) -> None:
    Image.new("1", (2000, 2000)).save(stream := io.BytesIO(), "PNG")
    large, small = stream.getvalue(), crops[0].read_bytes()

    async def all_at_once() -> None:
        batcher = Batcher(predictor, max_batch=1, max_queue=2, max_pixels=10**7)  # not running
        waiting = [asyncio.create_task(batcher.predict([large])) for _ in range(2)]
        await asyncio.sleep(0)
        assert batcher.room == 0
        for content in (small, large):
            with pytest.raises(OverloadError):
                await batcher.predict([content])
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert batcher.room == 2

    asyncio.run(all_at_once())


def test_a_queue_that_fills_while_a_large_image_is_decoded_is_an_overload(
    predictor: Predictor, crops: list[Path]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream := io.BytesIO(), "PNG")
    large, small = stream.getvalue(), crops[0].read_bytes()
    assert len(large) > SMALL_BYTES

    async def both() -> None:
        batcher = Batcher(predictor, max_batch=1, max_queue=4, max_pixels=10**6)  # not running
        mixed = asyncio.create_task(batcher.predict([small, large, small]))
        await asyncio.sleep(0)
        others = asyncio.create_task(batcher.predict([small, small]))
        with pytest.raises(OverloadError):
            await mixed
        queued = [batcher.queue.get_nowait()[1].cancelled() for _ in range(batcher.queue.qsize())]
        assert queued == [True, False, False, True]  # nothing of the refused request is computed
        others.cancel()

    asyncio.run(both())
