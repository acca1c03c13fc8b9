"""Blocks of a report about services, proofs, contacts, ratings, deadlines and agents."""

from __future__ import annotations

from ivr.domain.metrics import FCR_DAYS, count, occupancy, total
from ivr.domain.metrics_tally import of
from ivr.service.reports import Block, Cell, Material, Row
from ivr.service.reports_blocks import percent

FACTORS = {
    "pin": "Senha do telefone",
    "sms_code": "Código por SMS",
    "printed_code": "Código de papel",
}


def _service_name(m: Material, key: str) -> str:
    found = m.rt.catalogue.by_key(key)
    return found.name if found is not None else key or "sem serviço"


def services(m: Material) -> Block:
    """Each service: calls, what the IVR resolved, and resets by their end."""
    done: dict[str, int] = {}
    tried: dict[str, int] = {}
    for key, (n, _) in of(m.sums, "reset").items():
        service, _, outcome = key.rpartition("|")
        tried[service] = tried.get(service, 0) + n
        if outcome == "done":
            done[service] = done.get(service, 0) + n
    calls = of(m.sums, "service.calls")
    rows = []
    for key in sorted({*calls, *tried}, key=lambda k: (-calls.get(k, (0, 0))[0], k)):
        n = calls.get(key, (0, 0))[0]
        rows.append(
            Row(
                head=_service_name(m, key),
                cells=(
                    Cell(value=n),
                    percent(count(m.sums, "service.contained", key), n),
                    percent(count(m.sums, "service.person", key), n),
                    Cell(value=tried.get(key, 0)),
                    Cell(value=done.get(key, 0)),
                    percent(done.get(key, 0), tried.get(key, 0)),
                ),
                calls={"servico": key} if key else None,
            )
        )
    return Block(
        id="servicos",
        title="Serviços",
        head="Serviço",
        columns=(
            "Chamadas", "Resolvidas na URA", "Pediram uma pessoa", "Pedidos de senha",
            "Senhas redefinidas", "Êxito",
        ),
        rows=tuple(rows),
        figures=("contencao", "redefinicoes"),
        chart="bar",
        drawn=(0,),
        calls={},
    )  # fmt: skip


def proofs(m: Material) -> Block:
    """Failed proofs by factor."""
    failed, passed = of(m.sums, "proof.failed"), of(m.sums, "proof.passed")
    rows = []
    for factor in sorted({*failed, *passed}):
        wrong, right = failed.get(factor, (0, 0))[0], passed.get(factor, (0, 0))[0]
        rows.append(
            Row(
                head=FACTORS.get(factor, factor),
                cells=(Cell(value=wrong), Cell(value=right), percent(wrong, wrong + right)),
                calls={"resultado": "failed_proof"},
            )
        )
    return Block(
        id="provas",
        title="Provas de identidade",
        head="Prova",
        columns=("Não conferiram", "Conferiram", "Falhas"),
        rows=tuple(rows),
        figures=("provas_falhas",),
        chart="bar",
        drawn=(0, 1),
        calls={"resultado": "failed_proof"},
    )


def first_contact(m: Material) -> Block:
    """First contact resolution by service."""
    rows = []
    for key, (n, _) in sorted(of(m.sums, "fcr.first").items(), key=lambda one: -one[1][0]):
        again = count(m.sums, "fcr.again", key)
        rows.append(
            Row(
                head=_service_name(m, key),
                cells=(Cell(value=n), Cell(value=again), percent(n - again, n)),
                calls={"servico": key},
            )
        )
    notes = (
        (f"Provisória: o prazo de {FCR_DAYS} dias de parte destas chamadas ainda não passou.",)
        if m.provisional
        else ()
    )
    return Block(
        id="primeiro-contato",
        title="Resolvidas no primeiro contato",
        head="Serviço",
        columns=("Chamadas", "Ligaram de novo", "Resolvidas no primeiro contato"),
        rows=tuple(rows),
        figures=("fcr",),
        notes=notes,
        calls={},
    )


def ratings(m: Material) -> Block:
    """How each rating was given."""
    given = count(m.sums, "rating.given")
    rows = tuple(
        Row(
            head=f"{value} de 5",
            cells=(
                Cell(value=count(m.sums, "rating.value", str(value))),
                percent(count(m.sums, "rating.value", str(value)), given),
            ),
            calls={"nota": str(value)},
        )
        for value in (5, 4, 3, 2, 1)
    )
    asked = count(m.sums, "rating.asked")
    return Block(
        id="satisfacao",
        title="Satisfação",
        head="Nota",
        columns=("Avaliações", "Parte"),
        rows=rows if given else (),
        figures=("csat", "respostas"),
        chart="bar",
        drawn=(0,),
        notes=(f"{given} avaliações de {asked} pedidas.",),
        calls={},
    )


def ratings_by_service(m: Material) -> Block:
    """Mean rating and answer rate of each service, always with n."""
    rows = []
    for key, (n, _) in sorted(of(m.sums, "rating.asked").items(), key=lambda one: -one[1][0]):
        given = count(m.sums, "rating.given", key)
        points = total(m.sums, "rating.given", key)
        rows.append(
            Row(
                head=_service_name(m, key),
                cells=(
                    Cell(value=points / given if given else None, unit="score", n=given),
                    Cell(value=given),
                    Cell(value=n),
                    percent(given, n),
                ),
                calls={"servico": key} if key else None,
            )
        )
    return Block(
        id="satisfacao-por-servico",
        title="Satisfação por serviço",
        head="Serviço",
        columns=("Média", "Avaliações", "Pedidas", "Responderam"),
        rows=tuple(rows),
        figures=("csat", "respostas"),
        calls={},
    )


def deadlines(m: Material) -> Block:
    """Both clocks of the tickets opened in the period, and the open ones now."""
    rows = []
    for clock, name, late in (
        ("business", "3 dias úteis", m.tickets.late_business),
        ("calendar", "7 dias corridos", m.tickets.late_calendar),
    ):
        met = count(m.sums, f"ticket.{clock}", "met")
        missed = count(m.sums, f"ticket.{clock}", "missed")
        rows.append(
            Row(
                head=name,
                cells=(
                    Cell(value=met),
                    Cell(value=missed),
                    percent(met, met + missed),
                    Cell(value=late),
                ),
            )
        )
    return Block(
        id="prazos",
        title="Prazos",
        head="Prazo",
        columns=(
            "Encerrados no prazo", "Encerrados fora do prazo", "No prazo", "Abertos e vencidos",
        ),
        rows=tuple(rows),
        figures=("prazo_uteis", "prazo_corridos"),
        notes=(
            f"Abertos agora: {m.tickets.open}. "
            f"Vencem até amanhã, em dias úteis: {m.tickets.soon}.",
        ),
    )  # fmt: skip


def agents(m: Material) -> Block:
    """Each agent's talks, their parts, and occupancy; for supervisors only."""
    found = {*of(m.sums, "agent.talks"), *(k.rpartition("|")[0] for k in of(m.sums, "agent.state"))}
    rows = []
    for agent in sorted(found, key=lambda one: m.agents.get(one, one)):
        ended = count(m.sums, "agent.talk", agent)
        parts = [total(m.sums, f"agent.{p}", agent) for p in ("talk", "hold", "wrap")]
        busy = occupancy(m.sums, agent)
        paused = total(m.sums, "agent.state", f"{agent}|paused")
        rows.append(
            Row(
                head=m.agents.get(agent, agent),
                cells=(
                    Cell(value=count(m.sums, "agent.talks", agent)),
                    Cell(value=sum(parts) / ended if ended else None, unit="seconds"),
                    *(Cell(value=p / ended if ended else None, unit="seconds") for p in parts),
                    Cell(value=busy.n, unit="seconds"),
                    Cell(value=paused, unit="seconds"),
                    Cell(value=busy.value, unit="percent"),
                ),
                calls={"agente": agent},
            )
        )
    return Block(
        id="agentes",
        title="Agentes",
        head="Agente",
        columns=(
            "Conversas", "TMA", "Conversa", "Espera na linha", "Pós-atendimento", "Conectado",
            "Em pausa", "Ocupação",
        ),
        rows=tuple(rows),
        figures=("tma", "ocupacao"),
        calls={},
        personal=True,
    )  # fmt: skip
