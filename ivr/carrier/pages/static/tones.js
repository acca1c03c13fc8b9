// The telephone's own sounds: keys, the beep before a recording, the bell.

const ROWS = { 1: 697, 2: 697, 3: 697, 4: 770, 5: 770, 6: 770, 7: 852, 8: 852, 9: 852 };
const COLUMNS = [1209, 1336, 1477];
const LAST_ROW = { "*": 1209, 0: 1336, "#": 1477 };
const VOLUME = 0.06;

export class Tones {
  constructor() {
    this.muted = false;
  }

  /** Both tones of a key (ITU-T Q.23). */
  key(key) {
    const pair = key in LAST_ROW ? [941, LAST_ROW[key]] : [ROWS[key], COLUMNS[(Number(key) - 1) % 3]];
    this._sound(pair, 0.14);
  }

  beep(seconds) {
    this._sound([1000], seconds);
  }

  /** One ring of the bell. */
  bell() {
    this._sound([440, 480], 1);
  }

  _sound(frequencies, seconds) {
    if (this.muted || !navigator.userActivation?.hasBeenActive) return;
    this._context ??= new AudioContext();
    const volume = this._context.createGain();
    volume.gain.value = VOLUME;
    volume.connect(this._context.destination);
    for (const frequency of frequencies) {
      const tone = this._context.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(volume);
      tone.start();
      tone.stop(this._context.currentTime + seconds);
    }
  }
}
