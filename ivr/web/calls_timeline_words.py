"""Words of a call's timeline, pt-BR: one line for each span."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ivr.flow.draw import TYPE_WORDS
from ivr.service.desk.supervision import REASONS
from ivr.service.timeline_spans import Span
from ivr.web.calls_words import ENDED_BY, IDENTITY, OUTCOMES, seconds_words
from ivr.web.supervision_words import DOING, ENDS
from ivr.web.ticket_words import ACTION_OUTCOMES, FACTORS, IDENTIFIERS, OUTSIDE_ENDS, PURPOSES

LANES = {
    "chamador": "Chamador",
    "ura": "URA",
    "fila": "Fila",
    "agente": "Agente",
    "sistema": "Sistema",
    "operadora": "Operadora",
}
JOBS = {
    "directory.reset": "Troca de senha",
    "directory.unlock": "Desbloqueio",
    "reset.rescue": "Endereço de senha em lugar da voz",
    "sms.code": "SMS com código",
    "sms.link": "SMS com endereço",
    "sms.notice": "SMS de aviso",
    "sms.callback": "SMS de retorno",
    "desk.ring": "Toque no atendente",
    "desk.connect": "União na sala",
    "desk.close_room": "Fim da sala",
    "desk.record": "Início da gravação",
    "desk.to_queue": "Volta à fila",
    "desk.hang_up": "Desligar",
    "desk.stop_ring": "Parar o toque",
    "desk.supervise": "Toque na supervisão",
    "desk.supervise_mode": "Modo da supervisão",
    "desk.supervise_end": "Desligar a supervisão",
    "desk.outside": "Ligação a número de fora",
    "desk.outside_join": "União com o número de fora",
    "desk.outside_end": "Desligar o número de fora",
    "recording.fetch": "Busca da gravação",
    "speech.transcribe": "Transcrição da gravação",
    "webhook.deliver": "Aviso a outro sistema",
}
JOB_STATES = {"queued": "na fila", "running": "em curso", "done": "feito", "failed": "falhou"}
OFFER_STATES = {
    "reserved": "reservada",
    "seen": "vista",
    "ringing": "tocando",
    "answered": "atendida",
    "declined": "recusada",
    "expired": "não atendida",
    "abandoned": "quem ligou desistiu",
}
ROLES = {
    "agent": "telefone do atendente",
    "consult": "colega consultado",
    "citizen": "quem ligou",
    "supervisor": "supervisor",
}
TICKET = {
    "ticket.status": "Chamado mudou de estado",
    "ticket.assigned": "Chamado mudou de mãos",
    "ticket.joined": "Chamado unido",
    "ticket.rated": "Avaliação anotada",
    "ticket.note": "Nota no chamado",
    "ticket.action": "Ação do atendente",
    "ticket.recording.kept": "Gravação guardada",
    "ticket.recording.deleted": "Gravação apagada na operadora",
    "ticket.recording.lost": "Gravação perdida na operadora",
    "ticket.transcript.made": "Gravação transcrita",
    "ticket.transcript.failed": "Gravação sem transcrição",
    "ticket.transcript.corrected": "Transcrição corrigida",
    "ticket.transcript.not_silenced": "Trecho oculto não pôde ser calado na gravação",
    "ticket.webhook.ordered": "Aviso a outro sistema",
}
TROUBLES = {
    "input.no_input": "Ninguém respondeu",
    "input.no_match": "Resposta fora das opções",
    "input.too_short": "Número curto demais",
    "input.too_long": "Número comprido demais",
}
KEYS = {"*": "voltar", "9": "repetir", "#": "repetir", "8": "mais devagar", "0": "pessoa"}

Words = Callable[[Mapping[str, Any]], str]


def _input(data: Mapping[str, Any]) -> str:
    by = data.get("by")
    if by == "keys":
        length = int(data.get("length", 0))
        return f"Teclou {'•' * min(length, 12)}({length})" if length else "Teclou só #"
    if by == "speech":
        confidence = int(data.get("confidence", -1))
        sure = f", certeza {confidence}%" if confidence >= 0 else ""
        return f"Falou {data.get('words', 0)} palavra(s){sure}"
    return "Silêncio"


def _wait(data: Mapping[str, Any]) -> str:
    left = f": {RESULTS.get(str(data['result']), data['result'])}" if data.get("result") else ""
    return f"Espera na fila {data.get('queue', '')}{left}"


RESULTS = {
    "answered": "atendida",
    "hangup": "desligou",
    "bridged": "atendida",
    "timeout": "tempo esgotado",
    "wish:callback": "pediu retorno",
    "wish:explain": "foi dizer o que precisa e voltou",
}

LINES: dict[str, Words] = {
    "call.opened": lambda d: (
        "Ligação recebida" + ("" if d.get("caller_id", True) else ", número oculto")
    ),
    "caller.barred": lambda d: "Número bloqueado: ouviu os outros canais",
    "call.ended": lambda d: (
        f"Ligação encerrada. {ENDED_BY.get(str(d.get('by')), d.get('by'))}: "
        f"{OUTCOMES.get(str(d.get('outcome')), '')}"
    ),
    "input.received": _input,
    "global.pressed": lambda d: f"Tecla {d.get('key')}: {KEYS.get(str(d.get('key')), '')}",
    "person.asked": lambda d: "Pediu uma pessoa (tecla 0)",
    "menu.chosen": lambda d: f"Menu: opção {d.get('key')}",
    "confirm.answered": lambda d: "Respondeu sim" if d.get("answer") == "yes" else "Respondeu não",
    "branch.taken": lambda d: f"Desvio para {d.get('target')}",
    "hours.checked": lambda d: (
        "Dentro do horário" if d.get("open") else f"Fora do horário ({d.get('reason')})"
    ),
    "hours.unknown": lambda d: "Horário não pôde ser lido",
    "service.chosen": lambda d: f"Serviço escolhido: {d.get('service')}",
    "systems.found": lambda d: f"Sistemas da pessoa: {d.get('count')}",
    "person.identified": lambda d: (
        f"Disse quem é, por {IDENTIFIERS.get(str(d.get('by')), 'número')}"
    ),
    "person.verified": lambda d: f"Identidade confirmada ({d.get('factors')} provas)",
    "proof.passed": lambda d: f"Confere: {FACTORS.get(str(d.get('factor')), 'prova')}",
    "proof.failed": lambda d: f"Não confere: {FACTORS.get(str(d.get('factor')), 'prova')}",
    "code.sent": lambda d: "Código enviado por SMS",
    "outcome.set": lambda d: f"Desfecho: {OUTCOMES.get(str(d.get('outcome')), d.get('outcome'))}",
    "queue.entered": lambda d: f"Vai para a fila {d.get('queue')}",
    "queue.left": lambda d: f"Sai da fila após {seconds_words(int(d.get('seconds', 0)))}",
    "rating.given": lambda d: f"Nota {d.get('value')} de 5",
    "rating.skipped": lambda d: "Não deu nota",
    "request.made": lambda d: f"Consulta: {d.get('request')}",
    "request.failed": lambda d: f"Consulta falhou: {d.get('request')} ({d.get('reason')})",
    "guard.refused": lambda d: (
        f"Barrado: exige {IDENTITY.get(str(d.get('requires')), '')}".rstrip()
    ),
    "node.gave_up": lambda d: "Fim das tentativas",
    "speech.given_up": lambda d: "Fala não entendida duas vezes: só teclas",
    "secret.spoken": lambda d: "Senha provisória falada uma vez (não é guardada)",
    "recording.made": lambda d: f"Gravou {d.get('seconds')} s",
    "notice.given": lambda d: "Aviso de gravação e dados",
    "callback.booked": lambda d: "Retorno combinado",
    "ticket.told": lambda d: "Andamento do chamado informado",
    "call.finished": lambda d: "O fluxo terminou",
    "job.settled": lambda d: f"Pedido concluído: {ACTION_OUTCOMES.get(str(d.get('outcome')), '')}",
    "desk.bridged": lambda d: "Levada à sala do atendente",
    "desk.met": lambda d: "Atendente e quem ligou juntos",
    "supervision.asked": lambda d: (
        f"Supervisão pediu para ouvir: {REASONS.get(str(d.get('reason')), d.get('reason'))}"
    ),
    "supervision.began": lambda d: "Supervisão ouve a conversa",
    "supervision.mode": lambda d: f"Supervisão: {DOING.get(str(d.get('mode')), d.get('mode'))}",
    "supervision.ended": lambda d: f"Supervisão fora: {ENDS.get(str(d.get('why')), '')}",
    "outside.asked": lambda d: f"Número de fora chamado: {d.get('to')}",
    "outside.answered": lambda d: f"Número de fora atendeu: {d.get('to')}",
    "outside.joined": lambda d: f"Número de fora na conversa: {d.get('to')}",
    "outside.alone": lambda d: f"Deixada com o número de fora: {d.get('to')}",
    "outside.ended": lambda d: (
        f"Número de fora saiu: {d.get('to')}. {OUTSIDE_ENDS.get(str(d.get('why')), '')}".strip()
    ),
    "job.left_behind": lambda d: "Saiu antes do fim do pedido; o resto vai por SMS",
    "directory.reset.settled": lambda d: (
        f"Troca de senha: {ACTION_OUTCOMES.get(str(d.get('outcome')), d.get('outcome'))}"
    ),
    "directory.unlock.settled": lambda d: (
        f"Desbloqueio: {ACTION_OUTCOMES.get(str(d.get('outcome')), d.get('outcome'))}"
    ),
    "message.sent": lambda d: f"Enviado: {JOBS.get(str(d.get('job')), 'SMS')}",
    "wait": _wait,
    "recording": lambda d: (
        f"Gravação de {d.get('seconds')} s: {PURPOSES.get(str(d.get('purpose')), 'áudio')}"
    ),
    "leg": lambda d: f"Perna: {ROLES.get(str(d.get('role')), '')}, {d.get('status')}",
    "job": lambda d: (
        f"{JOBS.get(str(d.get('job')), d.get('job'))}: "
        f"{JOB_STATES.get(str(d.get('state')), d.get('state'))}"
        + (f", {d.get('attempts')} tentativas" if int(d.get("attempts", 0)) > 1 else "")
    ),
    "webhook": lambda d: f"Resposta à operadora em {d.get('ms')} ms",
    "node": lambda d: TYPE_WORDS.get(str(d.get("type")), str(d.get("type", ""))).capitalize(),
    "said": lambda d: "Falou",
}


def title(span: Span, names: Mapping[str, str]) -> str:
    """What happened, in one line."""
    agent = names.get(str(span.data.get("agent", "")), "atendente")
    if span.kind == "offer":
        return f"Oferta a {agent}: {OFFER_STATES.get(str(span.data.get('state')), '')}"
    if span.kind == "talk":
        return f"Conversa com {agent}"
    if span.kind == "wrap_up":
        return f"Pós-atendimento de {agent}"
    if span.kind in TROUBLES:
        return TROUBLES[span.kind]
    if span.kind.startswith("fault."):
        return f"Falha do fluxo: {span.kind.removeprefix('fault.')}"
    if span.kind.startswith("ticket."):
        return TICKET.get(span.kind, "Chamado")
    told = LINES.get(span.kind)
    return told(span.data).strip() if told else span.kind


def spoken(text: str) -> str:
    """Text of a prompt with a name in place of each value: the values are not kept."""
    return re.sub(r"\{([a-z_]+)(?::[^}]*)?\}", r"‹\1›", text)


def offset(at: datetime, start: datetime) -> str:
    """``+1:02,3`` after the first second of the call."""
    tenths = max(0, int((at - start) / timedelta(milliseconds=100)))
    return f"+{seconds_words(tenths // 10)},{tenths % 10}"


def lasted(span: Span) -> str:
    """How long a span was, empty for an instant."""
    if span.open:
        return "em curso"
    if span.until is None or span.until <= span.at:
        return ""
    seconds = (span.until - span.at).total_seconds()
    return f"{seconds:.1f} s".replace(".", ",") if seconds < 60 else seconds_words(int(seconds))
