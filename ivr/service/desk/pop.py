"""The screen pop: what an agent must know of a caller before the first word, in one read.

Nothing here is a secret, and no CPF or telephone number is whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from ivr.domain.assurance import mobile_frozen
from ivr.domain.local_time import at_local, local_date
from ivr.domain.phone_number import normalise_phone
from ivr.ports.desk import OfferRow
from ivr.ports.desk_views import EarlierTicket
from ivr.ports.store import CallRow, TicketRow, Transaction
from ivr.ports.tickets import Contact, Known
from ivr.service.desk.pop_journal import PathLine, Proof, Told, told_by
from ivr.service.runtime import Runtime
from ivr.service.tickets import LiveTickets, live_tickets_for

Strength = Literal["verified", "partial", "none", "failed"]
MANY_FAILURES = 3
"""Failed proofs of an account or of a number, in their windows, that make a warning."""
GUESS_FROM = timedelta(days=180)
"""Calls looked at to guess who calls from a number."""
GUESSES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Somebody who once proved who they were in a call from the same number, at ``at``. It is no
    identity: a number can be forged, lent and sold. Nothing but words on the card comes of it."""

    name: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The person as far as the call told. ``number_end``: last four digits of the number that
    called, empty when it was withheld. ``by``: what they keyed, ``cpf`` or ``matricula``."""

    name: str = field(default="", repr=False)
    strength: Strength = "none"
    by: str = ""
    proofs: tuple[Proof, ...] = ()
    failures: Mapping[str, int] = field(default_factory=dict)
    verified_at: datetime | None = None
    number_end: str = ""
    cpf_masked: str = field(default="", repr=False)
    matricula: str = field(default="", repr=False)
    mobile_end: str = ""
    mail: str = field(default="", repr=False)
    group: str = ""

    @property
    def failed(self) -> int:
        """Failed proofs in this call."""
        return sum(self.failures.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What the caller wants: key of the service, last menu choice and the flow it led to, and
    why the call left the self-service (see :class:`ivr.service.desk.pop_journal.Told`)."""

    service: str = ""
    menu_key: str = ""
    menu_flow: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds that the caller has gone through. ``queue_since``: start of a wait that goes on.
    ``calls_today``: this one is counted."""

    started_at: datetime
    self_service: int = 0
    queue: int = 0
    queue_since: datetime | None = None
    transfers: int = 0
    calls_today: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """``kind``: ``other_number``, ``mobile_changed``, ``many_failures``, ``number_failures``,
    ``frozen``, ``locked``, ``disabled``, ``privileged``, ``priority``, ``withheld``.
    ``count`` and ``word`` say how many or which, where that means something."""

    kind: str
    count: int = 0
    word: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop:
    """Everything of the card. ``note``: first line of the ticket's newest note. ``others``: further
    live tickets of the identified person. While nobody is identified, ``maybe`` holds live tickets
    of the same number and ``guesses`` who it may be."""

    offer: OfferRow
    who: Who
    why: Why
    waits: Waits
    ticket: TicketRow
    own_ticket: bool
    note: str = field(default="", repr=False)
    others: tuple[TicketRow, ...] = ()
    maybe: tuple[TicketRow, ...] = ()
    guesses: tuple[Guess, ...] = ()
    earlier: tuple[EarlierTicket, ...] = ()
    warnings: tuple[Warning, ...] = ()
    path: tuple[PathLine, ...] = ()


def pop_of(rt: Runtime, offer: str, agent: str) -> Pop | None:
    """The pop of an offer, for the agent it was made to and for nobody else: None then, and when
    there is no such offer or its call is gone. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        found = tx.desk.offer(offer)
        if found is None or found.agent != agent:
            return None
        return pop_in(rt, tx, found)


def pop_in(rt: Runtime, tx: Transaction, offer: OfferRow) -> Pop | None:
    """The pop of an offer, inside a transaction. None when its call is gone."""
    view = tx.calls.view(offer.call_sid, 0)
    if view is None:
        return None
    call, now = view.call, tx.now()
    told = told_by(tx.journal.of(call.sid))
    live = live_tickets_for(tx, call.sid)
    contact, ticket = live.contact, live.first
    told = replace(told, service=told.service or ticket.service)
    return Pop(
        offer=offer,
        who=_who(told, call, contact),
        why=Why(
            service=told.service,
            menu_key=told.menu_key,
            menu_flow=told.menu_flow,
            cause=told.cause,
        ),
        waits=_waits(rt, tx, call, contact, offer, now=now),
        ticket=ticket,
        own_ticket=ticket.call_sid == call.sid,
        note=_last_note(tx, ticket),
        others=live.others,
        maybe=live.maybe,
        guesses=_guesses(tx, call, live, now=now),
        earlier=tuple(
            tx.desk_views.earlier(person=call.person, not_call=call.sid, before=call.started_at)
        ),
        warnings=_warnings(rt, tx, call, contact, now=now),
        path=told.path,
    )


def _who(told: Told, call: CallRow, contact: Contact | None) -> Who:
    known = contact.known if contact else Known()
    strength: Strength = "none"
    if told.verified_at:
        strength = "verified"
    elif told.failures:
        strength = "failed"
    elif told.identified_by:
        strength = "partial"
    end = (call.caller or "")[-4:] or (contact.caller_end if contact else "")
    return Who(
        name=known.name,
        strength=strength,
        by=told.identified_by,
        proofs=told.proofs,
        failures=told.failures,
        verified_at=told.verified_at,
        number_end=end,
        cpf_masked=known.cpf_masked,
        matricula=known.matricula,
        mobile_end=known.mobile[-4:],
        mail=known.mail,
        group=contact.group if contact else "",
    )


def _guesses(
    tx: Transaction, call: CallRow, live: LiveTickets, *, now: datetime
) -> tuple[Guess, ...]:
    """Newest first, each person once; none as soon as somebody has identified themselves."""
    contact = live.contact
    if contact is None or contact.person or contact.directory:
        return ()
    found: dict[str, Guess] = {}
    calls = tx.desk_views.proven_calls_from(
        contact.caller_hash, not_call=call.sid, since=now - GUESS_FROM
    )
    for sid in calls:
        earlier = tx.ticket_log.contact(sid)
        if earlier is not None and earlier.known.name:
            found.setdefault(earlier.person, Guess(name=earlier.known.name, at=earlier.at))
    return tuple(found.values())[:GUESSES]


def _waits(
    rt: Runtime,
    tx: Transaction,
    call: CallRow,
    contact: Contact | None,
    offer: OfferRow,
    *,
    now: datetime,
) -> Waits:
    until = offer.answered_at or offer.ended_at or now
    stays = tx.desk_views.stays(call.sid)
    queued = sum(max(0.0, ((s.left_at or until) - s.entered_at).total_seconds()) for s in stays)
    before = (stays[0].entered_at if stays else until) - call.started_at
    waiting = [s.entered_at for s in stays if s.left_at is None]
    midnight = at_local(local_date(now), datetime.min.time())
    today = tx.desk_views.calls_since(
        person=call.person, caller=contact.caller_hash if contact else "", since=midnight
    )
    talks = tx.desk_views.talks_of_call(call.sid)
    return Waits(
        started_at=call.started_at,
        self_service=max(0, round(before.total_seconds())),
        queue=round(queued),
        queue_since=waiting[-1] if waiting else None,
        transfers=max(0, talks - (1 if offer.state == "answered" else 0)),
        calls_today=max(1, today),
    )


def _last_note(tx: Transaction, ticket: TicketRow) -> str:
    notes = (event.text for event in tx.ticket_log.events(ticket.protocol) if event.text)
    return next(notes, "").strip().partition("\n")[0][:160]


def _warnings(
    rt: Runtime, tx: Transaction, call: CallRow, contact: Contact | None, *, now: datetime
) -> tuple[Warning, ...]:
    known = contact.known if contact else Known()
    found: list[Warning] = []
    if call.person and tx.resets.frozen(call.person, now=now):
        found.append(Warning(kind="frozen"))
    found += [
        Warning(kind=kind) for kind in ("locked", "disabled", "privileged") if getattr(known, kind)
    ]
    if known.mobile and call.caller and not _same_number(known.mobile, call.caller):
        found.append(Warning(kind="other_number"))
    changed = _instant(known.mobile_changed_at)
    if changed and mobile_frozen(rt.policy, changed_at=changed, now=now):
        found.append(Warning(kind="mobile_changed", at=changed))
    failures = _failures(rt, tx, call, now=now)
    if failures >= MANY_FAILURES:
        found.append(Warning(kind="many_failures", count=failures))
    caller = contact.caller_hash if contact else ""
    if caller:
        of_number = tx.proofs.failures_of_caller(caller=caller, since=now - rt.limits.caller_window)
        if of_number >= MANY_FAILURES:
            found.append(Warning(kind="number_failures", count=of_number))
    entry = tx.queues.entry(call.sid)
    if entry is not None and entry.priority_kind:
        found.append(Warning(kind="priority", word=entry.priority_kind))
    return tuple(found)


def _failures(rt: Runtime, tx: Transaction, call: CallRow, *, now: datetime) -> int:
    if not call.person:
        return 0
    window: timedelta = rt.limits.account_window
    return tx.proofs.failures(account=call.person, since=now - window)


def _same_number(one: str, other: str) -> bool:
    return normalise_phone(one) == normalise_phone(other)


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
