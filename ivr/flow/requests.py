"""What the engine may ask of the service, and the answers it understands.

The engine asks for at most one thing a step. A request whose class is in :data:`JOBS` is done by
a worker while the caller hears filler speech; the others are answered within the turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

IdKind = Literal["cpf", "matricula"]
JobOutcome = Literal[
    "done", "refused", "not_found", "disabled", "privileged", "limited", "unreachable", "later"
]
"""``refused``: the directory's policy said no for good; ``limited``: our own limits did;
``unreachable``: no registered mobile that a link may go to; ``later``: accepted, still being
tried, and the caller must hear so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindPerson:
    """Look a person up by what they keyed. Unknown numbers get an answer of the same form."""

    kind: IdKind
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPin:
    """Compare the telephone PIN of the person of this call. Counts as a try."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCode:
    """Send a one-time code to the registered mobile of the person of this call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCode:
    """Compare the one-time code sent in this call. Counts as a try."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPrintedCode:
    """Compare the next unused code on the owner's paper. Counts as a try, and uses the code up."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSystems:
    """Which of these services the verified person has an account in that a link can reset."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetSystems:
    """Reset the person's passwords of several services, each on its own, by links."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSystems:
    """How the resets ordered by :class:`ResetSystems` stand now."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """Reset the person's password of a service. ``delivery``: link by SMS, or spoken."""

    service: str
    delivery: Literal["link", "spoken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockAccount:
    """Unlock the person's account of a service without touching its password."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTicket:
    """State of a ticket by the protocol number that the caller keyed."""

    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRecording:
    """Attach a recording to the ticket as the need, the message or the complaint."""

    recording: str
    seconds: int
    purpose: Literal["need", "complaint", "message", "voicemail"]
    ticket: str = ""
    """Protocol of another ticket that a ``message`` is for; empty: the ticket of this call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHours:
    """Whether people answer now, and when they do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutage:
    """Which message everybody is to hear before the menu now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckQueue:
    """Whether a person's telephone can be rung, and how long the queue is."""

    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookCallback:
    """Promise to call back the number of this call, or ``number`` when one was keyed."""

    number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveRating:
    """Keep the caller's rating, 1 (worst) to 5 (best), with the ticket."""

    value: int


Request = (
    FindPerson
    | CheckPin
    | SendCode
    | CheckCode
    | CheckPrintedCode
    | FindSystems
    | ResetSystems
    | ReadSystems
    | ResetPassword
    | UnlockAccount
    | FindTicket
    | KeepRecording
    | CheckHours
    | CheckOutage
    | CheckQueue
    | BookCallback
    | SaveRating
)
JOBS: tuple[type, ...] = (ResetPassword, ResetSystems, UnlockAccount)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLookup:
    """``person``: opaque reference to whoever was looked up, a decoy if there is nobody.

    ``factors``: what the policy of the person's group asks for, in order; for a decoy those of
    the default group, so that the answer does not tell who exists. ``a|b``: ``b`` stands in for
    an ``a`` that cannot be had.
    """

    person: str = field(repr=False)
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Result of a proof. ``exhausted``: no try is left for this call, account or time."""

    passed: bool
    exhausted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """``sent`` is true for a decoy too; false only when sends are capped or paused.

    ``too_soon``: one was sent less than a minute ago; another try in a moment is of use.
    ``no_mobile``: no registered mobile can prove anything now; told only to a caller who has
    passed another factor.
    """

    sent: bool
    too_soon: bool = False
    no_mobile: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDone:
    """A worker's outcome. ``job`` names it, for :class:`ivr.flow.verbs.SpeakSecret`."""

    outcome: JobOutcome
    job: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """Services of :class:`FindSystems` that the person has, one for each account."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemsReset:
    """``outcomes``: one for each service of the request, in its order."""

    outcomes: tuple[JobOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFound:
    """``status`` is empty when no ticket has that protocol."""

    status: Literal["", "open", "pending", "closed"]
    deadline: str = ""
    """ISO 8601 date."""
    next_step: str = ""
    """Prompt id of the next step to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The service wrote it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """``reason``: open, night, weekend, holiday, optional, half_day."""

    open: bool
    reason: str
    reopens_date: str = ""
    """ISO 8601 date, local."""
    reopens_time: str = ""
    """HH:MM, local."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """``prompt``: id of the message, empty for none."""

    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """``agent_phone``: one telephone may be rung before the queue (IVR_AGENT_NUMBER).
    ``closed``: a supervisor lets nobody into the queue now."""

    agent_phone: bool
    waiting: int
    wait_minutes: int
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackBooked:
    """``booked`` is false when no usable number is known: ask for one."""

    booked: bool
    number_end: str = ""
    """Last four digits of the number, to be read back."""
    deadline: str = ""
    """ISO 8601 date."""


Answer = (
    PersonLookup
    | Checked
    | CodeSent
    | JobDone
    | Systems
    | SystemsReset
    | TicketFound
    | Kept
    | Hours
    | Outage
    | QueueState
    | CallbackBooked
)
