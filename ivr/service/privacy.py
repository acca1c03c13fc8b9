"""A person's whole history, and what they may ask for under LGPD art. 18.

Everything is found by the keyed hash of the CPF. Who looked is in the audit log, with the hash and
the reason, never the number.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ivr.domain.local_time import local_date
from ivr.domain.retention import erased_words
from ivr.ports.privacy import DataRequest, RequestKind, RequestState, Section
from ivr.ports.staff import AuditLine
from ivr.ports.store import RecordingRow, Transaction
from ivr.service.privacy_redaction import Redaction
from ivr.service.retention import keeper_of
from ivr.service.runtime import Runtime

ANSWER_DAYS: Mapping[RequestKind, int] = {"access": 5, "correction": 15, "deletion": 15}
"""Decreto 11.034/2022 art. 12 § 4º (history in 5 days); LGPD art. 19 II (15 days)."""
REFUSALS: Mapping[str, str] = {
    "open_ticket": "Há um chamado em andamento: os dados são necessários até a solução "
    "(LGPD, art. 16, I).",
    "legal_hold": "Os dados estão sob guarda legal (LGPD, art. 16, I).",
    "legal_period": "O registro do atendimento é guardado por 2 anos depois da solução "
    "(Decreto 11.034/2022, art. 12; LGPD, art. 16, I).",
    "not_ours": "O dado vem do diretório do órgão, que é quem pode corrigi-lo "
    "(LGPD, art. 18, § 4º, I).",
    "not_proven": "Quem pediu não provou ser o titular (LGPD, art. 18, caput).",
}
"""Why a request may be refused: word → what the person is told."""


class PrivacyError(Exception):
    """``reason``: unknown, decided, or a word of :data:`REFUSALS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHistory:
    """One ticket with all that names it, table by table. ``erased``: what stands in the place of
    erased content."""

    protocol: str
    call_sid: str
    sections: tuple[Section, ...] = field(repr=False)
    erased: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHistory:
    """Everything kept of a person, others taken out. ``digest``: SHA-256 of :meth:`as_json`
    without it."""

    at: datetime
    tickets: tuple[TicketHistory, ...]
    own: tuple[Section, ...] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """What is handed over: plain data."""
        told: dict[str, Any] = {
            "em": self.at.isoformat(),
            "base_legal": "LGPD (Lei 13.709/2018), art. 18 e 19; Decreto 11.034/2022, art. 12",
            "chamados": [
                {
                    "protocolo": one.protocol,
                    "ligacao": one.call_sid,
                    "apagados": list(one.erased),
                    "dados": {s.table: list(s.rows) for s in one.sections},
                }
                for one in self.tickets
            ],
            "outros": {s.table: list(s.rows) for s in self.own},
        }
        text = json.dumps(told, ensure_ascii=False, sort_keys=True)
        return {**told, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def history_of(rt: Runtime, person: str, *, by: str, reason: str, cpf: str = "") -> PersonHistory:
    """Everything that names a person (keyed hash of the CPF), with a line in the audit log.

    ``cpf``: their number as it was asked for, so that it is not taken for somebody else's.
    Raises StoreUnavailableError.
    """
    with rt.store.begin() as tx:
        now = tx.now()
        found = tx.privacy.tickets_of(person)
        tickets = [_ticket(tx, protocol, sid) for protocol, sid in found]
        own = tx.privacy.rows_of_person(person)
        staff = {one.id: (one.login, one.name) for one in tx.staff.everyone()}
        tx.audit.add(
            AuditLine(
                at=now,
                actor=by,
                action="privacy.exported",
                object=f"person:{person}",
                data={"reason": reason, "tickets": len(found)},
            )
        )
    redaction = Redaction(staff=staff, own=[cpf, *_own(tickets, person_rows=own)])
    return PersonHistory(
        at=now,
        tickets=tuple(
            TicketHistory(
                protocol=one.protocol,
                call_sid=one.call_sid,
                sections=tuple(_clean(s, redaction) for s in one.sections),
                erased=one.erased,
            )
            for one in tickets
        ),
        own=tuple(_clean(s, redaction) for s in own),
    )


def ask(rt: Runtime, person: str, kind: RequestKind, *, text: str, by: str) -> DataRequest:
    """Record a request of a data subject. ``by``: who took it."""
    with rt.store.begin() as tx:
        now = tx.now()
        made = DataRequest(
            id=f"LGPD-{secrets.token_hex(4).upper()}",
            person=person,
            kind=kind,
            text=text,
            asked_at=now,
            due=local_date(now) + timedelta(days=ANSWER_DAYS[kind]),
            taken_by=by,
        )
        tx.privacy.add_request(made)
        _audit(tx, now, by, f"request.{kind}", made.id, {"person": person})
    return made


def refuse(rt: Runtime, request_id: str, *, reason: str, by: str) -> DataRequest:
    """Refuse a request with a reason of :data:`REFUSALS`. Raises PrivacyError, unknown, decided."""
    if reason not in REFUSALS:
        raise PrivacyError("unknown")
    return _decide(rt, request_id, state="refused", reason=reason, by=by)


def fulfil(rt: Runtime, request_id: str, *, done: str, by: str) -> DataRequest:
    """Tell that a request of access or correction was met. ``done``: what was done."""
    return _decide(rt, request_id, state="done", reason=done, by=by)


def erase(rt: Runtime, request_id: str, *, by: str) -> Mapping[str, int]:
    """Carry a request of deletion out: the person is cut off their records, and what was said and
    written about them goes. Rows by table.

    The record of each attendance stays for its time without the person; the audit log stays, under
    the keyed hash. Raises PrivacyError: unknown, decided, open_ticket, legal_hold (the refusal is
    recorded).
    """
    with rt.store.begin(write=False) as tx:
        request = _open(tx, request_id)
        why = _obstacle(tx, request.person)
        recordings = _recordings(tx, request.person) if not why else []
    if why:
        refuse(rt, request_id, reason=why, by=by)
        raise PrivacyError(why)
    keeper = keeper_of(rt) if recordings else None
    for row in recordings:
        assert keeper is not None
        if not keeper.erase_recording(row, kind="request"):
            raise PrivacyError("carrier")
    with rt.store.begin() as tx:
        now = tx.now()
        done = dict(tx.privacy.erase_person(request.person, at=now))
        if not tx.privacy.decide(request_id, state="done", reason="erased", by=by, at=now):
            raise PrivacyError("decided")
        _audit(tx, now, by, "request.erased", request_id, {"person": request.person, "rows": done})
    return done


def _decide(
    rt: Runtime, request_id: str, *, state: RequestState, reason: str, by: str
) -> DataRequest:
    with rt.store.begin() as tx:
        request, now = _open(tx, request_id), tx.now()
        if not tx.privacy.decide(request_id, state=state, reason=reason, by=by, at=now):
            raise PrivacyError("decided")
        word = reason if state == "refused" else ""
        data = {"person": request.person, **({"reason": word} if word else {})}
        _audit(tx, now, by, f"request.{state}", request_id, data)
        decided = tx.privacy.request(request_id)
    assert decided is not None
    return decided


def _open(tx: Transaction, request_id: str) -> DataRequest:
    request = tx.privacy.request(request_id)
    if request is None:
        raise PrivacyError("unknown")
    if request.state != "open":
        raise PrivacyError("decided")
    return request


def _obstacle(tx: Transaction, person: str) -> str:
    """Why the person's data must stay now, empty for no reason."""
    tickets = [tx.tickets.by_protocol(p) for p, _ in tx.privacy.tickets_of(person)]
    if any(t is not None and t.status != "closed" for t in tickets):
        return "open_ticket"
    held = [f"person:{person}", *(f"ticket:{t.protocol}" for t in tickets if t is not None)]
    held += [f"recording:{row.sid}" for row in _recordings(tx, person)]
    return "legal_hold" if tx.retention.is_held(*held) else ""


def _recordings(tx: Transaction, person: str) -> list[RecordingRow]:
    rows = [r for p, _ in tx.privacy.tickets_of(person) for r in tx.tickets.recordings(p)]
    return [row for row in rows if row.state != "erased"]


def _ticket(tx: Transaction, protocol: str, call_sid: str) -> TicketHistory:
    sections = tx.privacy.rows_of_call(protocol, call_sid)
    objects = [f"ticket:{protocol}", f"contact:{call_sid}"]
    objects += [
        f"recording:{row['sid']}" for s in sections if s.table == "recordings" for row in s.rows
    ]
    marks = [mark for one in objects if (mark := tx.retention.erased(one)) is not None]
    return TicketHistory(
        protocol=protocol,
        call_sid=call_sid,
        sections=tuple(sections),
        erased=tuple(dict.fromkeys(erased_words(mark.at) for mark in marks)),
    )


def _own(tickets: list[TicketHistory], *, person_rows: list[Section]) -> list[str]:
    """Numbers and addresses that are the person's own, and those of their tickets."""
    own = [one.protocol for one in tickets] + [one.call_sid for one in tickets]
    for section in (*(s for one in tickets for s in one.sections), *person_rows):
        for row in section.rows:
            known = row.get("known") or {}
            own += [str(known.get(name, "")) for name in ("mail", "mobile", "matricula", "uid")]
            own += [str(row.get(name) or "") for name in ("caller", "number", "uid", "sid")]
    return [one for one in own if one]


def _clean(section: Section, redaction: Redaction) -> Section:
    return Section(table=section.table, rows=[redaction.of(row) for row in section.rows])


def _audit(
    tx: Transaction, at: datetime, by: str, action: str, request: str, data: Mapping[str, Any]
) -> None:
    tx.audit.add(AuditLine(at=at, actor=by, action=action, object=f"request:{request}", data=data))
