"""Whether this process lives, whether it can answer calls, and whether all of the service is well.

``/readyz`` is 503 only when calls cannot be taken here: a load balancer that asks it must not take
every host away because a worker is down. ``/readyz?strict=1`` is 503 for any fault, for a monitor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from ivr.ports.store import StoreUnavailableError
from ivr.web.edge import runtime
from ivr.web.metrics_page import FOLDER, disk_free

bp = Blueprint("health", __name__)

OLDEST_JOB_S = 300
WORKER_S = 180
"""A worker gives a sign of life each minute."""
FAILED_JOBS = 5
"""So many jobs given up in 15 minutes: the carrier, or a directory, is away."""
LEAST_DISK = 0.05


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database, the outbox's age, the workers, the carrier, the disk; the flow revision that
    new calls begin with."""
    rt = runtime()
    revision = rt.flows.current.revision
    free = disk_free(Path(str(current_app.config.get(FOLDER, "."))))
    try:
        with rt.store.begin(write=False) as tx:
            signs = tx.vitals.signs(now=tx.now())
    except StoreUnavailableError:
        return jsonify(status="no database", flows=revision, checks={"database": False}), 503
    checks: dict[str, Any] = {
        "database": True,
        "outbox": signs.oldest_job <= OLDEST_JOB_S,
        "worker": signs.worker_age is not None and signs.worker_age <= WORKER_S,
        "carrier": signs.failed_lately < FAILED_JOBS,
        "disk": free is not None and free >= LEAST_DISK,
    }
    well = all(checks.values())
    code = 503 if not well and request.args.get("strict") == "1" else 200
    return jsonify(status="ok" if well else "degraded", flows=revision, checks=checks), code
