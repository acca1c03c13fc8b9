"""As many invented people as there are calls: nobody here exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from ivr.adapters.directory.demo_tables import ACCOUNT, create_tables
from ivr.adapters.pin_hash import PinHasher
from ivr.service.runtime import Runtime

PIN = "40718253"
PASSWORD = "ipê amarelo na chuva de agosto"
AT_ONCE = 500


def invent(count: int) -> list[dict[str, Any]]:
    """People with valid CPF digits and a mobile of their own."""
    return [
        {
            "key": f"p{number:06d}",
            "name": f"Pessoa Inventada {number}",
            "cpf": _cpf(f"9{number:08d}"),
            "mobile": f"+55679{90_000_000 + number:08d}",
            "pin": PIN,
            "password": PASSWORD,
        }
        for number in range(1, count + 1)
    ]


def register(rt: Runtime, people: Sequence[dict[str, Any]]) -> None:
    """Write accounts and telephone PINs."""
    engine = rt.store.engine  # type: ignore[attr-defined]
    create_tables(engine)
    hasher = PinHasher("low")
    hashed, pin = hasher.hash(PASSWORD), hasher.hash(PIN)
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        with engine.begin() as connection:
            connection.execute(insert(ACCOUNT), [_account(person, hashed) for person in some])
        with rt.store.begin() as tx:
            for person in some:
                tx.proofs.set_pin(rt.keyed_hash("cpf", person["cpf"]), pin)


def _account(person: dict[str, Any], hashed: str) -> dict[str, Any]:
    return {
        "uid": person["key"],
        "cpf": person["cpf"],
        "name": person["name"],
        "mail": f"{person['key']}@demo.ms.gov.br.invalid",
        "mobile": person["mobile"],
        "group_name": "servidores",
        "password_hash": hashed,
        "history": [hashed],
    }


def _cpf(digits: str) -> str:
    for _ in range(2):
        weights = range(len(digits) + 1, 1, -1)
        rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) * 10 % 11
        digits += str(rest % 10)
    return digits
