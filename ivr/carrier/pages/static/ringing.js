// Other phones that ring: each a card, in which it can be answered beside the call that runs.

import { byId, make, phone } from "./dom.js";
import { Line } from "./line.js";
import { socket } from "./server.js";

const AGAIN = 2000;
const BELL = 4000;
const LINGER = 1500;

export class Ringing {
  /** take(sid, to, from) answers on the big telephone and says whether it was free; name(number);
      only: the one address whose ringing is shown, "" for all. */
  constructor({ take, name, texts, tones, only = "" }) {
    this._deeds = { take, name, texts };
    this._only = only;
    this._cards = new Map();
    this._connect();
    setInterval(() => {
      if ([...this._cards.values()].some((card) => card.rings)) tones.bell();
    }, BELL);
  }

  get count() {
    return [...this._cards.values()].filter((card) => card.rings).length;
  }

  _connect() {
    const connection = socket("/phone/ringing");
    connection.addEventListener("message", (message) => this._told(JSON.parse(message.data)));
    connection.addEventListener("close", () => setTimeout(() => this._connect(), AGAIN));
  }

  _told(event) {
    if (event.event === "hello") {
      for (const card of this._cards.values()) if (card.rings) this._drop(card);
    } else if (event.event === "ringing") {
      if (this._only && event.to !== this._only) return;
      this._cards.set(event.call, new Card(event, this._deeds, (card) => this._drop(card)));
    } else if (this._cards.get(event.call)?.rings) this._drop(this._cards.get(event.call));
    this._show();
  }

  _drop(card) {
    this._cards.delete(card.sid);
    card.element.remove();
    this._show();
  }

  _show() {
    byId("tocando").hidden = this._cards.size === 0;
  }
}

class Card {
  constructor(event, deeds, drop) {
    this.sid = event.call;
    this.rings = true;
    this._to = event.to.replace(/^client:/, "");
    this._from = event.from;
    this._deeds = deeds;
    this._drop = drop;
    this._who = deeds.name(event.to) ?? phone(this._to);
    this._text = make("p", { role: "alert" });
    this._heard = make("p", { class: "heard", hidden: true });
    this._buttons = make("div", {},
      make("button", { type: "button", class: "button", text: "Atender", onclick: () => this._answer() }),
      " ",
      make("button", { type: "button", class: "button danger", text: "Recusar", onclick: () => this._decline() }));
    this.element = make("div", { class: "ring" }, this._text, this._buttons, this._heard);
    byId("tocando").append(this.element);
    this._text.textContent =
      `Toca o telefone de ${this._who}. Quem liga: ${deeds.name(event.from) ?? phone(event.from)}.`;
  }

  _answer() {
    this.rings = false;
    if (this._deeds.take(this.sid, this._to, this._from)) {
      this._drop(this);
      return;
    }
    this._open({ do: "pick_up" });
    this._text.textContent = `Telefone de ${this._who}: em ligação.`;
    const keys = make("input", { maxLength: 20, inputMode: "tel" });
    keys.setAttribute("aria-label", `Teclas do telefone de ${this._who}`);
    const hang = make("button", {
      type: "button", class: "button danger", text: "Desligar",
      onclick: () => this._line.send({ do: "hang_up" }),
    });
    const press = () => {
      if (keys.value && this._line.send({ do: "press", keys: keys.value })) keys.value = "";
    };
    this._buttons.replaceChildren(keys, " ",
      make("button", { type: "button", class: "button plain", text: "Teclar", onclick: press }), " ", hang);
    hang.focus();
  }

  _decline() {
    this.rings = false;
    this._open({ do: "decline" });
    this._text.textContent = `Telefone de ${this._who}: recusada.`;
    this._buttons.hidden = true;
  }

  _open(first) {
    let asked = false;
    this._line = new Line(this.sid, {
      told: (event) => {
        if (!asked) asked = this._line.send(first);
        this._told(event);
      },
      refused: (why) => this._say(why),
      lost: () => this._drop(this),
    });
  }

  _told(event) {
    if (event.event === "play_started") this._say(this._deeds.texts.of(event).words);
    if (event.event === "bridged") this._say("Em conversa com quem ligou.");
    if (event.event === "unbridged") this._say("Agora não se ouvem.");
    if (event.event === "other_spoke") this._say(`A outra pessoa: “${event.text}”`);
    if (event.event === "hung_up") {
      this._text.textContent = `Telefone de ${this._who}: ligação encerrada.`;
      this._buttons.hidden = true;
      setTimeout(() => this._drop(this), LINGER);
    }
  }

  _say(text) {
    this._heard.hidden = false;
    this._heard.textContent = text;
  }
}
