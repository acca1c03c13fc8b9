"""The front page: what this address is, for whoever opens it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

bp = Blueprint("home", __name__)


@bp.get("/")
def home() -> ResponseReturnValue:
    """Facts of the service and the way to the pages."""
    return render_template("home.html")
