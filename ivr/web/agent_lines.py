"""Lines of a call's way in plain Portuguese, and times as an agent reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from ivr.domain.local_time import to_local
from ivr.service.desk.pop import Pop, Who
from ivr.service.desk.pop_journal import PathLine
from ivr.web.agent_words import CAUSES, FACTORS, IDENTIFIERS, STRENGTHS

Naming = Callable[[str], str]

_DAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
_STATUS = {"open": "aberto", "pending": "pendente", "closed": "encerrado"}
_PURPOSES = {"need": "o que precisa", "complaint": "uma reclamação"}
_JOBS = {
    "done": "Pedido feito pelo sistema",
    "later": "Pedido ainda em andamento",
    "limited": "Pedido barrado: limite do dia",
    "unreachable": "Sem celular para receber o link",
}
_FIXED = {
    "call.opened": "Ligação recebida",
    "person.verified": "Identidade confirmada pelo sistema",
    "code.sent": "Código enviado por SMS ao celular cadastrado",
    "secret.spoken": "Ouviu a senha provisória",
    "ticket.unknown": "Protocolo não encontrado",
    "callback.booked": "Retorno de ligação combinado",
    "person.asked": "Pediu uma pessoa",
    "queue.left": "Saiu da fila",
    "request.failed": "Um sistema não respondeu",
}


def hour(at: datetime) -> str:
    """``14:02`` in Campo Grande."""
    return to_local(at).strftime("%H:%M")


def day_of(day: date) -> str:
    """``quinta, 03/12``."""
    return f"{_DAYS[day.weekday()]}, {day:%d/%m}"


def span(seconds: float | None) -> str:
    """``01:42`` below an hour, ``2 h 05`` below a day, then ``3 d 4 h``; — for None."""
    if seconds is None:
        return "—"
    whole = max(0, int(seconds))
    if whole < 3600:
        return f"{whole // 60:02d}:{whole % 60:02d}"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d}"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def path_line(line: PathLine, *, service: Naming, flow: Naming) -> str:
    """One step of the call."""
    data = line.data
    if line.kind in _FIXED:
        return _FIXED[line.kind]
    if line.kind == "menu.chosen":
        name = flow(line.flow)
        return f"Menu: {data.get('key', '')}" + (f" — {name}" if name else "")
    return _LINES[line.kind](data, line.times, service) if line.kind in _LINES else line.kind


def _factor(data: Mapping[str, Any]) -> str:
    return FACTORS.get(str(data.get("factor")), "prova")


def _failed(data: Mapping[str, Any], times: int, service: Naming) -> str:
    again = f" {times}×" if times > 1 else ""
    return f"Não confere{again}: {_factor(data)}"


_LINES: dict[str, Callable[[Mapping[str, Any], int, Naming], str]] = {
    "person.identified": lambda d, n, s: (
        f"Informou {IDENTIFIERS.get(str(d.get('by')), 'um número')}"
    ),
    "proof.passed": lambda d, n, s: f"Confere: {_factor(d)}",
    "proof.failed": _failed,
    "service.chosen": lambda d, n, s: f"Serviço: {s(str(d.get('service')))}",
    "system.settled": lambda d, n, s: (
        f"{s(str(d.get('service')))}: {_JOBS.get(str(d.get('outcome')), 'não foi feito')}"
    ),
    "job.settled": lambda d, n, s: _JOBS.get(str(d.get("outcome")), "Pedido não foi feito"),
    "ticket.told": lambda d, n, s: (
        f"Ouviu o andamento: {_STATUS.get(str(d.get('status')), 'chamado')}"
    ),
    "recording.made": lambda d, n, s: (
        f"Gravou {_PURPOSES.get(str(d.get('purpose')), 'um recado')}"
        f" ({span(float(d.get('seconds', 0)))})"
    ),
    "rating.given": lambda d, n, s: f"Deu nota {d.get('value')}",
    "node.gave_up": lambda d, n, s: f"Parou: {CAUSES.get(str(d.get('why')), 'não seguiu')}",
    "queue.entered": lambda d, n, s: "Entrou na fila",
}


def strength_line(who: Who) -> str:
    """``Identidade confirmada — matrícula + senha do telefone, 14:02``."""
    by = IDENTIFIERS.get(who.by, "")
    if who.strength == "verified":
        parts = [by, *(FACTORS.get(proof.factor, proof.factor) for proof in who.proofs)]
        when = f", {hour(who.verified_at)}" if who.verified_at else ""
        return f"{STRENGTHS['verified']} — {' + '.join(p for p in parts if p)}{when}"
    if who.strength == "failed":
        tries = ", ".join(f"{FACTORS.get(f, f)} {n}×" for f, n in who.failures.items())
        return f"Falhou {who.failed}× — {tries}"
    if who.strength == "partial":
        passed = " + ".join(FACTORS.get(proof.factor, proof.factor) for proof in who.proofs)
        return f"{STRENGTHS['partial']} — só {by}" + (f" + {passed}" if passed else "")
    return STRENGTHS["none"]


def cause_line(pop: Pop) -> str:
    """Why the call left the self-service, with how many proofs failed."""
    if pop.why.cause == "failed_proof" and pop.who.failures:
        factor, times = max(pop.who.failures.items(), key=lambda item: item[1])
        return f"{FACTORS.get(factor, factor)} não confere {times}×"
    return CAUSES.get(pop.why.cause, CAUSES[""])
