"""Notes, wrap-up and the words for whatever comes too late."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import jwt
from desk import Desk
from web.agent.console_world import (
    PHONE_KEYS,
    Agent,
    agents_desk,
    caller_waits,
    plain,
    region,
    tick,
)
from web.phone_line import later
from web.staff_browser import BRUNO

from ivr.service.desk import offers
from ivr.web.agent_lines import span


def test_notes_are_kept_with_a_version_and_a_second_tab_gets_both_texts(
    desk: Desk, ana: Agent
) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    path = f"/agente/conversa/{offer.id}/notas"
    first = ana.press(path, notas="uma", versao="0")
    assert first.json == {"versao": 1}
    stale = ana.press(path, notas="outra", versao="0")
    assert stale.status_code == 409
    assert stale.json == {"versao": 1, "texto": "uma"}
    assert ana.press(path, notas="uma e outra", versao="1").json == {"versao": 2}
    assert "uma e outra" in ana.open("/agente")


def test_notes_with_a_bad_version_or_of_another_agent_are_refused(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    path = f"/agente/conversa/{offer.id}/notas"
    assert ana.press(path, notas="x", versao="um").status_code == 400
    assert Agent(desk, BRUNO).press(path, notas="x", versao="0").status_code == 410
    assert ana.talk.notes == ""


def test_wrap_up_cannot_be_concluded_without_a_disposition(desk: Desk, ana: Agent) -> None:
    line = caller_waits(desk)
    offer = ana.picks_up()
    line.hang_up()
    path = f"/agente/conversa/{offer.id}/concluir"
    wrong = ana.press(path, classe="contato", notas="feito", desfecho="")
    assert wrong.status_code == 422
    assert "Escolha o desfecho." in plain(wrong.text)
    assert ana.talk.wrapped_at is None
    for when in ("2020-01-01T10:00", "amanhã"):
        bad = ana.press(path, classe="contato", desfecho="resolvido", retorno=when, notas="x")
        assert bad.status_code == 422
    word = next(iter(desk.rt.queues.dispositions("atendimento")))
    done = ana.press(path, classe="contato", desfecho=word, notas="feito")
    assert done.status_code == 200
    assert "Pós-atendimento concluído." in plain(done.text)
    assert ana.presence.state == "available"
    again = ana.press(path, classe="contato", desfecho=word, notas="feito")
    assert again.status_code == 200


def test_more_time_is_given_five_times_and_then_said_no(desk: Desk, ana: Agent) -> None:
    line = caller_waits(desk)
    offer = ana.picks_up()
    line.hang_up()
    path = f"/agente/conversa/{offer.id}/mais-tempo"
    assert [ana.press(path).status_code for _ in range(6)] == [200] * 5 + [409]
    assert "já foi estendido 5 vezes" in plain(ana.press(path).text)


def test_command_of_a_talk_that_is_over_says_so(desk: Desk, ana: Agent) -> None:
    line = caller_waits(desk)
    offer = ana.picks_up()
    line.hang_up()
    for command in ("mudo", "espera"):
        answer = ana.press(f"/agente/conversa/{offer.id}/{command}", ligar="sim")
        assert answer.status_code == 409
        assert "A conversa já terminou." in plain(answer.text)


def test_transfer_without_a_target_or_to_nobody_keeps_the_caller(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    for fields in ({}, {"fila": "nenhuma"}, {"colega": "ninguem"}):
        answer = ana.press(f"/agente/conversa/{offer.id}/transferir", **fields)
        assert answer.status_code == 409
    assert ana.talk.ended_at is None


def test_keys_of_a_talk_are_only_digits_star_and_hash(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    for keys in ("", "12a", "1" * 21):
        answer = ana.press(f"/agente/conversa/{offer.id}/teclas", tons=keys)
        assert answer.status_code == 422


def test_telephone_picked_up_after_the_caller_left_is_no_talk(desk: Desk, ana: Agent) -> None:
    line = caller_waits(desk)
    offer = ana.seen()
    line.hang_up()
    with desk.rt.store.begin() as tx:
        assert not offers.leg_answered(tx, offer.id)
    assert "Desistiu após" in region(ana.open(f"/agente/oferta/{offer.id}"), "r-centro")


def test_console_that_falls_silent_in_a_talk_keeps_the_talk(desk: Desk, ana: Agent) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    tick(desk, seconds=120)
    assert ana.talk.ended_at is None
    assert f'data-conversa="{offer.id}"' in ana.open("/agente")


def test_unproven_caller_gets_no_action_and_the_reason_is_on_the_panel(
    desk: Desk, ana: Agent
) -> None:
    caller_waits(desk)
    offer = ana.picks_up()
    shown = plain(ana.open())
    assert "Enviar link de redefinição por SMS: Ninguém se identificou nesta ligação." in shown
    answer = ana.press(f"/agente/conversa/{offer.id}/acao/reset", servico="email")
    assert answer.status_code == 409
    assert desk.sms.sent == []
    assert ana.press(f"/agente/conversa/{offer.id}/acao/tudo").status_code == 404


def test_button_without_the_token_of_the_page_is_refused(desk: Desk, ana: Agent) -> None:
    answer = ana.browser.post("/agente/estado", estado="offline")
    assert answer.status_code == 400
    assert ana.presence.state == "available"


def test_button_without_scripts_leads_back_to_the_page(desk: Desk, ana: Agent) -> None:
    answer = ana.browser.post("/agente/estado", csrf_token=ana.token, estado="offline")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/agente")
    assert ana.presence.state == "offline"


def test_sign_of_life_keeps_only_what_a_console_may_say(desk: Desk, ana: Agent) -> None:
    ana.press("/agente/pulso", microfone="permitido", segredo="x", rede="9" * 500)
    assert ana.presence.health == {"microfone": "permitido", "rede": "9" * 60}


def test_long_waits_are_hours_and_days(desk: Desk, ana: Agent) -> None:
    assert [span(s) for s in (None, -3, 102, 7500, 100_000)] == [
        "—",
        "00:00",
        "01:42",
        "2 h 05",
        "1 d 3 h",
    ]


def test_page_is_strict_and_opens_the_carrier_only_for_a_browser_telephone(
    desk: Desk, ana: Agent
) -> None:
    policy = ana.browser.open("/agente").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "twilio" not in policy
    page = ana.browser.open("/agente").text
    assert "twilio" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert " onclick" not in page


def test_browser_telephone_has_a_token_of_its_own_agent_for_an_hour(quick: Path) -> None:
    desk = agents_desk(quick, **PHONE_KEYS)
    ana = Agent(desk)
    assert ana.press("/agente/telefone/ficha").status_code == 409
    with desk.rt.store.begin() as tx:
        row = tx.staff.get(ana.id)
        assert row is not None
        tx.staff.save(replace(row, audio="navegador"))
    answer = ana.press("/agente/telefone/ficha")
    assert answer.status_code == 200
    assert answer.json is not None
    read = jwt.decode(
        answer.json["ficha"],
        PHONE_KEYS["TWILIO_API_SECRET"],
        algorithms=["HS256"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert read["grants"]["identity"] == f"agente-{ana.id}"
    assert read["grants"]["voice"] == {"incoming": {"allow": True}}
    assert abs(read["exp"] - time.time() - 3600) < 60
    page = ana.browser.open("/agente")
    assert "wss://voice-js.roaming.twilio.com" in page.headers["Content-Security-Policy"]
    assert "microphone=(self)" in page.headers["Permissions-Policy"]
    assert "twilio-2.18.5.min.js" in page.text
    assert PHONE_KEYS["TWILIO_API_SECRET"] not in json.dumps(answer.json) + page.text


def test_service_without_an_api_key_gives_no_token(desk: Desk, ana: Agent) -> None:
    assert ana.press("/agente/telefone/ficha").status_code == 503
    later(desk, seconds=1)
