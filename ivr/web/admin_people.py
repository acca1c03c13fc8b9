"""``/admin/pessoas``: accounts of staff, their roles, queues, state and second factor."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ivr.ports.staff import ROLES, StaffRow
from ivr.service import admin_people as people
from ivr.service.staff_accounts import AccountError
from ivr.web.admin_view import ADMIN, bp, page
from ivr.web.door import me, staff_page
from ivr.web.door import runtime as staff_runtime
from ivr.web.edge import runtime
from ivr.web.staff_words import ROLES as ROLE_LABELS

DONE = {
    "papeis": "Os papéis foram trocados. A pessoa precisa entrar de novo.",
    "filas": "As filas foram trocadas. A pessoa precisa entrar de novo.",
    "desativada": "A conta foi desativada e as entradas dela foram encerradas.",
    "ativada": "A conta foi ativada de novo.",
    "fator": "O segundo fator foi apagado: a pessoa cadastra outro ao entrar.",
}
FAULTS = {
    "unknown": "Não há conta com este usuário.",
    "taken": "Já há conta com este usuário. Escolha outro.",
    "login": "O usuário tem letras minúsculas, algarismos, ponto e hífen, até 64 caracteres.",
    "name": "Escreva o nome, com até 120 caracteres.",
    "roles": "Marque ao menos um papel da lista.",
    "skills": "Escolha filas da lista.",
    "busy": "A conta foi mudada por outra pessoa ao mesmo tempo. Confira e tente de novo.",
    "self": "Você não pode fazer isto com a sua própria conta. Peça a outra pessoa.",
    "last": "Esta é a última conta ativa da administração. Dê o papel a outra pessoa antes.",
}
STATUS = {"unknown": 404, "busy": 409, "self": 409, "last": 409, "taken": 409}


@bp.get("/pessoas")
@staff_page(*ADMIN)
def show_people() -> ResponseReturnValue:
    """All accounts."""
    return _list()


@bp.post("/pessoas")
@staff_page(*ADMIN)
def add_person() -> ResponseReturnValue:
    """Make an account; its first password is shown once, here."""
    form = request.form
    try:
        added = people.add(
            staff_runtime(),
            login=form.get("login", ""),
            name=form.get("nome", ""),
            roles=form.getlist("papel"),
            queues=form.getlist("fila"),
            known=runtime().queues.queues,
            local=form.get("senha") == "1",
            by=me(),
        )
    except AccountError as error:
        return _list(fault=error.reason)
    return page("admin/person_added.html", added=added, status=201)


@bp.get("/pessoas/<login>")
@staff_page(*ADMIN)
def show_person(login: str) -> ResponseReturnValue:
    """One account and what may be done with it."""
    row = people.account(staff_runtime(), login)
    if row is None:
        return _list(fault="unknown")
    return _one(row, done=DONE.get(request.args.get("feito", ""), ""))


@bp.post("/pessoas/<login>/papeis")
@staff_page(*ADMIN)
def set_roles(login: str) -> ResponseReturnValue:
    roles = request.form.getlist("papel")
    return _did(login, "papeis", lambda: people.set_roles(staff_runtime(), login, roles, by=me()))


@bp.post("/pessoas/<login>/filas")
@staff_page(*ADMIN)
def set_queues(login: str) -> ResponseReturnValue:
    queues, known = request.form.getlist("fila"), runtime().queues.queues
    return _did(
        login,
        "filas",
        lambda: people.set_queues(staff_runtime(), login, queues, known=known, by=me()),
    )


@bp.post("/pessoas/<login>/desativar")
@staff_page(*ADMIN)
def disable_person(login: str) -> ResponseReturnValue:
    return _did(login, "desativada", lambda: people.disable(runtime(), login, by=me()))


@bp.post("/pessoas/<login>/ativar")
@staff_page(*ADMIN)
def enable_person(login: str) -> ResponseReturnValue:
    return _did(login, "ativada", lambda: people.enable(staff_runtime(), login, by=me()))


@bp.post("/pessoas/<login>/segundo-fator")
@staff_page(*ADMIN)
def reset_second_factor(login: str) -> ResponseReturnValue:
    return _did(login, "fator", lambda: people.reset_second_factor(staff_runtime(), login, by=me()))


def _did(login: str, done: str, deed: Callable[[], StaffRow]) -> ResponseReturnValue:
    """Do it, then lead back to the account, which tells how it went."""
    try:
        row = deed()
    except AccountError as error:
        found = people.account(staff_runtime(), login)
        if found is None:
            return _list(fault="unknown")
        return _one(found, fault=error.reason)
    if row.id == me().id:
        return redirect(url_for("entrar.log_in_form"), 303)
    return redirect(url_for("admin.show_person", login=row.login, feito=done), 303)


def _one(row: StaffRow, *, done: str = "", fault: str = "") -> ResponseReturnValue:
    return page(
        "admin/person.html",
        status=STATUS.get(fault, 422) if fault else 200,
        row=row,
        done=done,
        fault=FAULTS.get(fault, ""),
        all_roles=ROLES,
        role_labels=ROLE_LABELS,
        queues=runtime().queues.queues,
        mine=row.id == me().id,
    )


def _list(*, fault: str = "") -> ResponseReturnValue:
    return page(
        "admin/people.html",
        status=STATUS.get(fault, 422) if fault else 200,
        rows=people.everyone(staff_runtime()),
        fault=FAULTS.get(fault, ""),
        kept=request.form,
        all_roles=ROLES,
        role_labels=ROLE_LABELS,
        queues=runtime().queues.queues,
    )
