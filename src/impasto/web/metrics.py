"""What is measured, for Prometheus; nothing of it names a picture or a person."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (1, 3, 10, 30, 60, 180, 600, 1800, 7200)


class Metrics:
    """The numbers of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        given: Any = dict(registry=self._registry)
        self.requests = Counter(
            "impasto_requests", "Requests answered.", ["method", "route", "status"], **given
        )
        self.seconds = Histogram("impasto_request_seconds", "Seconds to answer.", ["route"], **given)
        self.jobs = Gauge("impasto_jobs", "Jobs that have not ended, by their state.", ["state"], **given)
        self.ended = Counter("impasto_jobs_ended", "Jobs that have ended.", ["kind", "state"], **given)
        self.painting = Histogram(
            "impasto_painting_seconds", "Seconds of painting.", ["kind"], buckets=_SECONDS, **given
        )
        self.listeners = Gauge("impasto_listeners", "Streams of events that are open.", **given)

    def text(self) -> bytes:
        """Return all of it in the format of Prometheus."""
        return generate_latest(self._registry)
