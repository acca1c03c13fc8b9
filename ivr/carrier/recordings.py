"""Recordings, kept as real WAV files (twilio.com/docs/voice/api/recording)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ivr.carrier.audio import RATE, interleaved, silence, wav
from ivr.carrier.call import Call
from ivr.carrier.clock import wall_clock
from ivr.carrier.fields import API_VERSION
from ivr.carrier.twiml.record import RecordingCallback

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange


@dataclass(slots=True, kw_only=True)
class Recording:
    """``status``: in-progress, paused, stopped, completed, absent or deleted.

    ``samples`` None = nothing but silence of ``seconds``.
    """

    sid: str
    call: Call
    source: str
    channels: int = 1
    status: str = "in-progress"
    started_at: datetime = field(default_factory=wall_clock)
    seconds: float = 0.0
    samples: bytes | None = None
    callback: RecordingCallback | None = None
    conference_sid: str = ""
    spoken: list[tuple[int, float, bytes]] = field(default_factory=list)
    """What was said during a recording of a conversation: channel (0 = this leg's own voice,
    1 = what it hears), second at which it began, and its samples."""
    _running_since: datetime | None = field(default_factory=wall_clock)

    @property
    def duration(self) -> int:
        """Whole seconds, at least 1 when anything was recorded."""
        return max(round(self.seconds), 1) if self.seconds else 0

    def pause(self) -> None:
        self._count()
        self.status = "paused"

    def resume(self) -> None:
        self._running_since = wall_clock()
        self.status = "in-progress"

    def stop(self, status: str = "completed") -> None:
        """End a recording of a running call: its length is the time that it was not paused."""
        self._count()
        self.status = status

    def hear(self, samples: bytes, *, channel: int) -> None:
        """Keep what is said now; nothing while paused or over."""
        if self.status != "in-progress" or self._running_since is None:
            return
        so_far = (wall_clock() - self._running_since).total_seconds()
        self.spoken.append((channel % self.channels, self.seconds + so_far, samples))

    def _count(self) -> None:
        if self._running_since is not None:
            self.seconds += (wall_clock() - self._running_since).total_seconds()
            self._running_since = None

    def wav(self) -> bytes:
        if self.samples is not None:
            return wav(self.samples)
        tracks = [bytearray(silence(self.seconds)) for _ in range(self.channels)]
        for channel, second, samples in self.spoken:
            at = 2 * round(second * RATE)
            piece = samples[: max(len(tracks[channel]) - at, 0)]
            tracks[channel][at : at + len(piece)] = piece
        return wav(interleaved(tracks), channels=self.channels)


def seconds_of(samples: bytes) -> float:
    return len(samples) / 2 / RATE


class Archive:
    """All recordings by SID, and their status callbacks."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.recordings: dict[str, Recording] = {}

    def start(self, call: Call, *, source: str) -> Recording:
        recording = Recording(sid=self._exchange.sids.make("RE"), call=call, source=source)
        self.recordings[recording.sid] = recording
        return recording

    def url(self, recording: Recording) -> str:
        exchange = self._exchange
        return (
            f"{exchange.rest_url}/{API_VERSION}/Accounts/{exchange.account_sid}"
            f"/Recordings/{recording.sid}"
        )

    def stop(self, call: Call) -> None:
        """End what still records ``call``."""
        for recording in self.recordings.values():
            if recording.call is call and not recording.conference_sid:
                self.finish(recording)

    def finish(self, recording: Recording) -> None:
        """End one recording, if it still runs."""
        if recording.status in ("in-progress", "paused"):
            recording.stop()
            self.notify(recording, recording.callback, "completed")

    def heard(self, call: Call, samples: bytes, *, channel: int) -> None:
        """Give every running recording of ``call`` what is said on one of its channels."""
        for recording in self.recordings.values():
            if recording.call is call and recording.source == "StartCallRecordingAPI":
                recording.hear(samples, channel=channel)

    def notify(self, recording: Recording, callback: RecordingCallback | None, event: str) -> None:
        """Send the recordingStatusCallback, if it was asked for (it has no From and To)."""
        call = recording.call
        if callback is None or event not in callback.events or call.faults.lose_callback:
            return
        fields = [
            ("AccountSid", call.account_sid),
            (
                ("ConferenceSid", recording.conference_sid)
                if recording.conference_sid
                else ("CallSid", call.sid)
            ),
            ("RecordingSid", recording.sid),
            ("RecordingUrl", self.url(recording)),
            ("RecordingStatus", event),
            ("RecordingDuration", str(recording.duration)),
            ("RecordingChannels", str(recording.channels)),
            ("RecordingStartTime", format_datetime(recording.started_at)),
            ("RecordingSource", recording.source),
        ]
        if event == "absent":
            fields.append(("ErrorCode", "16101"))
        for _ in range(call.faults.duplicate_callback):
            call.keep(
                self._exchange.wire.callback(
                    call,
                    purpose="recording",
                    url=callback.url,
                    method=callback.method,
                    fields=tuple(fields),
                )
            )
