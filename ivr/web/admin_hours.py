"""``/admin/horarios``: when people answer, of the desk and of each queue, with a look ahead."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue

from ivr.domain.desk_rules import WEEK, rule_value
from ivr.domain.hours import WEEKDAYS, Hours
from ivr.domain.local_time import local_date, to_local
from ivr.domain.rule_faults import RuleFaultError
from ivr.service.admin_hours import HoursAhead, hours_ahead, week_of
from ivr.service.admin_rules import RulesSeen, rules_seen, tried
from ivr.web.admin_calendar import WEEKDAYS as WEEKDAY_WORDS
from ivr.web.admin_rules import Refused, done_words, kept_form, refused, send
from ivr.web.admin_view import ADMIN, READERS, bp, page
from ivr.web.door import staff_page
from ivr.web.edge import runtime

SHOW = "admin.show_hours"
OPENS, CLOSES = "abre", "fecha"
LIKE_THE_DESK = "igual"


@bp.get("/horarios")
@staff_page(*READERS)
def show_hours() -> ResponseReturnValue:
    """The hours, whether the desk is open now, and the days ahead."""
    return _page(done=done_words())


@bp.post("/horarios")
@staff_page(*ADMIN)
def change_hours() -> ResponseReturnValue:
    """The week of the desk, or (``fila``) of a queue: shown first, or kept."""
    form, rt = request.form, runtime()
    queue = form.get("fila", "")
    if queue and queue not in rt.queues.queues:
        abort(404)
    try:
        key, value = _asked(queue)
    except RuleFaultError as error:
        return _page(refused=refused(error), queue=queue)
    if form.get("acao") == "ver":
        try:
            rules = tried(rt, {key: value})
        except RuleFaultError as error:
            return _page(refused=refused(error), queue=queue)
        seen = rules_seen(rt)
        ahead = hours_ahead(
            rules, seen.now, queue=queue, at=rt.clock.now(), business_days=_business_days()
        )
        return _page(ahead=ahead, queue=queue)
    return send({key: value}, to=SHOW, again=lambda r: _page(refused=r, queue=queue))


def _asked(queue: str) -> tuple[str, Any]:
    """Key and value that the form asks for; None: the standard. Raises RuleFaultError."""
    form = request.form
    key = f"queues.{queue}" if queue else WEEK
    if form.get("acao") == "padrao":
        return key, None
    if queue:
        now = rule_value(rules_seen(runtime()).now, key)
        own = None if form.get(LIKE_THE_DESK) == "1" else _week()
        return key, {**now, "week": own}
    return key, _week()


def _week() -> dict[str, dict[str, str]]:
    """Days with both times. Raises RuleFaultError for a day with one of them only."""
    week: dict[str, dict[str, str]] = {}
    for day, words in zip(WEEKDAYS, WEEKDAY_WORDS, strict=True):
        opens = request.form.get(f"{OPENS}.{day}", "").strip()
        closes = request.form.get(f"{CLOSES}.{day}", "").strip()
        if not opens and not closes:
            continue
        if not opens or not closes or opens >= closes:
            name = f"{OPENS if not opens else CLOSES}.{day}"
            raise RuleFaultError(
                (name, f"{words.capitalize()}: diga quando abre e quando fecha, nesta ordem.")
            )
        week[day] = {"opens": opens, "closes": closes}
    return week


def _page(
    *,
    done: str = "",
    refused: Refused | None = None,
    ahead: HoursAhead | None = None,
    queue: str | None = None,
) -> ResponseReturnValue:
    rt = runtime()
    seen, at = rules_seen(rt), rt.clock.now()
    days = _business_days()
    return page(
        "admin/hours.html",
        status=refused.status if refused else 200,
        seen=seen,
        week_key=WEEK,
        desk=hours_ahead(seen.now, seen.now, at=at, business_days=days),
        queue_now={
            name: hours_ahead(seen.now, seen.now, queue=name, at=at, business_days=days)
            for name in seen.now.queues.queues
        },
        weeks=_weeks(seen),
        ahead=ahead,
        asked=queue,
        days=list(zip(WEEKDAYS, WEEKDAY_WORDS, strict=True)),
        weekdays=WEEKDAY_WORDS,
        status_words=status_words,
        kept=kept_form(),
        done=done,
        fault=refused.fault if refused else "",
        wrong=refused.fields if refused else {},
        alarms=seen.now.calendar.alarms(local_date(at)),
    )


def _weeks(seen: RulesSeen) -> dict[str, Any]:
    """By queue, the desk's under the empty name."""
    return {name: week_of(seen.now, name) for name in ("", *seen.now.queues.queues)}


def _business_days() -> int:
    return runtime().catalogue.facts.deadline_business_days


def status_words(hours: Hours) -> str:
    """``aberta até 17:30`` or ``fechada; abre na segunda, 30/11, às 07:30``."""
    if hours.open and hours.closes_at is not None:
        return f"aberta até {hours.closes_at:%H:%M}"
    why = f" ({hours.name})" if hours.name else ""
    if hours.reopens_at is None:
        return f"fechada{why}, sem próxima abertura conhecida"
    when = to_local(hours.reopens_at)
    return f"fechada{why}; abre {WEEKDAY_WORDS[when.weekday()]}, {when:%d/%m}, às {when:%H:%M}"
