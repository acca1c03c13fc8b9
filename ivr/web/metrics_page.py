"""``/metrics`` for Prometheus: requests of this machine, and the state of the whole service.

No label holds anything of a person: endpoints, methods, status classes, queue names and states.
Under gunicorn every worker process counts for itself in the files of ``PROMETHEUS_MULTIPROC_DIR``;
whichever answers sums them up.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ivr.ports.store import StoreUnavailableError
from ivr.ports.vital_signs import VitalSigns
from ivr.service.runtime import Runtime
from ivr.web.edge import runtime

bp = Blueprint("metrics", __name__)

TOKEN, NETWORKS, FOLDER = "METRICS_TOKEN", "METRICS_NETWORKS", "METRICS_FOLDER"
"""Names of the app's configuration."""
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_STARTED = "metrics_started"

registry = CollectorRegistry()
REQUESTS = Counter(
    "ivr_http_requests",
    "Requests by endpoint, method and class of status.",
    ["endpoint", "method", "status"],
    registry=registry,
)
SECONDS = Histogram(
    "ivr_http_request_seconds",
    "Seconds that requests took, by endpoint.",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=registry,
)
GAUGES = {
    "ivr_up": "1 while the database answers.",
    "ivr_live_calls": "Calls that are not over.",
    "ivr_open_tickets": "Tickets that are not closed.",
    "ivr_late_tickets": "Open tickets past their business-day deadline.",
    "ivr_outbox_jobs": "Jobs of the outbox by state.",
    "ivr_outbox_oldest_seconds": "Age of the oldest job that is due and not settled.",
    "ivr_outbox_retrying": "Jobs that failed and wait for another try.",
    "ivr_outbox_failed_lately": "Jobs given up in the last 15 minutes.",
    "ivr_queue_waiting": "Callers who wait, by queue.",
    "ivr_queue_longest_wait_seconds": "Longest wait, by queue.",
    "ivr_agents": "Agents by state.",
    "ivr_worker_heartbeat_seconds": "Since a worker's last sign of life; -1 when there never was.",
    "ivr_disk_free_ratio": "Free part of the disk that holds the data folder.",
}
"""Every gauge, with its meaning."""


class ServiceCollector(Collector):
    """The state of the whole service, read when it is asked for."""

    def __init__(self, rt: Runtime, folder: Path) -> None:
        self._rt = rt
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        free = disk_free(self._folder)
        if free is not None:
            yield _gauge("ivr_disk_free_ratio", free)
        try:
            with self._rt.store.begin(write=False) as tx:
                signs = tx.vitals.signs(now=tx.now())
        except StoreUnavailableError:
            yield _gauge("ivr_up", 0)
            return
        yield _gauge("ivr_up", 1)
        yield from _gauges(signs)


def disk_free(folder: Path) -> float | None:
    """Free part of the disk of a folder, None when it is not there."""
    try:
        usage = shutil.disk_usage(folder if folder.exists() else folder.parent)
    except OSError:
        return None
    return usage.free / usage.total if usage.total else None


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Everything, in the text format of Prometheus. 404 for whoever may not ask."""
    if not _may_ask():
        return "", 404
    everything = CollectorRegistry()
    everything.register(ServiceCollector(runtime(), Path(current_app.config[FOLDER])))
    text = generate_latest(everything)
    if os.environ.get(MULTIPROCESS):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)
        text += generate_latest(counted)
    else:
        text += generate_latest(registry)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def count_requests(app: Flask) -> None:
    """Count every request of an application by its endpoint; a path is never told."""

    @app.before_request
    def begin() -> None:
        setattr(g, _STARTED, time.perf_counter())

    @app.after_request
    def end(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        status = f"{response.status_code // 100}xx"
        method = request.method if request.method in ("GET", "POST", "HEAD") else "other"
        REQUESTS.labels(endpoint, method, status).inc()
        started = g.pop(_STARTED, None)
        if started is not None:
            SECONDS.labels(endpoint).observe(time.perf_counter() - started)
        return response


def _may_ask() -> bool:
    token = str(current_app.config.get(TOKEN, ""))
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via")):
        # Through a proxy everybody comes from the proxy's address.
        return False
    try:
        asker = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    networks = str(current_app.config.get(NETWORKS, "")).split(",")
    return any(asker in ipaddress.ip_network(one.strip()) for one in networks if one.strip())


def _gauges(signs: VitalSigns) -> Iterator[Metric]:
    yield _gauge("ivr_live_calls", signs.live_calls)
    yield _gauge("ivr_open_tickets", signs.open_tickets)
    yield _gauge("ivr_late_tickets", signs.late_tickets)
    jobs = _labelled("ivr_outbox_jobs", "state")
    for state in ("queued", "running", "done", "failed"):
        jobs.add_metric([state], signs.jobs.get(state, 0))
    yield jobs
    yield _gauge("ivr_outbox_oldest_seconds", signs.oldest_job)
    yield _gauge("ivr_outbox_retrying", signs.retrying)
    yield _gauge("ivr_outbox_failed_lately", signs.failed_lately)
    waiting = _labelled("ivr_queue_waiting", "queue")
    longest = _labelled("ivr_queue_longest_wait_seconds", "queue")
    for queue, (count, seconds) in signs.waiting.items():
        waiting.add_metric([queue], count)
        longest.add_metric([queue], seconds)
    yield waiting
    yield longest
    agents = _labelled("ivr_agents", "state")
    for state, count in signs.agents.items():
        agents.add_metric([state], count)
    yield agents
    yield _gauge(
        "ivr_worker_heartbeat_seconds", -1 if signs.worker_age is None else signs.worker_age
    )


def _gauge(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name], value=value)


def _labelled(name: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name], labels=[label])
