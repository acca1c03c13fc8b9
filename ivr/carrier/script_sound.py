"""What a caller of a script puts on the line: synthetic speech or a file, perhaps in noise."""

from __future__ import annotations

from pathlib import Path

from ivr.carrier.audio import samples_of
from ivr.carrier.media.learning import mulaw_in
from ivr.carrier.media.mulaw import decoded
from ivr.carrier.media.noise import noisy
from ivr.carrier.media.voice import CannotSpeak, spoken_samples
from ivr.carrier.script import BadScript, Step


def sound_of(step: Step, text: str) -> bytes:
    """16-bit samples of what ``step`` says; ``text`` is its ``fale`` with the values filled in.

    Raises :class:`BadScript`.
    """
    if step.sound:
        samples = _from_file(Path(step.sound))
    else:
        try:
            samples = spoken_samples(text, step.voice, step.rate)
        except CannotSpeak as failure:
            raise BadScript(f"fale: {failure}") from failure
    return samples if step.snr is None else noisy(samples, snr=step.snr)


def _from_file(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as failure:
        raise BadScript(f"sound: {path.name}: {failure.strerror}") from failure
    mulaw = mulaw_in(content)
    if not mulaw:
        raise BadScript(f"sound: {path.name} is no telephone WAV (8 kHz, mono, µ-law or 16 bits)")
    try:
        return samples_of(content)
    except ValueError:
        return decoded(mulaw)
