"""The daily run: recordings here and at the carrier, one audit line, once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk import Desk
from store_rows import a_recording
from structlog.testing import capture_logs
from ticket_rows import begin

from ivr.domain.local_time import local_date
from ivr.ports.errors import PortError
from ivr.ports.queues import RecordingRow
from ivr.service.audit import head_of, verify
from ivr.service.retention import Keeper, hold, keep_daily, keeper_of, release
from ivr.web.logs import blot_digits, configure_logs

DAYS = timedelta(days=90)


class Carrier:
    """Deletes recordings; ``broken``: it cannot now."""

    def __init__(self) -> None:
        self.gone: list[str] = []
        self.broken = False

    def delete_recording(self, recording: str) -> bool:
        if self.broken:
            raise PortError("away")
        self.gone.append(recording)
        return True


class Shelf:
    def __init__(self) -> None:
        self.gone: list[str] = []

    def erase(self, name: str) -> bool:
        self.gone.append(name)
        return True


def keeper(desk: Desk, carrier: Carrier, shelf: Shelf | None) -> Keeper:
    assert desk.rt.retention is not None
    return Keeper(
        desk.rt.store,
        desk.rt.retention,
        telephony=carrier,  # type: ignore[arg-type]
        erase_sound=None if shelf is None else shelf.erase,
    )


def recorded(desk: Desk, number: int, **changes: object) -> RecordingRow:
    sid = begin(desk, number)
    row = a_recording(
        f"RE{number}",
        protocol=desk.call(sid).protocol,
        call_sid=sid,
        at=desk.clock.at,
        **changes,
    )
    with desk.rt.store.begin() as tx:
        tx.tickets.add_recording(row)
    return row


def state_of(desk: Desk, sid: str) -> str:
    with desk.rt.store.begin(write=False) as tx:
        row = tx.recordings.get(sid)
    assert row is not None
    return row.state


@pytest.mark.parametrize(("seconds", "erased"), [(-1, False), (0, True), (1, True)])
def test_recording_is_erased_after_ninety_days_to_the_second(
    desk: Desk, seconds: int, erased: bool
) -> None:
    recorded(desk, 1)
    desk.clock.at += DAYS + timedelta(seconds=seconds)
    carrier = Carrier()
    keeper(desk, carrier, Shelf()).run()
    assert (state_of(desk, "RE1") == "erased") is erased
    assert carrier.gone == (["RE1"] if erased else [])


def test_kept_sound_goes_here_too_and_leaves_a_mark(desk: Desk) -> None:
    recorded(desk, 1)
    name = "0" * 32
    with desk.rt.store.begin() as tx:
        tx.recordings.kept("RE1", file=name, at=tx.now())
        tx.recordings.deleted("RE1", at=tx.now())
    desk.clock.at += DAYS
    carrier, shelf = Carrier(), Shelf()
    done = keeper(desk, carrier, shelf).run()
    assert done.erased["recordings"] == 1
    assert (carrier.gone, shelf.gone) == ([], [name])
    with desk.rt.store.begin(write=False) as tx:
        mark = tx.retention.erased("recording:RE1")
        row = tx.recordings.get("RE1")
    assert mark is not None and mark.at == desk.clock.at
    assert row is not None and row.file == ""


def test_sound_that_cannot_be_erased_now_stays_told_and_goes_the_next_time(desk: Desk) -> None:
    recorded(desk, 1)
    recorded(desk, 2)
    desk.clock.at += DAYS
    carrier = Carrier()
    carrier.broken = True
    done = keeper(desk, carrier, Shelf()).run()
    assert (done.erased.get("recordings", 0), done.failed) == (0, 2)
    assert state_of(desk, "RE1") == "at_carrier"
    carrier.broken = False
    assert keeper(desk, carrier, Shelf()).run().erased["recordings"] == 2


def test_hold_on_a_ticket_keeps_its_recording_until_it_is_lifted(desk: Desk) -> None:
    row = recorded(desk, 1)
    made = hold(desk.rt.store, f"ticket:{row.protocol}", reason="Processo 1", by="S-1")
    desk.clock.at += DAYS
    carrier = Carrier()
    look = {line.kind: line.due for line in keeper(desk, carrier, Shelf()).look()}
    assert (look["recordings"].rows, look["recordings"].held) == (0, 1)
    keeper(desk, carrier, Shelf()).run()
    assert carrier.gone == []
    assert release(desk.rt.store, made.id, by="S-1")
    assert not release(desk.rt.store, made.id, by="S-1")
    keeper(desk, carrier, Shelf()).run()
    assert carrier.gone == ["RE1"]


def test_look_tells_what_a_run_would_erase_and_erases_nothing(desk: Desk) -> None:
    recorded(desk, 1)
    desk.clock.at += DAYS
    carrier = Carrier()
    one = keeper(desk, carrier, Shelf())
    line = next(line for line in one.look() if line.kind == "recordings")
    assert (line.due.rows, line.due.oldest, line.before) == (
        1,
        desk.clock.at - DAYS,
        desk.clock.at - DAYS,
    )
    assert state_of(desk, "RE1") == "at_carrier"


def test_run_is_told_in_the_audit_log_and_the_log_stays_whole(desk: Desk) -> None:
    recorded(desk, 1)
    desk.clock.at += DAYS
    keeper(desk, Carrier(), Shelf()).run(by="S-1")
    with desk.rt.store.begin(write=False) as tx:
        lines = tx.audit.of("retention")
    assert [(line.actor, line.action, line.data["recordings"]) for line in lines] == [
        ("S-1", "retention.ran", 1)
    ]
    assert verify(desk.rt.store).broken is None


def test_workers_run_it_once_a_day_of_campo_grande(desk: Desk) -> None:
    first, second = keeper_of(desk.rt), keeper_of(desk.rt)
    assert first.run_daily() is not None
    assert second.run_daily() is None
    begun = local_date(desk.clock.at)
    desk.clock.at += timedelta(hours=13)
    assert local_date(desk.clock.at) == begun
    assert second.run_daily() is None
    desk.clock.at += timedelta(hours=1)
    assert second.run_daily() is not None
    desk.clock.at -= timedelta(days=400)
    assert first.run_daily() is None


def test_sweep_of_a_worker_leaves_a_sign_of_life_and_runs_the_retention(desk: Desk) -> None:
    keep_daily(desk.rt)
    with desk.rt.store.begin(write=False) as tx:
        assert tx.vitals.signs(now=tx.now()).worker_age == 0
        last = tx.retention.last_run()
    assert last is not None and last.day == local_date(desk.clock.at)


def test_service_without_rules_keeps_everything(desk: Desk) -> None:
    rt = replace(desk.rt, retention=None)
    keep_daily(rt)
    with pytest.raises(ValueError, match="no rules"):
        keeper_of(rt)
    with rt.store.begin(write=False) as tx:
        assert tx.retention.last_run() is None


def test_head_of_the_audit_log_comes_whole_through_the_filter_of_the_logs(desk: Desk) -> None:
    recorded(desk, 1)
    hold(desk.rt.store, "recording:RE1", reason="Processo 1", by="S-1")
    configure_logs("INFO")
    with capture_logs() as lines:
        keeper_of(desk.rt).run_daily()
    configure_logs("ERROR")
    told = next(line for line in lines if line["event"] == "audit head")
    head = head_of(desk.rt.store)
    assert (told["position"], told["hash"]) == (head.position, head.hash)
    assert blot_digits(None, "", dict(told)) == dict(told)
