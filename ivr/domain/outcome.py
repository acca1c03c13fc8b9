"""How a call is told when it ends, and what that makes of its ticket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class TicketStatus(StrEnum):
    """State of a ticket. Pending: somebody has promised the next step."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


class CallOutcome(StrEnum):
    """What a call came to."""

    CALLBACK_BOOKED = "callback_booked"
    COMPLAINT_RECORDED = "complaint_recorded"
    NEED_RECORDED = "need_recorded"
    ATTENDED_BY_PERSON = "attended_by_person"
    FAULT = "fault"
    WANTS_PERSON = "wants_person"
    REFUSED = "refused"
    RESOLVED_SELF_SERVICE = "resolved_self_service"
    IN_PROGRESS = "in_progress"
    FAILED_PROOF = "failed_proof"
    TICKET_STATUS_TOLD = "ticket_status_told"
    INFORMED = "informed"
    ABANDONED = "abandoned"


PRECEDENCE: tuple[CallOutcome, ...] = tuple(CallOutcome)
"""Strongest first, the order of the class: promises to the caller, then a person's work, then
what the caller still lacks, then what was done, then what was only tried or told. So a reset
followed by an unanswered wish for a person stays open, and a wrong PIN followed by a reset counts
as resolved."""

LABELS: dict[CallOutcome, str] = {
    CallOutcome.CALLBACK_BOOKED: "Retorno de ligação agendado",
    CallOutcome.COMPLAINT_RECORDED: "Reclamação registrada",
    CallOutcome.NEED_RECORDED: "Necessidade gravada",
    CallOutcome.ATTENDED_BY_PERSON: "Atendida por uma pessoa",
    CallOutcome.FAULT: "Falha do sistema",
    CallOutcome.WANTS_PERSON: "Pediu uma pessoa e não foi atendida",
    CallOutcome.REFUSED: "Pedido recusado pelas regras",
    CallOutcome.RESOLVED_SELF_SERVICE: "Resolvida pelo autoatendimento",
    CallOutcome.IN_PROGRESS: "Pedido em andamento",
    CallOutcome.FAILED_PROOF: "Identidade não confirmada",
    CallOutcome.TICKET_STATUS_TOLD: "Andamento do chamado informado",
    CallOutcome.INFORMED: "Informação prestada",
    CallOutcome.ABANDONED: "Ligação abandonada",
}
STATUS_LABELS: dict[TicketStatus, str] = {
    TicketStatus.OPEN: "Aberto",
    TicketStatus.PENDING: "Pendente",
    TicketStatus.CLOSED: "Encerrado",
}

_STATUS: dict[CallOutcome, TicketStatus] = {
    CallOutcome.CALLBACK_BOOKED: TicketStatus.PENDING,
    CallOutcome.COMPLAINT_RECORDED: TicketStatus.OPEN,
    CallOutcome.NEED_RECORDED: TicketStatus.OPEN,
    CallOutcome.ATTENDED_BY_PERSON: TicketStatus.OPEN,
    CallOutcome.FAULT: TicketStatus.OPEN,
    CallOutcome.WANTS_PERSON: TicketStatus.OPEN,
    CallOutcome.REFUSED: TicketStatus.OPEN,
    CallOutcome.RESOLVED_SELF_SERVICE: TicketStatus.CLOSED,
    CallOutcome.IN_PROGRESS: TicketStatus.PENDING,
    CallOutcome.FAILED_PROOF: TicketStatus.OPEN,
    CallOutcome.TICKET_STATUS_TOLD: TicketStatus.CLOSED,
    CallOutcome.INFORMED: TicketStatus.CLOSED,
    CallOutcome.ABANDONED: TicketStatus.CLOSED,
}

CONTAINED = frozenset(
    {
        CallOutcome.RESOLVED_SELF_SERVICE,
        CallOutcome.TICKET_STATUS_TOLD,
        CallOutcome.INFORMED,
    }
)
"""Outcomes that count as containment: served, and no person needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """The outcome of an ended call. ``node``: where an abandoned call was, ``flow.node``."""

    outcome: CallOutcome
    node: str = ""

    @property
    def label(self) -> str:
        """For screens, pt-BR."""
        label = LABELS[self.outcome]
        return f"{label} em {self.node}" if self.node else label

    @property
    def ticket_status(self) -> TicketStatus:
        """State of the ticket after the call."""
        return ticket_status(self.outcome)


def stronger(one: CallOutcome, other: CallOutcome) -> CallOutcome:
    """The one that stands when a call had both."""
    return min(one, other, key=PRECEDENCE.index)


def final_outcome(seen: Iterable[CallOutcome]) -> CallOutcome:
    """The outcome of a call in which these happened; abandoned when nothing did."""
    return min(seen, key=PRECEDENCE.index, default=CallOutcome.ABANDONED)


def end_call(seen: Iterable[CallOutcome], *, node: str) -> CallEnd:
    """How an ended call is told. The node is kept for an abandoned call only."""
    outcome = final_outcome(seen)
    return CallEnd(outcome=outcome, node=node if outcome is CallOutcome.ABANDONED else "")


def ticket_status(outcome: CallOutcome) -> TicketStatus:
    """State of the ticket after a call with that outcome.

    A call that a person attended leaves it open: closing it is the agent's wrap-up.
    """
    return _STATUS[outcome]
