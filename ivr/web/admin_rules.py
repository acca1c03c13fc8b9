"""What the pages that change rules of the desk share: reading forms, telling faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ivr.domain.rule_faults import RuleFaultError
from ivr.service.admin_rules import ChangedMeanwhileError, change
from ivr.web.door import me
from ivr.web.edge import runtime

SAVED = "Gravado. Vale a partir da próxima ligação, em até dois segundos."
SAME = "Nada mudou: os valores já eram estes."
BACK = "O padrão vale de novo."
MEANWHILE = (
    "Outra pessoa mudou isto depois que você abriu a página. Confira os valores de agora e mude de "
    "novo, se ainda for preciso."
)
DONE = {"gravado": SAVED, "igual": SAME, "padrao": BACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why nothing was changed. ``fields``: what is wrong, by the name of the input."""

    status: int = 422
    fault: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def done_words() -> str:
    """What the page says after a change that it was led to."""
    return DONE.get(request.args.get("feito", ""), "")


def revision_of(key: str) -> int:
    """The revision of a rule that the page was made from, 0 for nothing sensible."""
    text = request.form.get(f"rev.{key}", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


def whole(text: str) -> int | str:
    """A whole number, or the text itself, which no rule takes."""
    text = text.strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else text


def send(
    values: Mapping[str, Any],
    *,
    to: str,
    again: Callable[[Refused], ResponseReturnValue],
    **where: Any,
) -> ResponseReturnValue:
    """Change rules as the form asks, then lead to the page ``to``; ``again`` draws it with what is
    wrong."""
    try:
        done = change(runtime(), values, was={key: revision_of(key) for key in values}, by=me())
    except (RuleFaultError, ChangedMeanwhileError) as error:
        return again(refused(error))
    word = "igual" if not done else "padrao" if None in values.values() else "gravado"
    return redirect(url_for(to, feito=word, **where), 303)


def refused(error: RuleFaultError | ChangedMeanwhileError) -> Refused:
    """The words of an error."""
    if isinstance(error, ChangedMeanwhileError):
        return Refused(status=409, fault=MEANWHILE)
    whys = dict.fromkeys(why for _, why in error.faults)
    return Refused(fault=" ".join(whys), fields=dict(error.faults))


def kept_form() -> MultiDict[str, str]:
    """What was typed, to be shown again; nothing on a page that was only opened."""
    return request.form if request.method == "POST" else MultiDict()


def asked_key(known: Iterable[str], name: str = "padrao") -> str:
    """The rule whose standard is asked back, empty when none of the known ones is."""
    asked = request.form.get(name, "")
    return asked if asked in set(known) else ""
