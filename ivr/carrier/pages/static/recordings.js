// What callers recorded.

import { byId, clock, hour, make } from "./dom.js";
import { get } from "./server.js";

export class Recordings {
  constructor() {
    this._known = new Set();
  }

  async refresh() {
    const tapes = await get("/phone/recordings");
    byId("sem-gravacoes").hidden = tapes.length > 0;
    for (const tape of tapes.toReversed()) {
      if (this._known.has(tape.sid)) continue;
      this._known.add(tape.sid);
      const name = `Gravação das ${hour(tape.at)}, ${clock(tape.seconds)}`;
      const audio = make("audio", {
        controls: true, preload: "none", src: `/phone/recordings/${tape.sid}.wav`,
      });
      audio.setAttribute("aria-label", name);
      byId("lista-gravacoes").prepend(make("li", { class: "tape" }, make("p", { text: name }), audio));
    }
  }
}
