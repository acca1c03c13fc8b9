// Plays what the line plays, one sound after the other.

const LATE = 1;

export class Player {
  /** blocked() is called when the browser wants a click before it lets sound out. */
  constructor(blocked) {
    this._blocked = blocked;
    this._queue = [];
    this._muted = false;
  }

  mute(muted) {
    this._muted = muted;
    for (const { audio } of this._queue) audio.muted = muted;
  }

  /** Play the sound at url once all before it is heard; age = seconds since it began. */
  add(url, { age, seconds }) {
    if (age > seconds - 0.2) return;
    const audio = document.createElement("audio");
    audio.className = "line-sound";
    audio.hidden = true;
    audio.preload = "auto";
    audio.muted = this._muted;
    audio.src = url;
    const entry = { audio, age };
    const next = () => this._next(entry);
    audio.addEventListener("ended", next);
    audio.addEventListener("error", next);
    this._queue.push(entry);
    if (this._queue.length === 1) this._start(entry);
  }

  stop() {
    for (const { audio } of this._queue.splice(0)) {
      audio.pause();
      audio.remove();
    }
  }

  /** After a click that the browser accepts. */
  again() {
    if (this._queue.length) this._start(this._queue[0]);
  }

  _next(entry) {
    entry.audio.remove();
    if (this._queue[0] !== entry) return;
    this._queue.shift();
    if (this._queue.length) this._start(this._queue[0]);
  }

  _start({ audio, age }) {
    document.body.append(audio);
    if (age > LATE) audio.currentTime = age;
    audio.play().catch((failure) => {
      if (failure.name === "NotAllowedError") this._blocked();
    });
  }
}
