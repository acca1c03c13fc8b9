"""Marks of erased content for the templates: ``erased_mark("ticket:…", …)``, empty for none."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template
from flask.typing import ResponseReturnValue

from ivr.service import erased
from ivr.web.edge import runtime


def erased_mark(*objects: str) -> str:
    """The mark of what was erased of these objects. Raises StoreUnavailableError."""
    return erased.erased_mark(runtime(), *objects)


def missing_or_erased(template: str, *objects: str) -> ResponseReturnValue:
    """404, or 410 with its mark for what there was and was erased."""
    mark = erased_mark(*objects) if objects else ""
    return render_template(template, mark=mark), 410 if mark else 404


def attach(app: Flask) -> None:
    """Give :func:`erased_mark` to the templates."""

    def words() -> dict[str, Any]:
        return {"erased_mark": erased_mark}

    app.context_processor(words)
