"""``/admin/pessoas``: accounts made and changed, always in the audit, never without an admin."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from desk import Desk
from web.staff_browser import (
    ANA,
    CARLA,
    DAVI,
    ELISA,
    StaffBrowser,
    audit_of,
    staff_inside,
    staff_row,
    with_staff,
)

from ivr.ports.staff import AuditLine
from ivr.service import admin_people, staff_accounts
from ivr.service.staff_accounts import AccountError

PEOPLE = "/admin/pessoas"


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


def sent(desk: Desk, path: str, *, login: str = DAVI, **fields: Any) -> Any:
    browser = staff_inside(desk, login)
    return browser.send(path, form_at=PEOPLE, **fields)


def second_admin(desk: Desk) -> None:
    staff_accounts.change(
        desk.rt,  # type: ignore[arg-type]
        ELISA,
        "staff.roles",
        actor="test",
        roles=("auditor", "admin"),
    )


def last_line(desk: Desk, login: str) -> AuditLine:
    return next(
        line for line in audit_of(desk, login) if not line.action.startswith("staff.session")
    )


def test_list_tells_everybody_with_roles_and_queues(staffed: Desk) -> None:
    page = staff_inside(staffed, DAVI).open(PEOPLE).text
    for login in (ANA, CARLA, DAVI, ELISA):
        assert f"{PEOPLE}/{login}" in page
    assert "administração" in page
    assert "password_hash" not in page


def test_new_account_gets_a_password_shown_once_that_opens_the_door(staffed: Desk) -> None:
    answer = sent(staffed, PEOPLE, login_of="", **{"login_": ""})
    assert answer.status_code == 422, "an empty form makes nothing"
    browser = staff_inside(staffed, DAVI)
    answer = browser.send(
        PEOPLE, login="nova.pessoa", nome="Nova Pessoa", papel="supervisor", fila="atendimento",
        senha="1",
    )  # fmt: skip
    assert answer.status_code == 201
    found = re.search(r'<code class="codes">([^<]+)</code>', answer.text)
    assert found is not None
    row = staff_row(staffed, "nova.pessoa")
    assert (row.roles, row.skills) == (("supervisor",), ("atendimento",))
    assert found[1] not in browser.open(f"{PEOPLE}/nova.pessoa").text
    fresh = StaffBrowser(staffed)
    assert fresh.log_in("nova.pessoa", password=found[1]).status_code == 303
    line = audit_of(staffed, "nova.pessoa")[-1]
    assert (line.action, line.actor) == ("staff.added", staff_row(staffed, DAVI).id)
    assert found[1] not in str(line)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"login": "Com Espaço", "nome": "x", "papel": "agent"}, 422),
        ({"login": "a.b", "nome": "", "papel": "agent"}, 422),
        ({"login": "a.b", "nome": "x"}, 422),
        ({"login": "a.b", "nome": "x", "papel": "rei"}, 422),
        ({"login": "a.b", "nome": "x", "papel": "agent", "fila": "outra"}, 422),
        ({"login": ANA, "nome": "x", "papel": "agent"}, 409),
    ],
)
def test_account_that_cannot_be_is_refused_in_words(
    staffed: Desk, fields: dict[str, str], status: int
) -> None:
    before = len(admin_people.everyone(staffed.rt))  # type: ignore[arg-type]
    browser = staff_inside(staffed, DAVI)
    answer = browser.send(PEOPLE, **fields)
    assert answer.status_code == status
    assert "Não foi feito" in answer.text
    assert len(admin_people.everyone(staffed.rt)) == before  # type: ignore[arg-type]


def test_change_of_roles_is_kept_audited_and_ends_the_log_ins(staffed: Desk) -> None:
    ana = staff_inside(staffed, ANA)
    assert sent(staffed, f"{PEOPLE}/{ANA}/papeis", papel="supervisor").status_code == 303
    assert staff_row(staffed, ANA).roles == ("supervisor",)
    assert not ana.inside
    line = last_line(staffed, ANA)
    assert (line.action, dict(line.data)) == ("staff.roles", {"roles": ["supervisor"]})
    assert line.actor == staff_row(staffed, DAVI).id


def test_queues_are_changed_and_only_to_queues_that_there_are(staffed: Desk) -> None:
    assert sent(staffed, f"{PEOPLE}/{ANA}/filas", fila="segundo_nivel").status_code == 303
    assert staff_row(staffed, ANA).skills == ("segundo_nivel",)
    assert sent(staffed, f"{PEOPLE}/{ANA}/filas", fila="nenhuma").status_code == 422
    assert staff_row(staffed, ANA).skills == ("segundo_nivel",)


def test_disabled_person_is_out_at_once_and_may_come_back(staffed: Desk) -> None:
    ana = staff_inside(staffed, ANA)
    assert sent(staffed, f"{PEOPLE}/{ANA}/desativar").status_code == 303
    assert not ana.inside
    assert StaffBrowser(staffed).log_in(ANA).status_code != 303
    assert sent(staffed, f"{PEOPLE}/{ANA}/ativar").status_code == 303
    assert staff_inside(staffed, ANA).inside
    actions = [line.action for line in audit_of(staffed, ANA)]
    assert {"staff.disabled", "staff.enabled"} <= set(actions)


def test_second_factor_is_reset_for_others_only(staffed: Desk) -> None:
    for login in (ANA, DAVI):
        staff_accounts.change(
            staffed.rt,  # type: ignore[arg-type]
            login,
            "staff.totp_enrolled",
            actor="test",
            totp="A" * 32 if login == ANA else "",
        )
    assert sent(staffed, f"{PEOPLE}/{ANA}/segundo-fator").status_code == 303
    assert staff_row(staffed, ANA).totp == ""
    assert last_line(staffed, ANA).action == "staff.totp_reset"
    answer = sent(staffed, f"{PEOPLE}/{DAVI}/segundo-fator")
    assert answer.status_code == 409
    assert "própria conta" in answer.text


def test_admin_cannot_remove_themselves_even_with_another_admin(staffed: Desk) -> None:
    second_admin(staffed)
    assert sent(staffed, f"{PEOPLE}/{DAVI}/desativar").status_code == 409
    assert sent(staffed, f"{PEOPLE}/{DAVI}/papeis", papel="manager").status_code == 409
    row = staff_row(staffed, DAVI)
    assert row.active
    assert "admin" in row.roles


def test_last_admin_stays_and_another_than_the_last_may_go(staffed: Desk) -> None:
    rt: Any = staffed.rt
    davi, carla = staff_row(staffed, DAVI), staff_row(staffed, CARLA)
    for deed in (
        lambda: admin_people.disable(rt, DAVI, by=carla),
        lambda: admin_people.set_roles(rt, DAVI, ["agent"], by=carla),
    ):
        with pytest.raises(AccountError, match="last"):
            deed()
    second_admin(staffed)
    assert sent(staffed, f"{PEOPLE}/{ELISA}/papeis", papel="auditor").status_code == 303
    with pytest.raises(AccountError, match="last"):
        admin_people.disable(rt, DAVI, by=carla)
    assert staff_row(staffed, DAVI) == davi


@pytest.mark.on_both_stores
def test_two_admins_who_remove_each_other_at_once_leave_one(staffed: Desk) -> None:
    second_admin(staffed)
    rt: Any = staffed.rt
    davi, elisa = staff_row(staffed, DAVI), staff_row(staffed, ELISA)
    start, refused = threading.Barrier(2), []

    def remove(login: str, by: Any) -> None:
        start.wait()
        try:
            admin_people.disable(rt, login, by=by)
        except AccountError as error:
            refused.append(error.reason)

    threads = [
        threading.Thread(target=remove, args=(ELISA, davi)),
        threading.Thread(target=remove, args=(DAVI, elisa)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there = [r for r in admin_people.everyone(rt) if r.active and "admin" in r.roles]
    assert len(there) == 1
    assert refused == ["last"]


def test_form_without_its_token_changes_nothing(staffed: Desk) -> None:
    browser = staff_inside(staffed, DAVI)
    assert browser.post(f"{PEOPLE}/{ANA}/desativar").status_code == 400
    assert staff_row(staffed, ANA).active


def test_unknown_person_is_told(staffed: Desk) -> None:
    assert staff_inside(staffed, DAVI).open(f"{PEOPLE}/nao.existe").status_code == 404
