"""The OpenAPI document of ``/api/v1``, made of the same models that read and write."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ivr.web.api_guard import PROBLEM, TITLES
from ivr.web.api_shapes import (
    PROTOCOL,
    NoteAdded,
    NoteIn,
    Problem,
    TicketPage,
    TicketsQuery,
    TicketWithNotes,
)

_REF = "#/components/schemas/{model}"
_EVERYWHERE = (401, 403, 429, 500, 503)


@cache
def document(prefix: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    models = (TicketPage, TicketWithNotes, NoteIn, NoteAdded, Problem)
    _, schemas = models_json_schema(
        [(model, "validation" if model is NoteIn else "serialization") for model in models],
        ref_template=_REF,
    )
    one = "/tickets/{protocol}"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Central de Atendimento de TI de Mato Grosso do Sul",
            "version": "1",
            "description": "Chamados para outros sistemas. Dados pessoais vêm mascarados.",
        },
        "servers": [{"url": prefix}],
        "security": [{"bearer": []}],
        "paths": {
            "/tickets": {
                "get": _operation(
                    "listTickets",
                    "Lista chamados, do mais novo ao mais antigo",
                    scope="tickets:read",
                    gives=(200, TicketPage),
                    errors=(404, 422),
                    parameters=_query(TicketsQuery),
                )
            },
            one: {
                "parameters": [_path()],
                "get": _operation(
                    "getTicket",
                    "Um chamado, notas e gravações; um protocolo unido leva ao chamado que ficou",
                    scope="tickets:read",
                    gives=(200, TicketWithNotes),
                    errors=(404,),
                ),
            },
            f"{one}/notes": {
                "parameters": [_path()],
                "post": _operation(
                    "addNote",
                    "Acrescenta uma nota; a mesma nota em um minuto é gravada uma vez",
                    scope="tickets:write",
                    gives=(201, NoteAdded),
                    errors=(400, 404, 409, 413, 415, 422),
                    takes=NoteIn,
                ),
            },
            f"{one}/close": {
                "parameters": [_path()],
                "post": _operation(
                    "closeTicket",
                    "Encerra o chamado",
                    scope="tickets:write",
                    gives=(200, TicketWithNotes),
                    errors=(404, 409),
                ),
            },
        },
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    name: str,
    summary: str,
    *,
    scope: str,
    gives: tuple[int, type[BaseModel]],
    errors: tuple[int, ...],
    parameters: list[dict[str, Any]] | None = None,
    takes: type[BaseModel] | None = None,
) -> dict[str, Any]:
    status, model = gives
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": f"Permissão da ficha: `{scope}`.",
        "parameters": parameters or [],
        "responses": {
            str(status): {
                "description": "Feito",
                "content": {"application/json": {"schema": _ref(model)}},
            },
            **{str(code): _error(code) for code in sorted({*errors, *_EVERYWHERE})},
        },
    }
    if takes is not None:
        content = {"application/json": {"schema": _ref(takes)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _error(code: int) -> dict[str, Any]:
    return {"description": TITLES[code], "content": {PROBLEM: {"schema": _ref(Problem)}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _path() -> dict[str, Any]:
    return {
        "name": "protocol",
        "in": "path",
        "required": True,
        "description": "Os 12 algarismos do protocolo",
        "schema": {"type": "string", "pattern": PROTOCOL},
    }


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    properties = model.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": shape.pop("description", ""),
            "schema": _without_null(shape),
        }
        for name, shape in properties.items()
    ]


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is left out; there is no null in an address."""
    kinds = [kind for kind in shape.get("anyOf", []) if kind.get("type") != "null"]
    return kinds[0] if kinds else {k: v for k, v in shape.items() if k != "title"}
