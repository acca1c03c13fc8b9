"""The judge must be able to condemn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_judge import Judge
from scripted_service import ACCOUNT, DESK

from ivr.carrier.rest.request import RestRequest, as_json

PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Queues.json"
GOOD: dict[str, Any] = {
    "sid": "QU" + "0" * 32,
    "account_sid": ACCOUNT,
    "friendly_name": "fila",
    "current_size": 0,
    "max_size": 5,
    "average_wait_time": 0,
    "date_created": "Mon, 02 Mar 2026 12:00:00 +0000",
    "date_updated": "Mon, 02 Mar 2026 12:00:00 +0000",
    "uri": "/x.json",
}


def judged(answer: dict[str, Any], *, form: dict[str, str] | None = None, status: int = 201) -> int:
    judge = Judge()
    request = RestRequest(
        method="POST", path=PATH, form=list((form or {"FriendlyName": "fila"}).items())
    )
    judge.look(request, as_json(json.loads(json.dumps(answer)), status=status))
    return len(judge.complaints)


def test_a_right_answer_passes() -> None:
    assert judged(GOOD) == 0


@pytest.mark.parametrize(
    "change",
    [{"sid": "QU1"}, {"max_size": "5"}, {"date_created": "2026-03-02"}, {"account_sid": DESK}],
)
def test_a_wrong_value_is_found(change: dict[str, Any]) -> None:
    assert judged(GOOD | change) > 0


def test_a_missing_value_a_wrong_field_and_a_wrong_status_are_found() -> None:
    assert judged({name: value for name, value in GOOD.items() if name != "uri"}) == 1
    assert judged(GOOD, form={"FriendlyName": "x", "Color": "red"}) == 1
    assert judged(GOOD, form={"MaxSize": "3"}) == 1
    assert judged(GOOD, status=200) == 1


def test_an_unknown_path_is_found() -> None:
    judge = Judge()
    judge.look(RestRequest(method="GET", path="/2010-04-01/Fish.json"), as_json({}))
    assert judge.complaints == ["GET /2010-04-01/Fish.json: not described"]
