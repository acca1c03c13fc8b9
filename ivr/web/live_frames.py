"""The text of the event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import json

RETRY_MS = 2000
HEARTBEAT = b":\n\nevent: pulso\ndata: {}\n\n"
"""A comment for proxies, and an event for the page, which sees no comments: a connection that is
silent for longer is dead, however open it looks."""
OPENING = f"retry: {RETRY_MS}\nevent: ao-vivo\ndata: {{}}\n\n".encode()
"""First of every stream: from here on nothing is missed, so read everything anew now."""


def frame(topic: str, entity: str, version: int) -> bytes:
    """An event: ids and version only."""
    data = {"id": entity, "v": version} if entity else {}
    return f"event: {topic}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def come_back(milliseconds: int) -> bytes:
    """Asks the browser to connect again after so long, because this process ends."""
    return f'event: reconectar\ndata: {{"ms":{milliseconds}}}\n\n'.encode()
