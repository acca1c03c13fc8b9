"""Telling other desks: signed, tried for four hours, the same bytes under the same id each time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from ivr.domain.webhook_signature import headers
from ivr.ports.errors import PortError
from ivr.ports.store import Job
from ivr.ports.tickets import DELIVERY, WebhookTarget
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.runtime import Runtime

SILENCE = timedelta(seconds=60)
"""After a failure a target is left alone so long, whatever waits for it: one that does not answer
must not keep the text messages waiting."""
GONE = 410

_silent_until: dict[str, datetime] = {}


@effect(DELIVERY)
def deliver(rt: Runtime, job: Job) -> Settled | Later:
    """One message to one target. Taken is any status 2xx; 410 ends the tries."""
    with rt.store.begin(write=False) as tx:
        target = tx.webhook_targets.get(str(job.payload["target"]))
        now = tx.now()
    if target is None or not target.active:
        return Settled(outcome={"outcome": "not_sent", "reason": "target removed"})
    if _silent_until.get(target.id, now) > now:
        return Later(reason="target rests")
    try:
        status = send(rt, target, str(job.payload["message"]), job.payload["body"], now=now)
    except PortError:
        _silent_until[target.id] = now + SILENCE
        raise
    if 200 <= status < 300:
        _silent_until.pop(target.id, None)
        return Settled(outcome={"outcome": "sent", "status": status})
    if status == GONE:
        return Settled(outcome={"outcome": "refused", "reason": "http 410"}, failed=True)
    _silent_until[target.id] = now + SILENCE
    return Later(reason=f"http {status}")


def send(rt: Runtime, target: WebhookTarget, message: str, data: Any, *, now: datetime) -> int:
    """Sign and post; the status of the answer. Raises PortError."""
    if rt.webhooks is None:
        raise PortError("no way out")
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    signed = headers(message, timestamp=int(now.timestamp()), body=body, secret=target.secret)
    sent = {"content-type": "application/json", "user-agent": "atendimento-ms/1", **signed}
    return rt.webhooks.post(target.url, body=body, headers=sent)
