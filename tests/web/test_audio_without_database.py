"""One-time audio while the database is away: no sound, and no 5xx for the carrier."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Desk

from ivr.ports.store import StoreUnavailableError


def test_one_time_audio_is_not_found_while_the_database_is_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> Any:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(desk.rt.store, "begin", away)
    token = "cmVzZXQ6Q0E6OA" + "a" * 26
    assert desk.app.test_client().get(f"/audio/secret/{token}.wav").status_code == 404
