"""Words of the pages of tickets, pt-BR, and one line of history as people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ivr.domain.outcome import LABELS, STATUS_LABELS
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.domain.sla_countdown import Countdown
from ivr.ports.store import TicketRow
from ivr.service.desk.actions import REASONS
from ivr.service.tickets_history import HistoryLine

STATUS: Mapping[str, str] = {status.value: label for status, label in STATUS_LABELS.items()}
OUTCOMES: Mapping[str, str] = {outcome.value: label for outcome, label in LABELS.items()}

IDENTITY = {
    "anonymous": "Não confirmada: ninguém se identificou",
    "identified": "Parcial: disse quem é, mas não provou",
    "verified": "Identidade confirmada na ligação",
}
FACTORS = {
    "pin": "senha do telefone",
    "sms_code": "código por SMS",
    "printed_code": "código de papel",
}
IDENTIFIERS = {"cpf": "CPF", "matricula": "matrícula"}
OUTSIDE_ENDS = {
    "ocupado": "Ocupado",
    "nao_atendeu": "Ninguém atendeu",
    "falhou": "A ligação não pôde ser feita",
    "desligou": "Desligou",
    "cancelada": "O atendente desistiu",
    "quem_ligou_desligou": "Quem ligou desligou antes",
    "conversa_acabou": "A conversa acabou",
}
ACTIONS = {
    "reset": "Enviar link de nova senha por SMS",
    "unlock": "Desbloquear a conta",
    "proof": "Pedir nova prova",
}
ACTION_OUTCOMES = {
    "waiting": "em andamento",
    "sent": "mensagem enviada",
    "not_sent": "a mensagem não pôde ser enviada",
    "done": "feito",
    "limited": "barrado pelo limite de trocas",
    "not_found": "conta não encontrada",
    "disabled": "conta desativada",
    "privileged": "conta com privilégios: recusado",
    "refused": "recusado",
    "failed": "falhou",
}
PURPOSES = {
    "need": "o que a pessoa precisa",
    "complaint": "reclamação",
    "message": "recado",
    "voicemail": "recado fora do horário",
    "talk": "conversa com atendente",
}
ENDED_BY = {"caller": "por quem ligou", "system": "pelo sistema", "agent": "pelo atendente"}
JOB_STATES = {
    "queued": "na fila",
    "running": "em envio",
    "done": "entregue",
    "failed": "não entregue",
}
ERRORS = {
    "unknown": "Não existe chamado com este protocolo.",
    "empty": "Escreva a nota antes de gravar.",
    "too_long": "A nota passa de 4.000 letras. Encurte-a ou divida-a em duas.",
    "stale": "Alguém mudou este chamado enquanto você o via. Veja como está agora e tente de novo.",
    "already": "Já estava feito: nada mudou.",
    "same": "Este é o mesmo chamado.",
    "joined": "Este chamado já foi unido a outro.",
    "other_person": "Os dois chamados são de pessoas diferentes: não podem ser unidos.",
    "closed": "O outro chamado está encerrado. Reabra-o antes de unir.",
    "busy": "Outra pessoa mexe nestes chamados agora. Tente de novo em um instante.",
    "nobody": "Ninguém se identificou nas ligações deste chamado: não há dados para mostrar.",
    "erased": "Os dados desta pessoa foram apagados no prazo (LGPD).",
    "form": "A página ficou aberta tempo demais. Confira e tente de novo.",
}
DONE = {
    "nota": "Nota gravada.",
    "encerrado": "Chamado encerrado.",
    "reaberto": "Chamado reaberto.",
    "meu": "O chamado está com você.",
    "unido": "Chamados unidos. O protocolo antigo continua valendo.",
    "transcricao": "Transcrição corrigida.",
    "reenviado": "Aviso posto na fila de novo.",
}
KINDS = {
    "protocol": "protocolo",
    "telefone": "telefone",
    "cpf": "CPF",
    "matricula": "matrícula",
    "servico": "código de serviço",
}


def outcome_words(ticket: TicketRow) -> str:
    """What the call came to; an open ticket of which nothing else is known has no outcome yet."""
    if ticket.status != "closed" and ticket.outcome == "abandoned":
        return "sem desfecho ainda"
    return OUTCOMES.get(ticket.outcome, ticket.outcome)


def protocol_words(digits: str) -> str:
    """``2026.0000123-4``; text that is no protocol comes back as it was."""
    found = parse_protocol(digits)
    return found.formatted if isinstance(found, Protocol) else digits


def hours_words(span: timedelta) -> str:
    """``2 h 05``, ``40 min``; whole days are hours of the desk, so never days."""
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d}"


def clock_words(clock: Countdown) -> str:
    """The first clock of a ticket, of business days, in one line."""
    if clock.state == "met":
        return "Encerrado no prazo"
    if clock.state == "late":
        return "Encerrado fora do prazo"
    if clock.state == "breached":
        days = -clock.days
        return "Prazo vencido" + (
            f" há {days} dia útil" if days == 1 else f" há {days} dias úteis" if days else ""
        )
    left = hours_words(clock.working)
    if clock.days == 0:
        return f"Vence hoje: faltam {left} de expediente"
    if clock.days == 1:
        return f"Vence no próximo dia útil: faltam {left} de expediente"
    return f"Faltam {clock.days} dias úteis ({left} de expediente)"


CLOCK_MARKS = {
    "ok": ("info", "No prazo"),
    "warning": ("warning", "Atenção: prazo perto do fim"),
    "breached": ("danger", "Prazo vencido"),
    "met": ("success", "Cumprido"),
    "late": ("danger", "Não cumprido"),
}
"""Kind of the notice and its word for each state of the clock."""

Naming = Callable[[str], str]


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who did it, for the page."""
    kind, _, who = actor.partition(":")
    if kind == "agent":
        return names.get(who, "atendente que não existe mais")
    return {"caller": "Quem ligou", "api": "Outro sistema"}.get(kind, "Sistema")


def line_words(line: HistoryLine, *, service: Naming, names: Mapping[str, str]) -> str:
    """What happened, in one line."""
    words = _LINES.get(line.kind)
    return words(line.data, service, names) if words else line.kind


def _action(data: Mapping[str, Any], service: Naming, names: Mapping[str, str]) -> str:
    name = ACTIONS.get(str(data.get("action")), "Ação")
    what = f"{name}: {service(str(data['service']))}" if data.get("service") else name
    result = str(data.get("result"))
    if result == "ordered":
        return f"{what} — aceito pelo sistema"
    return f"{what} — recusado. {REASONS.get(result, '')}".strip()


def _status(data: Mapping[str, Any], service: Naming, names: Mapping[str, str]) -> str:
    now, was = str(data.get("status")), str(data.get("was"))
    if now == "open" and was == "closed":
        return "Chamado reaberto"
    return f"Estado: {STATUS.get(was, was)} → {STATUS.get(now, now)}"


def _talk(data: Mapping[str, Any], service: Naming, names: Mapping[str, str]) -> str:
    seconds = data.get("seconds")
    if seconds is None:
        return "Conversa com atendente, em andamento"
    parts = [f"Conversa de {int(seconds) // 60}:{int(seconds) % 60:02d}"]
    parts += [str(data[k]) for k in ("disposition", "contact_class") if data.get(k)]
    return " · ".join(parts)


def _joined(data: Mapping[str, Any], service: Naming, names: Mapping[str, str]) -> str:
    if data.get("other"):
        return f"Recebeu o chamado {protocol_words(str(data['other']))}"
    return f"Unido ao chamado {protocol_words(str(data.get('merged_into')))}"


def _settled(done: str) -> Callable[[Mapping[str, Any], Naming, Mapping[str, str]], str]:
    def words(data: Mapping[str, Any], service: Naming, names: Mapping[str, str]) -> str:
        outcome = str(data.get("outcome"))
        return done if outcome == "done" else f"{done}: {ACTION_OUTCOMES.get(outcome, 'não feito')}"

    return words


def _outside(what: str) -> Callable[[Mapping[str, Any], Naming, Mapping[str, str]], str]:
    return lambda d, s, n: f"{what}: {d.get('to')}"


_LINES: dict[str, Callable[[Mapping[str, Any], Naming, Mapping[str, str]], str]] = {
    "opened": lambda d, s, n: "Chamado aberto",
    "status": _status,
    "assigned": lambda d, s, n: (
        f"Nas mãos de {n.get(str(d.get('agent')), 'ninguém')}" if d.get("agent") else "Sem dono"
    ),
    "joined": _joined,
    "rated": lambda d, s, n: f"Avaliação de quem ligou: {d.get('rating')} de 5",
    "note": lambda d, s, n: "Nota",
    "action": _action,
    "call.started": lambda d, s, n: "Ligação recebida",
    "call.answered": lambda d, s, n: "Atendida por uma pessoa",
    "call.ended": lambda d, s, n: (
        f"Ligação encerrada {ENDED_BY.get(str(d.get('by')), '')}: "
        f"{OUTCOMES.get(str(d.get('outcome')), '')}"
    ).rstrip(": "),
    "menu.chosen": lambda d, s, n: f"Escolheu {d.get('key')} no menu",
    "service.chosen": lambda d, s, n: f"Serviço: {s(str(d.get('service')))}",
    "person.identified": lambda d, s, n: (
        f"Disse quem é, por {IDENTIFIERS.get(str(d.get('by')), 'número')}"
    ),
    "person.verified": lambda d, s, n: "Identidade confirmada pelo sistema",
    "proof.passed": lambda d, s, n: f"Confere: {FACTORS.get(str(d.get('factor')), 'prova')}",
    "proof.failed": lambda d, s, n: f"Não confere: {FACTORS.get(str(d.get('factor')), 'prova')}",
    "queue.entered": lambda d, s, n: "Entrou na fila",
    "queue.left": lambda d, s, n: "Saiu da fila",
    "callback.booked": lambda d, s, n: "Retorno de ligação combinado",
    "callback.promised": lambda d, s, n: {
        "missed": "Desistiu na fila: há uma ligação perdida a tratar",
        "dropped_call": "A ligação caiu: vamos ligar de volta",
        "scheduled": "Retorno marcado para uma hora certa",
        "outgoing": "Ligação pedida a partir do chamado",
    }.get(str(d.get("promise")), "Retorno prometido"),
    "callback.kept": lambda d, s, n: (
        f"Já havia retorno prometido no chamado {protocol_words(str(d.get('other')))}"
    ),
    "callback.claimed": lambda d, s, n: "Assumiu o retorno",
    "callback.handled": lambda d, s, n: (
        "Ligação perdida resolvida: a pessoa foi atendida depois"
        if d.get("followed") == "call"
        else "Retorno marcado como tratado"
    ),
    "callback.reached": lambda d, s, n: "Retorno feito: a pessoa atendeu",
    "callback.tried": lambda d, s, n: f"Retorno sem resposta, tentativa {d.get('tries')}",
    "callback.given_up": lambda d, s, n: (
        f"Retorno encerrado: {d.get('tries')} tentativas sem resposta; a pessoa é avisada por SMS"
    ),
    "outside.asked": _outside("Número de fora chamado"),
    "outside.answered": _outside("Número de fora atendeu"),
    "outside.joined": _outside("Número de fora na conversa"),
    "outside.alone": _outside("Deixada com o número de fora"),
    "outside.ended": lambda d, s, n: (
        f"Número de fora: {d.get('to')}. {OUTSIDE_ENDS.get(str(d.get('why')), '')}".strip()
    ),
    "recording.kept": lambda d, s, n: "Gravação guardada no nosso arquivo e conferida",
    "recording.deleted": lambda d, s, n: "Gravação apagada na operadora",
    "recording.lost": lambda d, s, n: "Gravação perdida: não pôde ser buscada na operadora",
    "transcript.made": lambda d, s, n: (
        "Gravação transcrita, com trecho oculto" if d.get("secrets") else "Gravação transcrita"
    ),
    "transcript.failed": lambda d, s, n: "Gravação sem transcrição: não foi possível entender",
    "transcript.not_silenced": lambda d, s, n: "O trecho oculto não pôde ser calado na gravação",
    "transcript.corrected": lambda d, s, n: (
        "Correção da transcrição retirada" if d.get("erased") else "Transcrição corrigida"
    ),
    "message.sent": lambda d, s, n: {
        "sms.callback": "SMS enviado: ligamos e ninguém atendeu",
        "sms.code": "SMS enviado: código",
        "sms.link": "SMS enviado: endereço para criar a senha",
        "sms.notice": "SMS enviado: aviso de mudança",
    }.get(str(d.get("job")), "SMS enviado"),
    "directory.reset.settled": _settled("Autoatendimento: nova senha"),
    "directory.unlock.settled": _settled("Autoatendimento: desbloqueio"),
    "recording": lambda d, s, n: (
        f"Gravação ({d.get('seconds')} s): {PURPOSES.get(str(d.get('purpose')), 'áudio')}"
    ),
    "talk": _talk,
}
