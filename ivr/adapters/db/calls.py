"""Calls and their turns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    delete,
    select,
    update,
)

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime, to_json
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, upsert, values_of
from ivr.ports.sealing import Seal
from ivr.ports.store import CallRow, TurnView

_c = tables.calls.c
_t = tables.turns.c

_ADD = insert_once(tables.calls)

_VIEW = Statement(
    select(*(c for c in tables.calls.c if c is not _c.stream_turn), _t.reply_sealed, _t.claimed_at)
    .select_from(
        tables.calls.outerjoin(
            tables.turns, and_(_t.call_sid == _c.sid, _t.turn == bindparam("asked_turn"))
        )
    )
    .where(_c.sid == bindparam("asked_sid"))
)

_CLAIM = upsert(
    tables.turns,
    lambda insert: insert.from_select(
        ["call_sid", "turn", "claimed_at"],
        select(
            _c.sid, bindparam("asked_turn", type_=Integer), bindparam("now", type_=UtcDateTime)
        ).where(
            _c.sid == bindparam("asked_sid", type_=Text),
            _c.turn == bindparam("asked_turn", type_=Integer),
            _c.ended_at.is_(None),
        ),
    ).on_conflict_do_update(
        index_elements=[_t.call_sid, _t.turn],
        set_={"claimed_at": insert.excluded.claimed_at},
        where=and_(
            _t.reply_sealed.is_(None),
            _t.claimed_at <= bindparam("stale_before", type_=UtcDateTime),
        ),
    ),
)

_MOVE = Statement(
    update(tables.calls)
    .where(
        _c.sid == bindparam("asked_sid"),
        _c.turn == bindparam("asked_turn"),
        _c.ended_at.is_(None),
    )
    .values(
        turn=bindparam("next_turn"),
        state_sealed=bindparam("new_state"),
        outcome=bindparam("new_outcome"),
        revision=bindparam("new_revision"),
        person=bindparam("new_person"),
    )
)

_REPLY = upsert(
    tables.turns,
    lambda insert: insert.values(values_of(tables.turns)).on_conflict_do_update(
        index_elements=[_t.call_sid, _t.turn],
        set_={"reply_sealed": insert.excluded.reply_sealed},
        where=_t.reply_sealed.is_(None),
    ),
)

_OPEN_STREAM = Statement(
    update(tables.calls)
    .where(
        _c.sid == bindparam("asked_sid"),
        _c.turn == bindparam("asked_turn"),
        _c.stream_turn < bindparam("asked_turn"),
        _c.ended_at.is_(None),
    )
    .values(stream_turn=bindparam("asked_turn"))
)

_END = Statement(
    update(tables.calls)
    .where(_c.sid == bindparam("asked_sid"), _c.ended_at.is_(None))
    .values(
        ended_at=bindparam("at"),
        ended_by=bindparam("by"),
        outcome=bindparam("new_outcome"),
        state_sealed=None,
        caller_sealed=None,
    )
)

_ERASE_TURNS = Statement(delete(tables.turns).where(_t.call_sid == bindparam("asked_sid")))

_LIVE = Statement(
    select(_c.sid)
    .where(_c.ended_at.is_(None), _c.started_at < bindparam("before"))
    .order_by(_c.started_at, _c.sid)
    .limit(bindparam("most", type_=Integer))
)


class SqlCalls:
    """:class:`ivr.ports.store.Calls`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def add(self, call: CallRow) -> bool:
        caller = None if call.caller is None else self._seal.close(call.caller.encode())
        written = self._driver.change(
            _ADD,
            {
                "sid": call.sid,
                "protocol": call.protocol,
                "turn": call.turn,
                "state_sealed": self._seal.close(to_json(call.state).encode()),
                "caller_sealed": caller,
                "started_at": call.started_at,
                "ended_at": call.ended_at,
                "ended_by": call.ended_by,
                "outcome": call.outcome,
                "revision": call.revision,
                "person": call.person,
                "stream_turn": -1,
            },
        )
        return written == 1

    def view(self, sid: str, turn: int) -> TurnView | None:
        row = self._driver.row(_VIEW, {"asked_sid": sid, "asked_turn": turn})
        if row is None:
            return None
        (found, protocol, next_turn, state, caller, started_at, ended_at, ended_by, outcome,
         revision, person, reply, claimed_at) = row  # fmt: skip
        unseal = self._seal.open
        call = CallRow(
            sid=found,
            protocol=protocol,
            turn=next_turn,
            state={} if state is None else json.loads(unseal(state)),
            caller=None if caller is None else unseal(caller).decode(),
            started_at=started_at,
            ended_at=ended_at,
            ended_by=ended_by,
            outcome=outcome,
            revision=revision,
            person=person,
        )
        return TurnView(
            call=call, reply=None if reply is None else unseal(reply), claimed_at=claimed_at
        )

    def claim(self, sid: str, turn: int, *, now: datetime, stale_before: datetime) -> bool:
        """As in the port; also False when ``turn`` is not the call's next or the call ended."""
        written = self._driver.change(
            _CLAIM,
            {"asked_sid": sid, "asked_turn": turn, "now": now, "stale_before": stale_before},
        )
        return written == 1

    def advance(self, *, call: CallRow, turn: int, reply: bytes, now: datetime) -> bool:
        """As in the port. After False the caller rolls the transaction back."""
        moved = self._driver.change(
            _MOVE,
            {
                "asked_sid": call.sid,
                "asked_turn": turn,
                "next_turn": turn + 1,
                "new_state": self._seal.close(to_json(call.state).encode()),
                "new_outcome": call.outcome,
                "new_revision": call.revision,
                "new_person": call.person,
            },
        )
        if moved != 1:
            return False
        kept = self._driver.change(
            _REPLY,
            {
                "call_sid": call.sid,
                "turn": turn,
                "reply_sealed": self._seal.close(reply),
                "claimed_at": now,
            },
        )
        return kept == 1

    def open_stream(self, sid: str, turn: int) -> bool:
        return self._driver.change(_OPEN_STREAM, {"asked_sid": sid, "asked_turn": turn}) == 1

    def end(self, sid: str, *, at: datetime, by: str, outcome: str) -> bool:
        ended = self._driver.change(
            _END, {"asked_sid": sid, "at": at, "by": by, "new_outcome": outcome}
        )
        if ended != 1:
            return False
        self._driver.change(_ERASE_TURNS, {"asked_sid": sid})
        return True

    def live(self, *, started_before: datetime, limit: int = 100) -> Sequence[str]:
        rows = self._driver.rows(_LIVE, {"before": started_before, "most": limit})
        return [sid for (sid,) in rows]
