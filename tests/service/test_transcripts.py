"""What callers leave is transcribed once, without its secrets, and corrected by people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk import OPEN, Desk
from ticket_rows import begin
from web.phone_line import still_desk

from ivr.adapters.recording_shelf import FolderShelf
from ivr.adapters.sealing import AesGcmSeal
from ivr.carrier.audio import wav
from ivr.flow.heard_secrets import BLOT
from ivr.ports.speech import HeardWord, SpeechError
from ivr.ports.staff import StaffRow
from ivr.ports.store import RecordingRow
from ivr.ports.transcripts import TranscriptRow
from ivr.service.effects import run_job
from ivr.service.effects.transcripts import MOST_TRIES, NO_MODEL_FOR
from ivr.service.retention import keeper_of
from ivr.service.tickets import TicketError
from ivr.service.transcripts import TEXT_MAX, correct, order_transcript, order_wanting
from ivr.service.worker import work_once

SID = "RE" + "1" * 32
LOUD = wav(b"\1\2" * 8000 * 4)
SAID = "minha senha é girassol e o código cinco meia sete oito obrigado"
SECRETS = ("girassol", "cinco", "meia", "sete", "oito")


def words_of(text: str, *, sure: float = 0.9) -> tuple[HeardWord, ...]:
    return tuple(
        HeardWord(text=word, confidence=sure, start=at * 0.3, end=at * 0.3 + 0.25)
        for at, word in enumerate(text.split())
    )


@dataclass
class Engine:
    """An engine that heard ``said``, or fails."""

    said: tuple[HeardWord, ...] = field(default_factory=lambda: words_of(SAID))
    broken: SpeechError | None = None
    asked: list[bytes] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    model: str = "modelo"

    def words(self, sound: bytes) -> tuple[HeardWord, ...]:
        self.asked.append(sound)
        self.meanwhile()
        if self.broken is not None:
            raise self.broken
        return self.said


@dataclass
class Carrier:
    def fetch_recording(self, recording: str) -> bytes:
        return LOUD

    def delete_recording(self, recording: str) -> bool:
        return True


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def desk(quick: Path, engine: Engine) -> Desk:
    shelf = FolderShelf(quick / "recordings", seal=AesGcmSeal(b"key"))
    return still_desk(quick, telephony=Carrier(), recordings=shelf, transcriber=engine)


def leave(desk: Desk, *, purpose: str = "voicemail") -> RecordingRow:
    """A recording on the shelf, its transcript ordered."""
    sid = begin(desk, 1)
    assert desk.rt.recordings is not None
    desk.rt.recordings.put("a" * 32, LOUD)
    row = RecordingRow(
        sid=SID,
        protocol=desk.call(sid).protocol,
        call_sid=sid,
        purpose=purpose,
        seconds=4,
        at=desk.clock.at,
        state="kept",
        file="a" * 32,
        fetched_at=desk.clock.at,
        deleted_at=desk.clock.at,
    )
    with desk.rt.store.begin() as tx:
        tx.tickets.add_recording(row)
        order_transcript(desk.rt, tx, row)
    return row


def made(desk: Desk) -> TranscriptRow | None:
    with desk.rt.store.begin(write=False) as tx:
        return tx.transcripts.get(SID)


def certain(desk: Desk) -> TranscriptRow:
    row = made(desk)
    assert row is not None
    return row


def sound(desk: Desk) -> bytes:
    assert desk.rt.recordings is not None
    return b"".join(desk.rt.recordings.read("a" * 32))


def everything(desk: Desk) -> str:
    """Every value of the tables that this may touch, sealed texts opened."""
    told = []
    with desk.rt.store.begin(write=False) as tx:
        ticket = desk.ticket(tx.recordings.get(SID).call_sid)  # type: ignore[union-attr]
        sections = tx.privacy.rows_of_call(ticket.protocol, ticket.call_sid)
        told += [json.dumps(s.rows, default=str, ensure_ascii=False) for s in sections]
        job = tx.outbox.get(f"speech.transcribe:{SID}")
    return " ".join([*told, repr(job)])


def person(*roles: str, id: str = "a1") -> StaffRow:
    return StaffRow(id=id, login=id, name="Ana", roles=roles, created_at=OPEN)  # type: ignore[arg-type]


def test_transcript_is_kept_without_its_secrets_and_the_sound_is_silent_there(desk: Desk) -> None:
    leave(desk)
    desk.work()
    row = certain(desk)
    assert row.heard == f"minha senha é {BLOT} e o código {BLOT} obrigado"
    assert row.confidence == pytest.approx(0.9)
    assert row.silenced_at is not None
    assert not any(secret in everything(desk) for secret in SECRETS)
    changed = sound(desk)
    assert len(changed) == len(LOUD)
    girassol = 44 + int(0.9 * 16000)
    assert changed[girassol : girassol + 4000] == bytes(4000)
    assert changed[44:8000] == LOUD[44:8000]
    assert changed[-8000:] == LOUD[-8000:]


def test_secrets_would_be_found_if_they_were_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.service.transcripts.secret_spans", lambda words: ())
    leave(desk)
    desk.work()
    assert all(secret in everything(desk) for secret in SECRETS)
    assert sound(desk) == LOUD


def test_talk_with_an_agent_is_not_transcribed(desk: Desk, engine: Engine) -> None:
    leave(desk, purpose="talk")
    desk.work()
    assert order_wanting(desk.rt) == 0
    assert (made(desk), engine.asked) == (None, [])


def test_worker_that_died_before_the_silence_goes_on_there(desk: Desk, engine: Engine) -> None:
    leave(desk)
    desk.work()
    job = desk.job(f"speech.transcribe:{SID}")
    assert job is not None
    with desk.rt.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("UPDATE transcripts SET silenced_at = NULL")
    assert desk.rt.recordings is not None
    desk.rt.recordings.put("a" * 32, LOUD)
    run_job(desk.rt, job)
    assert len(engine.asked) == 1
    assert certain(desk).silenced_at is not None
    assert sound(desk) != LOUD


def test_engine_that_fails_is_asked_again_and_at_last_a_person_must_listen(
    desk: Desk, engine: Engine
) -> None:
    engine.broken = SpeechError("engine")
    row = leave(desk)
    for _ in range(MOST_TRIES + 2):
        desk.work()
        desk.clock.at += timedelta(minutes=5)
    assert len(engine.asked) == MOST_TRIES
    assert (certain(desk).state, certain(desk).reason) == ("failed", "engine")
    assert desk.ticket(row.call_sid).outcome != "fault"


def test_engine_that_recovers_gives_a_transcript(desk: Desk, engine: Engine) -> None:
    engine.broken = SpeechError("slow")
    leave(desk)
    desk.work()
    assert made(desk) is None
    engine.broken = None
    desk.clock.at += timedelta(minutes=5)
    desk.work()
    assert certain(desk).state == "made"


def test_engine_that_fails_in_an_unforeseen_way_tells_no_word(
    desk: Desk, engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    engine.broken = ValueError("girassol 5678")  # type: ignore[assignment]
    leave(desk)
    desk.work()
    told = "".join(capfd.readouterr()) + everything(desk)
    assert "ValueError" in told
    assert "girassol" not in told
    assert made(desk) is None


def test_sound_that_is_none_is_not_tried_again(desk: Desk, engine: Engine) -> None:
    engine.broken = SpeechError("sound", permanent=True)
    leave(desk)
    desk.work()
    assert (len(engine.asked), certain(desk).reason) == (1, "sound")


def test_model_that_is_away_is_waited_for(desk: Desk, engine: Engine) -> None:
    engine.broken = SpeechError("model")
    leave(desk)
    for _ in range(MOST_TRIES + 3):
        desk.work()
        desk.clock.at += timedelta(minutes=6)
    assert made(desk) is None
    desk.clock.at += NO_MODEL_FOR
    desk.work()
    assert certain(desk).reason == "model"


def test_recording_that_was_erased_meanwhile_stays_erased(desk: Desk, engine: Engine) -> None:
    row = leave(desk)
    engine.meanwhile = lambda: keeper_of(desk.rt).erase_recording(row, kind="request")
    desk.work()
    assert made(desk) is None
    assert desk.rt.recordings is not None
    assert desk.rt.recordings.find("a" * 32) is None


def test_transcript_goes_with_its_recording(desk: Desk) -> None:
    row = leave(desk)
    desk.work()
    assert certain(desk).words
    keeper_of(desk.rt).erase_recording(row, kind="recordings")
    assert made(desk) is None


def test_recordings_of_before_the_engine_are_found_once(desk: Desk) -> None:
    off = replace(desk.rt, transcriber=None)
    desk.rt, on = off, desk.rt
    leave(desk)
    assert (desk.work(), order_wanting(off), made(desk)) == (0, 0, None)
    assert order_wanting(on) == 1
    assert order_wanting(on) == 0
    desk.rt = on
    desk.work()
    assert certain(desk).state == "made"


def test_transcripts_have_a_lane_of_their_own(desk: Desk) -> None:
    leave(desk)
    assert not work_once(desk.rt, lane="calls")
    assert not work_once(desk.rt, lane="desk")
    assert work_once(desk.rt, lane="speech")


def test_correction_stands_beside_the_words_of_the_machine_without_secrets(desk: Desk) -> None:
    leave(desk)
    desk.work()
    correct(
        desk.rt, SID, "A senha é margarida, código 4321.\r\nObrigado", by=person("agent"), version=0
    )
    row = certain(desk)
    assert row.text == f"A senha é {BLOT} código {BLOT}\nObrigado"
    assert row.heard.startswith("minha senha é")
    assert (row.corrected_by, row.version) == ("a1", 1)
    assert row.corrected_at == desk.clock.at
    assert not {"margarida", "4321"} & set(re.findall(r"\w+", everything(desk)))


def test_correction_of_an_old_version_is_refused(desk: Desk) -> None:
    leave(desk)
    desk.work()
    correct(desk.rt, SID, "um texto", by=person("agent"), version=0)
    with pytest.raises(TicketError, match="stale"):
        correct(desk.rt, SID, "outro texto", by=person("agent", id="b2"), version=0)
    assert certain(desk).text == "um texto"
    correct(desk.rt, SID, "", by=person("supervisor"), version=1)
    assert (certain(desk).text, certain(desk).version) == ("", 2)


@pytest.mark.parametrize(
    ("text", "roles", "reason"),
    [
        ("x" * (TEXT_MAX + 1), ("agent",), "transcript_long"),
        ("x", ("auditor",), "forbidden"),
        ("x", ("manager",), "forbidden"),
        (f"minha senha é {BLOT} e o código {BLOT} obrigado", ("agent",), "already"),
    ],
)
def test_correction_that_may_not_be_made_says_why(
    desk: Desk, text: str, roles: tuple[str, ...], reason: str
) -> None:
    leave(desk)
    desk.work()
    with pytest.raises(TicketError, match=reason):
        correct(desk.rt, SID, text, by=person(*roles), version=0)
    assert certain(desk).version == 0


def test_recording_without_a_transcript_cannot_be_corrected(desk: Desk) -> None:
    leave(desk)
    with pytest.raises(TicketError, match="transcript_unknown"):
        correct(desk.rt, SID, "x", by=person("agent"), version=0)
