"""Tokens of the API, by keyed hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert
from ivr.adapters.db.tables_tickets import api_tokens
from ivr.ports.tickets import ApiToken

_a = api_tokens.c

_ADD = insert(api_tokens)
_BY_HASH = Statement(select(api_tokens).where(_a.token_hash == bindparam("asked")))
_ALL = Statement(select(api_tokens).order_by(_a.created_at, _a.id))
_USED = Statement(
    update(api_tokens).where(_a.id == bindparam("asked")).values(used_at=bindparam("at"))
)
_REVOKE = Statement(
    update(api_tokens)
    .where(_a.id == bindparam("asked"), _a.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class SqlApiTokens:
    """:class:`ivr.ports.tickets.ApiTokens`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def add(self, token: ApiToken) -> None:
        self._driver.change(
            _ADD,
            {
                "id": token.id,
                "name": token.name,
                "token_hash": token.token_hash,
                "scopes": {"names": list(token.scopes)},
                "created_at": token.created_at,
                "used_at": token.used_at,
                "revoked_at": token.revoked_at,
            },
        )

    def by_hash(self, token_hash: str) -> ApiToken | None:
        row = self._driver.record(_BY_HASH, {"asked": token_hash})
        return None if row is None else _token(row)

    def everyone(self) -> list[ApiToken]:
        return [_token(row) for row in self._driver.records(_ALL, {})]

    def used(self, token_id: str, *, at: datetime) -> None:
        self._driver.change(_USED, {"asked": token_id, "at": at})

    def revoke(self, token_id: str, *, at: datetime) -> bool:
        return self._driver.change(_REVOKE, {"asked": token_id, "at": at}) == 1


def _token(row: Mapping[str, Any]) -> ApiToken:
    return ApiToken(**{**row, "scopes": tuple(row["scopes"]["names"])})
