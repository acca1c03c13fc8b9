"""/Recordings and /Calls/{CA}/Recordings (twilio.com/docs/voice/api/recording)."""

from __future__ import annotations

from ivr.carrier.exchange import Exchange
from ivr.carrier.recordings import Recording
from ivr.carrier.rest.calls import find_call
from ivr.carrier.rest.request import (
    RestError,
    RestRequest,
    RestResponse,
    as_json,
    method_in,
    not_found,
    page_of,
    url_in,
)
from ivr.carrier.rest.shapes import recording_shape
from ivr.carrier.twiml.record import RecordingCallback

RUNNING = ("in-progress", "paused")


def _find(exchange: Exchange, request: RestRequest, sid: str) -> Recording:
    recording = exchange.recordings.get(sid)
    soft = request.asked("IncludeSoftDeleted").lower() == "true"
    if recording is None or (recording.status == "deleted" and not soft):
        raise not_found(request.path)
    return recording


def _shape(exchange: Exchange, recording: Recording) -> dict[str, object]:
    return recording_shape(recording, media_url=exchange.archive.url(recording))


def fetch_recording(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    return as_json(_shape(exchange, _find(exchange, request, sid)))


def list_recordings(exchange: Exchange, request: RestRequest) -> RestResponse:
    """Newest first."""
    call_sid = request.asked("CallSid")
    chosen = [
        _shape(exchange, recording)
        for recording in reversed(exchange.recordings.values())
        if recording.status != "deleted" and (not call_sid or recording.call.sid == call_sid)
    ]
    return page_of(request, "recordings", chosen)


def fetch_media(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    """The WAV file; while the recording still runs there is none."""
    recording = _find(exchange, request, sid)
    if recording.status != "completed":
        raise not_found(request.path)
    return RestResponse(status=200, body=recording.wav(), headers={"Content-Type": "audio/x-wav"})


def delete_recording(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    """The sound is gone; the description stays."""
    recording = _find(exchange, request, sid)
    if recording.status in RUNNING:
        raise RestError(400, 20009, "A recording in progress cannot be deleted")
    recording.status = "deleted"
    recording.samples = b""
    return RestResponse(status=204)


def create_call_recording(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    call = find_call(exchange, sid, request.path)
    if call.ended or not call.answered:
        raise RestError(400, 21220, "Requested resource is not eligible for recording")
    recording = exchange.archive.start(call, source="StartCallRecordingAPI")
    recording.channels = 2 if request.value("RecordingChannels") == "dual" else 1
    url = url_in(request, "RecordingStatusCallback", code=21609)
    if url:
        events = tuple(
            word
            for value in request.values("RecordingStatusCallbackEvent")
            for word in value.split()
        )
        recording.callback = RecordingCallback(
            url=url,
            method=method_in(request, "RecordingStatusCallbackMethod"),
            events=events or ("completed",),
        )
    exchange.archive.notify(recording, recording.callback, "in-progress")
    return as_json(recording_shape(recording), status=201)


def list_call_recordings(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    call = find_call(exchange, sid, request.path)
    chosen = [
        recording_shape(recording)
        for recording in exchange.recordings.values()
        if recording.call is call and recording.status != "deleted"
    ]
    return page_of(request, "recordings", chosen)


def _of_call(exchange: Exchange, request: RestRequest, call_sid: str, sid: str) -> Recording:
    call = find_call(exchange, call_sid, request.path)
    if sid == "Twilio.CURRENT":
        running = [
            recording
            for recording in exchange.recordings.values()
            if recording.call is call and recording.status in RUNNING
        ]
        if not running:
            raise not_found(request.path)
        return running[-1]
    recording = _find(exchange, request, sid)
    if recording.call is not call:
        raise not_found(request.path)
    return recording


def fetch_call_recording(
    exchange: Exchange, request: RestRequest, call_sid: str, sid: str
) -> RestResponse:
    return as_json(recording_shape(_of_call(exchange, request, call_sid, sid)))


def update_call_recording(
    exchange: Exchange, request: RestRequest, call_sid: str, sid: str
) -> RestResponse:
    recording = _of_call(exchange, request, call_sid, sid)
    status = request.value("Status")
    if status not in ("paused", "in-progress", "stopped"):
        raise RestError(400, 20001, "Status must be paused, in-progress or stopped")
    if recording.status not in RUNNING:
        raise RestError(400, 21220, "The recording has ended")
    if status == "paused" and recording.status == "in-progress":
        recording.pause()
    elif status == "in-progress" and recording.status == "paused":
        recording.resume()
    elif status == "stopped":
        recording.stop()
        exchange.archive.notify(recording, recording.callback, "completed")
        shape = recording_shape(recording)
        return as_json(shape | {"status": "stopped"})
    return as_json(recording_shape(recording))


def delete_call_recording(
    exchange: Exchange, request: RestRequest, call_sid: str, sid: str
) -> RestResponse:
    """The sound is gone; the description stays."""
    return delete_recording(exchange, request, _of_call(exchange, request, call_sid, sid).sid)
