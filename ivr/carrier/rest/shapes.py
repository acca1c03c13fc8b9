"""Resources as JSON, with the names and types of Twilio's OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from ivr.carrier.applications import Application
from ivr.carrier.call import Call
from ivr.carrier.conference import Conference, Participant
from ivr.carrier.fields import API_VERSION
from ivr.carrier.messages import Message
from ivr.carrier.queue import Member, Queue
from ivr.carrier.recordings import Recording


def rfc2822(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at.replace(microsecond=0))


def account_path(account_sid: str) -> str:
    return f"/{API_VERSION}/Accounts/{account_sid}"


def call_shape(call: Call) -> dict[str, Any]:
    uri = f"{account_path(call.account_sid)}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "parent_call_sid": call.parent_sid or None,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.ended_at or call.answered_at or call.created_at),
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "phone_number_sid": None,
        "status": "queued" if call.status == "initiated" else call.status,
        "start_time": rfc2822(call.answered_at or call.created_at),
        "end_time": rfc2822(call.ended_at),
        "duration": str(call.seconds) if call.ended else None,
        "price": None,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": None,
        "api_version": API_VERSION,
        "forwarded_from": dict(call.extra).get("ForwardedFrom"),
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
    }


def queue_shape(queue: Queue, account_sid: str) -> dict[str, Any]:
    uri = f"{account_path(account_sid)}/Queues/{queue.sid}"
    return {
        "sid": queue.sid,
        "account_sid": account_sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": queue.average_wait,
        "date_created": rfc2822(queue.created_at),
        "date_updated": rfc2822(queue.updated_at),
        "uri": f"{uri}.json",
        "subresource_uris": {"members": f"{uri}/Members.json"},
    }


def member_shape(member: Member, queue: Queue, account_sid: str) -> dict[str, Any]:
    path = f"{account_path(account_sid)}/Queues/{queue.sid}/Members/{member.call.sid}.json"
    return {
        "call_sid": member.call.sid,
        "queue_sid": queue.sid,
        "date_enqueued": rfc2822(member.enqueued_at),
        "position": queue.position(member),
        "wait_time": member.waited,
        "uri": path,
    }


def conference_shape(conference: Conference, account_sid: str) -> dict[str, Any]:
    uri = f"{account_path(account_sid)}/Conferences/{conference.sid}"
    return {
        "sid": conference.sid,
        "account_sid": account_sid,
        "friendly_name": conference.name,
        "status": conference.status,
        "region": "us1",
        "api_version": API_VERSION,
        "date_created": rfc2822(conference.created_at),
        "date_updated": rfc2822(conference.updated_at),
        "reason_conference_ended": conference.reason_ended or None,
        "call_sid_ending_conference": conference.ending_call or None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "participants": f"{uri}/Participants.json",
            "recordings": f"{uri}/Recordings.json",
        },
    }


def participant_shape(participant: Participant, conference: Conference) -> dict[str, Any]:
    call = participant.call
    path = f"{account_path(call.account_sid)}/Conferences/{conference.sid}/Participants"
    return {
        "account_sid": call.account_sid,
        "call_sid": call.sid,
        "label": participant.label or None,
        "call_sid_to_coach": participant.coaching or None,
        "coaching": bool(participant.coaching),
        "conference_sid": conference.sid,
        "date_created": rfc2822(participant.joined_at),
        "date_updated": rfc2822(participant.updated_at),
        "end_conference_on_exit": participant.end_on_exit,
        "muted": participant.muted,
        "hold": participant.hold,
        "start_conference_on_enter": participant.start_on_enter,
        "status": "connected",
        "queue_time": "0",
        "uri": f"{path}/{call.sid}.json",
    }


def message_shape(message: Message) -> dict[str, Any]:
    uri = f"{account_path(message.account_sid)}/Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": message.account_sid,
        "messaging_service_sid": message.service_sid or None,
        "from": message.from_ or None,
        "to": message.to,
        "body": message.body,
        "status": message.status,
        "direction": "outbound-api",
        "num_segments": str(segments(message.body)),
        "num_media": "0",
        "price": None,
        "price_unit": "USD",
        "error_code": message.error_code,
        "error_message": None if message.error_code is None else "Unreachable destination handset",
        "api_version": API_VERSION,
        "date_created": rfc2822(message.created_at),
        "date_updated": rfc2822(message.updated_at),
        "date_sent": rfc2822(message.sent_at),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def segments(body: str) -> int:
    """Parts of a text message: 160 ASCII characters, or 70 others, go into a single one."""
    one, many = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= one else -(-len(body) // many)


def recording_shape(recording: Recording, *, media_url: str = "") -> dict[str, Any]:
    """As the Recordings resource has it; without ``media_url`` as that of a call."""
    call = recording.call
    path = account_path(call.account_sid)
    own = f"{path}/Recordings/{recording.sid}"
    running = recording.status in ("in-progress", "paused")
    shape: dict[str, Any] = {
        "sid": recording.sid,
        "account_sid": call.account_sid,
        "call_sid": call.sid,
        "conference_sid": recording.conference_sid or None,
        "api_version": API_VERSION,
        "channels": recording.channels,
        "source": recording.source,
        "status": recording.status,
        "duration": None if running else str(recording.duration),
        "start_time": rfc2822(recording.started_at),
        "date_created": rfc2822(recording.started_at),
        "date_updated": rfc2822(recording.started_at),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
    }
    if media_url:
        return shape | {
            "uri": f"{own}.json",
            "media_url": media_url,
            "subresource_uris": {"transcriptions": f"{own}/Transcriptions.json"},
        }
    return shape | {
        "uri": f"{path}/Calls/{call.sid}/Recordings/{recording.sid}.json",
        "track": "both",
    }


def application_shape(application: Application, account_sid: str) -> dict[str, Any]:
    return {
        "sid": application.sid,
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "date_created": rfc2822(application.created_at),
        "date_updated": rfc2822(application.updated_at),
        "friendly_name": application.friendly_name,
        "voice_url": application.voice_url or None,
        "voice_method": application.voice_method,
        "voice_fallback_url": application.voice_fallback_url or None,
        "voice_fallback_method": application.voice_fallback_method,
        "status_callback": application.status_callback or None,
        "status_callback_method": application.status_callback_method,
        "voice_caller_id_lookup": False,
        "sms_url": None,
        "sms_method": "POST",
        "sms_fallback_url": None,
        "sms_fallback_method": "POST",
        "sms_status_callback": None,
        "message_status_callback": None,
        "public_application_connect_enabled": False,
        "uri": f"{account_path(account_sid)}/Applications/{application.sid}.json",
    }
