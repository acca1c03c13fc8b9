"""Whether a recording can be used as a prompt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ivr.adapters.speech.pace import FAR, expected_seconds
from ivr.adapters.speech.sound import (
    Samples,
    Silent,
    active_rms,
    decode,
    frame_rms,
    telephone_samples,
)
from ivr.adapters.speech.synthesis import Voice
from ivr.adapters.speech.telephone_wav import RATE, NotTelephoneAudio, unpack
from ivr.ports.prompt_studio import MOST_SECONDS, RecordingFault, RecordingRefused

RATES = (8000, 192_000)
"""Samples a second: what is slower lacks the telephone's own band."""
_FULL = 0.999
_CLIPPED = 0.0005
"""Share of samples at full scale from which on it is heard."""
_QUIETEST = -45.0
"""dBFS of the voice."""
_LEAST_ABOVE_NOISE = 12.0
"""Decibels of the voice over the quiet between its words."""
_TELLS_NOISE = 2.0
"""Seconds of speech that have some quiet between words."""
_LONGEST_GAP = 1.5
"""Times MOST_SECONDS that may come in, the quiet at both ends included."""


def check_recording(content: bytes, *, text: str) -> Mapping[str, float]:
    """What was measured: ``seconds`` as callers hear it, ``rate``, ``level`` and ``noise`` in
    dBFS. Raises RecordingRefused."""
    if not content:
        raise RecordingRefused("empty")
    try:
        wave = unpack(content)
    except NotTelephoneAudio:
        raise RecordingRefused("no_wav") from None
    width = max(1, wave.channels * wave.bits // 8)
    if not wave.data:
        raise RecordingRefused("empty")
    if not RATES[0] <= wave.rate <= RATES[1]:
        raise RecordingRefused("rate", {"rate": wave.rate})
    if len(wave.data) / width / wave.rate > MOST_SECONDS * _LONGEST_GAP:
        raise RecordingRefused("too_long", {"seconds": len(wave.data) / width / wave.rate})
    try:
        samples = np.nan_to_num(decode(wave), nan=0.0, posinf=1.0, neginf=-1.0)
    except (NotTelephoneAudio, ValueError):
        raise RecordingRefused("format") from None
    if not samples.size:
        raise RecordingRefused("empty")
    facts = _measured(samples, rate=wave.rate)
    if float(np.mean(np.abs(samples) >= _FULL)) > _CLIPPED:
        raise RecordingRefused("too_loud", facts)
    try:
        heard = telephone_samples(samples, rate=wave.rate)
    except Silent:
        raise RecordingRefused("silent", facts) from None
    facts["seconds"] = heard.size / RATE
    fault = _fault(facts, text)
    if fault:
        raise RecordingRefused(fault, facts)
    return facts


def _fault(facts: Mapping[str, float], text: str) -> RecordingFault | None:
    seconds = facts["seconds"]
    if facts["level"] < _QUIETEST:
        return "too_quiet"
    if seconds > MOST_SECONDS:
        return "too_long"
    if text:
        wanted = expected_seconds(text, rate=Voice().rate)
        if seconds < wanted * FAR[0]:
            return "too_short"
        if seconds > wanted * FAR[1]:
            return "too_long"
    if seconds >= _TELLS_NOISE and facts["level"] - facts["noise"] < _LEAST_ABOVE_NOISE:
        return "noisy"
    return None


def _measured(samples: Samples, *, rate: int) -> dict[str, float]:
    frames = frame_rms(samples, width=max(1, rate // 50))
    return {
        "seconds": samples.size / rate,
        "rate": float(rate),
        "level": _decibels(active_rms(samples, rate=rate)),
        "noise": _decibels(float(np.percentile(frames, 5))),
    }


def _decibels(level: float) -> float:
    return float(20 * np.log10(max(level, 1e-6)))
