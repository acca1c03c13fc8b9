// The bubbles: what was heard, what the caller did, what happened.

import { byId, hour, make } from "./dom.js";

export const DOT = "•";

export class Conversation {
  constructor(texts) {
    this._texts = texts;
    this._list = byId("falas");
    this._empty = byId("conversa-vazia");
    this._hide = byId("esconder");
    this._hide.addEventListener("change", () => this._list.querySelectorAll(".keys").forEach(
      (keys) => this._show(keys)));
    new ResizeObserver(() => this._follow()).observe(this._list);
    this.clear();
  }

  clear() {
    this._list.replaceChildren();
    this._empty.hidden = false;
    this._heard = this._typed = this._playing = null;
  }

  get hides() {
    return this._hide.checked;
  }

  playStarted(event) {
    const heard = this._texts.of(event, this._heard);
    if (heard.again) return;
    this._typed = null;
    if (!heard.goesOn) {
      const line = make("p");
      const bubble = this._add(make("div", { class: `bubble heard ${heard.kind}` },
        make("div", { class: "who" }, make("span", { text: "Atendimento" }),
          make("time", { text: hour(event.at), dateTime: event.at })), line));
      this._heard = { bubble, line };
    }
    Object.assign(this._heard, heard);
    this._playing?.classList.remove("now");
    this._playing = this._heard.bubble;
    this._playing.classList.add("now");
    const before = this._heard.line.hasChildNodes() ? " " : "";
    if (heard.words) this._heard.line.append(make("span", { text: before + heard.words }));
    this._follow();
  }

  playFinished(event) {
    const bubble = this._playing;
    this._playing = null;
    bubble?.classList.remove("now");
    if (!event.stopped) return;
    bubble?.querySelector(".who").append(make("span", { text: "interrompido" }));
    this._heard = null;
  }

  /** The next thing heard begins a bubble of its own. */
  pause() {
    this._heard = this._typed = null;
  }

  pressed(key) {
    if (!this._typed) {
      this._typed = make("p", { class: "keys" });
      this._typed.keys = "";
      this._add(make("div", { class: "bubble said" },
        make("div", { class: "who", text: "Você teclou" }), this._typed));
    }
    this._typed.keys += key;
    this._heard = null;
    this._show(this._typed);
    this._follow();
  }

  /** confidence null: it was sound, by a synthetic voice or a file. */
  spoke(text, confidence) {
    this.pause();
    const sure = confidence === null ? "Sua voz" : `Você falou (certeza ${Math.round(confidence * 100)}%)`;
    this._add(make("div", { class: "bubble said" },
      make("div", { class: "who", text: sure }), make("p", { text })));
  }

  /** What our own recogniser made of the voice. */
  understood(text) {
    this.pause();
    this._add(make("div", { class: "bubble said understood" },
      make("div", { class: "who", text: "O atendimento entendeu" }), make("p", { text })));
  }

  /** What the other person of a talk says. */
  personSpoke(text) {
    this.pause();
    this._add(make("div", { class: "bubble heard" },
      make("div", { class: "who", text: "A outra pessoa" }), make("p", { text })));
  }

  note(text, wrong = false) {
    this.pause();
    this._add(make("div", { class: wrong ? "event wrong" : "event", text }));
  }

  _show(keys) {
    keys.textContent = this.hides ? DOT.repeat(keys.keys.length) : keys.keys;
  }

  _add(element) {
    this._empty.hidden = true;
    this._list.append(element);
    this._follow();
    return element;
  }

  _follow() {
    this._list.scrollTop = this._list.scrollHeight;
  }
}
