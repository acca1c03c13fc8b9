"""From any speech samples to telephone samples: resampled, band-limited, trimmed, levelled.

Only the build imports this: it needs numpy and soxr.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from ivr.adapters.speech.telephone_wav import RATE, NotTelephoneAudio, Wave

Samples = npt.NDArray[np.float64]
"""One channel, full scale ±1."""

LEVEL = 10 ** (-16 / 20)
"""Wanted root mean square of the active speech within the telephone's band: -16 dBFS."""
BAND = (300.0, 3400.0)
"""Hz, of a telephone (ITU-T G.712)."""
CEILING = 0.89
_KNEE = 0.6
_LEAD, _TAIL = 0.04, 0.08
"""Seconds of quiet kept before and after: about a comma's gap where two pieces meet."""
_HIGH_PASS = 200.0
"""Hz. A telephone line cuts below 300 Hz, where a fourth of synthetic speech's energy lies."""


class Silent(ValueError):
    """There is no speech in the samples."""


@cache
def mulaw_levels() -> Samples:
    """The 256 levels of G.711 µ-law, by code (ITU-T G.711, table 2a), full scale ±1."""
    codes = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (codes >> 4) & 7, codes & 15
    magnitude = ((mantissa.astype(np.int32) << 3) + 132 << exponent) - 132
    return np.asarray(np.where(codes & 128, -magnitude, magnitude) / 32768.0)


@cache
def _thresholds() -> tuple[npt.NDArray[np.uint8], Samples]:
    """Codes in rising order of level, and the midpoints between neighbours."""
    order = np.argsort(mulaw_levels(), kind="stable").astype(np.uint8)
    order = order[order != 0x7F]
    levels = mulaw_levels()[order]
    return order, (levels[1:] + levels[:-1]) / 2


def encode_mulaw(samples: Samples) -> bytes:
    """The nearest µ-law code of each sample. Zero is 0xFF, as on the line."""
    order, midpoints = _thresholds()
    return bytes(order[np.searchsorted(midpoints, samples)].tobytes())


def decode(wave: Wave) -> Samples:
    """Samples of a WAV file: PCM of 8 to 32 bits, 32-bit float or µ-law; channels are averaged.
    Raises NotTelephoneAudio for anything else."""
    if not wave.channels or not wave.rate:
        raise NotTelephoneAudio("has no channels or no rate")
    usable = len(wave.data) - len(wave.data) % max(1, wave.channels * wave.bits // 8)
    data = wave.data[:usable]
    flat: npt.NDArray[Any]
    match wave.tag, wave.bits:
        case 7, 8:
            flat = mulaw_levels()[np.frombuffer(data, dtype=np.uint8)]
        case 1, 8:
            flat = (np.frombuffer(data, dtype=np.uint8).astype(np.float64) - 128) / 128
        case 1, 16:
            flat = np.frombuffer(data, dtype="<i2") / 2**15
        case 1, 24:
            parts = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
            flat = ((parts[:, 0] << 8 | parts[:, 1] << 16 | parts[:, 2] << 24) >> 8) / 2**23
        case 1, 32:
            flat = np.frombuffer(data, dtype="<i4") / 2**31
        case 3, 32:
            flat = np.frombuffer(data, dtype="<f4")
        case _:
            raise NotTelephoneAudio(f"has format {wave.tag} with {wave.bits} bits")
    return np.asarray(flat.astype(np.float64).reshape(-1, wave.channels).mean(axis=1))


def telephone_samples(samples: Samples, *, rate: int) -> Samples:
    """Speech as the line carries it, 8 kHz. Raises Silent."""
    narrow = soxr.resample(samples, rate, RATE, quality="HQ") if rate != RATE else samples
    if not narrow.size:
        raise Silent("is empty")
    return _levelled(_trimmed(np.convolve(narrow, _high_pass(), mode="same")[: narrow.size]))


def telephone_mulaw(wave: Wave) -> bytes:
    """µ-law samples of a WAV file's speech. Raises NotTelephoneAudio, Silent."""
    return encode_mulaw(telephone_samples(decode(wave), rate=wave.rate))


def narrow(samples: Samples) -> Samples:
    """What a telephone's band lets through, at 8 kHz."""
    return np.convolve(samples, _band(), mode="same")[: samples.size] if samples.size else samples


def active_rms(samples: Samples, *, rate: int = RATE) -> float:
    """Root mean square over the 20 ms frames that are within 25 dB of the loudest one."""
    frames = frame_rms(samples, width=max(1, rate // 50))
    active = frames[frames > frames.max(initial=0.0) * 10 ** (-25 / 20)]
    return float(np.sqrt(np.mean(active**2))) if active.size else 0.0


def frame_rms(samples: Samples, *, width: int) -> Samples:
    """Root mean square of each ``width`` samples."""
    padded = np.pad(samples, (0, -samples.size % width))
    return np.asarray(np.sqrt(np.mean(padded.reshape(-1, width) ** 2, axis=1)))


@cache
def _high_pass() -> Samples:
    """Windowed-sinc filter, 129 taps."""
    taps = np.arange(-64, 65)
    low = 2 * _HIGH_PASS / RATE * np.sinc(2 * _HIGH_PASS / RATE * taps) * np.hamming(129)
    kernel = -low / low.sum()
    kernel[64] += 1
    return np.asarray(kernel)


@cache
def _band() -> Samples:
    """Windowed-sinc band-pass, 129 taps."""
    taps = np.arange(-64, 65)
    low, high = (2 * edge / RATE * np.sinc(2 * edge / RATE * taps) for edge in BAND)
    return np.asarray((high - low) * np.hamming(129))


def _trimmed(samples: Samples) -> Samples:
    """Without the quiet of both edges but for the lead and tail, which fade in and out."""
    step = 0.005
    frames = frame_rms(samples, width=round(step * RATE))
    if frames.max() < 1e-4:
        raise Silent("has no speech")
    loud = np.flatnonzero(frames > frames.max() * 10 ** (-40 / 20))
    first, last = int(loud[0]), int(loud[-1]) + 1
    width, lead, tail = round(step * RATE), round(_LEAD * RATE), round(_TAIL * RATE)
    padded = np.pad(samples, (lead, tail + width))
    cut = padded[first * width : last * width + lead + tail].copy()
    fade = np.linspace(0.0, 1.0, width)
    cut[:width] *= fade
    cut[-width:] *= fade[::-1]
    return cut


def _levelled(samples: Samples) -> Samples:
    """At LEVEL as heard through the band, peaks bent below CEILING. The bending costs level,
    hence the rounds. Speech with nothing in the band is levelled as a whole."""
    heard = narrow if active_rms(narrow(samples)) > active_rms(samples) / 10 else np.asarray
    gain = LEVEL / active_rms(heard(samples))
    bent = _bent(samples * gain)
    for _ in range(8):
        gain *= LEVEL / active_rms(heard(bent))
        bent = _bent(samples * gain)
    return bent


def _bent(samples: Samples) -> Samples:
    room = CEILING - _KNEE
    size = np.abs(samples)
    over = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.sign(samples) * over, samples)
