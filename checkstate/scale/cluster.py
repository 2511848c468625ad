"""A Ray cluster: its nodes get our packages from here, and what fails is one line."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from checkstate.core.errors import UserError
from checkstate.core.text import first_line

PATIENCE = 5
"""Seconds for an address to accept a connection."""


@contextmanager
def ray_cluster(address: str, runtime_env: dict[str, Any]) -> Iterator[None]:
    """Connect to a cluster, whose tasks get what Ray calls their runtime environment.

    Raises UserError for a cluster that cannot be reached or that fails, and what a task raised.
    """
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        probe(address)
        ray.init(
            address,
            runtime_env=runtime_env,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"{address}: no Ray cluster there ({first_line(error)})") from error
    try:
        yield
    except RayTaskError as error:
        raise error.cause from None  # without the lines of Ray around it
    except RayError as error:
        raise UserError(f"{address}: {first_line(error)}; run it again to go on") from error
    finally:
        ray.shutdown()


def probe(address: str) -> None:
    """Raise OSError where nobody listens: ray.init itself tries for a quarter of an hour.

    Ray resolves `auto` and localhost, and None is a cluster that it starts here.
    """
    from ray._private.services import canonicalize_bootstrap_address

    if found := canonicalize_bootstrap_address(address):
        place = urlsplit(f"//{found}")  # also [::1]:6379
        socket.create_connection((place.hostname, place.port), PATIENCE).close()
