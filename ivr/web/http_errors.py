"""Refusals that no page of ours words: an address that does not exist, a method that is not taken,
a fault of ours. Machines get theirs, people get a page in Portuguese."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.web import api

MACHINES = (
    *("/voice/", "/sms/", "/audio/", "/static/"),
    *("/eventos", "/healthz", "/readyz", "/metrics"),
)
WORDS = {
    400: ("Não entendi este pedido", "Volte à página anterior e tente de novo."),
    403: ("Você não tem acesso a esta página", "Se precisa dela, fale com a supervisão."),
    404: ("Esta página não existe", "Confira o endereço, ou comece pelo início."),
    405: ("Esta página não aceita este pedido", "Volte à página anterior e tente de novo."),
    413: ("O que você mandou é grande demais", "Diminua e tente de novo."),
    429: ("Pedidos demais em pouco tempo", "Espere um minuto e tente de novo."),
    500: ("Algo falhou aqui", "A falha foi anotada. Tente de novo em instantes."),
}
OTHER = ("Não foi possível", "Volte à página anterior e tente de novo.")


def attach(app: Flask) -> None:
    """Word the errors of an application."""
    app.register_error_handler(HTTPException, http_error)


def http_error(error: HTTPException) -> ResponseReturnValue:
    """The answer to one."""
    if error.response is not None:
        return error
    if request.path.startswith(f"{api.PREFIX}/"):
        return api.http_error(error)
    for_people = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if request.path.startswith(MACHINES) or for_people != "text/html":
        return error
    code = error.code or 500
    title, way_on = WORDS.get(code, OTHER)
    kept = [pair for pair in error.get_headers() if pair[0] not in ("Content-Type",)]
    return render_template("error.html", title=title, way_on=way_on), code, kept
