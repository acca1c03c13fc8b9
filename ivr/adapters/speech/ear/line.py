"""A telephone line made worse on purpose, the same way each time: a narrow band, noise, lost
frames.

The band is that of a telephone (300 to 3400 Hz, ITU-T G.712); a frame is the 20 ms that a network
carries in one packet, and a lost one is heard as silence. The noise is pink, as of streets and
offices.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from ivr.adapters.speech.sound import Samples, active_rms, encode_mulaw, mulaw_levels, narrow
from ivr.adapters.speech.telephone_wav import RATE, SILENCE

FRAME = RATE // 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``noise_db``: how far the noise lies below the active speech, in dB; None for none.
    ``room``: the noise is where the voice is, so that it too passes the band; else it comes on the
    line. ``loss``: share of frames that never arrive, 0 to 1."""

    name: str
    noise_db: float | None = None
    room: bool = False
    loss: float = 0.0


def over(line: Line, mulaw: bytes, *, seed: str) -> bytes:
    """µ-law samples as they come out of the line. ``seed``: the same gives the same line."""
    digest = hashlib.sha256(f"{line.name}/{seed}".encode()).digest()
    chance = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    samples = narrow(mulaw_levels()[np.frombuffer(mulaw, dtype=np.uint8)])
    if line.noise_db is not None and samples.size:
        noise = _pink(chance.standard_normal(samples.size))
        noise = narrow(noise) if line.room else noise
        level = active_rms(samples) * 10 ** (-line.noise_db / 20)
        samples = samples + noise * (level / max(float(np.sqrt(np.mean(noise**2))), 1e-9))
    heard = bytearray(encode_mulaw(samples))
    for start in range(0, len(heard), FRAME):
        if chance.random() < line.loss:
            cut = len(heard[start : start + FRAME])
            heard[start : start + cut] = SILENCE * cut
    return bytes(heard)


def _pink(white: Samples) -> Samples:
    """Noise whose power falls by 3 dB an octave, as that of streets and offices does."""
    spectrum = np.fft.rfft(white)
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    return np.asarray(np.fft.irfft(spectrum, white.size))
