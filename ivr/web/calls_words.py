"""Words of the call log, pt-BR, and the cells of its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ivr.domain.local_time import to_local
from ivr.domain.outcome import LABELS
from ivr.ports.call_search import CallFacts, LogLine
from ivr.service.calls_log_export import Cell, Cells
from ivr.service.runtime import Runtime
from ivr.web.ticket_words import protocol_words

COLUMNS = {
    "inicio": "Início",
    "numero": "Número",
    "pessoa": "Pessoa",
    "servico": "Serviço",
    "identidade": "Identidade",
    "ura": "URA",
    "fila": "Espera",
    "conversa": "Conversa",
    "posicao": "Posição na fila",
    "resultado": "Resultado",
    "desligou": "Quem desligou",
    "atendente": "Atendente",
    "fila_nome": "Fila",
    "nota": "Nota",
    "classe": "Classe",
    "chamado": "Chamado",
    "avisos": "Avisos",
}
TITLES = {
    **COLUMNS,
    "numero": "Número (mascarado)",
    "pessoa": "Pessoa (mascarada)",
    "ura": "URA (s)",
    "fila": "Espera (s)",
    "conversa": "Conversa (s)",
    "chamado": "Protocolo",
}
"""Heads of the columns of a file."""
OUTCOMES: Mapping[str, str] = {outcome.value: label for outcome, label in LABELS.items()}
IDENTITY = {
    "anonymous": "Não se identificou",
    "identified": "Disse quem é",
    "verified": "Confirmada",
}
ENDED_BY = {
    "caller": "Quem ligou",
    "system": "Sistema",
    "agent": "Atendente",
    "sweep": "Sistema (varredura)",
}
DURATION = {
    "ate_1": "Até 1 min",
    "1_a_5": "De 1 a 5 min",
    "5_a_15": "De 5 a 15 min",
    "mais_de_15": "Mais de 15 min",
}
FLAGS = {
    "erro": "Teve erro",
    "gravacao": "Com gravação",
    "transferida": "Transferida",
    "abandonada": "Abandonada na fila",
}
PERIODS = {1: "Hoje", 7: "7 dias", 30: "30 dias", 365: "1 ano"}
SOUGHT = {
    "ligacao": "código da ligação (CallSid)",
    "protocolo": "protocolo",
    "telefone": "telefone",
    "cpf": "CPF",
    "matricula": "matrícula",
    "atendente": "atendente",
    "servico": "serviço",
}
PRESETS = (
    ("Abandonadas na fila", "abandonada=1&dias=7"),
    ("Com erro", "erro=1&dias=7"),
    ("Nota 1", "nota=1&dias=30"),
    ("Pediu pessoa e ninguém atendeu", "resultado=wants_person&dias=7"),
)
"""Views that everyone has."""
QUERY_ERRORS = {
    "unknown": "Este filtro não existe ou o endereço foi cortado. Escolha de novo nos campos.",
    "date": "Esta data não existe. Use o calendário do campo.",
    "order": "A data inicial vem depois da final. Troque as duas.",
    "long": "O período passa de dez anos. Encurte-o.",
    "person": "Seu perfil vê números do conjunto e não procura uma pessoa. Peça a um supervisor.",
}
LOG_ERRORS = {
    "unknown": "Não existe.",
    "nobody": "Ninguém se identificou nesta ligação: não há dados para mostrar.",
    "erased": "Os dados desta pessoa foram apagados no prazo (LGPD).",
    "name": "Dê um nome de 1 a 40 letras.",
    "many": "Você já tem 30 filtros salvos. Apague um antes.",
}
DONE = {
    "salvo": "Filtro salvo.",
    "apagado": "Filtro apagado.",
    "colunas": "Colunas gravadas.",
}


ERASED = "apagado (LGPD)"


def masked_number(line: LogLine) -> str:
    """The number with all but its end hidden."""
    if line.caller_end:
        return f"(**) *****-{line.caller_end}"
    return ERASED if line.facts.caller_hash else "oculto"


def masked_person(line: LogLine) -> str:
    """``Ana D.``; "talvez" before who said a number and proved nothing."""
    known = line.known
    if known is None and (line.facts.person or line.facts.identity != "anonymous"):
        return ERASED
    if known is None or not known.name:
        return "—" if not line.facts.person else "não consta"
    parts = known.name.split()
    short = f"{parts[0]} {parts[-1][0]}." if len(parts) > 1 else known.name
    return short if line.facts.identity == "verified" else f"talvez {short}"


def seconds_words(seconds: int) -> str:
    """``0:42``, ``12:05``, ``1:02:09``."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def when(at: datetime, now: datetime) -> str:
    """The hour today, else the day too."""
    local = to_local(at)
    same = local.date() == to_local(now).date()
    return local.strftime("%H:%M:%S" if same else "%d/%m/%Y %H:%M")


def warnings_of(facts: CallFacts) -> list[str]:
    """What stands out of a call, in words."""
    told = {
        "Erro": facts.had_error,
        "Abandonada": facts.abandoned,
        "Transferida": facts.transferred,
        "Gravada": facts.recorded,
    }
    return [word for word, true in told.items() if true]


def service_names(rt: Runtime) -> dict[str, str]:
    """Public names of the services, by key."""
    names = {service.key: service.name for service in rt.catalogue.services}
    return {**names, "all": "Todos os sistemas"}


def queue_names(rt: Runtime) -> dict[str, str]:
    """Labels of the queues, by name."""
    return {name: queue.label for name, queue in rt.queues.queues.items()}


def service_words(key: str, names: Mapping[str, str]) -> str:
    """Of one service, or of several that a comma divides."""
    return ", ".join(names.get(one, one) for one in key.split(",") if one)


def cells_of(rt: Runtime, columns: Sequence[str]) -> Cells:
    """What the lines of a file hold."""
    services, queues, classes = service_names(rt), queue_names(rt), rt.queues.contact_classes()
    Reading = Callable[[LogLine, Mapping[str, str]], Cell]
    read: dict[str, Reading] = {
        "inicio": lambda line, names: to_local(line.facts.started_at).strftime("%d/%m/%Y %H:%M:%S"),
        "numero": lambda line, names: masked_number(line),
        "pessoa": lambda line, names: masked_person(line),
        "servico": lambda line, names: service_words(line.facts.service, services),
        "identidade": lambda line, names: IDENTITY.get(line.facts.identity, ""),
        "ura": lambda line, names: line.facts.ivr_seconds,
        "fila": lambda line, names: line.facts.queue_seconds,
        "conversa": lambda line, names: line.facts.talk_seconds,
        "posicao": lambda line, names: line.facts.queue_position or "",
        "resultado": lambda line, names: OUTCOMES.get(line.facts.outcome, line.facts.outcome),
        "desligou": lambda line, names: ENDED_BY.get(line.facts.ended_by, line.facts.ended_by),
        "atendente": lambda line, names: names.get(line.facts.agent, line.facts.agent),
        "fila_nome": lambda line, names: queues.get(line.facts.queue, line.facts.queue),
        "nota": lambda line, names: line.facts.rating if line.facts.rating is not None else "",
        "classe": lambda line, names: classes.get(line.facts.contact_class, ""),
        "chamado": lambda line, names: protocol_words(line.facts.protocol),
        "avisos": lambda line, names: ", ".join(warnings_of(line.facts)),
    }
    chosen = [read[name] for name in columns]
    return lambda line, names: [reading(line, names) for reading in chosen]
