"""As many invented people as there are calls: nobody here exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    """Write the telephone PINs."""
    pin = PinHasher("low").hash(PIN)
    for start in range(0, len(people), AT_ONCE):
        with rt.store.begin() as tx:
            for person in people[start : start + AT_ONCE]:
                tx.proofs.set_pin(rt.keyed_hash("cpf", person["cpf"]), pin)


def _cpf(digits: str) -> str:
    for _ in range(2):
        weights = range(len(digits) + 1, 1, -1)
        rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) * 10 % 11
        digits += str(rest % 10)
    return digits
