"""A switchboard with its REST interface, reached by the ``twilio`` package itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openapi_judge import Judge
from scripted_service import ACCOUNT, TOKEN, Phone
from twilio.rest import Client

from ivr.carrier.exchange import Exchange
from ivr.carrier.rest.api import RestApi
from ivr.carrier.rest.client import InProcessClient

Work = Callable[[Exchange, Client], Any]


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def rest(phone: Phone, judge: Judge) -> Callable[..., Any]:
    """``rest(work)`` runs ``await work(exchange, client)``; each answer is judged."""

    def run(work: Work, **more: Any) -> Any:
        async def working(exchange: Exchange) -> Any:
            http = InProcessClient(judge.watching(RestApi(exchange)))
            return await work(exchange, Client(ACCOUNT, TOKEN, http_client=http))

        return phone.run(working, **more)

    return run
