"""``/admin/bloqueios``: numbers that meet no person by telephone for a while."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ivr.domain.blocked import LONGEST_NOTE, BlockError
from ivr.domain.phone_number import format_phone
from ivr.service import blocked
from ivr.service.admin_people import everyone
from ivr.web.admin_view import BLOCKERS, bp, page
from ivr.web.door import me, staff_page
from ivr.web.door import runtime as staff_runtime
from ivr.web.edge import runtime

SPANS = {"1d": "1 dia", "7d": "7 dias", "30d": "30 dias", "90d": "90 dias"}
DONE = {
    "bloqueado": "O número foi bloqueado. Ligações em andamento não mudam.",
    "liberado": "O bloqueio acabou: a próxima ligação deste número é atendida como as outras.",
}
FAULTS = {
    "number": "Digite um telefone com DDD, por exemplo (67) 99999-0001.",
    "note": f"Escreva o motivo, com até {LONGEST_NOTE} caracteres.",
    "span": "Escolha um prazo da lista.",
    "taken": "Este número já está bloqueado. Libere-o antes de mudar o prazo.",
    "over": "Este bloqueio já tinha acabado.",
}


@bp.get("/bloqueios")
@staff_page(*BLOCKERS)
def show_blocked() -> ResponseReturnValue:
    """Blocks that hold, and those that are over."""
    return _page(done=DONE.get(request.args.get("feito", ""), ""))


@bp.post("/bloqueios")
@staff_page(*BLOCKERS)
def block_number() -> ResponseReturnValue:
    form = request.form
    try:
        blocked.block(
            runtime(),
            number=form.get("numero", ""),
            note=form.get("motivo", ""),
            span=form.get("prazo", ""),
            by=me(),
        )
    except BlockError as error:
        return _page(fault=error.reason)
    return redirect(url_for("admin.show_blocked", feito="bloqueado"), 303)


@bp.post("/bloqueios/<int:block>/liberar")
@staff_page(*BLOCKERS)
def lift_block(block: int) -> ResponseReturnValue:
    if not blocked.lift(runtime(), block, by=me()):
        return _page(fault="over")
    return redirect(url_for("admin.show_blocked", feito="liberado"), 303)


def _page(*, done: str = "", fault: str = "") -> ResponseReturnValue:
    now, over = blocked.blocks(runtime())
    status = {"taken": 409, "over": 409}.get(fault, 422) if fault else 200
    return page(
        "admin/blocked.html",
        status=status,
        now=now,
        over=over,
        done=done,
        fault=FAULTS.get(fault, ""),
        kept=request.form,
        spans=SPANS,
        longest=LONGEST_NOTE,
        number=format_phone,
        names={row.id: row.name for row in everyone(staff_runtime())},
    )
