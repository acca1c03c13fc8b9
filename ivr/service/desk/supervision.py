"""A supervisor in the live talk of an agent: listens, whispers, joins in, leaves.

The supervisor's own telephone is rung into the room, as an agent's is, and always comes in as a
listener. What it may say to whom is changed here, by the server. Nothing that a supervisor does,
and nothing that fails, ends the talk. While the talk is shut (:mod:`.supervision_shut`) nobody is
let in and no mode is changed.

All raise :class:`NotNowError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from ivr.ports.desk import EngagementRow
from ivr.ports.errors import PortError
from ivr.ports.store import Job, Transaction
from ivr.ports.supervision import SupervisionMode, SupervisionRow
from ivr.service.desk.live_talk import legs_of
from ivr.service.desk.media import met
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.supervision_ends import audit, end_supervision, save, tell
from ivr.service.journal import note
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.desk")

REASONS: Mapping[str, str] = {
    "qualidade": "Qualidade do atendimento",
    "apoio": "O agente pediu apoio",
    "treinamento": "Treinamento",
    "reclamacao": "Reclamação",
    "seguranca": "Suspeita de fraude ou ameaça",
}
"""Why a talk is supervised; one must be told (LGPD, Lei 13.709/2018, art. 6º, I and VI)."""
MODES: tuple[SupervisionMode, ...] = ("listen", "whisper", "barge")
MAY = ("supervisor", "manager")
"""Roles that may supervise."""
AT_REST = ("offline", "paused")
"""States of the desk in which a supervisor is offered no call of their own."""


def start(rt: Runtime, offer: str, *, by: str, reason: str) -> SupervisionRow:
    """Let the supervisor's telephone ring; picking it up is listening. A repeat changes nothing.

    Raises ``motivo`` (not in :data:`REASONS`), ``encerrada``, ``nao_ligada`` (caller and agent
    are not together yet), ``propria``, ``acompanhada`` (another supervisor is there), ``uma_so``
    (the supervisor is in another talk), ``sensivel`` (the talk is shut), ``pause_antes`` (calls
    may be offered to the supervisor), ``conta_inativa``.
    """
    if reason not in REASONS:
        raise NotNowError("motivo")
    with rt.store.begin() as tx:
        tx.desk.lock()
        talk, now = _live(tx, offer), tx.now()
        if talk.agent == by:
            raise NotNowError("propria")
        there = tx.supervisions.of_talk(offer)
        if there is not None:
            if there.supervisor == by:
                return there
            raise NotNowError("acompanhada")
        account, presence = tx.staff.get(by), tx.desk.presence(by)
        if account is None or not account.active:
            raise NotNowError("conta_inativa")
        if presence is not None and presence.state not in AT_REST:
            raise NotNowError("pause_antes")
        if tx.supervisions.shut_state(offer) != "open":
            raise NotNowError("sensivel")
        row = SupervisionRow(
            id=f"SV{rt.entropy(16).hex()}",
            offer=offer,
            call_sid=talk.call_sid,
            protocol=talk.protocol,
            agent=talk.agent,
            supervisor=by,
            reason=reason,
            asked_at=now,
        )
        if not tx.supervisions.add(row):
            raise NotNowError("uma_so")
        audit(tx, row, "supervision.asked")
        note(tx, row.call_sid, "supervision.asked", agent=by, reason=reason)
        tx.outbox.add(
            Job(
                key=f"desk.supervise:{row.id}",
                kind="desk.supervise",
                call_sid=row.call_sid,
                payload={"supervision": row.id},
            )
        )
        tell(tx, row)
        return row


def change_mode(rt: Runtime, supervision: str, *, by: str, mode: str) -> SupervisionRow:
    """Who hears the supervisor from now on. A repeat changes nothing.

    It is written first, so that the agent's banner never comes after the voice, and taken back
    when the carrier does not do it. Raises ``modo``, ``de_outro``, ``encerrada``, ``nao_entrou``
    (the telephone is not in the room), ``sensivel``, ``operadora``, ``mudou``.
    """
    wanted = next((m for m in MODES if m == mode), None)
    if wanted is None:
        raise NotNowError("modo")
    with rt.store.begin() as tx:
        tx.desk.lock()
        before = _mine(tx, supervision, by)
        if before.ended_at is not None:
            raise NotNowError("encerrada")
        if before.joined_at is None:
            raise NotNowError("nao_entrou")
        if tx.supervisions.shut_state(before.offer) != "open":
            raise NotNowError("sensivel")
        if before.mode == wanted:
            return before
        row = _written(tx, before, wanted)
        agent = agent_leg(tx, before.offer)
    try:
        done = bool(agent) and coach(rt, row, agent)
    except PortError as error:
        log.warning("cannot change who hears a supervisor", why=error.reason)
        _take_back(rt, row, before.mode)
        raise NotNowError("operadora") from None
    if not done:
        _take_back(rt, row, before.mode)
        raise NotNowError("encerrada")
    with rt.store.begin() as tx:
        now = tx.supervisions.get(supervision)
        if now is not None and now.version != row.version:
            order_settle(tx, now)
    return row


def leave(rt: Runtime, supervision: str, *, by: str) -> SupervisionRow:
    """The supervisor goes; the talk goes on. Twice is once. Raises ``de_outro``."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = _mine(tx, supervision, by)
        ended = end_supervision(tx, row, why="saiu", now=tx.now())
    if row.ended_at is None and row.leg:
        try:
            rt.telephony.end_call(row.leg)
        except PortError as error:
            log.warning("cannot hang up", leg=row.leg, why=error.reason)
    return ended


def unentitled(tx: Transaction) -> list[str]:
    """Supervisions that go on of people who may not supervise any more."""
    found = []
    for row in tx.supervisions.live():
        account = tx.staff.get(row.supervisor)
        if account is None or not account.active or not set(account.roles) & set(MAY):
            found.append(row.id)
    return found


def stop(tx: Transaction, supervision: str) -> bool:
    """End one whose supervisor may not go on. False when it is over."""
    tx.desk.lock()
    row = tx.supervisions.get(supervision)
    if row is None or row.ended_at is not None:
        return False
    end_supervision(tx, row, why="sem_direito", now=tx.now())
    return True


def log_out(rt: Runtime, staff: str) -> None:
    """Whoever leaves the desk leaves the talk. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        row = tx.supervisions.newest_by(staff)
    if row is not None and row.ended_at is None:
        leave(rt, row.id, by=staff)


def coach(rt: Runtime, row: SupervisionRow, agent: str) -> bool:
    """Let the carrier do what the row says. ``agent``: the agent's leg. May raise PortError."""
    return rt.telephony.coach(
        row.call_sid,
        row.leg,
        muted=row.mode == "listen",
        only=agent if row.mode == "whisper" else "",
    )


def agent_leg(tx: Transaction, offer: str) -> str:
    """The agent's leg that is up, or empty."""
    legs = legs_of(tx, offer)
    return legs[-1].sid if legs else ""


def order_settle(tx: Transaction, row: SupervisionRow) -> None:
    """Let the worker make the carrier agree with the row."""
    tx.outbox.add(
        Job(
            key=f"desk.supervise_mode:{row.id}:{tx.now():%Y%m%d%H%M%S%f}",
            kind="desk.supervise_mode",
            call_sid=row.call_sid,
            payload={"supervision": row.id},
        )
    )


def _written(tx: Transaction, before: SupervisionRow, mode: SupervisionMode) -> SupervisionRow:
    row = save(tx, before, replace(before, mode=mode))
    audit(tx, row, "supervision.mode", was=before.mode)
    note(tx, row.call_sid, "supervision.mode", agent=row.supervisor, mode=mode)
    return row


def _take_back(rt: Runtime, row: SupervisionRow, mode: SupervisionMode) -> None:
    """As it was before the try; the worker makes sure that the carrier agrees."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.supervisions.get(row.id)
        if now is None or now.ended_at is not None:
            return
        order_settle(tx, _written(tx, now, mode) if now.version == row.version else now)


def _live(tx: Transaction, offer: str) -> EngagementRow:
    talk, row = tx.desk.engagement(offer), tx.desk.offer(offer)
    if talk is None or row is None or talk.ended_at is not None:
        raise NotNowError("encerrada")
    if row.kind == "consult" or not met(tx, row):
        raise NotNowError("nao_ligada")
    return talk


def _mine(tx: Transaction, supervision: str, by: str) -> SupervisionRow:
    row = tx.supervisions.get(supervision)
    if row is None or row.supervisor != by:
        raise NotNowError("de_outro")
    return row
