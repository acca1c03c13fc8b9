"""Logging in through an identity provider: what proves a person and what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from desk import PUBLIC, Desk
from web.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, a_key, running
from web.phone_line import StillClock, later, quick_folder, still_desk
from web.staff_browser import (
    ANA,
    LOG_IN,
    START,
    StaffBrowser,
    audit_of,
    staff_row,
    with_staff,
)
from werkzeug.test import TestResponse

from ivr.service import staff_accounts
from ivr.service.staff_oidc import subject_hash
from ivr.settings import SettingsError

OIDC = "/entrar/oidc"
BACK = f"{OIDC}/volta"
GOVBR = {
    "sub": "52998224725",
    "name": "Ana Atendente",
    "amr": ["passwd", "mfa"],
    "reliability_info": {"level": "gold", "reliabilities": [{"id": "801"}]},
}
KEYCLOAK = {
    "sub": "0f3c9a52-5b0e-4f5e-9a43-2d9d5ad4c001",
    "preferred_username": "ana",
    "acr": "2",
    "amr": ["pwd", "otp"],
    "realm_access": {"roles": ["offline_access", "central-atendente"]},
}


@dataclass
class World:
    desk: Desk
    provider: Provider

    def link(self, login: str = ANA) -> None:
        """Tie the account to the person at the provider."""
        rt: Any = self.desk.rt
        subject = subject_hash(
            rt, issuer=self.provider.issuer, subject=str(self.provider.person["sub"])
        )
        staff_accounts.change(rt, login, "staff.identity", actor="cli", subject=subject)

    def provider_sends_back(self, browser: StaffBrowser, path: str = OIDC) -> str:
        """Follow the button to the provider; the address that it sends the browser back to."""
        there = browser.open(path)
        assert there.status_code == 303
        answer = requests.get(str(there.location), timeout=5, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].removeprefix(PUBLIC)

    def log_in(self, browser: StaffBrowser, path: str = OIDC) -> TestResponse:
        return browser.open(self.provider_sends_back(browser, path))


Make = Callable[..., World]


@contextmanager
def builder(folder: Path) -> Iterator[Make]:
    """Makes desks with a provider each, by their settings."""
    opened: list[Any] = []

    def build(person: dict[str, Any], *, levels: object = None, **changes: str) -> World:
        clock = StillClock()
        block = running(back=PUBLIC + BACK, now=clock.now)
        provider = block.__enter__()
        opened.append(block)
        provider.person = dict(person)
        settings = {
            "IVR_OIDC_ISSUER": provider.issuer,
            "IVR_OIDC_CLIENT_ID": CLIENT_ID,
            "IVR_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            **changes,
        }
        if levels is not None:
            provider.levels = levels
            settings["IVR_OIDC_LEVELS_URL"] = f"{provider.issuer}/contas/{{sub}}/niveis"
        desk = still_desk(folder, changes=settings, clock=clock)
        desk.clock = clock  # type: ignore[assignment]
        return World(with_staff(desk), provider)

    yield build
    for block in opened:
        block.__exit__(None, None, None)


@pytest.fixture
def make(quick: Path) -> Iterator[Make]:
    with builder(quick) as build:
        yield build


@pytest.fixture(scope="module")
def lied_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all lies: none of them leaves anything behind."""
    with quick_folder(tmp_path_factory.mktemp("lies")) as folder, builder(folder) as build:
        world = build(GOVBR, IVR_OIDC_AMR="mfa,x509")
        world.link()
        yield world


@pytest.fixture
def govbr(make: Make) -> World:
    world = make(GOVBR, IVR_OIDC_AMR="mfa,x509")
    world.link()
    return world


def refused(world: World, browser: StaffBrowser, answer: TestResponse) -> bool:
    return answer.status_code == 403 and not browser.inside


def test_person_of_govbr_enters_with_pkce_and_without_a_second_code(govbr: World) -> None:
    browser = StaffBrowser(govbr.desk)
    assert "Entrar com gov.br" in browser.open(LOG_IN).text
    there = browser.open(OIDC)
    query = {k: v[0] for k, v in parse_qs(urlsplit(str(there.location)).query).items()}
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) == 43
    assert query["response_type"] == "code"
    assert "govbr_confiabilidades" in query["scope"].split()
    assert CLIENT_SECRET not in str(there.location)
    answer = govbr.log_in(browser)
    assert (answer.status_code, answer.location) == (303, START)
    assert browser.inside
    line = audit_of(govbr.desk)[0]
    assert (line.action, line.data) == ("staff.login", {"way": "oidc"})


def test_log_in_goes_on_to_the_page_that_was_asked_for(govbr: World) -> None:
    browser = StaffBrowser(govbr.desk)
    assert govbr.log_in(browser, f"{OIDC}?next=/meu-acesso").location == "/meu-acesso"
    other = StaffBrowser(govbr.desk)
    assert govbr.log_in(other, f"{OIDC}?next=//mau.example/").location == START


def test_provider_that_holds_to_the_standard_refuses_a_wrong_verifier(govbr: World) -> None:
    browser = StaffBrowser(govbr.desk)
    back = govbr.provider_sends_back(browser)
    with browser.client.session_transaction(base_url=PUBLIC) as session:
        state, nonce, _ = session["staff_oidc"]
        session["staff_oidc"] = [state, nonce, "x" * 43]
    assert refused(govbr, browser, browser.open(back))


LIES: dict[str, dict[str, Any]] = {
    "wrong nonce": {"nonce": "outra"},
    "no nonce": {"nonce": None},
    "wrong audience": {"aud": "outra-central"},
    "audience beside others without azp of ours": {"aud": ["outra", CLIENT_ID], "azp": "outra"},
    "wrong issuer": {"iss": "https://mau.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": 1_700_000_000},
    "no expiry": {"exp": None},
    "from the future": {"iat": 4_000_000_000},
    "not yet": {"nbf": 4_000_000_000},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject that is a number": {"sub": 52998224725},
    "wrong at_hash": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "unknown subject": {"sub": "11144477735"},
    "missing level": {"reliability_info": None},
    "level of another form": {"reliability_info": "gold"},
    "level that is too low": {"reliability_info": {"level": "bronze"}},
    "unknown level": {"reliability_info": {"level": "platinum"}},
    "password only": {"amr": ["passwd"]},
    "no amr": {"amr": None},
    "amr that is a text": {"amr": "mfa"},
}


@pytest.mark.parametrize("lie", LIES)
def test_token_with_one_thing_wrong_opens_nothing(lied_to: World, lie: str) -> None:
    lied_to.provider.claims = LIES[lie]
    browser = StaffBrowser(lied_to.desk)
    assert refused(lied_to, browser, lied_to.log_in(browser))
    lied_to.provider.claims = {}
    assert lied_to.log_in(browser).status_code == 303


@pytest.mark.parametrize("seconds", [61, 3600])
def test_token_that_ran_out_on_the_way_is_refused(govbr: World, seconds: int) -> None:
    now = int(govbr.desk.clock.now().timestamp())
    govbr.provider.claims = {"exp": now - seconds, "iat": now - 7200}
    browser = StaffBrowser(govbr.desk)
    assert refused(govbr, browser, govbr.log_in(browser))


def test_token_signed_by_somebody_else_is_refused(govbr: World) -> None:
    govbr.provider.signing = a_key("k1", "somebody else")
    browser = StaffBrowser(govbr.desk)
    assert refused(govbr, browser, govbr.log_in(browser))


def test_token_with_an_unknown_key_is_refused_after_asking_for_the_keys_again(
    govbr: World,
) -> None:
    govbr.provider.signing = a_key("k9")
    browser = StaffBrowser(govbr.desk)
    assert refused(govbr, browser, govbr.log_in(browser))
    assert govbr.provider.asked.count("/jwk") == 2


def test_provider_may_change_its_keys(govbr: World) -> None:
    first = StaffBrowser(govbr.desk)
    assert govbr.log_in(first).status_code == 303
    govbr.provider.signing = a_key("k2")
    govbr.provider.published[:] = [govbr.provider.signing]
    assert govbr.log_in(StaffBrowser(govbr.desk)).status_code == 303


def test_token_without_a_signature_is_refused(govbr: World) -> None:
    govbr.provider.algorithm = "none"
    browser = StaffBrowser(govbr.desk)
    assert refused(govbr, browser, govbr.log_in(browser))


def test_token_signed_with_the_public_key_as_a_password_is_refused(govbr: World) -> None:
    govbr.provider.mac_key = govbr.provider.published[0].as_pem(private=False)
    govbr.provider.algorithm = "HS256"
    browser = StaffBrowser(govbr.desk)
    assert refused(govbr, browser, govbr.log_in(browser))


def test_address_of_the_return_serves_once(govbr: World) -> None:
    browser = StaffBrowser(govbr.desk)
    back = govbr.provider_sends_back(browser)
    with browser.client.session_transaction(base_url=PUBLIC) as session:
        copied = dict(session)
    assert browser.open(back).status_code == 303
    assert browser.open(back).status_code == 403
    thief = StaffBrowser(govbr.desk)
    with thief.client.session_transaction(base_url=PUBLIC) as session:
        session.update(copied)
    govbr.provider.used.clear()
    assert refused(govbr, thief, thief.open(back))


def test_return_without_a_start_in_this_browser_is_refused(govbr: World) -> None:
    attacker, victim = StaffBrowser(govbr.desk), StaffBrowser(govbr.desk)
    back = govbr.provider_sends_back(attacker)
    assert refused(govbr, victim, victim.open(back))
    govbr.provider_sends_back(victim)
    assert refused(govbr, victim, victim.open(back))


def test_return_after_ten_minutes_is_refused(govbr: World) -> None:
    browser = StaffBrowser(govbr.desk)
    back = govbr.provider_sends_back(browser)
    later(govbr.desk, minutes=10)
    assert refused(govbr, browser, browser.open(back))


def test_error_of_the_provider_and_an_answer_of_another_issuer_are_refused(govbr: World) -> None:
    for tail in ("?error=access_denied&state=x", "", "?code=x&state=x&iss=https://mau.example"):
        browser = StaffBrowser(govbr.desk)
        govbr.provider_sends_back(browser)
        assert refused(govbr, browser, browser.open(f"{BACK}{tail}"))


def test_low_level_is_told_so_that_the_person_can_mend_it(govbr: World) -> None:
    govbr.provider.claims = {"reliability_info": {"level": "bronze"}}
    browser = StaffBrowser(govbr.desk)
    assert "nível de segurança" in govbr.log_in(browser).text


SILENT = {name: value for name, value in GOVBR.items() if name != "reliability_info"}


@pytest.mark.parametrize(
    ("levels", "status"),
    [
        ([{"id": "1"}, {"id": "2"}, {"id": "3"}], 303),
        ([{"id": 1}, {"id": 2}], 303),
        ([{"id": "1", "dataAtualizacao": "2026-01-01 00:00:00"}], 403),
        ([], 403),
        ([{"id": "4"}, "3", None], 403),
        ({"id": "3"}, 503),
    ],
)
def test_level_that_the_token_does_not_tell_is_asked_of_the_service_of_levels(
    make: Make, levels: object, status: int
) -> None:
    world = make(SILENT, levels=levels)
    world.link()
    assert world.log_in(StaffBrowser(world.desk)).status_code == status


def test_level_of_the_token_is_not_asked_for_again(make: Make) -> None:
    world = make(GOVBR, levels=[])
    world.link()
    assert world.log_in(StaffBrowser(world.desk)).status_code == 303
    assert not [path for path in world.provider.asked if path.endswith("/niveis")]


@pytest.mark.parametrize("subject", ["../outra", "5299822472a", "１２３", "1/../2"])
def test_subject_that_is_no_number_goes_into_no_address(make: Make, subject: str) -> None:
    world = make({**SILENT, "sub": subject}, levels=[{"id": "3"}])
    world.link()
    assert world.log_in(StaffBrowser(world.desk)).status_code == 403
    assert not [path for path in world.provider.asked if "contas" in path]


def test_unknown_person_is_noted_by_a_hash_and_never_by_the_number(govbr: World) -> None:
    govbr.provider.claims = {"sub": "11144477735"}
    govbr.log_in(StaffBrowser(govbr.desk))
    with govbr.desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        lines = str(connection.exec_driver_sql("SELECT * FROM audit").fetchall())
        accounts = str(connection.exec_driver_sql("SELECT * FROM staff").fetchall())
    assert "staff.oidc_refused" in lines
    assert "11144477735" not in lines
    assert "52998224725" not in accounts


def test_closed_account_is_refused(govbr: World) -> None:
    rt: Any = govbr.desk.rt
    staff_accounts.change(rt, ANA, "staff.disabled", actor="cli", active=False)
    browser = StaffBrowser(govbr.desk)
    assert refused(govbr, browser, govbr.log_in(browser))


def test_provider_that_is_away_is_told_and_local_accounts_go_on(govbr: World) -> None:
    govbr.provider.down = True
    browser = StaffBrowser(govbr.desk)
    answer = browser.open(OIDC)
    assert answer.status_code == 503
    assert "não respondeu" in answer.text
    assert browser.log_in().status_code == 303


def test_provider_that_goes_away_in_the_middle_is_told(govbr: World) -> None:
    browser = StaffBrowser(govbr.desk)
    back = govbr.provider_sends_back(browser)
    govbr.provider.down = True
    assert browser.open(back).status_code in (403, 503)
    assert not browser.inside


def test_discovery_of_another_issuer_is_not_believed(make: Make) -> None:
    world = make(GOVBR)
    world.provider.told_issuer = "https://mau.example"
    assert StaffBrowser(world.desk).open(OIDC).status_code == 503


def test_keycloak_gives_roles_of_the_realm(make: Make) -> None:
    world = make(
        KEYCLOAK,
        IVR_OIDC_SHAPE="keycloak",
        IVR_OIDC_NAME="Conta do Estado",
        IVR_OIDC_SCOPE="openid profile",
        IVR_OIDC_LEVEL="2,3",
        IVR_OIDC_ROLES="central-atendente=agent,central-supervisao=supervisor",
    )
    world.link()
    browser = StaffBrowser(world.desk)
    assert "Entrar com Conta do Estado" in browser.open(LOG_IN).text
    assert world.log_in(browser).status_code == 303
    assert staff_row(world.desk).roles == ("agent",)
    both = {"roles": ["central-atendente", "central-supervisao", "admin"]}
    world.provider.person["realm_access"] = both
    again = StaffBrowser(world.desk)
    assert world.log_in(again).status_code == 303
    assert staff_row(world.desk).roles == ("agent", "supervisor")
    assert not browser.inside
    assert "staff.roles" in [line.action for line in audit_of(world.desk)]


@pytest.mark.parametrize(
    "lie",
    [
        {"realm_access": {"roles": ["admin", "supervisor"]}},
        {"realm_access": {"roles": "central-atendente"}},
        {"realm_access": None},
        {"acr": "1"},
        {"acr": None},
        {"acr": 2},
    ],
)
def test_keycloak_without_a_mapped_role_or_the_level_opens_nothing(
    make: Make, lie: dict[str, Any]
) -> None:
    world = make(
        KEYCLOAK,
        IVR_OIDC_SHAPE="keycloak",
        IVR_OIDC_LEVEL="2",
        IVR_OIDC_ROLES="central-atendente=agent",
    )
    world.link()
    world.provider.claims = lie
    browser = StaffBrowser(world.desk)
    assert refused(world, browser, world.log_in(browser))


def test_without_a_provider_there_is_neither_button_nor_page(still: Desk) -> None:
    browser = StaffBrowser(with_staff(still))
    assert OIDC not in browser.open(LOG_IN).text
    assert browser.open(OIDC).status_code == 404
    assert browser.open(f"{BACK}?code=x&state=x").status_code in (403, 404)


@pytest.mark.parametrize(
    "changes",
    [
        {"IVR_OIDC_ISSUER": "http://sso.example"},
        {"IVR_OIDC_ISSUER": "https://sso.example"},
        {"IVR_OIDC_LEVEL": "diamond"},
        {"IVR_OIDC_ROLES": "chefe=deus"},
        {"IVR_OIDC_ROLES": "agent"},
    ],
)
def test_settings_that_cannot_hold_are_refused_at_the_start(
    quick: Path, changes: dict[str, str]
) -> None:
    with pytest.raises(SettingsError):
        still_desk(quick, changes=changes)
