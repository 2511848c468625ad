"""Limits of the service."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkstate.core import bounds
from checkstate.core.errors import UserError

TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What a bearer token may be (RFC 6750)."""


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
    max_bytes: int = bounds.REQUEST
    max_pending: int = 100_000_000
    max_pixels: int = 16_000_000
    max_files: int = 64
    seconds: float = 15.0


def clean_token(text: str) -> str:
    """A token without the spaces and line ends around it, which files and secrets bring along.

    Raises UserError for one that no client could send, and for one that is nothing but spaces,
    which would let everyone in.
    """
    token = text.strip()
    if text and not TOKEN.fullmatch(token):
        raise UserError("the token is blank or has other than letters, digits and -._~+/, then =")
    return token
