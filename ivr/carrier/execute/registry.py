"""Which function does which verb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ivr.carrier.execute.connect import execute_connect
from ivr.carrier.execute.dial import execute_dial
from ivr.carrier.execute.ending import (
    execute_hangup,
    execute_leave,
    execute_redirect,
    execute_reject,
    execute_unsupported,
)
from ivr.carrier.execute.enqueue import execute_enqueue
from ivr.carrier.execute.gather import execute_gather
from ivr.carrier.execute.record import execute_record
from ivr.carrier.execute.session import Next, Session
from ivr.carrier.execute.speaking import execute_pause, execute_play, execute_say
from ivr.carrier.twiml.connect import Connect
from ivr.carrier.twiml.dial import Dial
from ivr.carrier.twiml.document import Document
from ivr.carrier.twiml.ending import Hangup, Leave, Redirect, Reject
from ivr.carrier.twiml.enqueue import Enqueue
from ivr.carrier.twiml.gather import Gather
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.record import Record
from ivr.carrier.twiml.say import Say
from ivr.carrier.twiml.unsupported import Unsupported

Executor = Callable[[Any, Session, Document], Awaitable[Next]]

EXECUTORS: Mapping[type, Executor] = {
    Say: execute_say,
    Play: execute_play,
    Pause: execute_pause,
    Gather: execute_gather,
    Record: execute_record,
    Redirect: execute_redirect,
    Hangup: execute_hangup,
    Reject: execute_reject,
    Leave: execute_leave,
    Enqueue: execute_enqueue,
    Dial: execute_dial,
    Connect: execute_connect,
    Unsupported: execute_unsupported,
}
