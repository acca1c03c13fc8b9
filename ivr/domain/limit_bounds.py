"""How far each limit of self-service may be moved on a page: tighter, never past the bar.

The bars are those of NIST SP 800-63B-4 §3.1.3 and §3.2.2 and OWASP ASVS 5.0 6.1.1, 6.5.5, 6.6.3;
the standard figures are :class:`ivr.domain.limits.Limits`. The lower ends keep a limit from
shutting out whoever errs once, and the global one from being reached by a handful of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from ivr.domain.limits import Limits
from ivr.domain.rule_faults import RuleFaultError

Unit = Literal["count", "seconds", "minutes", "hours"]
UNIT_WORDS: Mapping[Unit, str] = {
    "count": "vezes",
    "seconds": "segundos",
    "minutes": "minutos",
    "hours": "horas",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitBound:
    """One limit: ``name`` of the field of :class:`Limits`, both ends that it may take."""

    name: str
    label: str
    meaning: str
    unit: Unit = "count"
    least: int
    most: int


BOUNDS = (
    LimitBound(
        name="tries_per_call",
        label="Tentativas de uma prova por ligação",
        meaning="Depois disso a ligação só segue com uma pessoa.",
        least=2,
        most=3,
    ),
    LimitBound(
        name="account_failures",
        label="Provas erradas por conta",
        meaning="Depois disso, dentro da janela da conta, a conta só é atendida por pessoa. "
        "A conta não é bloqueada no diretório.",
        least=3,
        most=5,
    ),
    LimitBound(
        name="account_window",
        label="Janela da conta",
        meaning="Por quanto tempo as provas erradas e os códigos enviados de uma conta contam.",
        unit="hours",
        least=24,
        most=72,
    ),
    LimitBound(
        name="account_sends",
        label="Códigos por SMS para uma conta",
        meaning="Mensagens com código para uma conta, dentro da janela da conta.",
        least=1,
        most=3,
    ),
    LimitBound(
        name="send_gap",
        label="Intervalo entre códigos",
        meaning="Tempo entre um código e o próximo da mesma conta.",
        unit="seconds",
        least=60,
        most=600,
    ),
    LimitBound(
        name="destination_sends",
        label="Códigos por SMS para um número",
        meaning="Mensagens com código para um celular, de quaisquer contas, na janela da conta.",
        least=1,
        most=5,
    ),
    LimitBound(
        name="all_sends",
        label="Códigos por SMS para todos",
        meaning="Mensagens com código ao todo, na janela da conta: o mais que um dia pode custar. "
        "Depois disso um alarme toca e quem liga segue com uma pessoa.",
        least=100,
        most=2_000,
    ),
    LimitBound(
        name="code_lifetime",
        label="Validade do código",
        meaning="Tempo em que um código enviado por SMS vale (NIST SP 800-63B-4: até 10 minutos).",
        unit="minutes",
        least=3,
        most=10,
    ),
    LimitBound(
        name="caller_failures",
        label="Provas erradas por número que liga",
        meaning="Depois disso, dentro da janela do número, quem liga só segue com uma pessoa.",
        least=3,
        most=10,
    ),
    LimitBound(
        name="caller_calls",
        label="Ligações de um número até o aviso",
        meaning="Acima disso, dentro da janela do número, a ligação é marcada como risco. "
        "Nenhuma é recusada por isso.",
        least=3,
        most=10,
    ),
    LimitBound(
        name="caller_window",
        label="Janela do número que liga",
        meaning="Por quanto tempo as ligações e provas erradas de um número contam.",
        unit="hours",
        least=1,
        most=24,
    ),
    LimitBound(
        name="resets_per_month",
        label="Trocas de senha de uma conta em 30 dias",
        meaning="Trocas por autoatendimento; em 24 horas é sempre uma só.",
        least=1,
        most=3,
    ),
    LimitBound(
        name="global_failures",
        label="Provas erradas de todos até a pausa",
        meaning="Depois disso, dentro da janela de todos, o autoatendimento para e a supervisão é "
        "avisada. As ligações seguem com pessoas.",
        least=20,
        most=50,
    ),
    LimitBound(
        name="global_window",
        label="Janela de todos",
        meaning="Por quanto tempo as provas erradas de todos contam para a pausa.",
        unit="minutes",
        least=10,
        most=60,
    ),
)
"""In the order of the page."""
BOUND: Mapping[str, LimitBound] = {bound.name: bound for bound in BOUNDS}


def limit_value(limits: Limits, name: str) -> int:
    """A limit in its own unit. Raises KeyError for a name that is none."""
    value = getattr(limits, BOUND[name].name)
    if isinstance(value, timedelta):
        return int(value / timedelta(**{BOUND[name].unit: 1}))
    return int(value)


def with_limit(limits: Limits, name: str, value: object) -> Limits:
    """The limits with one of them changed. Raises :class:`RuleFaultError`."""
    bound = BOUND.get(name)
    if bound is None:
        raise RuleFaultError((name, "Este limite não existe."))
    if type(value) is not int or not bound.least <= value <= bound.most:
        raise RuleFaultError(
            (
                name,
                f"{bound.label}: um número inteiro de {bound.least} a {bound.most} "
                f"({UNIT_WORDS[bound.unit]}).",
            )
        )
    new: Any = value if bound.unit == "count" else timedelta(**{bound.unit: value})
    return replace(limits, **{name: new})
