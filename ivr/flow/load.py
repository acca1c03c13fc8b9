"""Flow files, already parsed from TOML, into a :class:`FlowBook`. All defects, not the first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ivr.flow.book import Flow, FlowBook, Globals, NumberReader, Service
from ivr.flow.nodes import NODE_TYPES, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Something wrong in a flow file: where, and what to do about it."""

    file: str
    node: str
    key: str
    text: str

    def __str__(self) -> str:
        where = ": ".join(p for p in (self.file, self.node, self.key) if p)
        return f"{where}: {self.text}"


class FlowDefectsError(Exception):
    """Flow files that cannot be used. ``defects`` names file, node and key of each."""

    def __init__(self, defects: list[Defect]) -> None:
        super().__init__("\n".join(str(d) for d in defects))
        self.defects = defects


def build_book(
    files: Mapping[str, Mapping[str, Any]],
    *,
    services: tuple[Service, ...] = (),
    placeholders: Mapping[str, tuple[str, ...]] | None = None,
    read_identifier: NumberReader | None = None,
    read_protocol: NumberReader | None = None,
) -> FlowBook:
    """``files``: file name → its tables ``id``, ``title``, ``start``, ``nodes``, ``globals``.

    Raises :class:`FlowDefectsError`. The revision is a hash of the files' content.
    """
    defects: list[Defect] = []
    flows: dict[str, Flow] = {}
    found: Globals | None = None
    for name, data in sorted(files.items()):
        flow = _flow(name, data, defects)
        if flow is not None:
            if flow.id in flows:
                defects.append(_defect(name, "", "id", f"flow {flow.id!r} is in two files"))
            flows[flow.id] = flow
        if "globals" in data:
            if found is not None:
                defects.append(_defect(name, "", "globals", "stands in two files"))
            try:
                found = Globals.model_validate(data["globals"])
            except ValidationError as error:
                defects += _errors(name, "[globals]", error)
    if found is None and not defects:
        defects.append(_defect("", "", "globals", "no flow file has the table [globals]"))
    if defects or found is None:
        raise FlowDefectsError(defects)
    if found.start not in flows:
        raise FlowDefectsError([_defect("", "[globals]", "start", f"no flow {found.start!r}")])
    extra: dict[str, Any] = {}
    if read_identifier:
        extra["read_identifier"] = read_identifier
    if read_protocol:
        extra["read_protocol"] = read_protocol
    return FlowBook(
        revision=revision(files),
        flows=flows,
        globals=found,
        services=services,
        placeholders=placeholders or {},
        **extra,
    )


def revision(files: Mapping[str, Mapping[str, Any]]) -> str:
    """Short name of a set of flow files: 12 hex digits of a hash of their content."""
    text = json.dumps(files, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _flow(name: str, data: Mapping[str, Any], defects: list[Defect]) -> Flow | None:
    known = {"id", "title", "start", "nodes", "globals"}
    for key in data.keys() - known:
        defects.append(_defect(name, "", key, f"unknown key; allowed: {', '.join(sorted(known))}"))
    missing = [k for k in ("id", "start", "nodes") if not data.get(k)]
    for key in missing:
        defects.append(_defect(name, "", key, "is missing"))
    if missing:
        return None
    nodes: dict[str, Node] = {}
    for node_id, fields in data["nodes"].items():
        node = _node(name, node_id, fields, defects)
        if node is not None:
            nodes[node_id] = node
    return Flow(
        id=str(data["id"]),
        title=str(data.get("title", data["id"])),
        start=str(data["start"]),
        nodes=nodes,
        source=name,
    )


def _node(name: str, node_id: str, fields: Any, defects: list[Defect]) -> Node | None:
    if not isinstance(fields, Mapping):
        defects.append(_defect(name, node_id, "", "is not a table"))
        return None
    word = fields.get("type", "")
    kind = NODE_TYPES.get(word) if isinstance(word, str) else None
    if kind is None:
        allowed = ", ".join(sorted(NODE_TYPES))
        defects.append(_defect(name, node_id, "type", f"{word!r} is none of: {allowed}"))
        return None
    try:
        return kind.model_validate({k: v for k, v in fields.items() if k != "type"})
    except ValidationError as error:
        defects += _errors(name, node_id, error)
        return None


def _errors(name: str, node: str, error: ValidationError) -> list[Defect]:
    return [
        _defect(name, node, ".".join(str(p) for p in e["loc"]) or "(table)", e["msg"])
        for e in error.errors()
    ]


def _defect(file: str, node: str, key: str, text: str) -> Defect:
    return Defect(file=file, node=node, key=key, text=text)
