"""A person's data shown whole for half a minute, and what stands there when the time is over."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from ivr.ports.tickets import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the data are shown: the frame of that part of the desk, addresses, the way back."""

    frame: str
    hidden: str
    back: str
    back_words: str


def person_shown(place: Place, known: Known, *, seconds: int) -> ResponseReturnValue:
    """The data, until the browser leaves by itself after ``seconds``."""
    page = render_template("equipe/pessoa.html", place=place, known=known, seconds=seconds)
    return page, {"Refresh": f"{seconds}; url={place.hidden}"}


def person_hidden(place: Place, *, why: str = "", status: int = 200) -> ResponseReturnValue:
    """The time is over, or (``why``) there is nothing to be shown."""
    return render_template("equipe/pessoa_oculta.html", place=place, why=why), status
