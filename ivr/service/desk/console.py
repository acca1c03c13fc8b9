"""All that an agent's console shows, read in one transaction, so that its parts agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.ports.desk import EngagementRow, OfferRow, PresenceRow
from ivr.ports.desk_views import ColleagueNow
from ivr.ports.outside import OutsideRow
from ivr.ports.staff import StaffRow
from ivr.ports.store import TicketRow, Transaction
from ivr.ports.supervision import SupervisionMode
from ivr.ports.tickets import TicketEvent
from ivr.service.desk.my_day import MyDay, my_day_in, strip_in
from ivr.service.desk.pop import Pop, pop_in
from ivr.service.runtime import Runtime

OPEN = frozenset({"reserved", "seen", "ringing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What a console shows of its queues and callbacks, as of ``now``."""

    now: datetime
    day: MyDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """A supervisor whom the agent hears, and who else does."""

    name: str
    mode: SupervisionMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """``offer``: what rings, what is talked about, or else ``asked``, an offer that is over and
    that the page still shows. ``talk``: the conversation, or its wrap-up. ``colleagues``: whom the
    caller may be handed to, read while there is a caller."""

    agent: StaffRow
    presence: PresenceRow
    now: datetime
    offer: OfferRow | None = None
    talk: EngagementRow | None = None
    pop: Pop | None = None
    day: MyDay = field(default_factory=MyDay)
    colleagues: tuple[ColleagueNow, ...] = ()
    consulted: ColleagueNow | None = None
    answered_by: str = ""
    history: tuple[TicketEvent, ...] = ()
    supervised: Supervised | None = None
    outside: OutsideRow | None = None
    """The newest call to a number outside that the agent of the talk asked for."""

    @property
    def ringing(self) -> bool:
        """A call is being offered now."""
        return self.offer is not None and self.offer.state in OPEN

    @property
    def talking(self) -> bool:
        """Somebody is on the line with the agent."""
        return self.talk is not None and self.talk.ended_at is None

    @property
    def wrapping(self) -> bool:
        """The talk is over and its wrap-up is not."""
        return self.talk is not None and self.talk.ended_at is not None

    @property
    def ticket(self) -> TicketRow | None:
        return self.pop.ticket if self.pop else None


def console_of(rt: Runtime, agent: StaffRow, *, asked: str = "") -> Console:
    """The console of an agent. ``asked``: an offer that the page shows; another agent's offer is
    not told. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        presence = tx.desk.presence(agent.id) or PresenceRow(
            agent=agent.id, since=now, idle_since=now
        )
        talk = tx.desk.unwrapped_of(agent.id)
        offer = _offer(tx, agent, presence, talk, asked)
        pop = pop_in(rt, tx, offer) if offer else None
        others: tuple[ColleagueNow, ...] = ()
        if talk is not None and talk.ended_at is None:
            others = tuple(row for row in tx.desk_views.colleagues() if row.id != agent.id)
        return Console(
            agent=agent,
            presence=presence,
            now=now,
            offer=offer,
            talk=talk,
            pop=pop,
            day=my_day_in(tx, agent=agent.id, skills=agent.skills),
            colleagues=others,
            consulted=_consulted(tx, talk, others),
            answered_by=_answered_by(tx, offer),
            history=_history(tx, pop),
            supervised=_supervised(tx, talk),
            outside=tx.outside.newest_of(talk.offer) if talk is not None else None,
        )


def strip_of(rt: Runtime, agent: StaffRow) -> Strip:
    """The agent's queues and callbacks. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        return Strip(now=tx.now(), day=strip_in(tx, skills=agent.skills))


def _offer(
    tx: Transaction,
    agent: StaffRow,
    presence: PresenceRow,
    talk: EngagementRow | None,
    asked: str,
) -> OfferRow | None:
    for wanted in (talk.offer if talk else "", presence.offer, asked):
        found = tx.desk.offer(wanted) if wanted else None
        if found is not None and found.agent == agent.id:
            return found
    return None


def _consulted(
    tx: Transaction, talk: EngagementRow | None, others: Sequence[ColleagueNow]
) -> ColleagueNow | None:
    offer = tx.desk.offer(talk.consult) if talk and talk.consult else None
    if offer is None:
        return None
    return next((other for other in others if other.id == offer.agent), None)


def _supervised(tx: Transaction, talk: EngagementRow | None) -> Supervised | None:
    """Nobody while the supervisor only listens: agents are told beforehand that it happens."""
    row = tx.supervisions.of_talk(talk.offer) if talk is not None else None
    if row is None or row.joined_at is None or row.mode == "listen":
        return None
    account = tx.staff.get(row.supervisor)
    return Supervised(name=account.name if account else "", mode=row.mode)


def _answered_by(tx: Transaction, offer: OfferRow | None) -> str:
    """Name of the colleague who has the call now, for an offer that is over."""
    if offer is None or offer.state in OPEN or offer.state == "answered":
        return ""
    talks = tx.desk.talks_of(offer.call_sid)
    found = tx.desk.agent(talks[0].agent) if talks else None
    return found.name if found else ""


def _history(tx: Transaction, pop: Pop | None) -> tuple[TicketEvent, ...]:
    return tuple(tx.ticket_log.events(pop.ticket.protocol)[:20]) if pop else ()
