"""Erasing what was kept long enough: rows by class, legal holds, marks, the runs of each day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import (
    Integer,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from ivr.adapters.db import retention_rules as rules
from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, upsert
from ivr.adapters.db.tables_privacy import erasures, legal_holds, retention_runs
from ivr.adapters.db.tables_tickets import contacts
from ivr.adapters.db.tables_transcripts import transcripts
from ivr.domain.retention import RetentionClass
from ivr.ports.queues import RecordingRow
from ivr.ports.retention import Due, Erasure, LegalHold, RetentionRun

_h, _e, _u = legal_holds.c, erasures.c, retention_runs.c
_t, _c, _r = tables.tickets.c, contacts.c, tables.recordings.c
_most = bindparam("most", type_=Integer)

_HOLD = insert_once(legal_holds)
_RELEASE = Statement(
    update(legal_holds)
    .where(_h.id == bindparam("asked"), _h.removed_at.is_(None))
    .values(removed_by=bindparam("by"), removed_at=bindparam("at"))
)
_HOLDS = Statement(select(legal_holds).where(_h.removed_at.is_(None)).order_by(_h.added_at, _h.id))
_ENDED = Statement(
    select(legal_holds)
    .where(_h.removed_at.is_not(None))
    .order_by(_h.removed_at.desc(), _h.id)
    .limit(_most)
)
_HELD = Statement(
    select(literal(1)).where(_h.removed_at.is_(None), _h.object == bindparam("asked")).limit(1)
)
MARK = Statement(
    insert(erasures).values(object=bindparam("object"), kind=bindparam("kind"), at=bindparam("at"))
)
_ERASED = Statement(
    select(_e.object, _e.kind, _e.at)
    .where(_e.object == bindparam("asked"))
    .order_by(_e.row_id.desc())
    .limit(1)
)
_RECORDINGS = Statement(
    select(tables.recordings)
    .select_from(rules.RECORDINGS)
    .where(*rules.RECORDING_DUE, ~rules.RECORDING_HELD, _r.sid > bindparam("after"))
    .order_by(_r.sid)
    .limit(_most)
)
_RECORDING_ERASED = Statement(
    update(tables.recordings)
    .where(_r.sid == bindparam("asked"))
    .values(
        state="erased",
        file="",
        deleted_at=func.coalesce(_r.deleted_at, bindparam("at", type_=UtcDateTime)),
    )
)
_TRANSCRIPT_ERASED = Statement(
    delete(transcripts).where(transcripts.c.recording == bindparam("asked"))
)
_TICKETS = Statement(
    select(_t.protocol, _t.call_sid)
    .where(*rules.TICKET_DUE, ~rules.TICKET_HELD)
    .order_by(_t.closed_at)
    .limit(_most)
)
_CONTACTS = Statement(
    select(_c.call_sid)
    .select_from(rules.CONTACTS)
    .where(*rules.CONTACT_DUE, ~rules.CONTACT_HELD)
    .order_by(_c.at)
    .limit(_most)
)
_FORGET_KNOWN = Statement(
    update(contacts).where(_c.call_sid == bindparam("asked")).values(known_sealed=None)
)
_BEGIN = upsert(
    retention_runs,
    lambda made: made.values(
        day=bindparam("day"),
        started_at=bindparam("at"),
        finished_at=None,
        counts=bindparam("counts"),
    ).on_conflict_do_update(
        index_elements=["day"],
        set_={"started_at": made.excluded.started_at},
        where=_u.finished_at.is_(None) & (_u.started_at < bindparam("stale", type_=UtcDateTime)),
    ),
)
_FINISH = Statement(
    update(retention_runs)
    .where(_u.day == bindparam("asked"))
    .values(finished_at=bindparam("at"), counts=bindparam("counts"))
)
_LAST = Statement(
    select(retention_runs).where(_u.finished_at.is_not(None)).order_by(_u.day.desc()).limit(1)
)
_JOINED: dict[RetentionClass, tuple[Statement, Statement]] = {
    "recordings": (
        Statement(
            select(func.count(), func.min(_r.at, type_=UtcDateTime))
            .select_from(rules.RECORDINGS)
            .where(*rules.RECORDING_DUE, ~rules.RECORDING_HELD)
        ),
        Statement(
            select(func.count())
            .select_from(rules.RECORDINGS)
            .where(*rules.RECORDING_DUE, rules.RECORDING_HELD)
        ),
    ),
    "attendance": (
        Statement(
            select(func.count(), func.min(_t.closed_at, type_=UtcDateTime)).where(
                *rules.TICKET_DUE, ~rules.TICKET_HELD
            )
        ),
        Statement(select(func.count()).where(*rules.TICKET_DUE, rules.TICKET_HELD)),
    ),
    "contacts": (
        Statement(
            select(func.count(), func.min(_c.at, type_=UtcDateTime))
            .select_from(rules.CONTACTS)
            .where(*rules.CONTACT_DUE, ~rules.CONTACT_HELD)
        ),
        Statement(
            select(func.count())
            .select_from(rules.CONTACTS)
            .where(*rules.CONTACT_DUE, rules.CONTACT_HELD)
        ),
    ),
}
_COUNTS = {
    kind: [(r.count(), r.count_held()) for r in found] for kind, found in rules.RULES.items()
}
_DELETES = {
    kind: [(r.table.name, r.delete()) for r in found] for kind, found in rules.RULES.items()
}


class SqlRetention:
    """:class:`ivr.ports.retention.Retention`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def hold(self, hold: LegalHold) -> None:
        self._driver.change(_HOLD, asdict(hold))

    def release(self, hold_id: str, *, by: str, at: datetime) -> bool:
        return self._driver.change(_RELEASE, {"asked": hold_id, "by": by, "at": at}) == 1

    def holds(self) -> list[LegalHold]:
        return [LegalHold(**row) for row in self._driver.records(_HOLDS, {})]

    def ended(self, *, most: int) -> list[LegalHold]:
        return [LegalHold(**row) for row in self._driver.records(_ENDED, {"most": most})]

    def is_held(self, *objects: str) -> bool:
        return any(self._driver.value(_HELD, {"asked": one}) is not None for one in objects)

    def due(self, kind: RetentionClass, *, before: datetime) -> Due:
        rows, oldest, held = 0, None, 0
        for count, count_held in _COUNTS.get(kind) or [_JOINED[kind]]:
            found = self._driver.row(count, {"before": before})
            assert found is not None
            rows += found[0]
            oldest = min(filter(None, (oldest, found[1])), default=None)
            held += self._driver.value(count_held, {"before": before})
        return Due(rows=rows, oldest=oldest, held=held)

    def purge(self, kind: RetentionClass, *, before: datetime, at: datetime, most: int) -> int:
        if kind == "recordings":
            raise ValueError("the sound of recordings is outside the database")
        if kind == "attendance":
            return self._purge_tickets(before=before, at=at, most=most)
        if kind == "contacts":
            return self._forget_known(before=before, at=at, most=most)
        done = 0
        for table, statement in _DELETES[kind]:
            with self._pass(table):
                done += self._driver.change(statement, {"before": before, "most": most})
        return done

    def recordings_due(self, *, before: datetime, most: int, after: str) -> list[RecordingRow]:
        given = {"before": before, "most": most, "after": after}
        return [RecordingRow(**row) for row in self._driver.records(_RECORDINGS, given)]

    def recording_erased(self, sid: str, *, kind: str, at: datetime) -> None:
        self._driver.change(_TRANSCRIPT_ERASED, {"asked": sid})
        self._driver.change(_RECORDING_ERASED, {"asked": sid, "at": at})
        self._mark([f"recording:{sid}"], kind=kind, at=at)

    def erased(self, object: str) -> Erasure | None:
        row = self._driver.record(_ERASED, {"asked": object})
        return None if row is None else Erasure(**row)

    def begin_run(self, day: date, *, at: datetime, stale_before: datetime) -> bool:
        return (
            self._driver.change(_BEGIN, {"day": day, "at": at, "stale": stale_before, "counts": {}})
            == 1
        )

    def finish_run(self, day: date, *, at: datetime, counts: Mapping[str, int]) -> None:
        self._driver.change(_FINISH, {"asked": day, "at": at, "counts": dict(counts)})

    def last_run(self) -> RetentionRun | None:
        row = self._driver.record(_LAST, {})
        return None if row is None else RetentionRun(**row)

    def _purge_tickets(self, *, before: datetime, at: datetime, most: int) -> int:
        found = self._driver.rows(_TICKETS, {"before": before, "most": most})
        keys = [{"asked_protocol": protocol, "asked_call_sid": sid} for protocol, sid in found]
        if not keys:
            return 0
        for table, statement in rules.of_a_call():
            with self._pass(table):
                self._driver.change_each(statement, keys)
        gone = [name for protocol, sid in found for name in (f"ticket:{protocol}", f"call:{sid}")]
        self._mark(gone, kind="attendance", at=at)
        return len(found)

    def _forget_known(self, *, before: datetime, at: datetime, most: int) -> int:
        found = [sid for (sid,) in self._driver.rows(_CONTACTS, {"before": before, "most": most})]
        for sid in found:
            self._driver.change(_FORGET_KNOWN, {"asked": sid})
        self._mark([f"contact:{sid}" for sid in found], kind="contacts", at=at)
        return len(found)

    def _mark(self, objects: list[str], *, kind: str, at: datetime) -> None:
        if objects:
            marks = [{"object": one, "kind": kind, "at": at} for one in objects]
            self._driver.change_each(MARK, marks)

    @contextmanager
    def _pass(self, table: str) -> Iterator[None]:
        """Let this transaction delete from a table that else only grows."""
        if table not in rules.GROWING:
            yield
            return
        self._driver.change(rules.OPEN_PASS, {"table_name": table})
        yield
        self._driver.change(rules.CLOSE_PASS, {"asked": table})
