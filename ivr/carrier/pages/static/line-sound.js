// The sound of one call's line: frames go out, and what comes is heard at once.

import { socket } from "./server.js";
import { RATE, decode } from "./telephone-sound.js";

const AGAIN = 1000;
const DELAY = 0.08;
const LATE = 0.5;

export class LineSound {
  /** blocked() is called when the browser wants a click before it lets sound out. */
  constructor(blocked) {
    this._blocked = blocked;
    this._muted = false;
    this._context = this._volume = null;
    this._sid = "";
    this._next = 0;
    this.played = 0;
  }

  open(sid) {
    this.close();
    this._sid = sid;
    this._connect();
  }

  close() {
    this._sid = "";
    this._socket?.close();
    this._socket = null;
  }

  /** Whether the frame could be sent. */
  send(frame) {
    if (this._socket?.readyState !== WebSocket.OPEN) return false;
    this._socket.send(frame);
    return true;
  }

  mute(muted) {
    this._muted = muted;
    if (this._volume) this._volume.gain.value = muted ? 0 : 1;
  }

  /** After a click that the browser accepts. */
  again() {
    this._context?.resume();
  }

  _connect() {
    const sid = this._sid;
    const mine = socket(`/phone/calls/${sid}/sound`);
    mine.binaryType = "arraybuffer";
    mine.addEventListener("message", ({ data }) => {
      if (this._sid === sid) this._play(new Uint8Array(data));
    });
    mine.addEventListener("close", () => {
      setTimeout(() => {
        if (this._socket === mine && this._sid === sid) this._connect();
      }, AGAIN);
    });
    this._socket = mine;
  }

  _play(mulaw) {
    if (!this._context) this._begin();
    if (this._context.state === "suspended") this._blocked();
    const buffer = this._context.createBuffer(1, mulaw.length, RATE);
    buffer.copyToChannel(Float32Array.from(mulaw, decode), 0);
    const source = this._context.createBufferSource();
    source.buffer = buffer;
    source.connect(this._volume);
    const now = this._context.currentTime;
    if (this._next < now || this._next > now + LATE) this._next = now + DELAY;
    source.start(this._next);
    this._next += buffer.duration;
    this.played += mulaw.length;
  }

  _begin() {
    this._context = new AudioContext();
    this._volume = this._context.createGain();
    this._volume.gain.value = this._muted ? 0 : 1;
    this._volume.connect(this._context.destination);
  }
}
