"""An offer of a call in the agent's hands: seen, answered, declined. Every press may come twice,
late, or after the call is over; each answer says how it stands."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ivr.service.desk import offers
from ivr.service.desk.not_now import NotNowError
from ivr.web import agent_words
from ivr.web.agent import not_now
from ivr.web.agent_view import bp, panel, runtime
from ivr.web.door import me, staff_page


@bp.post("/ofertas/<offer>/vista")
@staff_page("agent", background=True)
def seen(offer: str) -> ResponseReturnValue:
    """The console shows the offer; it must say so within 3 s. Then the telephone is rung."""
    try:
        offers.seen(runtime(), offer, me().id)
    except NotNowError:
        return panel(asked=offer, status=409)
    return panel(asked=offer)


@bp.post("/ofertas/<offer>/atender")
@staff_page("agent")
def answer(offer: str) -> ResponseReturnValue:
    """The agent wants the call, from the card or from the record: the telephone that rings is to
    be picked up; picking it up is the answer. The browser's telephone is picked up by the page."""
    found = offers.offer_of(runtime(), offer)
    if found is None or found.agent != me().id:
        return panel(agent_words.NOT_NOW["de_outro"], "erro", status=409)
    if found.state == "answered":
        return panel(asked=offer)
    if found.state not in offers.OPEN:
        return panel(_over(found.state), "info", status=409, asked=offer)
    try:
        offers.seen(runtime(), offer, me().id)
    except NotNowError as error:
        return not_now(error, asked=offer)
    if me().audio == "navegador":
        return panel(asked=offer)
    return panel(agent_words.PICK_UP, "info", asked=offer)


@bp.post("/ofertas/<offer>/recusar")
@staff_page("agent")
def decline(offer: str) -> ResponseReturnValue:
    """Leave it to the next agent, with a reason."""
    try:
        offers.decline(runtime(), offer, me().id, request.form.get("motivo", ""))
    except NotNowError as error:
        return not_now(error, asked=offer)
    return panel(agent_words.DECLINED, "info")


def _over(state: str) -> str:
    return str(_(agent_words.OVER.get(state, agent_words.NOT_NOW["acabou"])))
