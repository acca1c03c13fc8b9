"""Behind a proxy that ends TLS, forms are taken although our pages send no Referer."""

from __future__ import annotations

from desk import Desk
from web.link_world import csrf_of
from web.owner_browser import HOME, LOG_IN, people


def test_an_owner_logs_in_over_tls(desk: Desk) -> None:
    client, ana = desk.app.test_client(), people()["ana"]
    origin = "https://ivr.test"
    token = csrf_of(client.get(LOG_IN, base_url=origin).text)
    answer = client.post(
        LOG_IN,
        base_url=origin,
        data={"csrf_token": token, "number": ana["cpf"], "password": ana["password"]},
    )
    assert answer.status_code == 303, answer.text
    assert client.get(HOME, base_url=origin).status_code == 200


def test_a_form_without_its_token_is_refused_over_tls_too(desk: Desk) -> None:
    client, ana = desk.app.test_client(), people()["ana"]
    answer = client.post(
        LOG_IN,
        base_url="https://ivr.test",
        data={"number": ana["cpf"], "password": ana["password"]},
    )
    assert answer.status_code == 400
