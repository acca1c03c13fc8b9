"""``/admin/retencao``: how long data stay, what is due, and what a legal hold keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ivr.domain.desk_rules import rule_value
from ivr.domain.retention import CLASSES, LABELS
from ivr.domain.retention_bounds import KEEP_BOUNDS, UNIT_WORDS, keep_words
from ivr.domain.rule_faults import RuleFaultError
from ivr.service import admin_holds
from ivr.service.admin_holds import LONGEST_REASON, HoldError, holds_seen, shown
from ivr.service.admin_rules import rules_seen, tried
from ivr.service.retention import Keeper, Line
from ivr.web.admin_rules import DONE, Refused, asked_key, kept_form, refused, send
from ivr.web.admin_view import ADMIN, AUDITORS, bp, page
from ivr.web.door import me, staff_page
from ivr.web.edge import runtime

SHOW = "admin.show_retention"
HOLD_DONE = {
    "guardado": "A guarda legal vale desde agora: nada do que ela segura será apagado.",
    "liberado": "A guarda acabou: o que já venceu é apagado na próxima execução diária.",
}
HOLD_FAULTS = {
    "target": "Digite um protocolo, um CPF, ou a identificação de uma ligação (CA…) ou "
    "gravação (RE…).",
    "unknown": "Não há nada guardado com esta identificação.",
    "reason": f"Escreva o motivo, de 5 a {LONGEST_REASON} caracteres: processo, ofício, pedido.",
    "taken": "Isto já está sob guarda.",
    "over": "Esta guarda já tinha acabado.",
}
HOLD_KINDS = {"ticket": "chamado", "recording": "gravação", "person": "pessoa"}


@bp.get("/retencao")
@staff_page(*AUDITORS)
def show_retention() -> ResponseReturnValue:
    """The classes with their bounds, what would be erased now, the holds."""
    word = request.args.get("feito", "")
    return _page(done=HOLD_DONE.get(word) or DONE.get(word, ""))


@bp.post("/retencao")
@staff_page(*ADMIN)
def change_retention() -> ResponseReturnValue:
    """The periods that were typed: what they would erase is shown first, or they are kept."""
    keys = [f"retention.{kind}" for kind in CLASSES]
    back = asked_key(keys)
    if back:
        return send({back: None}, to=SHOW, again=_again)
    form = request.form
    values = {
        key: f"{form.get(f'{key}.n', '').strip()} {form.get(f'{key}.unit', '')}"
        for key in keys
        if f"{key}.n" in form
    }
    if form.get("acao") != "ver":
        return send(values, to=SHOW, again=_again)
    try:
        rules = tried(runtime(), values)
    except RuleFaultError as error:
        return _again(refused(error))
    assert rules.retention is not None
    rt = runtime()
    return _page(asked=Keeper(rt.store, rules.retention, telephony=rt.telephony).look())


@bp.post("/retencao/guardas")
@staff_page(*AUDITORS)
def add_hold() -> ResponseReturnValue:
    """Hold a ticket, a recording or all of a person."""
    form = request.form
    try:
        admin_holds.add_hold(
            runtime(), target=form.get("alvo", ""), reason=form.get("motivo", ""), by=me()
        )
    except HoldError as error:
        status = 409 if error.reason == "taken" else 422
        return _again(Refused(status=status, fault=HOLD_FAULTS[error.reason]))
    return redirect(url_for(SHOW, feito="guardado"), 303)


@bp.post("/retencao/guardas/<hold_id>/liberar")
@staff_page(*AUDITORS)
def lift_hold(hold_id: str) -> ResponseReturnValue:
    if not admin_holds.lift_hold(runtime(), hold_id, by=me()):
        return _again(Refused(status=409, fault=HOLD_FAULTS["over"]))
    return redirect(url_for(SHOW, feito="liberado"), 303)


def _again(told: Refused) -> ResponseReturnValue:
    return _page(told=told)


def _page(
    *, done: str = "", told: Refused | None = None, asked: Sequence[Line] | None = None
) -> ResponseReturnValue:
    rt = runtime()
    seen = rules_seen(rt)
    assert seen.now.retention is not None
    with rt.store.begin(write=False) as tx:
        last = tx.retention.last_run()
    holds = holds_seen(rt)
    return page(
        "admin/retention.html",
        status=told.status if told else 200,
        seen=seen,
        classes=CLASSES,
        labels=LABELS,
        bounds=KEEP_BOUNDS,
        units=UNIT_WORDS,
        words=keep_words,
        value=rule_value,
        data=seen.now.retention.classes,
        lines=_lines(Keeper(rt.store, seen.now.retention, telephony=rt.telephony).look()),
        asked=None if asked is None else _lines(asked),
        last=last,
        stand=[shown(one) for one in holds.stand],
        ended=[shown(one) for one in holds.ended],
        held=held_words,
        longest=LONGEST_REASON,
        kept=kept_form(),
        done=done,
        fault=told.fault if told else "",
    )


def held_words(object: str) -> str:
    """``chamado 202600001231``."""
    kind, _, name = object.partition(":")
    return f"{HOLD_KINDS.get(kind, kind)} {name}"


def _lines(lines: Sequence[Line]) -> dict[str, Any]:
    return {line.kind: line for line in lines}
