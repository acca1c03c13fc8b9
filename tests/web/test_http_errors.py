"""Errors that no page words: Portuguese for people, the machines' own for machines."""

from __future__ import annotations

import pytest
from desk import PUBLIC, Desk

PEOPLE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nada-disso", 404, "Esta página não existe"),
        ("GET", "/agente/nada/disso", 404, "Esta página não existe"),
        ("POST", "/entrar/oidc", 405, "não aceita este pedido"),
    ],
)
def test_people_read_portuguese_and_a_way_on(
    still: Desk, method: str, path: str, status: int, words: str
) -> None:
    answer = still.app.test_client().open(path, method=method, base_url=PUBLIC, headers=PEOPLE)
    assert answer.status_code == status
    assert words in answer.text
    assert 'href="/"' in answer.text
    assert "default-src" in answer.headers["Content-Security-Policy"]
    assert (status != 405) or "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/voice/nada", "/static/nada.js", "/audio/nada.wav"])
def test_the_carrier_and_loaders_of_files_get_no_page(still: Desk, path: str) -> None:
    answer = still.app.test_client().get(path, base_url=PUBLIC, headers=PEOPLE)
    assert answer.status_code == 404
    assert "Esta página" not in answer.text


def test_a_program_gets_no_page(still: Desk) -> None:
    answer = still.app.test_client().get("/nada", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "Esta página" not in answer.text


def test_below_the_api_an_unknown_address_is_a_problem(still: Desk) -> None:
    answer = still.app.test_client().get("/api/v1/nada", headers=PEOPLE)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_a_fault_of_ours_is_told_without_what_it_was(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise RuntimeError("the secret 48151623")

    monkeypatch.setitem(still.app.view_functions, "home.home", broken)
    still.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = still.app.test_client().get("/", base_url=PUBLIC, headers=PEOPLE)
    assert answer.status_code == 500
    assert "Algo falhou aqui" in answer.text
    assert "48151623" not in answer.text
