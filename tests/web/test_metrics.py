"""``/metrics``, ``/readyz`` and the alarm rules: who may ask, what is told, nothing of anybody."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from desk import Desk, people, settings_of
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from store_rows import a_job
from web.phone_line import reset_story

from ivr.ports.store import StoreUnavailableError
from ivr.service.retention import keep_daily
from ivr.settings import SettingsError
from ivr.web.metrics_page import GAUGES, REQUESTS, SECONDS
from ivr.web.metrics_page import TOKEN as TOKEN_KEY

ROOT = Path(__file__).parents[2]
TOKEN = "ficha-dos-testes-0123456789"
HERE, ELSEWHERE = {"REMOTE_ADDR": "127.0.0.1"}, {"REMOTE_ADDR": "203.0.113.9"}


def ask(client: FlaskClient, headers: Any = None, environ: Any = None) -> Any:
    return client.get("/metrics", headers=headers, environ_base=environ or HERE)


def told(client: FlaskClient) -> dict[str, float]:
    families = text_string_to_metric_families(ask(client).text)
    return {
        f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
        for family in families
        for sample in family.samples
    }


def names() -> set[str]:
    parts = {f"{SECONDS._name}_{part}" for part in ("bucket", "sum", "count")}
    return {*GAUGES, f"{REQUESTS._name}_total", *parts}


def test_metrics_tell_calls_tickets_jobs_and_requests(still: Desk) -> None:
    reset_story(still)
    keep_daily(still.rt)
    found = told(still.app.test_client())
    assert found["ivr_up"] == 1
    assert found["ivr_live_calls"] == 0
    assert found["ivr_outbox_jobs[('state', 'done')]"] > 0
    assert found["ivr_worker_heartbeat_seconds"] == 0
    assert 0 < found["ivr_disk_free_ratio"] <= 1
    turns = [v for k, v in found.items() if "requests_total" in k and "voice.turn" in k]
    assert sum(turns) > 5


def test_metrics_say_nothing_of_who_called(still: Desk) -> None:
    line = reset_story(still)
    client = still.app.test_client()
    client.get("/senha/uma-ficha-secreta")
    text = ask(client).text
    ana, call = people()["ana"], still.call(line.sid)
    for secret in (ana["cpf"], ana["mobile"][-8:], ana["matricula"], call.sid, call.protocol):
        assert str(secret) not in text
    assert "uma-ficha-secreta" not in text
    assert 'endpoint="senha.password_form"' in text


@pytest.mark.parametrize(
    ("token", "given", "environ", "code"),
    [
        ("", "", HERE, 200),
        ("", "", ELSEWHERE, 404),
        (TOKEN, TOKEN, ELSEWHERE, 200),
        (TOKEN, TOKEN + "x", ELSEWHERE, 404),
        (TOKEN, "", ELSEWHERE, 404),
        ("", "x", ELSEWHERE, 404),
    ],
)
def test_only_a_token_or_a_network_opens_the_metrics(
    still: Desk, token: str, given: str, environ: dict[str, str], code: int
) -> None:
    still.app.config[TOKEN_KEY] = token
    headers = {"Authorization": f"Bearer {given}"} if given else None
    assert ask(still.app.test_client(), headers, environ).status_code == code


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_what_comes_through_a_proxy_needs_the_token(still: Desk, header: str) -> None:
    client = still.app.test_client()
    assert ask(client, {header: "203.0.113.9"}).status_code == 404
    assert ask(client).status_code == 200


def test_short_token_and_network_without_sense_are_refused(tmp_path: Path) -> None:
    for wrong in ({"IVR_METRICS_TOKEN": "curta"}, {"IVR_METRICS_NETWORKS": "casa"}):
        with pytest.raises(SettingsError, match="METRICS"):
            settings_of(tmp_path, **wrong)


def test_every_gauge_that_is_told_has_its_meaning_in_the_docs(still: Desk) -> None:
    docs = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    documented = {*GAUGES, f"{REQUESTS._name}_total", SECONDS._name}
    assert [name for name in sorted(documented) if f"`{name}`" not in docs] == []
    text = ask(still.app.test_client()).text
    assert set(GAUGES) <= {family.name for family in text_string_to_metric_families(text)}


def rules() -> list[dict[str, Any]]:
    data = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text("utf-8"))
    return [rule for group in data["groups"] for rule in group["rules"]]


def test_alarm_rules_are_whole_and_name_metrics_and_endpoints_that_exist(still: Desk) -> None:
    endpoints = {rule.endpoint for rule in still.app.url_map.iter_rules()}
    assert len(rules()) >= 10
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "warn")
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"[1-9]\d*[smh]", rule.get("for", "1m"))
        expr = rule["expr"]
        used = set(re.findall(r"\bivr_[a-z_]+", expr))
        assert used and used <= names(), expr
        for one in re.findall(r'endpoint="([^"]+)"', expr):
            assert one in endpoints
        for opening, closing in ("()", "[]", "{}"):
            assert expr.count(opening) == expr.count(closing)


def test_ready_is_degraded_without_a_worker_and_well_with_one(still: Desk) -> None:
    client = still.app.test_client()
    first = client.get("/readyz")
    assert (first.status_code, first.json["status"]) == (200, "degraded")
    assert first.json["checks"]["worker"] is False
    assert client.get("/readyz?strict=1").status_code == 503
    keep_daily(still.rt)
    assert client.get("/readyz?strict=1").json["status"] == "ok"
    still.clock.at += timedelta(seconds=181)
    assert client.get("/readyz").json["checks"]["worker"] is False


def test_ready_tells_an_old_outbox_and_a_carrier_that_refuses(still: Desk) -> None:
    keep_daily(still.rt)
    with still.rt.store.begin() as tx:
        for n in range(5):
            tx.outbox.add(a_job(f"j{n}", run_at=tx.now()))
            tx.outbox.claim(now=tx.now(), lease_until=tx.now())
            tx.outbox.settle(f"j{n}", state="failed", outcome={})
    checks = still.app.test_client().get("/readyz").json["checks"]
    assert (checks["carrier"], checks["outbox"]) == (False, True)
    with still.rt.store.begin() as tx:
        tx.outbox.add(a_job("late", run_at=tx.now()))
    still.clock.at += timedelta(seconds=301)
    assert still.app.test_client().get("/readyz").json["checks"]["outbox"] is False


def test_metrics_and_ready_without_a_database_say_so(still: Desk, monkeypatch: Any) -> None:
    def away(**_: Any) -> Any:
        raise StoreUnavailableError("away")

    client = still.app.test_client()
    client.get("/healthz")
    monkeypatch.setattr(still.rt.store, "begin", away)
    assert told(client)["ivr_up"] == 0
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["checks"]) == (503, {"database": False})
    assert client.get("/healthz").status_code == 200
