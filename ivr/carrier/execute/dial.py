"""<Dial>: who is called, how that ends, and what is requested then.

Source: twilio.com/docs/voice/twiml/dial.
"""

from __future__ import annotations

from ivr.carrier.call import CallOver, Goto
from ivr.carrier.events import DialEnded
from ivr.carrier.execute.dial_conference import dial_conference
from ivr.carrier.execute.dial_party import dial_parties
from ivr.carrier.execute.dial_queue import dial_queue
from ivr.carrier.execute.dial_result import Dialled
from ivr.carrier.execute.session import Next, Session
from ivr.carrier.twiml.dial import Dial
from ivr.carrier.twiml.document import Document


async def execute_dial(verb: Dial, session: Session, document: Document) -> Next:
    call = session.call
    call.leg.forget(keys=True)
    try:
        result = await _dial(verb, session, document)
    except CallOver:
        if verb.action is not None and call.faults.dial_action_after_hangup:
            await session.say_goodbye(_action(verb, verb.action, Dialled(status="completed"), ""))
        raise
    finally:
        call.leg.forget(keys=True)
    call.emit(DialEnded, status=result.status, child=result.sid)
    if verb.action is None:
        return None
    return _action(verb, verb.action, result, _recorded(verb, session, result))


async def _dial(verb: Dial, session: Session, document: Document) -> Dialled:
    if verb.queue is not None:
        return await dial_queue(verb, verb.queue, session, document)
    if verb.conference is not None:
        return await dial_conference(verb, verb.conference, session, document)
    if not verb.sequential:
        return await dial_parties(verb, verb.parties, session, document)
    result = Dialled(status="failed")
    for party in verb.parties:
        result = await dial_parties(verb, (party,), session, document)
        if result.answered:
            break
    return result


def _recorded(verb: Dial, session: Session, result: Dialled) -> str:
    """Keep the recording that was asked for; its address."""
    if verb.record in ("do-not-record", "false") or not result.answered:
        return ""
    recording = session.exchange.archive.start(session.call, source="DialVerb")
    recording.channels = 2 if verb.record.endswith("dual") else 1
    recording.stop()
    recording.seconds = float(result.seconds)
    session.exchange.archive.notify(recording, verb.recording_callback, "completed")
    return session.exchange.archive.url(recording)


def _action(verb: Dial, url: str, result: Dialled, recording_url: str) -> Goto:
    fields = [("DialCallStatus", result.status)]
    if result.sid:
        fields += [
            ("DialCallSid", result.sid),
            ("DialCallDuration", str(result.seconds)),
        ]
    fields.append(("DialBridged", "true" if result.bridged else "false"))
    if recording_url:
        fields.append(("RecordingUrl", recording_url))
    return Goto(url=url, method=verb.method, fields=(*fields, *result.fields))
