"""Calls offered to agents. Unique indexes hold that a call or an agent has one open offer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, values_of
from ivr.adapters.db.tables_desk import offers
from ivr.ports.desk import OfferRow

_o = offers.c

OPEN = or_(*(_o.state == state for state in ("reserved", "seen", "ringing")))
"""The offer is undecided."""

_ADD = insert_once(offers)
_GET = Statement(select(offers).where(_o.id == bindparam("asked")))
_CHANGE = Statement(
    update(offers)
    .where(_o.id == bindparam("asked"), _o.version == bindparam("was"))
    .values({k: v for k, v in values_of(offers).items() if k != "id"})
)
_OPEN = Statement(select(offers).where(OPEN).order_by(_o.reserved_at, _o.id))
_OPEN_OF = Statement(select(offers).where(OPEN, _o.call_sid == bindparam("asked")))
_OF_CALL = Statement(
    select(offers).where(_o.call_sid == bindparam("asked")).order_by(_o.reserved_at, _o.id)
)
_REFUSALS = Statement(
    select(_o.call_sid, _o.agent).where(
        or_(_o.state == "declined", _o.state == "expired"), _o.ended_at > bindparam("since")
    )
)


class SqlOffers:
    """The offers of :class:`ivr.ports.desk.Desk`."""

    __slots__ = ()
    _driver: Driver

    def add_offer(self, offer: OfferRow) -> bool:
        return self._driver.change(_ADD, asdict(offer)) == 1

    def offer(self, offer: str) -> OfferRow | None:
        row = self._driver.record(_GET, {"asked": offer})
        return None if row is None else OfferRow(**row)

    def change_offer(self, row: OfferRow, *, was: int) -> bool:
        given = {**asdict(row), "version": was + 1, "asked": row.id, "was": was}
        return self._driver.change(_CHANGE, given) == 1

    def open_offers(self) -> list[OfferRow]:
        return [OfferRow(**row) for row in self._driver.records(_OPEN, {})]

    def open_offer_of(self, call_sid: str) -> OfferRow | None:
        row = self._driver.record(_OPEN_OF, {"asked": call_sid})
        return None if row is None else OfferRow(**row)

    def offers_of(self, call_sid: str) -> list[OfferRow]:
        return [OfferRow(**row) for row in self._driver.records(_OF_CALL, {"asked": call_sid})]

    def refusals(self, *, since: datetime) -> list[tuple[str, str]]:
        return [(sid, agent) for sid, agent in self._driver.rows(_REFUSALS, {"since": since})]
