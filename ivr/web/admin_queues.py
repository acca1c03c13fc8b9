"""``/admin/filas``: the queues, who answers them, and how a talk of each may be told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue

from ivr.domain.desk_rules import rule_value
from ivr.domain.queue_catalogue import MOST_DISPOSITIONS, QueueData
from ivr.service.admin_people import everyone
from ivr.service.admin_rules import RulesSeen, rules_seen
from ivr.web.admin_rules import Refused, done_words, kept_form, send, whole
from ivr.web.admin_view import ADMIN, READERS, bp, page
from ivr.web.door import runtime as staff_runtime
from ivr.web.door import staff_page
from ivr.web.edge import runtime

SHOW = "admin.show_queues"
LONGEST_WORD = 40


@bp.get("/filas")
@staff_page(*READERS)
def show_queues() -> ResponseReturnValue:
    """Each queue with its people, rules and dispositions."""
    return _page(done=done_words())


@bp.post("/filas/<queue>")
@staff_page(*ADMIN)
def change_queue(queue: str) -> ResponseReturnValue:
    """How many may wait, and whether notes must be written."""
    seen = _known(queue)
    key = f"queues.{queue}"
    if request.form.get("acao") == "padrao":
        return send({key: None}, to=SHOW, again=lambda r: _page(refused=r, queue=queue))
    value = {
        **rule_value(seen.now, key),
        "most_waiting": whole(request.form.get("lotacao", "")),
        "notes": request.form.get("anotacoes") == "1",
    }
    return send({key: value}, to=SHOW, again=lambda r: _page(refused=r, queue=queue))


@bp.post("/filas/<queue>/desfechos")
@staff_page(*ADMIN)
def change_dispositions(queue: str) -> ResponseReturnValue:
    """The dispositions in their order; a label that is emptied is offered no more."""
    seen = _known(queue)
    key = f"dispositions.{queue}"
    if request.form.get("acao") == "padrao":
        value = None
    else:
        value = dispositions_of(request.form, seen.now.queues.queues[queue])
    return send({key: value}, to=SHOW, again=lambda r: _page(refused=r, queue=queue))


def dispositions_of(form: Mapping[str, str], queue: QueueData) -> dict[str, list[dict[str, Any]]]:
    """What a form of numbered lines (``texto.1``, ``palavra.1``, ``retorno.1``) asks for.

    A line keeps its word, so that old talks stay what they were; a new one gets a word from its
    text. Words that are on no line any more are kept as retired ones.
    """
    known = {d.word: d for d in (*queue.dispositions, *queue.retired)}
    offered: list[dict[str, Any]] = []
    for line in range(1, MOST_DISPOSITIONS + 1):
        label = " ".join(form.get(f"texto.{line}", "").split())
        if not label:
            continue
        word = form.get(f"palavra.{line}", "")
        if word not in known:
            taken = {*known, *(one["word"] for one in offered)}
            again = next((d.word for d in queue.retired if d.label == label), "")
            word = again or word_of(label, taken)
        callback = form.get(f"retorno.{line}") == "1"
        offered.append({"word": word, "label": label, "callback": callback})
    used = {one["word"] for one in offered}
    retired = [d.model_dump(mode="json") for word, d in known.items() if word not in used]
    return {"offered": offered, "retired": retired}


def word_of(label: str, taken: Collection[str]) -> str:
    """A word of letters and underscores that no other disposition has."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z]+", "_", plain).strip("_")[: LONGEST_WORD - 2] or "desfecho"
    word = word if len(word) > 1 else f"{word}_"
    ends = ["", *(f"_{chr(97 + n)}" for n in range(26))]
    return next((word + end for end in ends if word + end not in taken), word)


def _known(queue: str) -> RulesSeen:
    seen = rules_seen(runtime())
    if queue not in seen.now.queues.queues:
        abort(404)
    return seen


def _page(
    *, done: str = "", refused: Refused | None = None, queue: str = ""
) -> ResponseReturnValue:
    seen = rules_seen(runtime())
    people = [row for row in everyone(staff_runtime()) if row.active]
    return page(
        "admin/queues.html",
        status=refused.status if refused else 200,
        seen=seen,
        people={
            name: [row for row in people if name in row.skills] for name in seen.now.queues.queues
        },
        lines=range(1, MOST_DISPOSITIONS + 1),
        asked=queue,
        kept=kept_form(),
        done=done,
        fault=refused.fault if refused else "",
    )
