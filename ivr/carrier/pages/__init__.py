"""The telephone page on the carrier's own port, and the interface beneath it.

==========================================  ====================================================
``GET /``                                   the page
``GET /phone/setup``, ``/phone/service``    people and callers to try; whether the service answers
``POST /phone/calls``                       dial: ``{caller, to, voice_url, fast, faults}``
``WS /phone/calls/{sid}``                   events of one call, with captions; deeds back
``POST /phone/calls/{sid}/deeds``           one deed: press, speak, hang_up, pick_up, decline, cut
``WS /phone/events``                        messages, recordings, ringing telephones, faults
``GET /phone/messages``                     text messages, newest first
``GET``, ``POST /phone/faults``             fault switches
``GET /phone/sounds|tones|recordings/…``    WAV
==========================================  ====================================================
"""

from __future__ import annotations

from aiohttp import web

from ivr.carrier.exchange import Exchange
from ivr.carrier.pages.calls import add_calls
from ivr.carrier.pages.desk import DESK, make_desk
from ivr.carrier.pages.faults import add_faults
from ivr.carrier.pages.feed import add_feed
from ivr.carrier.pages.files import add_files
from ivr.carrier.pages.guard import guard
from ivr.carrier.pages.setup import add_setup


def mount(app: web.Application, exchange: Exchange) -> None:
    """Add the telephone page to ``app``, which must have its presets already."""
    app[DESK] = make_desk(exchange)
    app.middlewares.append(guard)
    for add in (add_files, add_setup, add_calls, add_feed, add_faults):
        add(app)
