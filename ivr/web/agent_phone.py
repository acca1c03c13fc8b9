"""The browser as a telephone: its token, for the agent who is logged in and for nobody else."""

from __future__ import annotations

from typing import cast

from flask import current_app
from flask.typing import ResponseReturnValue

from ivr.adapters.twilio.access_token import LIFETIME, PhoneKeys, identity_of
from ivr.settings import Settings
from ivr.web.agent_view import PHONE_KEYS, bp
from ivr.web.door import me, staff_page


def phone_keys(settings: Settings) -> PhoneKeys | None:
    """What mints the tokens; None while the settings name no API key."""
    if not (settings.twilio_api_key and settings.twilio_api_secret):
        return None
    return PhoneKeys(
        account_sid=settings.twilio_account_sid,
        key_sid=settings.twilio_api_key,
        secret=settings.twilio_api_secret,
    )


@bp.post("/agente/telefone/ficha")
@staff_page("agent", background=True)
def phone_token() -> ResponseReturnValue:
    """A token of an hour. 409 while the agent's telephone is another, 503 without a key."""
    keys = cast("PhoneKeys | None", current_app.config.get(PHONE_KEYS))
    if keys is None:
        return {"erro": "sem_chave"}, 503
    if me().audio != "navegador":
        return {"erro": "outro_telefone"}, 409
    agent = me().id
    return {"ficha": keys.mint(agent), "identidade": identity_of(agent), "segundos": LIFETIME}
