"""Effects of calling back: dial the citizen into the agent's room, stop dialling, tell by SMS."""

from __future__ import annotations

from datetime import timedelta

from ivr.domain.phone_number import is_br_mobile
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.ports.desk import OfferRow
from ivr.ports.errors import PortError
from ivr.ports.store import Job, Transaction
from ivr.service.desk.citizen import citizen_key
from ivr.service.desk.citizen_leg import keep_citizen, not_reached
from ivr.service.desk.talks import end_talk
from ivr.service.effects.messages import tag_of
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.journal import note
from ivr.service.runtime import Runtime

RINGS_S = 30
MOST_TRIES = 4
"""Of asking the carrier; then it is a try in vain."""
BEFORE = timedelta(seconds=1)


def call_back(rt: Runtime, job: Job, row: OfferRow) -> Settled | Later:
    """The agent has picked up: dial the citizen, once. A try whose answer was lost is looked up."""
    with rt.store.begin(write=False) as tx:
        promised = tx.callbacks.live_of_call(row.call_sid)
        legs = tx.desk.legs_of(citizen_key(row.call_sid))
    since = row.answered_at or row.reserved_at
    if any(leg.created_at >= since for leg in legs):
        return Settled(outcome={"outcome": "dialled"})
    if promised is None:
        return Settled(outcome={"outcome": "over"}, also=(lambda tx: _nobody(tx, row),))
    try:
        if job.attempts > 1:
            known = [leg.sid for leg in legs]
            found = rt.telephony.find_leg(to=promised.number, since=since - BEFORE, known=known)
            if found is not None:
                return _dialled(row, found)
        return _dialled(
            row, rt.telephony.call_back(to=promised.number, offer=row.id, seconds=RINGS_S)
        )
    except PortError as error:
        permanent = error.permanent and not error.unknown_outcome
        if not permanent and job.attempts < MOST_TRIES:
            return Later(reason=error.reason)
        return Settled(
            outcome={"outcome": "not_dialled", "reason": error.reason},
            also=(lambda tx: _failed(rt, tx, row),),
        )


@effect("desk.stop_citizen")
def stop_citizen(rt: Runtime, job: Job) -> Settled | Later:
    """The agent is gone: a citizen who still rings is rung no more."""
    call_sid = str(job.payload["call_sid"])
    with rt.store.begin(write=False) as tx:
        legs = [leg for leg in tx.desk.legs_of(citizen_key(call_sid)) if leg.ended_at is None]
        talks = tx.desk.talks_of(call_sid)
    if talks:
        return Settled(outcome={"outcome": "not_needed"})
    for leg in legs:
        if leg.answered_at is None:
            rt.telephony.end_call(leg.sid)
    return Settled(outcome={"outcome": "done"})


@effect("sms.callback")
def tell_in_vain(rt: Runtime, job: Job) -> Settled | Later:
    """We called and nobody answered: the protocol, and how to reach us."""
    with rt.store.begin(write=False) as tx:
        row = tx.callbacks.get(int(job.payload["callback"]))
    if row is None or row.state != "dropped" or not is_br_mobile(row.number):
        return Settled(outcome={"outcome": "not_sent"})
    found = parse_protocol(row.protocol)
    protocol = found.formatted if isinstance(found, Protocol) else row.protocol
    phone = rt.catalogue.facts.phone.replace("(", "").replace(")", "")
    body = (
        f"Suporte MS: ligamos {row.tries} vezes e voce nao atendeu. Protocolo {protocol}. "
        f"Ainda precisa? Ligue {phone}. {tag_of(job)}"
    )
    if job.attempts > 1 and job.created_at is not None:
        sent = rt.sms.find(to=row.number, tag=tag_of(job), since=job.created_at)
    else:
        sent = None
    message = sent or rt.sms.send(to=row.number, body=body)

    def tell(tx: Transaction) -> None:
        note(tx, job.call_sid, "message.sent", job=job.kind)

    return Settled(outcome={"outcome": "sent", "message": message}, also=(tell,))


def _dialled(row: OfferRow, leg: str) -> Settled:
    def keep(tx: Transaction) -> None:
        tx.desk.lock()
        keep_citizen(tx, row, leg)
        talk = tx.desk.engagement(row.id)
        if talk is None or talk.ended_at is not None:
            order_stop(tx, row.call_sid, row.id)

    return Settled(outcome={"outcome": "dialled", "leg": leg}, also=(keep,))


def order_stop(tx: Transaction, call_sid: str, offer: str) -> None:
    """Let the worker stop dialling."""
    tx.outbox.add(
        Job(
            key=f"desk.stop_citizen:{offer}",
            kind="desk.stop_citizen",
            call_sid=call_sid,
            payload={"call_sid": call_sid},
        )
    )


def _nobody(tx: Transaction, row: OfferRow) -> None:
    tx.desk.lock()
    end_talk(tx, row.id, by="system", now=tx.now())


def _failed(rt: Runtime, tx: Transaction, row: OfferRow) -> None:
    tx.desk.lock()
    not_reached(rt, tx, row, "failed")
