"""Whether this process lives, and whether it can answer calls."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from ivr.ports.store import StoreUnavailableError
from ivr.web.edge import runtime

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database answers too; the flow revision that new calls begin with."""
    rt = runtime()
    try:
        rt.store.ping()
    except StoreUnavailableError:
        return jsonify(status="no database", flows=rt.flows.current.revision), 503
    return jsonify(status="ok", flows=rt.flows.current.revision)
