"""Contract of the store: transcripts."""

from __future__ import annotations

from dataclasses import replace

from store_rows import a_recording, after, begin_call

from ivr.adapters.db.store import SqlStore
from ivr.flow.heard_secrets import BLOT
from ivr.ports.store import Job
from ivr.ports.transcripts import TranscriptRow, TranscriptWord

ROW = TranscriptRow(
    recording="RE1",
    made_at=after(5),
    model="modelo",
    words=(
        TranscriptWord(text="impressora", confidence=0.875, start=0.5),
        TranscriptWord(text=BLOT, confidence=None, start=1.25),
    ),
    confidence=0.88,
    secrets=((1.25, 3.5),),
)


def kept(store: SqlStore) -> None:
    begin_call(store)
    with store.begin() as tx:
        tx.tickets.add_recording(
            replace(
                a_recording(),
                sid="RE1",
                purpose="need",
                state="kept",
                file="f",
                fetched_at=after(3),
            )
        )


def test_transcript_is_kept_once_as_it_was_and_sealed(store: SqlStore) -> None:
    kept(store)
    with store.begin() as tx:
        assert tx.transcripts.get("RE1") is None
        assert tx.transcripts.add(ROW)
        assert not tx.transcripts.add(replace(ROW, words=()))
    with store.begin(write=False) as tx:
        assert tx.transcripts.get("RE1") == ROW
        assert tx.transcripts.of_recordings(["RE1", "RE2"]) == {"RE1": ROW}
    with store.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM transcripts").one()
    assert b"impressora" not in b"".join(v for v in row if isinstance(v, bytes | memoryview))


def test_silence_is_noted_once(store: SqlStore) -> None:
    kept(store)
    with store.begin() as tx:
        tx.transcripts.add(ROW)
        assert tx.transcripts.silenced("RE1", at=after(7))
        assert not tx.transcripts.silenced("RE1", at=after(8))
        found = tx.transcripts.get("RE1")
    assert found is not None
    assert found.silenced_at == after(7)


def test_of_two_corrections_of_one_version_one_is_kept(store: SqlStore) -> None:
    kept(store)
    with store.begin() as tx:
        tx.transcripts.add(ROW)
    with store.begin() as tx:
        assert tx.transcripts.correct("RE1", text="uma", by="a", at=after(9), version=0)
    with store.begin() as tx:
        assert not tx.transcripts.correct("RE1", text="duas", by="b", at=after(9), version=0)
    with store.begin(write=False) as tx:
        found = tx.transcripts.get("RE1")
    assert found == replace(ROW, text="uma", corrected_by="a", corrected_at=after(9), version=1)


def test_wanting_are_sounds_of_callers_that_nobody_ordered(store: SqlStore) -> None:
    kept(store)
    with store.begin() as tx:
        talk = replace(a_recording(), sid="RE2", purpose="talk", state="kept", fetched_at=after(3))
        tx.tickets.add_recording(talk)
        tx.tickets.add_recording(replace(a_recording(), sid="RE3", purpose="need"))
        assert [r.sid for r in tx.transcripts.wanting(since=after(0))] == ["RE1"]
        assert tx.transcripts.wanting(since=after(4)) == []
    with store.begin() as tx:
        key = "speech.transcribe:RE1"
        tx.outbox.add(Job(key=key, kind="speech.transcribe", call_sid="CA1", payload={}))
        assert tx.transcripts.wanting(since=after(0)) == []
        lease = {"now": after(60), "lease_until": after(120)}
        assert tx.outbox.claim(lane="calls", **lease) is None
        assert tx.outbox.claim(lane="desk", **lease) is None
        job = tx.outbox.claim(lane="speech", **lease)
    assert job is not None
    assert job.key == key
