"""The work after a talk: notes as they are typed, how it ended, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.ports.desk import EngagementRow
from ivr.ports.store import Transaction
from ivr.service.desk.callbacks import schedule
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.talks import WRAP_UP, end_wrap_up
from ivr.service.runtime import Runtime

MORE = timedelta(seconds=30)
MOST_EXTENSIONS = 5
LONGEST_NOTES = 10_000
UNTOLD = "nao_informado"
"""Disposition of a wrap-up that ran out."""


class WrapUpError(Exception):
    """A field of the form does not hold. ``field``: disposition, contact_class, notes,
    callback_at; ``reason``: a word for the screen's catalogue."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def dispositions_of(rt: Runtime, queue: str) -> Mapping[str, str]:
    """How a talk of a queue may be told: word → label (``callflows/queues.toml``)."""
    return rt.queues.dispositions(queue)


def contact_classes(rt: Runtime) -> Mapping[str, str]:
    """What a call may have been: word → label (``callflows/queues.toml``)."""
    return rt.queues.contact_classes()


def talk_of(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The agent's talk. Raises :class:`NotNowError` ``de_outro``."""
    with rt.store.begin(write=False) as tx:
        return _mine(tx, offer, agent)


def save_notes(rt: Runtime, offer: str, agent: str, text: str, version: int) -> EngagementRow:
    """Keep the notes as typed. ``version``: the ``notes_version`` that the typing began from.

    Raises :class:`WrapUpError` ``notes``: ``longas``, or ``mudaram`` when another tab saved in
    between; :class:`NotNowError`: ``concluido``, ``de_outro``.
    """
    if len(text) > LONGEST_NOTES:
        raise WrapUpError("notes", "longas")
    with rt.store.begin() as tx:
        tx.desk.lock()
        talk = _mine(tx, offer, agent)
        if talk.notes == text:
            return talk
        if talk.wrapped_at is not None:
            raise NotNowError("concluido")
        if talk.notes_version != version:
            raise WrapUpError("notes", "mudaram")
        return _save(tx, replace(talk, notes=text, notes_version=version + 1))


def extend(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """30 s more, at most 5 times. Raises :class:`NotNowError`: ``em_conversa``, ``concluido``,
    ``limite``, ``de_outro``."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        talk = _mine(tx, offer, agent)
        if talk.ended_at is None or talk.wrap_until is None:
            raise NotNowError("em_conversa" if talk.ended_at is None else "concluido")
        if talk.wrapped_at is not None:
            raise NotNowError("concluido")
        if talk.wrap_until >= talk.ended_at + WRAP_UP + MOST_EXTENSIONS * MORE:
            raise NotNowError("limite")
        longer = _save(tx, replace(talk, wrap_until=talk.wrap_until + MORE))
        tx.changes.tell(
            "posatendimento", offer, version=longer.version, audience=[f"agent:{agent}"]
        )
        return longer


def conclude(
    rt: Runtime,
    offer: str,
    agent: str,
    *,
    disposition: str,
    contact_class: str,
    notes: str,
    callback_at: datetime | None = None,
) -> EngagementRow:
    """End the wrap-up: the agent is next in turn. A repeat changes nothing.

    Raises :class:`WrapUpError` for a field: ``disposition`` ``obrigatorio``, ``contact_class``
    ``obrigatorio``, ``notes`` ``obrigatorio`` or ``longas``, ``callback_at`` ``obrigatorio`` or
    ``passado``; :class:`NotNowError`: ``em_conversa``, ``de_outro``.
    """
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.now()
        talk = _mine(tx, offer, agent)
        if talk.wrapped_at is not None:
            return talk
        if talk.ended_at is None:
            raise NotNowError("em_conversa")
        _check(
            rt,
            talk.queue,
            now=now,
            disposition=disposition,
            contact_class=contact_class,
            notes=notes,
            callback_at=callback_at,
        )
        told = replace(
            talk,
            disposition=disposition,
            contact_class=contact_class,
            notes=notes,
            notes_version=talk.notes_version + (notes != talk.notes),
            callback_at=callback_at,
        )
        ticket = tx.tickets.by_protocol(talk.protocol)
        if callback_at is not None and ticket is not None:
            schedule(
                tx,
                protocol=talk.protocol,
                call_sid=talk.call_sid,
                at=callback_at,
                due=ticket.due_business,
            )
        tx.callbacks.forget_number(talk.call_sid)
        return end_wrap_up(tx, told, now=now, why="concluded")


def run_out(tx: Transaction, offer: str) -> bool:
    """End a wrap-up whose time is over. False when it is over already or has time left."""
    tx.desk.lock()
    now = tx.now()
    talk = tx.desk.engagement(offer)
    if talk is None or talk.wrapped_at is not None:
        return False
    if talk.wrap_until is None or talk.wrap_until > now:
        return False
    told = replace(talk, disposition=talk.disposition or UNTOLD)
    tx.callbacks.forget_number(talk.call_sid)
    end_wrap_up(tx, told, now=now, why="ran_out")
    return True


def _check(
    rt: Runtime,
    queue: str,
    *,
    now: datetime,
    disposition: str,
    contact_class: str,
    notes: str,
    callback_at: datetime | None,
) -> None:
    choices = {d.word: d for d in rt.queues.queue(queue).dispositions}
    if disposition not in choices:
        raise WrapUpError("disposition", "obrigatorio")
    if contact_class not in rt.queues.classes:
        raise WrapUpError("contact_class", "obrigatorio")
    if rt.queues.queue(queue).notes and not notes.strip():
        raise WrapUpError("notes", "obrigatorio")
    if len(notes) > LONGEST_NOTES:
        raise WrapUpError("notes", "longas")
    if choices[disposition].callback and callback_at is None:
        raise WrapUpError("callback_at", "obrigatorio")
    if callback_at is not None and callback_at <= now:
        raise WrapUpError("callback_at", "passado")


def _mine(tx: Transaction, offer: str, agent: str) -> EngagementRow:
    talk = tx.desk.engagement(offer)
    if talk is None or talk.agent != agent:
        raise NotNowError("de_outro")
    return talk


def _save(tx: Transaction, talk: EngagementRow) -> EngagementRow:
    if not tx.desk.change_engagement(talk, was=talk.version):
        raise NotNowError("mudou")
    return replace(talk, version=talk.version + 1)
