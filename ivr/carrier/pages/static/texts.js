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

  /**
   * What a play_started event plays: its words, of which kind (words, secret, music, sound), and
   * whether they go on with what the last one (of the same kind) began to say.
   */
  of(event, last = null) {
    if (event.kind !== "play" && event.kind !== "stream") {
      const other = { beep: "♪ bipe", tones: "♪ tons de teclas" }[event.kind];
      return { words: other ?? event.text, kind: other ? "sound" : "words", goesOn: false };
    }
    if (event.url.includes("/audio/secret/")) {
      return { words: "•••• (senha soletrada)", kind: "secret", goesOn: last?.kind === "secret" };
    }
    const piece = decodeURIComponent(PIECE.exec(event.url)?.[1] ?? "");
    const found = this._pieces[piece];
    if (!found) return unknown(event.url, last);
    const [prompt, part] = [piece.split("~")[0], Number(piece.split("~")[1] ?? 0)];
    const value = piece.startsWith("v.");
    const own = last?.prompt === prompt;
    const goesOn = last?.kind === "words" &&
      (value || (own && part > last.part) || (!own && last.more));
    return {
      words: found.text, kind: "words", goesOn,
      ...(value && last ? { prompt: last.prompt, part: last.part, more: last.more } : {
        prompt, part, more: `${prompt}~${part + 1}` in this._pieces,
      }),
    };
  }
}

function unknown(url, last) {
  const music = url.includes("espera");
  return {
    words: music ? "♪ música de espera" : "♪ som sem texto", kind: music ? "music" : "sound",
    goesOn: false, again: music && last?.kind === "music",
  };
}
