"""Rules of the desk changed one by one, each with the checks of its file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ivr.domain.calendar import Calendar
from ivr.domain.calendar_data import CalendarData, DecreedYear
from ivr.domain.desk_rule_set import DeskRules
from ivr.domain.desk_rule_values import FREEZE_NAME, WEEK_NAME, as_json
from ivr.domain.hours import HoursData, ServiceHours
from ivr.domain.limit_bounds import with_limit
from ivr.domain.metrics_alerts import AlertRule, ServiceLevelData
from ivr.domain.queue_catalogue import QueueData
from ivr.domain.retention_bounds import with_keep
from ivr.domain.rule_faults import RuleFaultError

LEAST_FREEZE_HOURS, MOST_FREEZE_HOURS = 72, 720
MOST_OF_UNIT = {"count": 10_000, "seconds": 7_200, "percent": 100}
"""Highest threshold of an alert."""
MOST_RETIRED = 60
NO_RULE = "Esta regra não existe."
Shape = TypeVar("Shape", bound=BaseModel)


def _limit(rules: DeskRules, name: str, value: Any) -> DeskRules:
    return replace(rules, limits=with_limit(rules.limits, name, value))


def _freeze(rules: DeskRules, name: str, value: Any) -> DeskRules:
    if name != FREEZE_NAME:
        raise RuleFaultError((name, NO_RULE))
    if type(value) is not int or not LEAST_FREEZE_HOURS <= value <= MOST_FREEZE_HOURS:
        span = f"de {LEAST_FREEZE_HOURS} a {MOST_FREEZE_HOURS} horas"
        raise RuleFaultError((name, f"Espera depois da troca de celular: {span}."))
    policy = rules.policy.model_copy(update={"mobile_change_freeze_hours": value})
    return replace(rules, policy=policy)


def _alert(rules: DeskRules, name: str, value: Any) -> DeskRules:
    known = next((rule for rule in rules.alerts.alerts if rule.kind == name), None)
    if known is None:
        raise RuleFaultError((name, "Este alerta não existe."))
    most = MOST_OF_UNIT[known.unit]
    if not isinstance(value, dict) or set(value) != {"attention", "critical", "clear"}:
        raise RuleFaultError((name, "Um alerta tem atenção, crítico e volta ao normal."))
    for level, number in value.items():
        if type(number) is not int or not 1 <= number <= most:
            raise RuleFaultError((level, f"{known.label}: um número inteiro de 1 a {most}."))
    if not value["clear"] <= value["attention"] <= value["critical"]:
        why = f"{known.label}: volta ao normal ≤ atenção ≤ crítico."
        raise RuleFaultError(("critical", why))
    changed = [
        AlertRule(**{**rule.model_dump(), **value}) if rule.kind == name else rule
        for rule in rules.alerts.alerts
    ]
    return replace(rules, alerts=rules.alerts.model_copy(update={"alerts": changed}))


def _service_level(rules: DeskRules, name: str, value: Any) -> DeskRules:
    if name:
        raise RuleFaultError((name, NO_RULE))
    level = _shaped(
        ServiceLevelData,
        value,
        formula="Escolha uma das fórmulas F1 a F5.",
        within="Atendida em até: de 1 a 600 segundos.",
        short="Abandono curto: de 0 a 60 segundos.",
        target="Meta: de 1 a 100 por cento.",
    )
    return replace(rules, alerts=rules.alerts.model_copy(update={"service_level": level}))


def _hours(rules: DeskRules, name: str, value: Any) -> DeskRules:
    if name != WEEK_NAME:
        raise RuleFaultError((name, NO_RULE))
    week = _shaped(
        HoursData,
        {"version": 1, "week": value},
        whole="A central precisa atender em algum dia; em cada dia, abre antes de fechar.",
    ).week
    hours = ServiceHours(week, rules.calendar)
    for queue in rules.queues.queues.values():
        _meets(hours, queue)
    return replace(rules, hours=hours)


def _queue(rules: DeskRules, name: str, value: Any) -> DeskRules:
    known = _queue_of(rules, name)
    if not isinstance(value, dict) or set(value) != {"most_waiting", "notes", "week"}:
        raise RuleFaultError((name, "Uma fila tem lotação, anotações e horário."))
    queue = _shaped(
        QueueData,
        {**as_json(known), **value},
        most_waiting="Lotação: de 1 a 5000 pessoas.",
        whole="Horário da fila: em cada dia, abre antes de fechar.",
    )
    _meets(rules.hours, queue)
    return replace(rules, queues=rules.queues.with_queue(queue))


def _dispositions(rules: DeskRules, name: str, value: Any) -> DeskRules:
    known = _queue_of(rules, name)
    if not isinstance(value, dict) or set(value) != {"offered", "retired"}:
        raise RuleFaultError((name, "Uma fila tem desfechos em uso e desfechos antigos."))
    queue = _shaped(
        QueueData,
        {**as_json(known), "dispositions": value["offered"], "retired": value["retired"]},
        label="Desfecho: de 2 a 60 letras.",
        word="Desfecho: nome interno inválido.",
        dispositions="De 1 a 8 desfechos em uso.",
    )
    both = [d.word for d in (*queue.dispositions, *queue.retired)]
    if len(set(both)) < len(both) or len(queue.retired) > MOST_RETIRED:
        raise RuleFaultError((name, "Um desfecho está duas vezes na lista."))
    labels = [d.label.casefold() for d in queue.dispositions]
    if len(set(labels)) < len(labels):
        raise RuleFaultError((name, "Dois desfechos têm o mesmo texto."))
    return replace(rules, queues=rules.queues.with_queue(queue))


def _retention(rules: DeskRules, name: str, value: Any) -> DeskRules:
    if rules.retention is None:
        raise RuleFaultError((name, "Este serviço não tem regras de guarda."))
    return replace(rules, retention=with_keep(rules.retention, name, value))


def _calendar(rules: DeskRules, name: str, value: Any) -> DeskRules:
    if not (name.isascii() and name.isdigit() and len(name) == 4) or not isinstance(value, dict):
        raise RuleFaultError((name, "Este ano não existe no calendário."))
    decreed = _shaped(
        DecreedYear,
        {**value, "year": int(name)},
        source="Escreva o decreto, ou de onde vêm as datas.",
        name="Escreva o nome do dia.",
        whole="Um dia está repetido, fora do ano ou com horário que não combina com o tipo.",
    )
    data = rules.calendar.data
    years = (*(y for y in data.years if y.year != decreed.year), decreed)
    calendar = Calendar(
        CalendarData(
            version=1,
            municipal=data.municipal,
            years=tuple(sorted(years, key=lambda one: one.year)),
        )
    )
    return replace(rules, calendar=calendar, hours=ServiceHours(rules.hours.week, calendar))


def _meets(hours: ServiceHours, queue: QueueData) -> None:
    if queue.week is not None and not hours.within(queue.week).week:
        why = f"{queue.label}: nenhum horário em comum com o da central."
        raise RuleFaultError(("week", why))


def _queue_of(rules: DeskRules, name: str) -> QueueData:
    known = rules.queues.queues.get(name)
    if known is None:
        raise RuleFaultError((name, "Esta fila não existe."))
    return known


def _shaped(shape: type[Shape], value: Any, **words: str) -> Shape:
    try:
        return shape.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise RuleFaultError.of(error, words.items()) from None


WRITERS: Mapping[str, Callable[[DeskRules, str, Any], DeskRules]] = {
    "calendar": _calendar,
    "hours": _hours,
    "queues": _queue,
    "dispositions": _dispositions,
    "limits": _limit,
    "proofs": _freeze,
    "alerts": _alert,
    "service_level": _service_level,
    "retention": _retention,
}
"""First part of the key → what changes the rule of the rest; those that others lean on first."""
