"""``/api/v1``: tokens, scopes, pages, errors; and whatever a fuzzer thinks of."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from desk import PUBLIC, Desk, people
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection
from ticket_rows import CALLER, begin, identify
from web.phone_line import later, reset_story

from ivr.service.tickets_api import new_token
from ivr.web.api_guard import RATE, Rate


class Client:
    """Another desk."""

    def __init__(self, desk: Desk, *scopes: str) -> None:
        self.desk = desk
        self.token, self.plain = new_token(desk.rt, name="outro", scopes=scopes)

    def ask(self, path: str, *, method: str = "GET", token: str | None = None, **more: Any) -> Any:
        shown = self.plain if token is None else token
        headers = {"Authorization": f"Bearer {shown}", **more.pop("headers", {})}
        client = self.desk.app.test_client()
        return client.open(
            f"/api/v1{path}", method=method, base_url=PUBLIC, headers=headers, **more
        )


@pytest.fixture
def reader(still: Desk) -> Client:
    return Client(still, "tickets:read")


@pytest.fixture
def writer(still: Desk) -> Client:
    return Client(still, "tickets:read", "tickets:write")


def protocol_of(desk: Desk, sid: str) -> str:
    return desk.call(sid).protocol


def is_problem(answer: Any, status: int) -> bool:
    body = json.loads(answer.data)
    return (
        answer.status_code == status == body["status"]
        and answer.content_type == "application/problem+json"
        and {"type", "title"} <= body.keys()
    )


def test_ticket_is_told_without_personal_data(still: Desk, reader: Client) -> None:
    line = reset_story(still)
    answer = reader.ask(f"/tickets/{protocol_of(still, line.sid)}")
    assert answer.status_code == 200
    ana = people()["ana"]
    for secret in (ana["cpf"], ana["name"], ana["mobile"], ana["mail"], ana["pin"], CALLER[3:]):
        assert secret not in answer.text
    assert answer.json["requester"] == {
        "name": "Ana D.",
        "cpf": f"***.{ana['cpf'][3:6]}.{ana['cpf'][6:9]}-**",
        "mobile": f"(**) *****-{ana['mobile'][-4:]}",
        "called_from": f"(**) *****-{CALLER[-4:]}",
    }
    assert (answer.json["status"], answer.json["service"]) == ("pending", "email")


def test_list_goes_from_page_to_page_and_tells_each_ticket_once(
    still: Desk, reader: Client
) -> None:
    protocols = {protocol_of(still, begin(still, n)) for n in range(1, 8)}
    seen: list[str] = []
    after = ""
    while True:
        page = reader.ask(f"/tickets?limit=3{f'&after={after}' if after else ''}").json
        seen += [ticket["protocol"] for ticket in page["tickets"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == sorted(protocols)


def test_list_is_narrowed_by_state_service_and_time(still: Desk, writer: Client) -> None:
    old = protocol_of(still, begin(still, 1))
    writer.ask(f"/tickets/{old}/close", method="POST")
    later(still, hours=1)
    new = protocol_of(still, begin(still, 2))
    since = (still.clock.at - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")

    def told(query: str) -> list[str]:
        return [t["protocol"] for t in writer.ask(f"/tickets?{query}").json["tickets"]]

    assert told("status=closed") == [old]
    assert told("status=open") == [new]
    assert told(f"since={since}") == [new]
    assert told("service=email") == []


def test_note_is_added_once_and_read_back(still: Desk, writer: Client) -> None:
    path = f"/tickets/{protocol_of(still, begin(still, 1))}"
    sent = [
        writer.ask(f"{path}/notes", method="POST", json={"text": "Vale aqui também"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json == sent[1].json
    notes = writer.ask(path).json["notes"]
    assert [(note["by"], note["text"]) for note in notes] == [("api", "Vale aqui também")]


def test_ticket_is_closed_once(still: Desk, writer: Client) -> None:
    path = f"/tickets/{protocol_of(still, begin(still, 1))}/close"
    assert writer.ask(path, method="POST").json["status"] == "closed"
    assert is_problem(writer.ask(path, method="POST"), 409)


def test_no_token_a_wrong_one_and_a_revoked_one_are_let_in_nowhere(
    still: Desk, writer: Client
) -> None:
    protocol = protocol_of(still, begin(still, 1))
    with still.rt.store.begin() as tx:
        assert tx.api_tokens.revoke(writer.token.id, at=still.clock.at)
    for path, method in (
        ("/tickets", "GET"),
        (f"/tickets/{protocol}", "GET"),
        (f"/tickets/{protocol}/notes", "POST"),
        (f"/tickets/{protocol}/close", "POST"),
    ):
        for token in ("", "ivr_" + "0" * 64, writer.plain):
            answer = writer.ask(path, method=method, token=token, json={"text": "x"})
            assert is_problem(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert still.ticket(f"CA{1:032x}").status == "open"


def test_scope_of_reading_changes_nothing(still: Desk, reader: Client) -> None:
    path = f"/tickets/{protocol_of(still, begin(still, 1))}"
    assert is_problem(reader.ask(f"{path}/close", method="POST"), 403)
    assert is_problem(reader.ask(f"{path}/notes", method="POST", json={"text": "x"}), 403)
    assert reader.ask(path).json["status"] == "open"


def test_token_is_stored_by_keyed_hash_only_and_its_use_is_written_down(
    still: Desk, reader: Client
) -> None:
    reader.ask("/tickets")
    with still.rt.store.begin(write=False) as tx:
        (row,) = tx.api_tokens.everyone()
    assert row.used_at == still.clock.at
    assert reader.plain not in repr(row) + row.token_hash


def test_log_in_of_staff_is_no_key_to_the_api(still: Desk) -> None:
    from web.staff_browser import staff_inside, with_staff

    assert staff_inside(with_staff(still)).open("/api/v1/tickets").status_code == 401


def test_rate_is_bounded_and_recovers(still: Desk, reader: Client) -> None:
    still.app.config[RATE] = 3
    assert [reader.ask("/tickets").status_code for _ in range(4)] == [200, 200, 200, 429]
    limited = reader.ask("/tickets")
    assert is_problem(limited, 429)
    later(still, seconds=int(limited.headers["Retry-After"]))
    assert reader.ask("/tickets").status_code == 200


def test_bucket_never_gives_more_than_its_rate() -> None:
    rate = Rate(60)
    given = sum(rate.wait("k", now=n / 10) == 0 for n in range(600))
    assert given <= 60 + 60
    assert Rate(1).wait("other", now=0.0) == 0


@pytest.mark.parametrize(
    ("path", "method", "more", "status"),
    [
        ("/tickets/202600000017", "GET", {}, 404),
        ("/tickets/abc", "GET", {}, 404),
        ("/tickets/2026%000000012", "GET", {}, 404),
        ("/nothing", "GET", {}, 404),
        ("/tickets", "DELETE", {}, 405),
        ("/tickets?limit=0", "GET", {}, 422),
        ("/tickets?status=lost", "GET", {}, 422),
        ("/tickets?since=yesterday", "GET", {}, 422),
        ("/tickets?since=2026-01-01T00:00:00", "GET", {}, 422),
        ("/tickets?unknown=1", "GET", {}, 422),
        ("/tickets?after=202600000017", "GET", {}, 404),
        ("/tickets/{p}/notes", "POST", {"data": "x"}, 415),
        ("/tickets/{p}/notes", "POST", {"data": "{", "content_type": "application/json"}, 400),
        ("/tickets/{p}/notes", "POST", {"json": []}, 422),
        ("/tickets/{p}/notes", "POST", {"json": {"text": ""}}, 422),
        ("/tickets/{p}/notes", "POST", {"json": {"text": "  "}}, 422),
        ("/tickets/{p}/notes", "POST", {"json": {"text": "x", "more": 1}}, 422),
        ("/tickets/{p}/notes", "POST", {"json": {"text": "x" * 40_000}}, 413),
    ],
)
def test_every_error_is_a_problem(
    still: Desk, writer: Client, path: str, method: str, more: dict[str, Any], status: int
) -> None:
    path = path.format(p=protocol_of(still, begin(still, 1)))
    answer = writer.ask(path, method=method, **more)
    assert is_problem(answer, status), answer.text
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_error_never_gives_back_what_was_sent(still: Desk, writer: Client) -> None:
    answer = writer.ask("/tickets?status=52998224725")
    assert "52998224725" not in answer.text


def test_document_names_every_route(still: Desk) -> None:
    document = still.app.test_client().get("/api/v1/openapi.json").json
    told = {
        (path, verb.upper())
        for path, verbs in document["paths"].items()
        for verb in verbs
        if verb in ("get", "post", "put", "patch", "delete")
    }
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")), verb)
        for rule in still.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api.openapi"
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == routes


def test_fuzzer_finds_no_answer_that_the_document_does_not_tell(still: Desk) -> None:
    still.app.config[RATE] = 1_000_000
    writer = Client(still, "tickets:read", "tickets:write")
    protocols = [protocol_of(still, begin(still, n)) for n in (1, 2)]
    identify(still, f"CA{1:032x}", "ana")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", still.app)
    known = iter(range(10**9))
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]

    for operation in (result.ok() for result in schema.get_all_operations()):

        @settings(
            max_examples=25,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=quiet,
            database=None,
        )
        @given(operation.as_strategy())
        def judge(case: Any) -> None:
            if "protocol" in (case.path_parameters or {}) and next(known) % 2:
                case.path_parameters["protocol"] = protocols[next(known) % 2]
            headers = {"Authorization": f"Bearer {writer.plain}"}
            case.call_and_validate(headers=headers, excluded_checks=[negative_data_rejection])

        judge()
