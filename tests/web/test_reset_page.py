"""The pages behind links, over HTTP."""

from __future__ import annotations

import io
import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from web.link_world import GOOD, NOW, OLD, OTHER, World, built_world, csrf_of
from werkzeug.test import TestResponse

from ivr.ports.store import StoreUnavailableError
from ivr.web.public_facts import service_catalogue


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with built_world(tmp_path) as built:
        yield built


def submit(
    client: FlaskClient, path: str, password: str = "", *, again: str | None = None
) -> TestResponse:
    page = client.get(path)
    data = {"csrf_token": csrf_of(page.text), "password": password}
    data["again"] = password if again is None else again
    return client.post(path, data=data)


def heading(page: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found is not None
    return found.group(1)


def test_owner_sets_a_password_and_the_link_is_spent(world: World) -> None:
    _, token = world.link()
    client = world.client()
    done = submit(client, f"/senha/{token}", GOOD)
    assert (done.status_code, heading(done)) == (200, "Senha trocada")
    assert world.opens(GOOD)
    assert client.get(f"/senha/{token}").status_code == 404


def test_form_is_plain_html_that_takes_paste_and_password_managers(world: World) -> None:
    _, token = world.link()
    page = world.client().get(f"/senha/{token}").text
    assert page.count('autocomplete="new-password"') == 2
    for forbidden in ("onpaste", "maxlength", " style=", "<style", "onclick", "javascript:"):
        assert forbidden not in page
    assert re.search(r"<script(?![^>]* src=)", page) is None
    assert 'accesskey="1"' in page and 'accesskey="2"' in page and 'accesskey="4"' in page


def test_no_page_asks_for_anything_from_outside(world: World) -> None:
    _, token = world.link()
    page = world.client().get(f"/senha/{token}").text
    for address in re.findall(r'(?:src|href|action)="([^"]+)"', page):
        assert address.startswith(("/static/", "#", "tel:", "mailto:")), address


def test_form_says_until_when_in_local_time(world: World) -> None:
    _, token = world.link()
    page = world.client().get(f"/senha/{token}").text
    assert "03/03/2026 às 11:00" in page


def test_refused_password_comes_with_its_reason_at_the_field(world: World) -> None:
    _, token = world.link()
    refused = submit(world.client(), f"/senha/{token}", "curta")
    assert refused.status_code == 422
    assert "Use pelo menos 12 caracteres" in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert 'aria-describedby="password-erro-1' in refused.text
    assert '<a href="#password">' in refused.text
    assert "<title>Erro:" in refused.text


def test_reused_password_is_refused_by_the_directory_with_a_reason(world: World) -> None:
    _, token = world.link()
    refused = submit(world.client(), f"/senha/{token}", OLD)
    assert refused.status_code == 422
    assert "Você usou esta senha há pouco tempo" in refused.text


def test_passwords_that_differ_are_refused_and_count_as_no_try(world: World) -> None:
    _, token = world.link()
    client = world.client()
    for _ in range(12):
        refused = submit(client, f"/senha/{token}", GOOD, again=OTHER)
        assert refused.status_code == 422
        assert "As duas senhas não são iguais" in refused.text
    assert world.journal() == []
    assert submit(client, f"/senha/{token}", GOOD).status_code == 200


def test_empty_form_is_refused(world: World) -> None:
    _, token = world.link()
    refused = submit(world.client(), f"/senha/{token}", "")
    assert refused.status_code == 422
    assert "Digite a nova senha." in refused.text


def test_tenth_refusal_shows_the_page_of_a_dead_link(world: World) -> None:
    _, token = world.link()
    client = world.client()
    statuses = [submit(client, f"/senha/{token}", "curta").status_code for _ in range(10)]
    assert statuses == [422] * 9 + [404]


def test_unknown_expired_used_and_tampered_links_get_the_very_same_page(world: World) -> None:
    client = world.client()
    _, used = world.link()
    submit(client, f"/senha/{used}", GOOD)
    _, expired = world.link()
    world.later(timedelta(hours=24))
    _, fresh = world.link()
    tampered = fresh[:-1] + ("2" if fresh[-1] != "2" else "3")
    paths = [
        f"/senha/{text}" for text in (used, expired, tampered, "x", "ffffffffffffffff." + "a" * 26)
    ]
    pages = [client.get(path) for path in paths]
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == 1
    assert service_phone(world) in pages[0].text
    assert client.get(f"/senha/{fresh}").status_code == 200


def service_phone(world: World) -> str:
    with world.app().app_context():
        return service_catalogue().facts.phone


def test_expiry_is_the_instant_itself(world: World) -> None:
    _, token = world.link()
    client = world.client()
    world.rt.clock.at = NOW + timedelta(hours=24) - timedelta(microseconds=1)
    assert client.get(f"/senha/{token}").status_code == 200
    world.rt.clock.at = NOW + timedelta(hours=24)
    assert client.get(f"/senha/{token}").status_code == 404


def test_link_that_expires_while_the_form_is_open_sets_nothing(world: World) -> None:
    _, token = world.link()
    client = world.client()
    page = client.get(f"/senha/{token}")
    world.later(timedelta(hours=24))
    late = client.post(
        f"/senha/{token}",
        data={"csrf_token": csrf_of(page.text), "password": GOOD, "again": GOOD},
    )
    assert late.status_code == 404
    assert world.opens(OLD)


@pytest.mark.parametrize("path", ["/senha/", "/nao-fui-eu/"])
def test_form_without_its_csrf_token_is_refused_and_changes_nothing(
    world: World, path: str
) -> None:
    _, token = world.link("password" if path == "/senha/" else "not_me")
    client = world.client()
    data = {"password": GOOD, "again": GOOD}
    assert client.post(path + token, data=data).status_code == 400
    stranger = world.client().get(path + token)
    data["csrf_token"] = csrf_of(stranger.text)
    assert client.post(path + token, data=data).status_code == 400
    assert world.opens(OLD)
    assert world.journal() == []


def test_same_form_without_csrf_protection_would_have_gone_through(world: World) -> None:
    _, token = world.link()
    unprotected = world.client(csrf=False)
    data = {"password": GOOD, "again": GOOD}
    assert unprotected.post(f"/senha/{token}", data=data).status_code == 200
    assert world.opens(GOOD)


def test_double_submit_by_threads_sets_one_password(world: World) -> None:
    _, token = world.link()
    app = world.app()
    gate = threading.Barrier(6)
    statuses: list[int] = []

    def press() -> None:
        client = app.test_client()
        page = client.get(f"/senha/{token}")
        gate.wait()
        data = {"csrf_token": csrf_of(page.text), "password": GOOD, "again": GOOD}
        statuses.append(client.post(f"/senha/{token}", data=data).status_code)

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 404, 409}
    assert len(world.notices()) == 1
    assert world.opens(GOOD)


def test_directory_that_is_down_gives_a_clear_page_and_keeps_the_link(world: World) -> None:
    _, token = world.link()
    client = world.client()
    page = client.get(f"/senha/{token}")
    world.directory.faults.down = True
    data = {"csrf_token": csrf_of(page.text), "password": GOOD, "again": GOOD}
    down = client.post(f"/senha/{token}", data=data)
    assert (down.status_code, down.headers["Retry-After"]) == (503, "120")
    assert heading(down) == "Tente de novo em alguns minutos"
    world.directory.faults.down = False
    assert submit(client, f"/senha/{token}", GOOD).status_code == 200


def test_database_that_is_away_gives_the_same_clear_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = world.link()

    def away(*, write: bool = True) -> None:
        raise StoreUnavailableError("the database file is locked")

    monkeypatch.setattr(world.rt.store, "begin", away)
    for path in (f"/senha/{token}", f"/nao-fui-eu/{token}"):
        page = world.client().get(path)
        assert page.status_code == 503
        assert "locked" not in page.text


def test_not_me_asks_first_and_freezes_on_confirmation(world: World) -> None:
    _, token = world.link("not_me")
    client = world.client()
    assert client.get(f"/nao-fui-eu/{token}").status_code == 200
    assert client.head(f"/nao-fui-eu/{token}").status_code == 200
    with world.rt.store.begin(write=False) as tx:
        assert not tx.resets.frozen(world.person, now=NOW)
    done = submit(client, f"/nao-fui-eu/{token}")
    assert heading(done) == "Conta protegida"
    with world.rt.store.begin(write=False) as tx:
        assert tx.resets.frozen(world.person, now=NOW)
    assert client.get(f"/nao-fui-eu/{token}").status_code == 404


def test_link_of_one_page_is_dead_on_the_other(world: World) -> None:
    client = world.client()
    assert client.get(f"/senha/{world.link('not_me')[1]}").status_code == 404
    assert client.get(f"/nao-fui-eu/{world.link('password')[1]}").status_code == 404


def test_every_page_carries_the_security_headers_and_is_not_stored(world: World) -> None:
    _, token = world.link()
    client = world.client()
    pages = [
        client.get(f"/senha/{token}"),
        client.get("/senha/x"),
        client.post(f"/senha/{token}"),
        submit(client, f"/senha/{token}", "curta"),
        submit(client, f"/senha/{token}", GOOD),
    ]
    assert [page.status_code for page in pages] == [200, 404, 400, 422, 200]
    for page in pages:
        policy = page.headers["Content-Security-Policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        for rule in ("script-src 'self'", "style-src 'self'", "form-action 'self'"):
            assert rule in policy
        for rule in ("frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in policy
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in page.headers


def test_https_pages_ask_for_https_ever_after(world: World) -> None:
    client = world.client()
    secure = client.get("/senha/x", base_url="https://atendimento.example")
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    app = world.app()
    app.config["PUBLIC_URL"] = "https://atendimento.example"
    assert "Strict-Transport-Security" in app.test_client().get("/senha/x").headers


def test_static_files_may_be_kept_by_the_browser(world: World) -> None:
    response = world.client().get("/static/tokens.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] != "no-store"


def test_body_beyond_the_bound_is_refused_unread(world: World) -> None:
    _, token = world.link()
    huge = world.client().post(f"/senha/{token}", data={"password": "x" * 40_000})
    assert huge.status_code == 413
    assert world.journal() == []


def test_very_long_password_is_refused_and_not_cut(world: World) -> None:
    _, token = world.link()
    refused = submit(world.client(), f"/senha/{token}", GOOD + "x" * 200)
    assert refused.status_code == 422
    assert "no máximo 128 caracteres" in refused.text


CANARIES = ("canário amarelo pousa na antena", "canarinho")


@pytest.mark.sqlite_only
def test_password_is_in_no_answer_no_log_and_no_row(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    stream = io.StringIO()
    logging.getLogger().addHandler(handler := logging.StreamHandler(stream))
    answers: list[str] = []

    def keep(response: TestResponse) -> None:
        answers.append(response.text + str(response.headers))

    try:
        _, token = world.link()
        client = world.client()
        keep(submit(client, f"/senha/{token}", CANARIES[1]))
        keep(submit(client, f"/senha/{token}", CANARIES[0], again=CANARIES[1]))
        page = client.get(f"/senha/{token}")
        data = {"csrf_token": csrf_of(page.text), "password": CANARIES[0], "again": CANARIES[0]}
        world.directory.faults.down = True
        keep(client.post(f"/senha/{token}", data=data))
        world.directory.faults.down = False
        keep(submit(client, f"/senha/{token}", CANARIES[0]))
    finally:
        logging.getLogger().removeHandler(handler)
    assert world.opens(CANARIES[0])
    out, err = capsys.readouterr()
    sys.stdout.flush()
    database = world.database.read_bytes() + Path(f"{world.database}-wal").read_bytes()
    sinks = [*answers, stream.getvalue(), caplog.text, out, err, database.decode("latin-1")]
    for canary in CANARIES:
        for form in (canary, canary.encode().decode("latin-1"), repr(canary)[1:-1]):
            for sink in sinks:
                assert form not in sink
    assert "ana" in database.decode("latin-1"), "the search does see the rows"
