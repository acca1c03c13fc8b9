"""Words of the supervisor's board, pt-BR."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ivr.domain.local_time import to_local
from ivr.domain.metrics_alerts import AlertRule
from ivr.ports.metrics import AlertRow
from ivr.service.board import QueueLine
from ivr.service.desk.presence import PAUSE_REASONS
from ivr.service.runtime import Runtime
from ivr.web.agent_lines import span
from ivr.web.agent_words import NOT_NOW as AGENTS_NOT_NOW
from ivr.web.agent_words import STATE_ICONS, STATES
from ivr.web.reports_words import number, reading_words
from ivr.web.supervision_words import DONE as SUPERVISION_DONE
from ivr.web.supervision_words import NOT_NOW as SUPERVISION_NOT_NOW

DONE = {
    "estado": "O estado do agente foi mudado.",
    "pos": "O pós-atendimento foi encerrado.",
    "movida": "A chamada foi movida; o lugar por tempo de espera foi mantido.",
    "frente": "A chamada passou à frente da fila.",
    "fechada": "A fila foi fechada: quem já espera continua esperando.",
    "aberta": "A fila foi aberta.",
    "aviso": "O aviso já toca antes do menu.",
    "aviso-fim": "O aviso deixou de tocar.",
    "visto": "Alerta marcado como visto.",
    **SUPERVISION_DONE,
}
NOT_NOW: Mapping[str, str] = {
    **AGENTS_NOT_NOW,
    "em_conversa": "O agente está em conversa: espere a conversa terminar.",
    "pos_atendimento": "O agente está em pós-atendimento: encerre-o antes.",
    "oferta": "Uma chamada está sendo oferecida ao agente. Tente em alguns segundos.",
    "desconectado": "O agente está desconectado: só ele mesmo pode entrar em operação.",
    "conta_inativa": "Esta conta não existe ou está desativada.",
    "estado": "Este estado não existe. Escolha um da lista.",
    "sem_pos_atendimento": "O agente não está em pós-atendimento.",
    "nao_espera": "A chamada já não espera na fila.",
    "tocando": "A chamada já está tocando para um agente.",
    "destino": "Escolha outra fila da lista.",
    "fila_fechada": "A fila de destino está fechada.",
    "ja_na_frente": "A chamada já está na frente.",
    "ja_aberta": "A fila já está aberta.",
    "prazo": "Escolha um prazo de 1 minuto a 24 horas.",
    "aviso": "Este aviso não existe. Escolha um da lista.",
    "aviso_acabou": "O aviso já tinha acabado.",
    "visto": "O alerta já tinha sido visto, ou não existe mais.",
    **SUPERVISION_NOT_NOW,
}
TILE_LABELS = {
    "available": "Livres",
    "ringing": "Tocando",
    "in_call": "Em chamada",
    "wrap_up": "Pós-atendimento",
    "paused": "Em pausa",
    "offline": "Desconectados",
}
IDENTITY = {
    "": "não informada",
    "anonymous": "não confirmada",
    "identified": "parcial",
    "verified": "confirmada",
}
PRIORITY = {"supervisao": "à frente pela supervisão"}
AUDIO = {"navegador": "navegador", "ramal": "ramal", "sip": "SIP"}
FAULTS = {"request.failed": "Um sistema não respondeu"}
ALARMS = {
    "pause": "Gravação não pôde ser pausada",
    "calendar": "O calendário deste ano ou do próximo falta ou é provisório",
}
LEVELS = {"attention": "atenção", "critical": "crítico"}
STATE_WORDS = {"ok": "ok", "attention": "atenção", "critical": "crítico"}


def hour(at: datetime) -> str:
    """``14:03:22`` in Campo Grande."""
    return to_local(at).strftime("%H:%M:%S")


def waited(now: datetime, since: datetime | None) -> str:
    """``01:42``; — for nobody."""
    return span((now - since).total_seconds() if since else None)


def queue_state(rt: Runtime, line: QueueLine, now: datetime) -> str:
    """``ok``, ``attention`` or ``critical`` by the limits of the longest wait and of the length."""
    waits = {
        "longest_wait": (now - line.oldest).total_seconds() if line.oldest else 0.0,
        "waiting": float(line.waiting),
    }
    levels = [rule.level(waits[rule.kind], None) for rule in rt.alerts.alerts if rule.kind in waits]
    return "critical" if "critical" in levels else "attention" if "attention" in levels else "ok"


def alert_words(rt: Runtime, row: AlertRow) -> str:
    """What is told of an alert."""
    rule: AlertRule | None = next((r for r in rt.alerts.alerts if r.kind == row.kind), None)
    label = rule.label if rule else row.kind
    queue = rt.queues.queues.get(row.subject)
    where = f" — {queue.label if queue else row.subject}" if row.subject else ""
    return f"{label}{where}: {number(row.value, rule.unit if rule else 'count')}"


def words(rt: Runtime) -> dict[str, Any]:
    """For the templates."""
    return {
        "hour": hour,
        "waited": waited,
        "span": span,
        "reading_words": reading_words,
        "queue_state": lambda line, now: queue_state(rt, line, now),
        "alert_words": lambda row: alert_words(rt, row),
        "service_label": lambda key: found.name if (found := rt.catalogue.by_key(key)) else key,
        "priority_label": lambda kind: (
            rt.queues.priorities[kind].label
            if kind in rt.queues.priorities
            else PRIORITY.get(kind, kind)
        ),
        "states": STATES,
        "icons": STATE_ICONS,
        "reasons": PAUSE_REASONS,
        "tile_labels": TILE_LABELS,
        "identity": IDENTITY,
        "audio_words": AUDIO,
        "levels": LEVELS,
        "state_words": STATE_WORDS,
        "faults_words": FAULTS,
        "alarm_words": ALARMS,
        "ms": lambda at: int(at.timestamp() * 1000),
    }
