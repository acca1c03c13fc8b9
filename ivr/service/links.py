"""The page of a one-time link: the owner sets a password, or says that it was not them.

The directory keeps which changes it made, by marker, and the marker of a link is always the same.
So the order is: claim the link for one submit, write the directory, then mark the link used
together with the journal line and the notice. Whoever dies in between leaves a ``link.settle``
job behind, by which the worker brings the rest to its end (:func:`settle_link`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.domain.password_policy import PasswordOwner, PasswordProblem, check_password
from ivr.ports.directory import Account, Directory, PolicyRefusalError
from ivr.ports.errors import PortError
from ivr.ports.store import Job, JournalEntry, LinkRow, Transaction
from ivr.service.link_tokens import LinkRuntime, Purpose, true_link
from ivr.service.system_resets import others_wait

SETTLE_JOB = "link.settle"
CLAIM = timedelta(seconds=60)
"""How long one submit holds a link. Longer than any directory may take to answer."""
MAX_REFUSALS = 10
"""Refused passwords after which a link is closed."""
MAX_SUBMITS = 50
"""Passwords that reached the directory, answered or not, after which a link is closed."""
WAITED_FOR_LINK = frozenset({"resolved_self_service", "in_progress"})
"""Outcomes of a call whose ticket only waits for the owner to choose a password."""
FREEZE = timedelta(days=30)
"""How long "não fui eu" keeps telephone resets off an account."""

_DIRECTORY_REASONS = {
    "in_history": "Você usou esta senha há pouco tempo. Escolha outra.",
    "too_short": "O sistema pede uma senha mais longa.",
}
_OTHER_REASON = "O sistema não aceitou esta senha. Escolha outra, mais longa e diferente."


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink:
    """A link that is good now. It tells nothing about the person."""

    id: str
    purpose: Purpose
    service: str
    """Key of the service whose password it is."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a password was refused: a word for tests and journal, and words for the person."""

    fault: str
    message: str
    field: str = "password"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPassword:
    """What became of a submitted password.

    ``ok``: it is the account's password now. ``again``: it is not, and the link is still good;
    without ``reasons`` another submit of the same link is being written this moment.
    ``already``: another submit of this link had set a password before.
    """

    ok: bool = False
    reasons: tuple[Reason, ...] = ()
    again: bool = False
    already: bool = False


_DEAD = ChosenPassword()


def open_link(rt: LinkRuntime, token: str, *, purpose: Purpose = "password") -> OpenLink | None:
    """The link of a token, None when it is unknown, used, expired or for something else.

    Raises StoreUnavailableError.
    """
    with rt.store.begin(write=False) as tx:
        link = true_link(rt, tx, token, purpose=purpose, now=tx.now())
    if link is None:
        return None
    return OpenLink(
        id=link.id, purpose=link.purpose, service=link.service, expires_at=link.expires_at
    )


def choose_password(rt: LinkRuntime, token: str, password: str) -> ChosenPassword:
    """Set the password that the owner chose, once for each link, and give notice of it.

    Raises PortError when the directory cannot be reached and StoreUnavailableError; the link
    stays good after both.
    """
    with rt.store.begin(write=False) as tx:
        link = true_link(rt, tx, token, purpose="password", now=tx.now())
    if link is None:
        return _DEAD
    found = _directory_and_account(rt, link)
    if found is None:
        return _DEAD
    directory, account = found
    if directory.applied(uid=link.uid, marker=marker_of(link)):
        _finish(rt, link)
        return ChosenPassword(already=True)
    text = unicodedata.normalize("NFC", password)
    problems = check_password(text, owner=_owner(account))
    if problems:
        return _refuse(rt, link, tuple(_reason(problem) for problem in problems))
    claim = _claim(rt, link, person=rt.keyed_hash("cpf", account.person_key))
    if isinstance(claim, ChosenPassword):
        return claim
    return _write(rt, link, directory, text, claim=claim)


def not_me(rt: LinkRuntime, token: str) -> bool:
    """Keep telephone resets off the account and open its ticket; False for a link that is dead.

    Raises PortError when nobody can tell whose account it is now, and StoreUnavailableError; the
    link stays good after both.
    """
    with rt.store.begin(write=False) as tx:
        link = true_link(rt, tx, token, purpose="not_me", now=tx.now())
        view = None if link is None else tx.calls.view(link.call_sid, 0)
    if link is None:
        return False
    person = _person(rt, link, fallback=view.call.person if view else "")
    with rt.store.begin() as tx:
        tx.proofs.lock(_lock_name(link))
        now = tx.now()
        if tx.resets.use_link(link.id, at=now):
            tx.resets.freeze(person, until=now + FREEZE)
            _note(tx, link, kind="not_me", at=now, frozen_days=FREEZE.days)
            if view is not None and tx.tickets.by_protocol(view.call.protocol) is not None:
                tx.tickets.change(view.call.protocol, status="open", closed_at=None)
    return True


def settle_link(rt: LinkRuntime, link_id: str) -> bool:
    """Finish what a submit left behind when its process died; True when it had been written.

    Done by the worker for a ``link.settle`` job, whose payload is ``{"link": id}``. Raises
    PortError and StoreUnavailableError: try again later.
    """
    with rt.store.begin(write=False) as tx:
        link = tx.resets.link(link_id)
    if link is None or link.used_at is not None:
        return link is not None
    directory = rt.directories.get(link.directory)
    if directory is None or not directory.applied(uid=link.uid, marker=marker_of(link)):
        return False
    with rt.store.begin() as tx:
        _use(tx, link)
    return True


def marker_of(link: LinkRow) -> str:
    """The directory's marker of the one change that a link may make."""
    return f"link:{link.id}"


def _directory_and_account(rt: LinkRuntime, link: LinkRow) -> tuple[Directory, Account] | None:
    directory = rt.directories.get(link.directory)
    account = None if directory is None else directory.get(link.uid)
    if directory is None or account is None or account.disabled or account.privileged:
        return None
    return directory, account


def _write(
    rt: LinkRuntime, link: LinkRow, directory: Directory, password: str, *, claim: str
) -> ChosenPassword:
    """Write the claimed link's password into the directory and finish.

    An answer that was lost leaves the claim standing: the change may still come to light.
    """
    marker = marker_of(link)
    try:
        directory.reset(uid=link.uid, password=password, marker=marker, must_change=False)
    except PolicyRefusalError as refusal:
        message = _DIRECTORY_REASONS.get(refusal.reason, _OTHER_REASON)
        return _refuse(rt, link, (Reason(fault=refusal.reason, message=message),), claim=claim)
    except PortError as error:
        if not error.unknown_outcome:
            _release(rt, claim)
            raise
        if not directory.applied(uid=link.uid, marker=marker):
            raise
    _finish(rt, link, claim=claim)
    return ChosenPassword(ok=True)


def _claim(rt: LinkRuntime, link: LinkRow, *, person: str) -> str | ChosenPassword:
    """Take the link for this submit: the key of its ``link.settle`` job, or the answer instead."""
    with rt.store.begin() as tx:
        tx.proofs.lock(_lock_name(link))
        now = tx.now()
        current = tx.resets.link(link.id)
        if current is None or current.used_at is not None:
            return ChosenPassword(already=True)
        if now >= current.expires_at or tx.resets.frozen(person, now=now):
            return _DEAD
        for number in range(1, MAX_SUBMITS + 1):
            key = f"{_lock_name(link)}:{number}"
            held = tx.outbox.get(key)
            if held is None:
                tx.outbox.add(_settle_job(link, key=key, now=now))
                return key
            if held.state == "queued" and held.run_at is not None and held.run_at > now:
                return ChosenPassword(again=True)
        tx.resets.use_link(link.id, at=now)
        return _DEAD


def _settle_job(link: LinkRow, *, key: str, now: datetime) -> Job:
    return Job(
        key=key,
        kind=SETTLE_JOB,
        call_sid=link.call_sid,
        payload={"link": link.id},
        run_at=now + CLAIM,
        created_at=now,
    )


def _release(rt: LinkRuntime, claim: str) -> None:
    with rt.store.begin() as tx:
        tx.outbox.settle(claim, state="done", outcome={"result": "released"})


def _refuse(
    rt: LinkRuntime, link: LinkRow, reasons: tuple[Reason, ...], *, claim: str = ""
) -> ChosenPassword:
    """Count the refusal; the last one that is allowed closes the link."""
    with rt.store.begin() as tx:
        tx.proofs.lock(_lock_name(link))
        now = tx.now()
        if claim:
            tx.outbox.settle(claim, state="done", outcome={"result": "refused"})
        before = sum(
            entry.kind == "password_refused" and entry.data.get("link") == link.id
            for entry in tx.journal.of(link.call_sid)
        )
        again = before + 1 < MAX_REFUSALS
        _note(
            tx,
            link,
            kind="password_refused",
            at=now,
            faults=[reason.fault for reason in reasons],
            closed=not again,
        )
        if not again:
            tx.resets.use_link(link.id, at=now)
    return ChosenPassword(reasons=reasons if again else (), again=again)


def _finish(rt: LinkRuntime, link: LinkRow, *, claim: str = "") -> None:
    with rt.store.begin() as tx:
        if claim:
            tx.outbox.settle(claim, state="done", outcome={"result": "written"})
        _use(tx, link)


def _use(tx: Transaction, link: LinkRow) -> None:
    """Mark the link used, with journal line and notice, in one transaction; once."""
    tx.proofs.lock(_lock_name(link))
    now = tx.now()
    if not tx.resets.use_link(link.id, at=now):
        return
    _note(tx, link, kind="password_changed", at=now, service=link.service)
    _close_ticket(tx, link, at=now)
    tx.outbox.add(
        Job(
            key=f"notice:{link.id}",
            kind="sms.notice",
            call_sid=link.call_sid,
            payload={
                "directory": link.directory,
                "uid": link.uid,
                "event": "password_changed",
                "call_sid": link.call_sid,
            },
            run_at=now,
            created_at=now,
        )
    )


def _close_ticket(tx: Transaction, link: LinkRow, *, at: datetime) -> None:
    """The ticket waited for this link only; one that a person owes something stays as it is."""
    view = tx.calls.view(link.call_sid, 0)
    ticket = tx.tickets.by_protocol(view.call.protocol) if view else None
    if ticket is None or ticket.outcome not in WAITED_FOR_LINK or others_wait(tx, link):
        return
    tx.tickets.change(
        ticket.protocol, status="closed", outcome="resolved_self_service", closed_at=at
    )


def _note(tx: Transaction, link: LinkRow, *, kind: str, at: datetime, **data: object) -> None:
    """A line in the journal of the call that the link came from, after its last turn."""
    view = tx.calls.view(link.call_sid, 0)
    entry = JournalEntry(
        turn=view.call.turn if view else 0,
        seq=len(tx.journal.of(link.call_sid)) + 1,
        at=at,
        kind=kind,
        data={"link": link.id, **data},
    )
    tx.journal.add(link.call_sid, [entry])


def _person(rt: LinkRuntime, link: LinkRow, *, fallback: str) -> str:
    """Keyed hash of the person: from the directory, or, while it is away, from the call."""
    directory = rt.directories.get(link.directory)
    try:
        account = None if directory is None else directory.get(link.uid)
    except PortError:
        if not fallback:
            raise
        account = None
    if account is not None:
        return rt.keyed_hash("cpf", account.person_key)
    if not fallback:
        raise PortError("no_account")
    return fallback


def _lock_name(link: LinkRow) -> str:
    return f"link:{link.id}"


def _owner(account: Account) -> PasswordOwner:
    return PasswordOwner(name=account.name, mail=account.mail, cpf=account.person_key)


def _reason(problem: PasswordProblem) -> Reason:
    return Reason(fault=problem.fault.value, message=problem.message, field=problem.field)
