"""No page and no file tells a person's number, whoever the person is and whoever looks: every GET
of the role matrix, every export and every search is read. Only "mostrar", which leaves a line in
the audit log, tells more, and there the search of these tests finds it."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from desk import PUBLIC, Desk
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web.agent.console_world import Agent, agents_desk, caller_waits
from web.phone_line import CALLER, call, quick_folder, reset_story
from web.staff_browser import ANA
from web.test_reports_page import BLOCKS
from web.test_role_matrix import CSRF_SECRET, MATRIX, csrf_header

from ivr.domain.identifier import (
    Identifier,
    IdentifierKind,
    mask_cpf,
    matricula_check_digit,
    parse_identifier,
)
from ivr.ports.queues import CallbackRow
from ivr.ports.staff import ROLES, Role
from ivr.ports.store import RecordingRow
from ivr.ports.tickets import Contact, Known
from ivr.service import staff_accounts, staff_sessions
from ivr.service.calls_log_facts import record_call

TALKING = ("/agente",)
"""Pages of the agent, who is told name, matrícula and address of the person in the talk."""
RECORDING = "RE" + "5" * 32
NO_PAGE = {"/gravacoes/<sid>": 404, "/agente/oferta/<offer>": 404, "/fluxos/diferenca": 404}
"""The sound that is still at the carrier, the offer that is a talk by now, a difference of
nothing."""
ASKED = (
    "/chamadas?dias=30&contar=1", "/chamadas?agente={agent}", "/retornos?lista=perdidas",
    "/retornos?lista=recados", "/relatorios?comparar=1&dias=7", "/chamados?lista=abertos",
    "/supervisao?forma=blocos",
)  # fmt: skip


@dataclass(frozen=True)
class Somebody:
    """An invented person."""

    cpf: str
    mobile: str
    matricula: str
    mail: str
    name: str

    def traces(self, *, talking: bool = False) -> dict[str, re.Pattern[str]]:
        """How the person would look, whatever stands between the digits of a number."""
        found = {
            "CPF": _digits(self.cpf),
            "telephone": _digits(self.mobile[-8:]),
            "all but the end of the telephone": re.compile(f"9{_between(self.mobile[-8:-4])}-"),
        }
        if not talking:
            found |= {
                "matrícula": re.compile(rf"(?<!\d){self.matricula}(?!\d)"),
                "address": re.compile(re.escape(self.mail), re.IGNORECASE),
                "surname": re.compile(re.escape(self.name.split()[-1]), re.IGNORECASE),
            }
        return found


def _between(digits: str) -> str:
    return r"[\s().-]*".join(digits)


def _digits(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\da-f]){_between(number)}(?![\da-f])|\d{number}(?!\d)")


def _cpf(body: int) -> str:
    for end in range(100):
        found = parse_identifier(IdentifierKind.CPF, f"{body}{end:02d}")
        if isinstance(found, Identifier):
            return f"{body}{end:02d}"
    raise AssertionError(body)


def _matricula(body: int) -> str:
    return f"{body}{matricula_check_digit(str(body))}"


LETTERS = st.text(alphabet="bcdfgkprtvz", min_size=9, max_size=12)
PEOPLE = st.builds(
    Somebody,
    cpf=st.integers(123_456_789, 987_654_321).map(_cpf),
    mobile=st.integers(10_000_000, 99_999_999).map(lambda n: f"+55679{n}"),
    matricula=st.integers(10_000_000, 99_999_999).map(_matricula),
    mail=LETTERS.map(lambda word: f"{word}@exemplo.ms.gov.br"),
    name=LETTERS.map(lambda word: f"Ana {word.title()}"),
)


@dataclass
class World:
    """A call that is over and was recorded, one in the IVR, one in a talk."""

    desk: Desk
    sids: tuple[str, str, str]
    offer: str
    told: int = 0

    def protocol(self, sid: str) -> str:
        return self.desk.call(sid).protocol

    def is_about(self, one: Somebody) -> None:
        """Every call is that person's."""
        self.told += 1
        keyed = self.desk.rt.keyed_hash
        with self.desk.rt.store.begin() as tx:
            for sid in self.sids:
                protocol = self.protocol(sid)
                known = Known(
                    name=one.name, cpf_masked=mask_cpf(one.cpf), matricula=one.matricula,
                    mail=one.mail, mobile=one.mobile, uid=f"uid{self.told}",
                )  # fmt: skip
                contact = Contact(
                    call_sid=sid, protocol=protocol, person=keyed("cpf", one.cpf),
                    matricula=keyed("matricula", one.matricula),
                    caller_hash=keyed("phone", one.mobile), caller_end=one.mobile[-4:],
                    directory="demo", known=known, at=tx.now(),
                )  # fmt: skip
                tx.ticket_log.put_contact(contact)
                tx.tickets.change(protocol, person=contact.person)
            record_call(tx, self.sids[0])
            row = CallbackRow(
                protocol=self.protocol(self.sids[0]), call_sid=self.sids[0], number=one.mobile,
                asked_at=tx.now(), due=tx.now().date(),
            )  # fmt: skip
            tx.callbacks.add(row)

    def client(self, *roles: Role) -> FlaskClient:
        """A browser of somebody with these roles."""
        login = f"so.{'.'.join(roles)}"
        rt = self.desk.rt
        with rt.store.begin() as tx:
            now, row = tx.now(), tx.staff.by_login(login)
        if row is None:
            row = staff_accounts.drawn_up(rt, at=now, login=login, name="Olha Tudo", roles=roles)
            staff_accounts.add(rt, [row], actor="test")
        client = self.desk.app.test_client()
        with client.session_transaction(base_url=PUBLIC) as session, rt.store.begin() as tx:
            session["csrf_token"] = CSRF_SECRET
            session["staff"] = staff_sessions.begin(rt, tx, row, way="local", second_factor=True)
        return client

    def paths(self) -> Iterator[tuple[str, str]]:
        """(rule, path) of every page of staff."""
        for cell in MATRIX:
            verb, rule = cell.split(" ")
            if verb == "GET":
                for values in self.values(rule):
                    path = rule
                    for name, value in values.items():
                        path = path.replace(f"<{name}>", value)
                    assert "<" not in path, f"tell what stands for {path}"
                    yield rule, path
        for path in ASKED:
            yield path, path.format(agent=self.offer)

    def values(self, rule: str) -> list[dict[str, str]]:
        over, *_, talking = self.sids
        if rule == "/gravacoes/<sid>":
            return [{"sid": RECORDING}]
        if rule.startswith("/chamadas/<sid>"):
            return [{"sid": sid, "flow": "main"} for sid in self.sids]
        if rule.startswith("/relatorios/csv"):
            return [{"block": block} for block in (*BLOCKS, "agentes")]
        fixed = {"offer": self.offer, "flow_id": "identify", "fala": "main.menu", "login": ANA}
        protocols = (self.protocol(over), self.protocol(talking))
        return [{**fixed, "protocol": protocol} for protocol in protocols[: 1 + ("<p" in rule)]]

    def reads(self, client: FlaskClient) -> Iterator[tuple[str, int, str]]:
        """(path, status, all that is told) of every page, file and search."""
        for rule, path in self.paths():
            answer = client.get(path, base_url=PUBLIC, follow_redirects=False)
            yield rule, answer.status_code, _whole(answer)
        for format_ in ("csv", "xlsx"):
            answer = self.posts(client, "/chamadas/exportar", formato=format_, dias="30")
            yield f"export {format_}", answer.status_code, _whole(answer)

    def posts(self, client: FlaskClient, path: str, **fields: str):  # type: ignore[no-untyped-def]
        return client.post(path, base_url=PUBLIC, data=fields, headers=csrf_header(self.desk))


def _whole(answer) -> str:  # type: ignore[no-untyped-def]
    """Head and body as they read; a workbook unpacked."""
    body = answer.data
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    return f"{answer.headers}\n{html.unescape(body.decode('utf-8', 'replace'))}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with quick_folder(tmp_path_factory.mktemp("masked")) as folder:
        desk = agents_desk(folder)
        over = reset_story(desk, "over").sid
        at = desk.clock.now()
        row = RecordingRow(
            sid=RECORDING, protocol=desk.call(over).protocol, call_sid=over, purpose="need",
            seconds=9, at=at,
        )  # fmt: skip
        with desk.rt.store.begin() as tx:
            tx.tickets.add_recording(row)
        live = call(desk, "live").sid
        agent = Agent(desk).available()
        talking = caller_waits(desk, "talking").sid
        agent.picks_up()
        desk.clock.at += timedelta(seconds=30)  # type: ignore[misc]
        yield World(desk=desk, sids=(over, live, talking), offer=agent.talk.offer)
        desk.close()


def told_of(world: World, one: Somebody, client: FlaskClient) -> list[tuple[str, str]]:
    """(page, what of the person) wherever something of the person is told."""
    found = []
    for page, status, text in world.reads(client):
        assert status < 500, page
        traces = one.traces(talking=page.startswith(TALKING))
        found += [(page, what) for what, trace in traces.items() if trace.search(text)]
    return found


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(one=PEOPLE)
def test_whoever_it_is_no_page_and_no_file_tells_more_than_the_mask(
    world: World, one: Somebody
) -> None:
    world.is_about(one)
    assert told_of(world, one, world.client(*ROLES)) == []


FIXED = Somebody(
    cpf=_cpf(246_813_579), mobile="+5567981726354", matricula=_matricula(83_726_150),
    mail="brcdfgktz@exemplo.ms.gov.br", name="Ana Brcdfgktz",
)  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_whoever_looks_no_page_tells_more_than_the_mask(world: World, role: Role) -> None:
    world.is_about(FIXED)
    assert told_of(world, FIXED, world.client(role)) == []


def test_every_page_is_really_read_and_shows_the_mask(world: World) -> None:
    world.is_about(FIXED)
    found = list(world.reads(world.client(*ROLES)))
    odd = {page: status for page, status, _ in found if status not in (200, 303)}
    assert odd == {page: status for page, status in NO_PAGE.items() if page in odd}
    shown = {page for page, _, text in found if f"*****-{FIXED.mobile[-4:]}" in text}
    assert {"/chamadas", "/chamadas/<sid>", "/retornos", "export csv", "export xlsx"} <= shown
    caller = Somebody(cpf="x", mobile=CALLER, matricula="x", mail="x", name="x")
    trace = caller.traces(talking=True)["telephone"]
    assert [page for page, _, text in found if trace.search(text)] == []


@pytest.mark.parametrize(("page", "box"), [("/chamadas", "procurar"), ("/chamados", "busca")])
@pytest.mark.parametrize("kind", ["cpf", "mobile", "matricula"])
def test_what_was_searched_for_stands_in_the_box_alone_and_in_no_address(
    world: World, page: str, box: str, kind: str
) -> None:
    world.is_about(FIXED)
    client = world.client(*ROLES)
    answer = world.posts(client, page, **{box: getattr(FIXED, kind)})
    assert answer.status_code in (200, 303)
    texts = [_whole(answer)]
    assert "Não dá para procurar assim" not in texts[0]
    assert "Isto não é protocolo" not in texts[0]
    if answer.status_code == 303:
        texts.append(_whole(client.get(answer.headers["Location"], base_url=PUBLIC)))
    own = re.compile(rf'<input[^>]*name="{box}"[^>]*>')
    for trace in FIXED.traces().values():
        assert not any(trace.search(own.sub("", text)) for text in texts)


@pytest.mark.parametrize("page", ["/chamadas/{sid}/mostrar", "/chamados/{protocol}/mostrar"])
def test_what_is_shown_for_half_a_minute_is_found_by_the_same_search(
    world: World, page: str
) -> None:
    world.is_about(FIXED)
    over = world.sids[0]
    path = page.format(sid=over, protocol=world.protocol(over))
    text = _whole(world.posts(world.client(*ROLES), path))
    found = {what for what, trace in FIXED.traces().items() if trace.search(text)}
    assert {"telephone", "address", "surname", "matrícula"} <= found
