"""Retention: what was kept long enough is erased once a day, but for what a legal hold keeps."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ivr.domain.local_time import local_date
from ivr.domain.retention import CLASSES, RetentionClass, RetentionPolicy
from ivr.ports.errors import PortError
from ivr.ports.queues import RecordingRow
from ivr.ports.retention import Due, LegalHold
from ivr.ports.staff import AuditLine
from ivr.ports.store import Store
from ivr.ports.telephony import Telephony
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.retention")

BATCH = 200
"""Units erased in one transaction: calls must not wait for it."""
STALE = timedelta(hours=1)
"""A run that began so long ago has died."""
EraseSound = Callable[[str], object]
"""Erase the sound of that name in our own store; one that is gone already is no error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a class has to erase now: everything of ``before`` or older."""

    kind: RetentionClass
    before: datetime
    due: Due


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """``erased``: units by class. ``failed``: recordings whose sound could not be erased now."""

    erased: dict[str, int]
    failed: int = 0


class Keeper:
    """Retention over one store. ``erase_sound`` None: no sounds of our own are kept here."""

    def __init__(
        self,
        store: Store,
        policy: RetentionPolicy,
        *,
        telephony: Telephony,
        erase_sound: EraseSound | None = None,
    ) -> None:
        self._store = store
        self._policy = policy
        self._telephony = telephony
        self._erase_sound = erase_sound

    def look(self) -> list[Line]:
        """What :meth:`run` would erase, class by class. Raises StoreUnavailableError."""
        with self._store.begin(write=False) as tx:
            now = tx.now()
            return [
                Line(kind=kind, before=before, due=tx.retention.due(kind, before=before))
                for kind in CLASSES
                for before in (self._policy.before(kind, now),)
            ]

    def run(self, *, by: str = "system") -> Done:
        """Erase everything that is due, in small transactions, and write what was erased into the
        audit log. A run that breaks off is gone on with by the next. Raises
        StoreUnavailableError."""
        erased: dict[str, int] = {}
        failed = 0
        for kind in CLASSES:
            if kind == "recordings":
                erased[kind], failed = self._recordings()
                continue
            while count := self._batch(kind):
                erased[kind] = erased.get(kind, 0) + count
        told = {kind: count for kind, count in erased.items() if count}
        if told or failed:
            with self._store.begin() as tx:
                data = {**told, **({"failed": failed} if failed else {})}
                tx.audit.add(
                    AuditLine(
                        at=tx.now(), actor=by, action="retention.ran", object="retention", data=data
                    )
                )
        return Done(erased=told, failed=failed)

    def run_daily(self) -> Done | None:
        """:meth:`run` once a day of Campo Grande, whoever of the workers comes first; None when
        today's is done or under way. Ships the head of the audit log into the log."""
        with self._store.begin(write=False) as tx:
            now, last = tx.now(), tx.retention.last_run()
        if last is not None and last.day >= local_date(now):
            return None
        with self._store.begin() as tx:
            now = tx.now()
            day = local_date(now)
            if not tx.retention.begin_run(day, at=now, stale_before=now - STALE):
                return None
        done = self.run()
        with self._store.begin() as tx:
            tx.retention.finish_run(day, at=tx.now(), counts=done.erased)
        with self._store.begin(write=False) as tx:
            head = tx.audit.head()
        log.info("retention ran", **done.erased, failed=done.failed)
        log.info("audit head", position=head.position, hash=head.hash)
        return done

    def erase_recording(self, row: RecordingRow, *, kind: str) -> bool:
        """Erase the sound at the carrier and here, then tell so in its row. False: not now."""
        try:
            if row.deleted_at is None:
                self._telephony.delete_recording(row.sid)
            if row.file:
                if self._erase_sound is None:
                    return False
                self._erase_sound(row.file)
        except (PortError, OSError) as error:
            log.warning("recording not erased", error=type(error).__name__)
            return False
        with self._store.begin() as tx:
            tx.retention.recording_erased(row.sid, kind=kind, at=tx.now())
        return True

    def _recordings(self) -> tuple[int, int]:
        done, failed, after = 0, 0, ""
        while True:
            with self._store.begin(write=False) as tx:
                before = self._policy.before("recordings", tx.now())
                rows = tx.retention.recordings_due(before=before, most=BATCH, after=after)
            for row in rows:
                if self.erase_recording(row, kind="recordings"):
                    done += 1
                else:
                    failed += 1
            if len(rows) < BATCH:
                return done, failed
            after = rows[-1].sid

    def _batch(self, kind: RetentionClass) -> int:
        with self._store.begin() as tx:
            now = tx.now()
            before = self._policy.before(kind, now)
            return tx.retention.purge(kind, before=before, at=now, most=BATCH)


def keeper_of(rt: Runtime) -> Keeper:
    """Retention of this service. Raises ValueError when it has no rules of retention."""
    if rt.retention is None:
        raise ValueError("no rules of retention")
    return Keeper(
        rt.store,
        rt.retention,
        telephony=rt.telephony,
        erase_sound=None if rt.recordings is None else rt.recordings.erase,
    )


def keep_daily(rt: Runtime) -> None:
    """What a worker does at every sweep: a sign of life, and once a day the retention."""
    with rt.store.begin() as tx:
        tx.vitals.beat("worker", at=tx.now())
    if rt.retention is not None:
        keeper_of(rt).run_daily()


def hold(store: Store, object: str, *, reason: str, by: str) -> LegalHold:
    """Put a legal hold on ``ticket:<protocol>``, ``recording:<sid>`` or ``person:<hash>``."""
    with store.begin() as tx:
        made = LegalHold(
            id=f"H-{secrets.token_hex(4)}",
            object=object,
            reason=reason,
            added_by=by,
            added_at=tx.now(),
        )
        tx.retention.hold(made)
        tx.audit.add(
            AuditLine(
                at=made.added_at,
                actor=by,
                action="hold.added",
                object=object,
                data={"hold": made.id},
            )
        )
    return made


def release(store: Store, hold_id: str, *, by: str) -> bool:
    """Lift a legal hold. False when none stands by that id."""
    with store.begin() as tx:
        now = tx.now()
        if not tx.retention.release(hold_id, by=by, at=now):
            return False
        tx.audit.add(AuditLine(at=now, actor=by, action="hold.removed", object=f"hold:{hold_id}"))
    return True
