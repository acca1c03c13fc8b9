"""An agent's browser without scripts, a caller who waits, and time that only the test moves."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desk import Desk, people
from web.phone_line import PhoneLine, call, identify, later, prove, still_desk
from web.staff_browser import ANA, StaffBrowser, staff_inside, staff_row, with_staff
from werkzeug.test import TestResponse

from ivr.ports.desk import EngagementRow, OfferRow, PresenceRow
from ivr.service.desk import clockwork, offers
from ivr.service.desk.router import route_now

PHONE_KEYS = {
    "TWILIO_API_KEY": "SK" + "0" * 32,
    "TWILIO_API_SECRET": "secret-of-the-tests-0123456789abcdef",
}


@dataclass
class Agent:
    """A logged-in agent. ``answers``: every page that came back."""

    desk: Desk
    login: str = ANA
    browser: StaffBrowser = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        self.browser = staff_inside(self.desk, self.login)
        page = self.browser.open("/agente").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found is not None, page[:400]
        self.token = found[1]

    @property
    def id(self) -> str:
        return staff_row(self.desk, self.login).id

    def open(self, path: str = "/agente/painel") -> str:
        answer = self.browser.open(path)
        assert answer.status_code == 200, answer.status
        return answer.text

    def press(self, path: str, **fields: str) -> TestResponse:
        """A button, as the page's script sends it."""
        headers = {"HX-Request": "true", "X-CSRFToken": self.token}
        return self.browser.post(path, headers=headers, **fields)

    def available(self) -> Agent:
        assert self.press("/agente/estado", estado="available").status_code == 200
        assert self.press("/agente/pulso").status_code == 200
        return self

    @property
    def presence(self) -> PresenceRow:
        with self.desk.rt.store.begin(write=False) as tx:
            row = tx.desk.presence(self.id)
        assert row is not None
        return row

    @property
    def offer(self) -> OfferRow:
        """What is offered to the agent now."""
        with self.desk.rt.store.begin(write=False) as tx:
            found = [o for o in tx.desk.open_offers() if o.agent == self.id]
        assert found, "nothing is offered"
        return found[0]

    @property
    def talk(self) -> EngagementRow:
        with self.desk.rt.store.begin(write=False) as tx:
            row = tx.desk.unwrapped_of(self.id)
        assert row is not None, "no talk"
        return row

    def seen(self) -> OfferRow:
        """The console has told that it shows the offer."""
        offer = self.offer
        assert self.press(f"/ofertas/{offer.id}/vista").status_code == 200
        return offer

    def picks_up(self) -> OfferRow:
        """The agent's own telephone is picked up."""
        offer = self.seen()
        with self.desk.rt.store.begin() as tx:
            assert offers.leg_answered(tx, offer.id)
        return offer


def agents_desk(folder: Path, **settings: str) -> Desk:
    return with_staff(still_desk(folder, changes=settings or None))


def asks_for_person(line: PhoneLine, priority: str = "") -> PhoneLine:
    """Key 0, the question for a priority by law, the queue; then a round of routing."""
    if not line.hears("priority.ask"):
        line.key("0")
    if priority:
        line.key(priority)
    else:
        line.go_on()
    assert b"<Enqueue" in line.heard[-1], line.heard[-1]
    route_now(line.desk.rt)
    return line


def caller_waits(desk: Desk, name: str = "one", **kind: Any) -> PhoneLine:
    """Somebody who pressed 0 at once, and waits."""
    return asks_for_person(call(desk, name, **kind))


def proven_caller_waits(desk: Desk, name: str = "one", who: str = "ana") -> PhoneLine:
    """Somebody with every proof, who then asks for a person."""
    return asks_for_person(prove(call(desk, name), who))


def failed_caller_waits(desk: Desk, name: str = "one", who: str = "bento") -> PhoneLine:
    """Somebody whose PIN was wrong until the call was given to a person."""
    line = identify(call(desk, name), people()[who]["cpf"])
    for _ in range(3):
        if not line.hears("priority.ask"):
            line.key("99999999")
    return asks_for_person(line)


def tick(desk: Desk, **span: float) -> None:
    """Let time pass, then let the desk's clockwork look."""
    later(desk, **span)
    clockwork.tick(desk.rt)


def region(page: str, name: str) -> str:
    """The text of one region of the panel."""
    start = page.index(f'id="{name}"')
    end = page.find("data-regiao", page.index("data-regiao", start) + 1)
    return plain(page[page.index(">", start) + 1 : end if end > 0 else len(page)])


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
