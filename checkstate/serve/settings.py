"""Limits of the service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Limits of the service; `token` empty means that everyone may ask.

    `max_bytes` is of one request, `max_pending` of all that are in work at one time, so that
    many large requests cannot take the memory; `seconds` is from the first byte to the response.
    """

    token: str = ""
    allow_urls: bool = False
    max_batch: int = 4
    max_queue: int = 256
    max_bytes: int = 20_000_000
    max_pending: int = 100_000_000
    max_pixels: int = 16_000_000
    max_files: int = 64
    seconds: float = 15.0
