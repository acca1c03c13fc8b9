// Real sound into a call: the button of the microphone, the choice of a file, and their words.

import { byId } from "./dom.js";
import { Microphone, NoMicrophone } from "./microphone.js";
import { speech } from "./server.js";
import { Resampler, encode } from "./telephone-sound.js";

const LONGEST = 60;
const LEVEL_FALLS = 0.9;
const OFF = "Ligar o microfone";
const ON = "Desligar o microfone";

export class Voice {
  /** sound = the LineSound of the call; spoke(text) when a file was said. */
  constructor({ sound, spoke }) {
    this._sound = sound;
    this._spoke = spoke;
    this._sid = "";
    this._level = 0;
    this._button = byId("microfone");
    this._file = byId("arquivo");
    this._microphone = new Microphone({
      frame: (frame, peak) => this._heard(frame, peak),
      gone: (why) => this._show(why, true),
    });
    this._button.addEventListener("click", () => this._toggle());
    this._file.addEventListener("change", () => this._say());
  }

  get on() {
    return this._microphone.on;
  }

  /** The call that sound goes to; "" for none. */
  belong(sid) {
    this._sid = sid;
    this._file.disabled = !sid;
  }

  async _toggle() {
    if (this.on) {
      this._microphone.stop();
      this._show("");
      return;
    }
    this._button.disabled = true;
    this._words("Permita o microfone no aviso do navegador.");
    try {
      await this._microphone.start();
      this._show("Microfone ligado: o que você fala vai para a ligação.");
    } catch (failure) {
      if (!(failure instanceof NoMicrophone)) throw failure;
      this._show(failure.message, true);
    } finally {
      this._button.disabled = false;
    }
  }

  _heard(frame, peak) {
    if (this._sid) this._sound.send(frame);
    this._level = Math.max(peak, this._level * LEVEL_FALLS);
    byId("nivel").value = Math.min(1, Math.sqrt(this._level));
  }

  async _say() {
    const [file] = this._file.files;
    const sid = this._sid;
    this._file.value = "";
    if (!file || !sid) return;
    try {
      const mulaw = await telephoneSound(file);
      const { seconds } = await speech(sid, mulaw);
      this._words("");
      this._spoke(`♪ ${file.name} (${seconds.toFixed(1).replace(".", ",")} s)`);
    } catch (failure) {
      this._words(failure instanceof BadFile ? failure.message : `O som não foi aceito: ${failure.message}`, true);
    }
  }

  _show(text, wrong = false) {
    this._button.textContent = this.on ? ON : OFF;
    this._button.setAttribute("aria-pressed", String(this.on));
    byId("nivel").hidden = !this.on;
    this._words(text, wrong);
  }

  _words(text, wrong = false) {
    byId("voz-estado").textContent = text;
    byId("voz-estado").classList.toggle("wrong", wrong);
  }
}

class BadFile extends Error {}

/** What a sound file holds, as µ-law. Throws BadFile. */
async function telephoneSound(file) {
  const context = new AudioContext();
  let buffer;
  try {
    buffer = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new BadFile("Este arquivo não é um áudio que o navegador entenda.");
  } finally {
    context.close();
  }
  if (buffer.duration > LONGEST) throw new BadFile(`O áudio passa de ${LONGEST} segundos.`);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, index) => buffer.getChannelData(index));
  const mono = channels[0].map((_, at) => channels.reduce((sum, each) => sum + each[at], 0) / channels.length);
  const quiet = new Float32Array(buffer.sampleRate / 10);
  const resampler = new Resampler(buffer.sampleRate);
  const samples = [...resampler.add(mono), ...resampler.add(quiet)];
  return Uint8Array.from(samples, encode);
}
