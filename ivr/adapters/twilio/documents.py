"""TwiML outside the flow: the queue's waiting speech, and what needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence

from twilio.twiml.voice_response import Gather as GatherElement
from twilio.twiml.voice_response import VoiceResponse

from ivr.adapters.twilio.links import Links
from ivr.adapters.twilio.twiml import Voice, dial, say, serialise, speak
from ivr.flow.verbs import Utterance

RING_SECONDS = 25
APOLOGY = (
    "Desculpe, estamos com um problema técnico. Sua ligação não foi perdida: "
    "vou passar você para uma pessoa da equipe. Por favor, aguarde na linha."
)
SECOND_TRY = (
    "Se você já foi atendido, pode desligar. Se ainda não, aguarde na linha, "
    "que a próxima pessoa livre vai atender."
)
GOODBYE = "Não foi possível completar o atendimento agora. Por favor, ligue de novo mais tarde."


def wait(
    speech: Sequence[Utterance],
    *,
    links: Links,
    voice: Voice,
    turn: int,
    listen_seconds: int = 3,
    music: str | None = None,
) -> bytes:
    """What a caller in the queue hears: prompts, then ``music``, while one key is listened for.

    The key comes to the same webhook as ``Digits``. With no key the document ends, and the
    carrier asks for it again with new queue figures.
    """
    response = VoiceResponse()
    element = GatherElement(
        input="dtmf",
        action=links.wait(turn),
        method="POST",
        timeout=max(1, listen_seconds),
        num_digits=1,
        finish_on_key="",
    )
    speak(element, speech, voice)
    if music:
        element.play(music)
    response.append(element)
    return serialise(response)


def leave(speech: Sequence[Utterance] = (), *, voice: Voice | None = None) -> bytes:
    """Take the caller out of the queue: the Enqueue's action is asked for next."""
    response = VoiceResponse()
    if voice is not None:
        speak(response, speech, voice)
    response.leave()
    return serialise(response)


def static_to_person(
    number: str | None, *, caller_id: str | None = None, queue: str = "atendimento"
) -> bytes:
    """Apology, then a person: their telephone if ``number`` (E.164) is given, then the queue.

    It needs neither database, nor prompts, nor another webhook. An unusable number counts as none.
    """
    response = VoiceResponse()
    say(response, APOLOGY)
    if number is not None:
        try:
            dial(response, number, caller_id, RING_SECONDS, None)
            say(response, SECOND_TRY)
        except ValueError:
            pass
    response.enqueue(queue)
    say(response, GOODBYE)
    response.hangup()
    return serialise(response)


def empty() -> bytes:
    """``<Response/>``: the right answer to a status callback; on a call it hangs up."""
    return serialise(VoiceResponse())


def try_again(address: str) -> bytes:
    """A second of silence, then the webhook ``address`` once more."""
    response = VoiceResponse()
    response.pause(length=1)
    response.redirect(address, method="POST")
    return serialise(response)
