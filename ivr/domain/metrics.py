"""The dictionary of figures: what each one is called, how it is counted, and from which version.

A figure is a function of sums (:mod:`ivr.domain.metrics_tally`), which are counted from raw rows.
Changing a formula raises its version, so that figures of two versions are never compared unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ivr.domain.metrics_service_level import FORMULAS, WaitCounts
from ivr.domain.metrics_tally import Rules, Sums, of

Unit = Literal["count", "percent", "seconds", "score"]
FEW = 10
"""A share or a mean of fewer is not told as one."""
FCR_DAYS = 7
"""A call of the same person for the same service within so many days was not resolved before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A figure of a period. ``value`` None: nothing to count. ``n``: what it rests on.
    ``parts``: what it is made of, in the figure's own unit or counts."""

    value: float | None
    n: int
    parts: Mapping[str, float] | None = None

    @property
    def few(self) -> bool:
        """Too little to be told as a share or a mean."""
        return self.n < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """``name`` and ``formula``: pt-BR, for screens."""

    id: str
    name: str
    formula: str
    version: int
    unit: Unit
    of: Callable[[Sums, Rules], Reading]
    better: Literal["up", "down", ""] = ""
    personal: bool = False
    """About single agents: for supervisors only."""

    def text(self, rules: Rules) -> str:
        """The formula with the thresholds in force."""
        chosen = FORMULAS[rules.formula]
        return self.formula.format(
            within=rules.within, short=rules.short, target=rules.target, days=FCR_DAYS,
            service_level=f"{chosen.id}: {chosen.text}",
        )  # fmt: skip


def count(sums: Sums, measure: str, key: str | None = None) -> int:
    """How many of a measure, under one key or all."""
    if key is not None:
        return sums.get((measure, key), (0, 0))[0]
    return sum(n for n, _ in of(sums, measure).values())


def total(sums: Sums, measure: str, key: str | None = None) -> int:
    """The total of a measure, under one key or all."""
    if key is not None:
        return sums.get((measure, key), (0, 0))[1]
    return sum(t for _, t in of(sums, measure).values())


def waits(sums: Sums, queue: str | None = None) -> WaitCounts:
    """Counts of one queue, or of all. Short abandonments are among the abandoned ones here, as
    in the published formulas."""
    short = count(sums, "stay.short", queue)
    return WaitCounts(
        answered=count(sums, "stay.answered", queue),
        answered_in=count(sums, "stay.answered_in", queue),
        abandoned=count(sums, "stay.abandoned", queue) + short,
        abandoned_in=count(sums, "stay.abandoned_in", queue),
        short=short,
    )


def share(over: int, under: int) -> Reading:
    """Percent of ``under``."""
    return Reading(
        value=100 * over / under if under else None, n=under, parts={"over": over, "under": under}
    )


def mean(whole: int, n: int) -> Reading:
    return Reading(value=whole / n if n else None, n=n)


def service_level(sums: Sums, rules: Rules, queue: str | None = None) -> Reading:
    """By the formula of the rules."""
    return share(*FORMULAS[rules.formula].parts(waits(sums, queue)))


def abandonment(sums: Sums, rules: Rules, queue: str | None = None) -> Reading:
    """Short ones apart."""
    return share(count(sums, "stay.abandoned", queue), count(sums, "stay.offered", queue))


def answer_time(sums: Sums, rules: Rules, queue: str | None = None) -> Reading:
    """Mean wait of who was answered."""
    return mean(total(sums, "stay.answered", queue), count(sums, "stay.answered", queue))


def wait_within(sums: Sums, part: float, queue: str | None = None) -> int | None:
    """Seconds within which that part of the answered waits ended, by their classes; None
    without one."""
    bins: dict[int, int] = {}
    for key, (n, _) in of(sums, "stay.bin").items():
        name, _, end = key.rpartition("|")
        if queue is None or name == queue:
            bins[int(end)] = bins.get(int(end), 0) + n
    whole, seen = sum(bins.values()), 0
    for top in sorted(bins):
        seen += bins[top]
        if seen >= part * whole:
            return top
    return None


def handling(sums: Sums, rules: Rules, queue: str | None = None) -> Reading:
    """Mean of talk, hold and wrap-up, with the three apart."""
    n = count(sums, "talk.talk", queue)
    parts = {part: total(sums, f"talk.{part}", queue) for part in ("talk", "hold", "wrap")}
    whole = mean(sum(parts.values()), n)
    means = {part: seconds / n for part, seconds in parts.items()} if n else None
    return Reading(value=whole.value, n=n, parts=means)


def occupancy(sums: Sums, agent: str | None = None) -> Reading:
    """(talk + wrap-up) ÷ (logged in − paused) of an agent or of all, in percent; n is the seconds
    logged in."""
    states: dict[str, int] = {}
    for key, (_, seconds) in of(sums, "agent.state").items():
        who, _, state = key.rpartition("|")
        if agent is None or who == agent:
            states[state] = states.get(state, 0) + seconds
    there = sum(s for state, s in states.items() if state != "offline")
    busy = states.get("in_call", 0) + states.get("wrap_up", 0)
    under = there - states.get("paused", 0)
    return Reading(value=100 * busy / under if under > 0 else None, n=there)


def deadlines_met(sums: Sums, clock: str) -> Reading:
    met = count(sums, f"ticket.{clock}", "met")
    return share(met, met + count(sums, f"ticket.{clock}", "missed"))


def _counted(measure: str, key: str | None = None) -> Callable[[Sums, Rules], Reading]:
    def of_sums(sums: Sums, rules: Rules) -> Reading:
        n = count(sums, measure, key)
        return Reading(value=n, n=n)

    return of_sums


def _fcr(sums: Sums, rules: Rules) -> Reading:
    first = count(sums, "fcr.first")
    return share(first - count(sums, "fcr.again"), first)


_ALL = (
    Figure(
        id="chamadas", name="Chamadas", unit="count", version=1, of=_counted("call.all"),
        formula="Ligações que começaram no período.",
    ),
    Figure(
        id="na_fila", name="Entraram na fila", unit="count", version=1,
        of=_counted("stay.offered"),
        formula="Entradas em uma fila; as que terminam na URA não contam.",
    ),
    Figure(
        id="atendidas", name="Atendidas", unit="count", version=1,
        of=_counted("stay.answered"), better="up",
        formula="Entradas na fila que um agente atendeu.",
    ),
    Figure(
        id="abandonos_curtos", name="Abandonos curtos", unit="count", version=1,
        of=_counted("stay.short"),
        formula="Desligaram com menos de {short} s de fila; ficam fora do abandono.",
    ),
    Figure(
        id="nivel_de_servico", name="Nível de serviço", unit="percent", version=1,
        of=service_level, better="up",
        formula="{service_level}, com T = {within} s. Meta: {target} %.",
    ),
    Figure(
        id="tme", name="TME (espera média)", unit="seconds", version=1, of=answer_time,
        better="down",
        formula="Média, nas atendidas, do tempo entre entrar na fila e o agente atender. "
        "O tempo na URA não conta.",
    ),
    Figure(
        id="tma", name="TMA (atendimento médio)", unit="seconds", version=1, of=handling,
        better="down",
        formula="Média, nas conversas concluídas, de conversa + espera na linha + "
        "pós-atendimento.",
    ),
    Figure(
        id="abandono", name="Abandono", unit="percent", version=1, of=abandonment, better="down",
        formula="Desistiram na fila ÷ entraram na fila. Pedido de retorno e abandono curto "
        "não são abandono.",
    ),
    Figure(
        id="contencao", name="Resolvidas na URA", unit="percent", version=1, better="up",
        of=lambda s, r: share(count(s, "call.contained"), count(s, "call.greeted")),
        formula="Terminaram servidas sem precisar de pessoa ÷ passaram da saudação. Quem "
        "desliga no meio do menu não conta como resolvida.",
    ),
    Figure(
        id="fcr", name="Resolvidas no primeiro contato", unit="percent", version=1, of=_fcr,
        better="up",
        formula="Ligações de pessoa identificada sem nova ligação dela, pelo mesmo serviço, "
        "em {days} dias. Provisória até o prazo passar.",
    ),
    Figure(
        id="csat", name="Satisfação", unit="score", version=1, better="up",
        of=lambda s, r: mean(total(s, "rating.given"), count(s, "rating.given")),
        formula="Média das notas de 1 a 5 dadas ao fim da ligação.",
    ),
    Figure(
        id="respostas", name="Responderam à avaliação", unit="percent", version=1, better="up",
        of=lambda s, r: share(count(s, "rating.given"), count(s, "rating.asked")),
        formula="Deram nota ÷ ouviram o pedido de avaliação.",
    ),
    Figure(
        id="prazo_uteis", name="No prazo de 3 dias úteis", unit="percent", version=1, better="up",
        of=lambda s, r: deadlines_met(s, "business"),
        formula="Chamados encerrados até o último dia útil do prazo ÷ encerrados.",
    ),
    Figure(
        id="prazo_corridos", name="No prazo de 7 dias corridos", unit="percent", version=1,
        better="up", of=lambda s, r: deadlines_met(s, "calendar"),
        formula="Chamados encerrados até o sétimo dia corrido ÷ encerrados "
        "(Decreto 11.034/2022, art. 13).",
    ),
    Figure(
        id="provas_falhas", name="Provas de identidade que falharam", unit="percent", version=1,
        better="down",
        of=lambda s, r: share(
            count(s, "proof.failed"), count(s, "proof.failed") + count(s, "proof.passed")
        ),
        formula="Provas que não conferiram ÷ provas tentadas.",
    ),
    Figure(
        id="redefinicoes", name="Senhas redefinidas", unit="count", version=1,
        of=lambda s, r: (lambda n: Reading(value=n, n=n))(
            sum(n for key, (n, _) in of(s, "reset").items() if key.endswith("|done"))
        ),
        formula="Pedidos de senha ou desbloqueio que o diretório confirmou.",
    ),
    Figure(
        id="ocupacao", name="Ocupação", unit="percent", version=1, personal=True,
        of=lambda s, r: occupancy(s),
        formula="(em conversa + pós-atendimento) ÷ (conectado − em pausa).",
    ),
)  # fmt: skip
FIGURES: Mapping[str, Figure] = {figure.id: figure for figure in _ALL}
"""Every figure by its id."""
