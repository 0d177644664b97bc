"""Every answer: its security headers, its line in the log, and its place in the metrics."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from impasto.web.metrics import Metrics

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; "
    "base-uri 'self'; frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of all answers: no page loads or runs anything from elsewhere, or inline."""

TLS = "max-age=31536000"
"""How long browsers insist on TLS once they have seen it."""

log = logging.getLogger("impasto.studio")


class Watch:
    """Adds headers to answers, and notes each with its route, but neither ids nor names."""

    def __init__(self, app: ASGIApp, metrics: Metrics, secure: bool) -> None:
        self.app, self.metrics = app, metrics
        self.headers = HEADERS | ({"Strict-Transport-Security": TLS} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Part of the interface of ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                static = "/site/" in scope["path"]
                headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "") or "other"
            self.metrics.requests.labels(scope["method"], route, status).inc()
            if not route.endswith("/events"):  # which lasts as long as its page
                self.metrics.seconds.labels(route).observe(seconds)
            facts = dict(method=scope["method"], route=route, status=status, ms=round(seconds * 1000))
            log.info("%(method)s %(route)s %(status)s %(ms)s ms", facts, extra={"facts": facts})
