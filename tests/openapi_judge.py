"""Judges REST requests and answers by Twilio's own OpenAPI description.

The description comes with npm's @twilio/cli-core (``npm ci`` in tests/node).
"""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from ivr.carrier.rest.request import RestRequest, RestResponse

SPEC = (
    Path(__file__).parent
    / "node/node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
)
FORMATS = FormatChecker()


@FORMATS.checks("date-time-rfc-2822", raises=(TypeError, ValueError))
def _rfc2822(value: object) -> bool:
    return not isinstance(value, str) or parsedate_to_datetime(value) is not None


@cache
def description() -> dict[str, Any]:
    if not SPEC.is_file():
        pytest.fail("npm ci in tests/node was not run: make test does it")
    described: dict[str, Any] = json.loads(SPEC.read_text("utf-8"))
    return described


def _nullable(node: Any) -> Any:
    """OpenAPI's ``nullable`` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _nullable(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") and isinstance(node.get("type"), str):
        changed["type"] = [node["type"], "null"]
        if "enum" in changed:
            changed["enum"] = [*changed["enum"], None]
    return changed


@cache
def _registry() -> Registry[Any]:
    schemas = {"components": {"schemas": _nullable(description()["components"]["schemas"])}}
    return Registry().with_resource(
        "urn:twilio", Resource.from_contents(schemas, default_specification=DRAFT202012)
    )


def errors_in(value: Any, schema: dict[str, Any]) -> list[str]:
    text = json.dumps(_nullable(schema)).replace('"#/', '"urn:twilio#/')
    validator = Draft202012Validator(json.loads(text), registry=_registry(), format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@cache
def _operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+?", path.replace(".", r"\."))), item)
        for path, item in description()["paths"].items()
    ]


def operation(method: str, path: str) -> dict[str, Any] | None:
    for pattern, item in _operations():
        if pattern.fullmatch(path) and method.lower() in item:
            found: dict[str, Any] = item[method.lower()]
            return found
    return None


class Judge:
    """Collects what is wrong with the requests and answers that pass through it."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.judged = 0

    def watching(self, api: Any) -> Any:
        judge = self

        class Watched:
            def handle(self, request: RestRequest) -> RestResponse:
                response: RestResponse = api.handle(request)
                judge.look(request, response)
                return response

        return Watched()

    def look(self, request: RestRequest, response: RestResponse) -> None:
        if response.status >= 400 or request.path.endswith((".wav",)):
            return
        found = operation(request.method, request.path)
        where = f"{request.method} {request.path}"
        if found is None:
            self.complaints.append(f"{where}: not described")
            return
        self.judged += 1
        self._request(request, found, where)
        self._response(response, found, where)

    def _request(self, request: RestRequest, found: dict[str, Any], where: str) -> None:
        content = found.get("requestBody", {}).get("content", {})
        schema = content.get("application/x-www-form-urlencoded", {}).get("schema")
        if schema is not None:
            names = {name for name, _ in request.form}
            for name in names - set(schema["properties"]):
                self.complaints.append(f"{where}: unknown field {name}")
            for name in set(schema.get("required", ())) - names:
                self.complaints.append(f"{where}: missing field {name}")
        known = {each["name"] for each in found.get("parameters", ()) if each["in"] == "query"}
        for name, _ in request.query:
            if name not in known:
                self.complaints.append(f"{where}: unknown query field {name}")

    def _response(self, response: RestResponse, found: dict[str, Any], where: str) -> None:
        described = found["responses"].get(str(response.status))
        if described is None:
            self.complaints.append(f"{where}: status {response.status} is not described")
            return
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            if response.body:
                self.complaints.append(f"{where}: a body where there should be none")
            return
        value = json.loads(response.body)
        self.complaints += [f"{where}: {each}" for each in errors_in(value, schema)]
        for name in _missing(value, schema):
            self.complaints.append(f"{where}: answer lacks {name}")


def _missing(value: Any, schema: dict[str, Any]) -> list[str]:
    """Properties that Twilio's answer has and ``value`` lacks."""
    target = schema.get("$ref", "").rpartition("/")[2]
    if target:
        schema = description()["components"]["schemas"][target]
    missing = [name for name in schema.get("properties", {}) if name not in value]
    for name, property_schema in schema.get("properties", {}).items():
        if property_schema.get("type") == "array" and name in value:
            for item in value[name] or ():
                if isinstance(item, dict):
                    missing += _missing(item, property_schema["items"])
    return missing
