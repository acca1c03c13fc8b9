// The sound of a telephone line: µ-law (ITU-T G.711), 8,000 samples a second, a byte each.
// Used by the page and, inside the browser's audio thread, by capture-worklet.js.

export const RATE = 8000;
export const FRAME = 160;

const BIAS = 0x84;
const CLIP = 32635;
const ZEROES = 12;
const CUT = 0.92;

/** A sample from -1 to 1 as a byte. */
export function encode(sample) {
  let size = Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
  const sign = size < 0 ? 0x80 : 0;
  size = Math.min(Math.abs(size), CLIP) + BIAS;
  let exponent = 7;
  for (let bit = 0x4000; exponent > 0 && !(size & bit); bit >>= 1) exponent -= 1;
  return ~(sign | (exponent << 4) | ((size >> (exponent + 3)) & 0x0f)) & 0xff;
}

/** A byte as a sample from -1 to 1. */
export function decode(byte) {
  const code = ~byte & 0xff;
  const size = ((((code & 0x0f) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
  return (code & 0x80 ? -size : size) / 32768;
}

/** Samples at any rate into samples at the line's, with a filter (a windowed sinc). */
export class Resampler {
  constructor(rate) {
    this._step = rate / RATE;
    this._cut = Math.min(1, RATE / rate) * CUT;
    this._half = Math.ceil(ZEROES / this._cut);
    this._kept = new Float32Array(this._half);
    this._at = this._half;
  }

  /** The next samples; what the filter still needs is kept for the next call. */
  add(samples) {
    const all = new Float32Array(this._kept.length + samples.length);
    all.set(this._kept);
    all.set(samples, this._kept.length);
    const made = [];
    for (; this._at + this._half < all.length; this._at += this._step) made.push(this._one(all));
    const drop = Math.max(0, Math.floor(this._at) - this._half);
    this._kept = all.slice(drop);
    this._at -= drop;
    return made;
  }

  _one(all) {
    const middle = Math.floor(this._at);
    let sum = 0;
    for (let index = middle - this._half + 1; index <= middle + this._half; index += 1) {
      const away = index - this._at;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * away) / (this._half + 1));
      const x = Math.PI * away * this._cut;
      sum += all[index] * window * this._cut * (Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x);
    }
    return sum;
  }
}
