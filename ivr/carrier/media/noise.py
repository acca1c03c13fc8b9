"""Noise of a stated strength around what a caller says."""

from __future__ import annotations

import numpy as np

from ivr.carrier.media.mulaw import RATE

LEAD = 0.3
"""Seconds of noise before and after speech, when none are given."""


def noisy(
    samples: bytes, *, snr: float, seed: int = 7, lead: float = LEAD, tail: float = LEAD
) -> bytes:
    """16-bit ``samples`` in white noise that is ``snr`` decibels weaker than they are.

    The strength of speech is that of its loud part, the samples over a tenth of the peak, so that
    pauses do not count. The same ``seed`` makes the same noise.
    """
    voice = np.frombuffer(samples, dtype="<i2").astype(np.float64)
    loud = voice[np.abs(voice) > np.max(np.abs(voice), initial=0) / 10]
    strength = np.sqrt(np.mean(loud**2)) if loud.size else 0.0
    whole = np.concatenate([np.zeros(round(lead * RATE)), voice, np.zeros(round(tail * RATE))])
    sigma = strength / 10 ** (snr / 20)
    whole += np.random.default_rng(seed).normal(0.0, sigma, whole.size) if sigma else 0.0
    return bytes(np.clip(whole, -32_768, 32_767).astype("<i2").tobytes())
