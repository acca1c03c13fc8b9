"""The menu of every page of the desk: what the person inside may open, and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for

from ivr.web.door import ROLES_OF_VIEW, standing

PAGES = (
    ("Console", "agent.console"),
    ("Chamados", "tickets.search"),
    ("Retornos", "callbacks.show"),
    ("Supervisão", "board.show"),
    ("Acompanhar conversas", "supervision.show"),
    ("Painel de parede", "board.wall"),
    ("Chamadas", "calls.show_list"),
    ("Relatórios", "reports.show"),
    ("Fluxos", "flows.show_list"),
    ("Histórico da pessoa", "historico.start"),
    ("Administração", "admin.home"),
)
"""Words and endpoint, in the order of the menu. Who sees one is who may open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuLine:
    """``here``: the page at hand is this one or one below it."""

    words: str
    address: str
    here: bool


def menu() -> list[MenuLine]:
    """The lines for who is inside; none without a log-in."""
    found = standing(by_person=False)
    if found is None or found.step != "in":
        return []
    roles, views = set(found.staff.roles), current_app.view_functions
    seen = [
        (words, url_for(endpoint))
        for words, endpoint in PAGES
        if roles & getattr(views[endpoint], ROLES_OF_VIEW)
    ]
    here = _nearest([address for _, address in seen])
    return [MenuLine(words=words, address=a, here=a == here) for words, a in seen]


def _nearest(addresses: list[str]) -> str:
    """The longest of the addresses that the page at hand is, or stands below."""
    above = [a for a in addresses if request.path == a or request.path.startswith(f"{a}/")]
    return max(above, key=len, default="")


def attach(app: Flask) -> None:
    """Give the menu to the templates as ``staff_menu()``, and the name as ``staff_name()``."""

    def name() -> str:
        found = standing(by_person=False)
        return found.staff.name if found is not None and found.step == "in" else ""

    def words() -> dict[str, Any]:
        return {"staff_menu": menu, "staff_name": name}

    app.context_processor(words)
