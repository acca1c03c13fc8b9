"""Switches: what the carrier may do wrong, and both readings of what Twilio leaves open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Set for the whole exchange, or for one call. Times in seconds."""

    # Faults of the network. Those of answers spare the fallback URL, which is asked next.
    slow_webhook: float = 0.0
    """Each voice webhook's answer comes this much later (the 15 s cap still holds)."""
    answer_500: bool = False
    """Each voice webhook reaches the service, but comes back to the carrier as a 500."""
    lose_answer: bool = False
    """The connection breaks after the service has answered: retried only if the URL asks."""
    duplicate_webhook: int = 1
    """Each voice webhook is sent so many times; the last answer counts."""
    lose_callback: bool = False
    """Status callbacks are never sent."""
    duplicate_callback: int = 1
    """Each status callback is sent so many times."""
    delay_callback: float = 0.0
    """Each status callback leaves this much later."""
    reverse_callbacks: bool = False
    """Status callbacks of a call leave in the reverse order, after the call has ended."""
    unknown_field: bool = False
    """A field that no document names comes with every webhook."""
    withhold_caller: bool = False
    """From is the keypad spelling of ANONYMOUS, in Lesotho."""
    queue_system_error: bool = False
    """Enqueue fails with QueueResult=system-error."""
    break_stream: float = 0.0
    """The connection of each media stream breaks so long after it opened; 0 = never."""
    message_hangs: bool = False
    """A message is accepted, but the answer to its POST never comes."""
    message_fails: bool = False
    """Messages end as undelivered (30003)."""

    # What no document settles.
    type_ahead: bool = True
    """Keys pressed while nothing listens are kept for the next Gather (at most 30)."""
    empty_record_falls_through: bool = True
    """An empty recording goes on to the next verb; else its action is requested."""
    empty_gather_has_digits_field: bool = True
    """Gather's empty result carries ``Digits=``; else no such field."""
    speech_has_language_field: bool = True
    """Speech results carry ``Language``."""
    record_action_has_sid: bool = True
    """Record's action carries ``RecordingSid``."""
    empty_queue_status: str = "no-answer"
    """DialCallStatus when Dial Queue found nobody within its time."""
    dequeue_action_executes: bool = False
    """The answer to the Enqueue action after a REST dequeue is executed; else ignored."""
    dial_action_after_hangup: bool = False
    """Dial's action is requested also when the initial caller hung up."""
    dial_timeout_buffer: float = 0.0
    """Dial rings so much longer than its timeout (Twilio: up to 5 s)."""
