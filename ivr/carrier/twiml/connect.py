"""<Connect><Stream> (twilio.com/docs/voice/twiml/connect, .../twiml/stream)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ivr.carrier.twiml.dial import StatusCallback
from ivr.carrier.twiml.reading import Attributes, Context, no_children
from ivr.carrier.twiml.xml import Element

MOST_PARAMETER = 500
"""Characters that name and value of a Parameter must stay below, together."""
EVENTS = ("stream-started", "stream-stopped", "stream-error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A bidirectional media stream. ``name`` "" = its SID stands for it."""

    url: str
    name: str = ""
    parameters: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    callback: StatusCallback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """``action`` None = go on with the next verb when the stream has ended."""

    stream: Stream
    action: str | None = None
    method: str = "POST"


def read_connect(element: Element, context: Context) -> Connect | None:
    """None when nothing here can be connected."""
    attributes = Attributes(element, context)
    action, method = attributes.url("action"), attributes.method()
    attributes.done()
    streams = []
    for child in element.children:
        if child.name == "Stream":
            streams.append(child)
        else:
            context.warn(12200, f"Connect: element {child.name} is not supported here")
    if not streams:
        context.warn(12200, "Connect: no Stream in it")
        return None
    if len(streams) > 1:
        context.warn(12200, "Connect: a call has one bidirectional stream, only the first is used")
    stream = _stream(streams[0], context)
    return None if stream is None else Connect(stream=stream, action=action, method=method)


def _stream(element: Element, context: Context) -> Stream | None:
    attributes = Attributes(element, context)
    url = attributes.text("url").strip()
    track = attributes.text("track", "inbound_track")
    callback_url = attributes.url("statusCallback")
    callback_method = attributes.method("statusCallbackMethod")
    name = attributes.text("name").strip()
    attributes.done()
    parameters = _parameters(element, context)
    if not _is_websocket(url):
        context.fail(11100, "Stream url: needs wss:// and no query (ws:// on this machine only)")
        return None
    if track != "inbound_track":
        context.fail(31941, "Stream track: Connect takes only inbound_track")
        return None
    return Stream(
        url=url,
        name=name,
        parameters=parameters,
        callback=(
            StatusCallback(url=callback_url, method=callback_method, events=EVENTS)
            if callback_url
            else None
        ),
    )


def _parameters(element: Element, context: Context) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for child in element.children:
        if child.name != "Parameter":
            context.warn(12200, f"Stream: element {child.name} is not allowed inside")
            continue
        attributes = Attributes(child, context)
        name, value = attributes.text("name"), attributes.text("value")
        attributes.done()
        no_children(child, context)
        if not name:
            context.warn(12200, "Stream Parameter: no name")
        elif len(name) + len(value) >= MOST_PARAMETER:
            context.warn(12200, "Stream Parameter: name and value have 500 characters or more")
        else:
            found[name] = value
    return tuple(found.items())


def _is_websocket(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if not host or "?" in url or "#" in url or parts.username is not None:
        return False
    return parts.scheme == "wss" or (parts.scheme == "ws" and _on_this_machine(host))


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
