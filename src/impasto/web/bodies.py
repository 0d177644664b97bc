"""Bodies of requests that are too long, refused before they are read."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from impasto.web.problem import TOO_LARGE, answer

USUAL = 1_000_000
"""Bytes of a body that is no upload."""


class BodyLimit:
    """Refuses bodies of over `upload` bytes at the paths of uploads, and of over USUAL elsewhere."""

    def __init__(self, app: ASGIApp, uploads: tuple[str, ...], upload: int) -> None:
        self.app, self.uploads, self.upload = app, uploads, upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Part of the interface of ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        most = self.upload if scope["method"] == "POST" and path in self.uploads else USUAL
        if "\0" in path:  # which no id has, and a database may refuse
            await answer(404, "not_found", "there is no such thing")(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > most:
            refused = answer(413, TOO_LARGE, *_words(most))
            await refused(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, ": ".join(_words(most)))  # which the framework lets through
            return message

        await self.app(scope, counted, send)


def _words(most: int) -> tuple[str, str]:
    return f"the request is longer than {most / 1e6:g} MB", "send a smaller file"
