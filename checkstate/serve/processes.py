"""The address that the service listens at, and several processes at one port."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from typing import Any

from prometheus_client.multiprocess import mark_process_dead
from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from checkstate.core.errors import UserError
from checkstate.core.text import printable


class OwnSocket(socket.socket):
    """A bound socket that every process which it is sent to binds for itself.

    Where processes wait at one socket, Linux wakes the same one again and again: it took 52 of 64
    connections that came at once, and answered them last. Among sockets with SO_REUSEPORT the
    kernel spreads connections by a hash of their addresses (socket(7)).
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the address alone."""
        return bind, (self.family, self.getsockname())


def bind(family: int, address: Any) -> OwnSocket:
    """A socket that shares its address with others of this user; raises OSError."""
    own = OwnSocket(family)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    own.bind(address)
    return own


def check_address(host: str, port: int) -> None:
    """Raises UserError for an address at which nothing can listen, as one whose port is taken.

    uvicorn notices it once the models are loaded, and logs six lines.
    """

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
        server.close()

    try:
        asyncio.run(listen())
    except (OSError, UnicodeError) as error:
        # Python 3.13 gives no number where none of a host's addresses is of this machine
        number = getattr(error, "errno", None) or errno.EADDRNOTAVAIL
        if number == errno.EADDRINUSE:
            raise UserError(f"port {port} is taken: name another with --port") from error
        nowhere = isinstance(error, socket.gaierror | UnicodeError)
        reason = "no such host" if nowhere else os.strerror(number)
        raise UserError(
            f"{printable(host)}, port {port}: {reason}: name others with --host and --port"
        ) from error


class Supervisor(Multiprocess):
    """uvicorn's, which also forgets what a dead process counted as waiting."""

    def keep_subprocess_alive(self) -> None:
        """Start another process for each that has died."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid)


def serve(config: Config) -> None:
    """Run the processes of a configuration until a signal ends them.

    Where the port is taken, it says so and exits: a socket that shares would hide that.
    """
    bound = config.bind_socket()
    if sys.platform == "linux":  # elsewhere the system does not spread connections
        family, address = bound.family, bound.getsockname()
        bound.close()
        bound = bind(family, address)
    Supervisor(config, [bound]).run()
