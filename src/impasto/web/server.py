"""The server process: a socket, the application, and workers beside it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import uvicorn

from impasto.errors import SettingsError, option
from impasto.queue.processes import Processes
from impasto.web.app import application
from impasto.web.config import Config

GRACE = 10
"""Seconds for requests to end when the server stops."""

REST = 5.0
"""Seconds before workers that failed are started again."""

NEXT = 10
"""Ports that are tried after the usual one."""


class Server(uvicorn.Server):
    """The studio at a listening socket; `ready` is called once it answers."""

    def __init__(
        self,
        config: Config,
        listening: socket.socket,
        *,
        tls: Mapping[str, str] | None = None,
        proxy: str = "",
        ready: Callable[[], object] = lambda: None,
    ) -> None:
        self.app, self._listening, self._ready = application(config), listening, ready
        super().__init__(
            uvicorn.Config(
                self.app,
                root_path=config.base_path,  # which a proxy takes off
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(proxy),
                forwarded_allow_ips=proxy or None,
                timeout_graceful_shutdown=GRACE,
                timeout_keep_alive=30,
                **(tls or {}),  # type: ignore[arg-type]
            )
        )

    def serve_until_stopped(self) -> None:
        """Answer until SIGINT or SIGTERM, or until `stop`."""
        with self._listening:
            self.run(sockets=[self._listening])

    def stop(self) -> None:
        """End all streams and stop; call it from any thread."""
        self._silence()
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Part of the interface of uvicorn."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Part of the interface of uvicorn: without this, it would wait for streams, which do not end."""
        self._silence()
        super().handle_exit(sig, frame)

    def _silence(self) -> None:
        studio = getattr(self.app.state, "studio", None)
        if studio is not None:
            studio.board.silence()


class Hands:
    """Worker processes beside the server, which are started again whatever happens, until `stop`."""

    def __init__(
        self, config: Config, count: int, arguments: list[str], say: Callable[[str], object]
    ) -> None:
        # In the environment, as addresses may hold passwords and other users can read arguments.
        os.environ |= {"IMPASTO_QUEUE": config.database, "IMPASTO_STORE": config.store}
        self._processes = Processes(count, arguments, say)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="studio-hands", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the workers keep their steps, give their jobs back, and end."""
        self._stopping.set()
        self._processes.stop()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._processes.run()
            self._stopping.wait(REST)


def listening(host: str, port: int | None, usual: int) -> socket.socket:
    """Return a socket that listens at a port, or at the usual one or a free one after it.

    Raises SettingsError if there is none.
    """
    ports = [port] if port is not None else range(usual, usual + NEXT)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    why: OSError | None = None
    for one in ports:
        try:
            return socket.create_server((host, one), family=family, backlog=512)
        except OSError as error:
            why = error
    shown = port if port is not None else f"{usual} to {usual + NEXT - 1}"
    raise SettingsError(
        f"cannot listen at {host}, port {shown}: {why.strerror if why else ''}",
        f"choose another {option('port')} or {option('host')}",
    )


def port_of(listening: socket.socket) -> int:
    """Return the port of a socket."""
    name: Any = listening.getsockname()
    return int(name[1])
