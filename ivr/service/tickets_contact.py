"""Who is behind a call, written down when it begins and when it says who it is.

Everything personal is sealed; columns hold keyed hashes and the last four digits of the number.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ivr.domain.identifier import mask_cpf
from ivr.ports.directory import Account
from ivr.ports.store import CallRow, Transaction
from ivr.ports.tickets import Contact, Known
from ivr.service.runtime import Runtime
from ivr.service.session import Person

END_DIGITS = 4


def caller_hash(rt: Runtime, number: str | None) -> str:
    """Keyed hash of a caller's number (E.164), empty when it is withheld."""
    return rt.keyed_hash("phone", number) if number else ""


def matricula_hash(rt: Runtime, matricula: str) -> str:
    """Keyed hash of a matrícula, empty when there is none."""
    return rt.keyed_hash("matricula", matricula) if matricula else ""


def contact_of_call(rt: Runtime, call: CallRow, *, at: datetime) -> Contact:
    """What a call tells before anybody is identified."""
    return Contact(
        call_sid=call.sid,
        protocol=call.protocol,
        caller_hash=caller_hash(rt, call.caller),
        caller_end=(call.caller or "")[-END_DIGITS:],
        at=at,
    )


def person_snapshot(
    rt: Runtime, call: CallRow, *, person: Person, account: Account | None
) -> Callable[[Transaction], None]:
    """To be written with the turn that looked somebody up; a decoy takes the same steps."""
    known = Known() if account is None else known_of(account)
    matricula = matricula_hash(rt, known.matricula)
    begun = contact_of_call(rt, call, at=call.started_at)

    def write(tx: Transaction) -> None:
        tx.ticket_log.put_contact(
            Contact(
                call_sid=begun.call_sid,
                protocol=begun.protocol,
                person=person.key,
                matricula=matricula,
                caller_hash=begun.caller_hash,
                caller_end=begun.caller_end,
                group=person.group,
                directory=person.directory,
                known=known,
                at=begun.at,
            )
        )

    return write


def known_of(account: Account) -> Known:
    """What a desk of people needs of an account; the CPF masked for good."""
    changed = account.mobile_changed_at
    return Known(
        name=account.name,
        cpf_masked=mask_cpf(account.person_key),
        matricula=account.matricula,
        mail=account.mail,
        mobile=account.mobile or "",
        uid=account.uid,
        mobile_changed_at=changed.isoformat() if changed else "",
        locked=account.locked,
        disabled=account.disabled,
        privileged=account.privileged,
    )
