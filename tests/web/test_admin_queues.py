"""``/admin/filas``: rules of queues and dispositions changed on a page."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from desk import Desk
from hypothesis import given, settings
from hypothesis import strategies as st
from service.rules_of_files import FILES
from web.staff_browser import DAVI, StaffBrowser, staff_inside, with_staff

from ivr.domain.queue_catalogue import MOST_DISPOSITIONS
from ivr.service.admin_rules import rules_seen
from ivr.service.desk.wrap_up import dispositions_of as choices_of
from ivr.service.rules_in_force import in_force
from ivr.web.admin_queues import dispositions_of, word_of

TEXTS = st.text(max_size=24)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def revision(desk: Desk, key: str) -> dict[str, str]:
    return {f"rev.{key}": str(rules_seen(desk.rt).mark(key).revision)}


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


@pytest.fixture
def davi(staffed: Desk) -> StaffBrowser:
    return staff_inside(staffed, DAVI)


def form_of(desk: Desk, queue: str = "atendimento") -> dict[str, str]:
    known = in_force(desk.rt).queues.queue(queue).dispositions
    form = {}
    for n, one in enumerate(known, start=1):
        form |= {f"texto.{n}": one.label, f"palavra.{n}": one.word}
        form |= {f"retorno.{n}": "1"} if one.callback else {}
    return form


def test_disposition_is_added_renamed_and_taken_away_and_old_talks_keep_their_words(
    staffed: Desk, davi: StaffBrowser
) -> None:
    path = "/admin/filas/segundo_nivel/desfechos"
    form = form_of(staffed, "segundo_nivel")
    form |= {"texto.1": "Resolvido por nós", "texto.2": "", "texto.7": "Visita marcada às 9 h"}
    assert davi.send(path, form_at="/admin/filas", **form).status_code == 303
    now = in_force(staffed.rt)
    choices = choices_of(now, "segundo_nivel")
    assert choices["resolvido"] == "Resolvido por nós"
    assert choices["visita_marcada_as_h"] == "Visita marcada às 9 h"
    assert "encaminhado" not in choices
    label = now.queues.disposition_label
    assert label("segundo_nivel", "encaminhado") == "Encaminhado a outra equipe"
    again = form_of(staffed, "segundo_nivel") | {"texto.8": "Encaminhado a outra equipe"}
    again |= revision(staffed, "dispositions.segundo_nivel")
    assert davi.send(path, form_at="/admin/filas", **again).status_code == 303
    assert "encaminhado" in choices_of(in_force(staffed.rt), "segundo_nivel")


def test_list_without_a_disposition_is_refused(staffed: Desk, davi: StaffBrowser) -> None:
    path = "/admin/filas/atendimento/desfechos"
    answer = davi.send(path, form_at="/admin/filas", **{"texto.1": "  "})
    assert answer.status_code == 422
    assert "De 1 a 8 desfechos" in text_of(answer)


def test_rules_of_a_queue_change_the_wrap_up_and_an_unknown_queue_is_none(
    staffed: Desk, davi: StaffBrowser
) -> None:
    path = "/admin/filas/atendimento"
    form = {"lotacao": "7", "anotacoes": "1"}
    assert davi.send(path, form_at="/admin/filas", **form).status_code == 303
    queue = in_force(staffed.rt).queues.queue("atendimento")
    assert (queue.most_waiting, queue.notes) == (7, True)
    assert davi.send(path, form_at="/admin/filas", lotacao="0").status_code == 422
    assert davi.send("/admin/filas/nenhuma", form_at="/admin/filas").status_code == 404


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(["", "1"])), max_size=MOST_DISPOSITIONS)
)
def test_any_form_of_dispositions_gives_each_line_its_own_word(
    lines: list[tuple[str, str, str]],
) -> None:
    queue = FILES.queues.queue("atendimento")
    form = {}
    for n, (label, word, callback) in enumerate(lines, start=1):
        form |= {f"texto.{n}": label, f"palavra.{n}": word, f"retorno.{n}": callback}
    value = dispositions_of(form, queue)
    words = [one["word"] for one in (*value["offered"], *value["retired"])]
    assert len(set(words)) == len(words)
    assert set(words) >= {d.word for d in queue.dispositions}
    assert all(re.fullmatch(r"[a-z_]{2,40}", word) for word in words)


@given(label=st.text(max_size=80))
def test_word_of_any_text_is_one_that_a_row_can_hold(label: str) -> None:
    word = word_of(label, {"desfecho"})
    assert re.fullmatch(r"[a-z_]{2,40}", word)
    assert word != "desfecho"
