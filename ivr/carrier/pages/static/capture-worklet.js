// Runs in the browser's audio thread: the microphone's samples into frames of 20 ms of µ-law.

import { FRAME, Resampler, encode } from "./telephone-sound.js";

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this._resampler = new Resampler(sampleRate);
    this._frame = new Uint8Array(FRAME);
    this._filled = 0;
    this._peak = 0;
  }

  process([[samples]]) {
    if (!samples) return true;
    for (const sample of this._resampler.add(samples)) {
      this._peak = Math.max(this._peak, Math.abs(sample));
      this._frame[this._filled] = encode(sample);
      this._filled += 1;
      if (this._filled === FRAME) this._send();
    }
    return true;
  }

  _send() {
    this.port.postMessage({ frame: this._frame, peak: this._peak }, [this._frame.buffer]);
    this._frame = new Uint8Array(FRAME);
    this._filled = this._peak = 0;
  }
}

registerProcessor("capture", Capture);
