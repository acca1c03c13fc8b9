"""``/admin/limites``: limits of self-service, and when the supervision is warned."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from ivr.domain.desk_rule_writers import LEAST_FREEZE_HOURS, MOST_FREEZE_HOURS, MOST_OF_UNIT
from ivr.domain.desk_rules import FREEZE, SERVICE_LEVEL, rule_value
from ivr.domain.limit_bounds import BOUNDS, UNIT_WORDS, LimitBound
from ivr.domain.metrics_service_level import FORMULAS
from ivr.service.admin_rules import RulesSeen, rules_seen
from ivr.web.admin_rules import Refused, asked_key, done_words, kept_form, send, whole
from ivr.web.admin_view import ADMIN, READERS, bp, page
from ivr.web.door import staff_page
from ivr.web.edge import runtime

SHOW = "admin.show_limits"
ALERT_UNITS = {"count": "pessoas ou vezes", "seconds": "segundos", "percent": "%"}
FREEZE_BOUND = LimitBound(
    name="mobile_freeze",
    label="Espera depois da troca de celular",
    meaning="Depois que o celular do cadastro muda, o código por SMS não vale por este tempo.",
    unit="hours",
    least=LEAST_FREEZE_HOURS,
    most=MOST_FREEZE_HOURS,
)
LEVELS = ("attention", "critical", "clear")


def limit_keys() -> dict[str, LimitBound]:
    """Keys of the limits' table, in its order."""
    return {f"limits.{bound.name}": bound for bound in BOUNDS} | {FREEZE: FREEZE_BOUND}


@bp.get("/limites")
@staff_page(*READERS)
def show_limits() -> ResponseReturnValue:
    """Every limit with its meaning, bounds, standard, and who changed it last."""
    return _page(done=done_words())


@bp.post("/limites")
@staff_page(*ADMIN)
def change_limits() -> ResponseReturnValue:
    """The limits that were typed, together; or the standard of one of them."""
    keys = limit_keys()
    back = asked_key(keys)
    values = {back: None} if back else _typed(keys)
    return send(values, to=SHOW, again=_again)


@bp.post("/limites/alertas")
@staff_page(*ADMIN)
def change_alerts() -> ResponseReturnValue:
    """The thresholds and the rules of the service level."""
    kinds = [f"alerts.{rule.kind}" for rule in runtime().alerts.alerts]
    back = asked_key((*kinds, SERVICE_LEVEL))
    if back:
        return send({back: None}, to=SHOW, again=_again)
    form = request.form
    values: dict[str, object] = {
        key: {level: whole(form.get(f"{key}.{level}", "")) for level in LEVELS}
        for key in kinds
        if f"{key}.attention" in form
    }
    if f"{SERVICE_LEVEL}.within" in form:
        values[SERVICE_LEVEL] = {
            "formula": form.get(f"{SERVICE_LEVEL}.formula", ""),
            **{
                name: whole(form.get(f"{SERVICE_LEVEL}.{name}", ""))
                for name in ("within", "short", "target")
            },
        }
    return send(values, to=SHOW, again=_again)


def _typed(keys: dict[str, LimitBound]) -> dict[str, object]:
    return {key: whole(request.form[key]) for key in keys if key in request.form}


def _again(refused: Refused) -> ResponseReturnValue:
    return _page(refused=refused)


def _page(*, done: str = "", refused: Refused | None = None) -> ResponseReturnValue:
    seen = rules_seen(runtime())
    return page(
        "admin/limits.html",
        status=refused.status if refused else 200,
        seen=seen,
        limits=limit_keys(),
        alerts=_alerts(seen),
        level=seen.now.alerts.service_level,
        level_standard=seen.standard.alerts.service_level,
        formulas={name: f"{name}: {f.text}" for name, f in FORMULAS.items()},
        units=UNIT_WORDS,
        value=rule_value,
        most_of=MOST_OF_UNIT,
        alert_units=ALERT_UNITS,
        kept=kept_form(),
        done=done,
        fault=refused.fault if refused else "",
        wrong=refused.fields if refused else {},
    )


def _alerts(seen: RulesSeen) -> dict[str, object]:
    return {f"alerts.{rule.kind}": rule for rule in seen.now.alerts.alerts}
