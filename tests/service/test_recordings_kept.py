"""Recordings come into our own store: fetched once, verified, then deleted at the carrier."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from desk import Desk
from ticket_rows import begin
from web.phone_line import still_desk

from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.ports.errors import PortError
from ivr.ports.store import Job, RecordingRow
from ivr.service.effects import run_job
from ivr.service.fetching import FETCH, order_fetch, order_forgotten
from ivr.service.tickets_gaps import gaps_of

SID = "RE" + "1" * 32
WAV = b"RIFF\0\0\0\0WAVEfmt " + b"sound" * 1000


@dataclass
class Carrier:
    """A carrier that holds one recording."""

    sounds: dict[str, bytes] = field(default_factory=lambda: {SID: WAV})
    fetched: int = 0
    broken: PortError | None = None
    broken_deleting: PortError | None = None

    def fetch_recording(self, recording: str) -> bytes:
        if self.broken is not None:
            raise self.broken
        if recording not in self.sounds:
            raise PortError("http_404", permanent=True)
        self.fetched += 1
        return self.sounds[recording]

    def delete_recording(self, recording: str) -> bool:
        if self.broken_deleting is not None:
            raise self.broken_deleting
        return self.sounds.pop(recording, None) is not None


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def desk(quick: Path, carrier: Carrier) -> Desk:
    shelf = FolderShelf(quick / "recordings", seal=AesGcmSeal(b"key"))
    made = still_desk(quick, telephony=carrier, recordings=shelf)
    sid = begin(made, 1)
    with made.rt.store.begin() as tx:
        tx.tickets.add_recording(
            RecordingRow(
                sid=SID,
                protocol=made.call(sid).protocol,
                call_sid=sid,
                purpose="voicemail",
                seconds=5,
                at=made.clock.at,
            )
        )
        order_fetch(tx, SID, call_sid=sid)
    return made


def row(desk: Desk) -> RecordingRow:
    with desk.rt.store.begin(write=False) as tx:
        found = tx.recordings.get(SID)
    assert found is not None
    return found


def job(desk: Desk) -> Job:
    found = desk.job(f"{FETCH}:{SID}")
    assert found is not None
    return found


def events(desk: Desk) -> list[str]:
    with desk.rt.store.begin(write=False) as tx:
        return [e.kind for e in tx.ticket_log.events(row(desk).protocol)]


def test_recording_is_kept_whole_then_deleted_at_the_carrier_with_both_times(
    desk: Desk, carrier: Carrier
) -> None:
    desk.work()
    kept = row(desk)
    assert kept.state == "kept"
    assert kept.fetched_at == kept.deleted_at == desk.clock.at
    assert carrier.sounds == {}
    assert desk.rt.recordings is not None
    assert b"".join(desk.rt.recordings.read(kept.file)) == WAV
    assert SID not in kept.file
    assert {"recording.kept", "recording.deleted"} <= set(events(desk))


def test_repeat_of_the_job_fetches_nothing_twice(desk: Desk, carrier: Carrier) -> None:
    desk.work()
    run_job(desk.rt, job(desk))
    assert carrier.fetched == 1
    assert events(desk).count("recording.kept") == 1
    assert order_forgotten(desk.rt) == 0


def test_worker_that_dies_after_the_fetch_goes_on_with_what_is_on_the_shelf(
    desk: Desk, carrier: Carrier
) -> None:
    assert desk.rt.recordings is not None
    desk.rt.recordings.put(desk.rt.keyed_hash("recording.file", SID), WAV)
    desk.work()
    assert carrier.fetched == 0
    assert (row(desk).state, carrier.sounds) == ("kept", {})


def test_what_cannot_be_deleted_is_kept_and_tried_again_without_a_second_fetch(
    desk: Desk, carrier: Carrier
) -> None:
    carrier.broken_deleting = PortError("timeout")
    desk.work()
    assert (row(desk).state, row(desk).deleted_at) == ("kept", None)
    carrier.broken_deleting = None
    desk.clock.at += timedelta(minutes=1)
    desk.work()
    assert row(desk).deleted_at == desk.clock.at
    assert carrier.fetched == 1


def test_recording_that_the_carrier_does_not_know_yet_is_waited_for_then_told_as_lost(
    desk: Desk, carrier: Carrier
) -> None:
    carrier.sounds.clear()
    desk.work()
    assert row(desk).state == "at_carrier"
    desk.clock.at += timedelta(hours=1)
    desk.work()
    assert row(desk).state == "lost"
    assert "recording.lost" in events(desk)


def test_outage_of_the_carrier_neither_loses_it_nor_opens_the_ticket_as_a_fault(
    desk: Desk, carrier: Carrier
) -> None:
    carrier.broken = PortError("timeout")
    for _ in range(12):
        desk.work()
        desk.clock.at += timedelta(minutes=31)
    assert row(desk).state == "at_carrier"
    with desk.rt.store.begin(write=False) as tx:
        ticket = tx.tickets.by_protocol(row(desk).protocol)
        assert ticket is not None
        assert ticket.outcome != "fault"
    carrier.broken = None
    desk.work()
    assert row(desk).state == "kept"


def test_page_of_an_error_is_not_kept_for_a_sound(desk: Desk, carrier: Carrier) -> None:
    carrier.sounds[SID] = b"<html>sorry</html>"
    desk.work()
    assert row(desk).state == "at_carrier"
    assert SID in carrier.sounds, "nothing was deleted"


def test_recordings_without_a_talk_have_no_gaps(desk: Desk) -> None:
    with desk.rt.store.begin(write=False) as tx:
        assert gaps_of(tx, row(desk)) == []
