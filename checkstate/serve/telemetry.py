"""Counters for Prometheus and a log line for every request."""

from __future__ import annotations

import logging
import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

log = logging.getLogger("checkstate")


class Telemetry:
    """What the service counts of itself; images and names are never among it."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # memory and CPU seconds, on Linux, of a lone process
        self.requests = Counter(
            "checkstate_requests", "Requests", ["path", "status"], registry=registry
        )
        self.seconds = Histogram("checkstate_request_seconds", "Request time", registry=registry)
        self.labels = Counter("checkstate_predictions", "Labels", ["label"], registry=registry)
        self.waiting = Gauge(
            "checkstate_waiting",
            "Images, screenshots and explanations without an answer yet",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count and log a request that has ended."""
        self.requests.labels(path, str(status)).inc()
        self.seconds.observe(seconds)
        log.info({"path": path, "status": status, "ms": round(1000 * seconds, 1)})

    def exposition(self) -> bytes:
        """The counters in Prometheus' text format, summed over the processes."""
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # any process may be asked, for all of them
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry)
