// What the sounds of the service say, by their address.

import { get } from "./server.js";

const PIECE = /\/prompts\/([^/?]+)\.wav/;

export class Texts {
  constructor() {
    this._pieces = {};
  }

  /** Ask again; says whether the service answered. */
  async load() {
    try {
      this._pieces = await get("/phone/texts");
      return true;
    } catch {
      return false;
    }
  }

  /** { base, words, kind: words | secret | music | sound } of what a play_started event plays. */
  of(event) {
    if (event.kind !== "play") {
      const other = { beep: "♪ bipe", tones: "♪ tons de teclas" }[event.kind];
      return { base: event.kind, words: other ?? event.text, kind: other ? "sound" : "words" };
    }
    if (event.url.includes("/audio/secret/")) {
      return { base: "secret", words: "•••• (senha soletrada)", kind: "secret" };
    }
    const piece = PIECE.exec(event.url)?.[1];
    const found = piece && this._pieces[decodeURIComponent(piece)];
    if (found) return { base: piece.split("~")[0], words: found.text, kind: "words" };
    const music = event.url.includes("espera");
    return {
      base: event.url,
      words: music ? "♪ música de espera" : "♪ som sem texto",
      kind: music ? "music" : "sound",
    };
  }
}
