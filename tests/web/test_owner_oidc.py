"""The owner's page before a cloud directory: people prove themselves at the provider of their
accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from desk import PUBLIC, Desk, people
from web.link_world import csrf_of
from web.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, a_key, running
from web.owner_browser import CODES, GOOD_PIN, HOME, LIFT, LOG_IN, PIN, REVOKE, Browser
from web.phone_line import StillClock, later, still_desk
from werkzeug.test import TestResponse

from ivr.ports.directory import Account
from ivr.settings import SettingsError

START = "/meu-acesso/conta"
BACK = f"{START}/volta"


@dataclass(frozen=True)
class CloudLike:
    """Knows people and tries no password."""

    inner: Any
    name: str = "mail"

    def find(self, *, kind: Any, number: str) -> Account | None:
        found: Account | None = self.inner.find(kind=kind, number=number)
        return found

    def get(self, uid: str) -> Account | None:
        found: Account | None = self.inner.get(uid)
        return found


@dataclass
class World:
    desk: Desk
    provider: Provider

    def is_(self, who: str, **claims: Any) -> None:
        """Who sits at the browser, as the provider knows them."""
        account = self.desk.rt.directories[self.desk.rt.identity].find(
            kind="cpf", number=people()[who]["cpf"]
        )
        assert account is not None
        self.provider.person = {"sub": "pairwise-1", "oid": account.uid, **claims}

    def come_back(self, browser: Browser, path: str = START) -> str:
        there = browser.open(path)
        assert there.status_code == 303
        asked = parse_qs(urlsplit(str(there.location)).query)
        assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
        answer = requests.get(str(there.location), timeout=5, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].removeprefix(PUBLIC)

    def log_in(self, browser: Browser, path: str = START) -> TestResponse:
        return browser.open(self.come_back(browser, path))


@pytest.fixture
def world(quick: Path) -> Iterator[World]:
    clock = StillClock()
    with running(back=PUBLIC + BACK, now=clock.now) as provider:
        settings = {
            "IVR_OWNER_OIDC_ISSUER": provider.issuer,
            "IVR_OWNER_OIDC_CLIENT_ID": CLIENT_ID,
            "IVR_OWNER_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "IVR_OWNER_OIDC_CLAIM": "oid",
            "IVR_OWNER_OIDC_NAME": "Microsoft 365",
        }
        desk = still_desk(quick, changes=settings, clock=clock)
        desk.clock = clock  # type: ignore[assignment]
        cloud = {name: CloudLike(inner) for name, inner in desk.rt.directories.items()}
        directories: dict[str, Any] = dict(desk.rt.directories)
        directories[desk.rt.identity] = cloud[desk.rt.identity]
        object.__setattr__(desk.rt, "directories", directories)
        found = World(desk, provider)
        found.is_("ana")
        yield found


@pytest.fixture
def inside(world: World) -> Browser:
    browser = Browser(world.desk)
    assert world.log_in(browser).location == HOME
    return browser


def test_the_page_leads_to_the_account_and_asks_for_no_password(world: World) -> None:
    answer = Browser(world.desk).open(LOG_IN)
    assert answer.status_code == 200
    assert "Entrar com Microsoft 365" in answer.text
    assert 'type="password"' not in answer.text


def test_person_logs_in_at_the_provider_and_sees_their_own_channels(
    world: World, inside: Browser
) -> None:
    page = inside.open(HOME)
    assert page.status_code == 200
    mobile = people()["ana"]["mobile"]
    assert mobile[-4:] in page.text and mobile not in page.text


def test_fresh_log_in_sets_a_pin_without_a_password(world: World, inside: Browser) -> None:
    page = inside.open(PIN)
    assert 'name="password"' not in page.text
    answer = inside.post(PIN, csrf_token=csrf_of(page.text), pin=GOOD_PIN, again=GOOD_PIN)
    assert answer.status_code == 303 and answer.location == f"{HOME}?feito=pin"
    assert "revogad" not in inside.open(HOME).text


@pytest.mark.parametrize("path", [PIN, REVOKE, CODES, LIFT])
def test_after_five_minutes_a_change_asks_the_provider_again_and_leads_back(
    world: World, inside: Browser, path: str
) -> None:
    token = csrf_of(inside.open(path).text)
    later(world.desk, minutes=5)
    asked = inside.open(path)
    assert asked.status_code == 303 and str(asked.location).startswith(START)
    sent = inside.post(path, csrf_token=token, pin=GOOD_PIN, again=GOOD_PIN)
    assert sent.status_code == 303 and str(sent.location).startswith(START)
    assert world.log_in(inside, str(asked.location)).location == path
    assert inside.open(path).status_code == 200


def test_looking_and_protecting_need_no_second_log_in(world: World, inside: Browser) -> None:
    later(world.desk, minutes=10)
    assert inside.open(HOME).status_code == 200
    page = inside.open("/meu-acesso/nao-fui-eu")
    answer = inside.post("/meu-acesso/nao-fui-eu", csrf_token=csrf_of(page.text))
    assert answer.location == f"{HOME}?feito=frozen"


def test_codes_are_shown_once_after_a_fresh_log_in(world: World, inside: Browser) -> None:
    token = csrf_of(inside.open(CODES).text)
    answer = inside.post(CODES, csrf_token=token)
    assert answer.status_code == 200
    assert len(re.findall(r"<li>\d{4} \d{4}</li>", answer.text)) == 10


@pytest.mark.parametrize(
    "lie",
    [
        {"oid": "nobody"},
        {"oid": None},
        {"oid": ["a"]},
        {"oid": "x" * 5_000},
        {"nonce": "other"},
        {"aud": "other"},
        {"iss": "https://other.test"},
        {"exp": 1},
        {"auth_time": None},
        {"auth_time": 1_000_000},
        {"auth_time": "now"},
        {"auth_time": True},
    ],
)
def test_a_token_that_does_not_name_an_account_of_the_directory_lets_nobody_in(
    world: World, lie: dict[str, Any]
) -> None:
    world.provider.claims = lie
    browser = Browser(world.desk)
    answer = world.log_in(browser)
    assert answer.status_code == 403
    assert "não foi confirmada" in answer.text
    assert not browser.inside


def test_a_token_signed_by_somebody_else_lets_nobody_in(world: World) -> None:
    world.provider.signing = a_key("k1", "somebody else")
    browser = Browser(world.desk)
    assert world.log_in(browser).status_code == 403
    assert not browser.inside


def test_an_answer_is_good_once_and_in_its_own_browser_only(world: World) -> None:
    mine, other = Browser(world.desk), Browser(world.desk)
    address = world.come_back(mine)
    assert other.open(address).status_code == 403
    assert mine.open(address).location == HOME
    assert mine.open(address).status_code == 403


def test_an_answer_that_comes_too_late_is_refused(world: World) -> None:
    browser = Browser(world.desk)
    address = world.come_back(browser)
    later(world.desk, minutes=10)
    assert browser.open(address).status_code == 403


def test_a_staff_log_in_that_was_begun_does_not_end_here(world: World) -> None:
    browser = Browser(world.desk)
    address = world.come_back(browser)
    with browser.cookie() as kept:
        kept["staff_oidc"] = kept.pop("owner_oidc")
    assert browser.open(address).status_code == 403


def test_provider_that_is_away_is_said_to_be_away(world: World) -> None:
    world.provider.down = True
    answer = Browser(world.desk).open(START)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_only_pages_of_our_own_come_after_the_log_in(world: World) -> None:
    browser = Browser(world.desk)
    answer = world.log_in(browser, f"{START}?para=//evil.test")
    assert answer.location == HOME


def test_where_the_directory_tries_passwords_there_is_no_way_to_a_provider(still: Desk) -> None:
    assert Browser(still).open(START).status_code == 404
    assert Browser(still).open(BACK).status_code == 404


def test_issuer_without_its_secret_is_refused_at_the_start(quick: Path) -> None:
    with pytest.raises(SettingsError, match="IVR_OWNER_OIDC_CLIENT_ID"):
        still_desk(quick, changes={"IVR_OWNER_OIDC_ISSUER": "https://issuer.test"})
