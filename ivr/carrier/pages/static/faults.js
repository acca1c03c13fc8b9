// The buttons that let things go wrong.

import { byId, make } from "./dom.js";
import { get, post, remove } from "./server.js";

const BUTTONS = [
  { label: "Webhook lento (12 s)", name: "slow_webhook", on: 12, off: 0 },
  { label: "Responde 500", name: "answer_500", on: true, off: false },
  { label: "Perde o aviso de fim", name: "lose_callback", on: true, off: false },
  { label: "Aviso de fim em dobro", name: "duplicate_callback", on: 2, off: 1 },
  { label: "Perde o som (5 s)", name: "break_stream", on: 5, off: 0 },
];

export class FaultButtons {
  /** hangUp() cuts the call; failed(error) when the carrier refuses. */
  constructor({ hangUp, failed }) {
    this._failed = failed;
    this._buttons = BUTTONS.map((fault) => {
      const button = make("button", {
        type: "button", class: "fault", text: fault.label, onclick: () => this._toggle(fault, button),
      });
      button.setAttribute("aria-pressed", "false");
      return { fault, button };
    });
    this._hang = make("button", {
      type: "button", class: "fault", text: "Desligar agora", disabled: true, onclick: hangUp,
    });
    const clear = make("button", {
      type: "button", class: "fault", text: "Limpar falhas",
      onclick: () => this._do(() => remove("/phone/faults")),
    });
    byId("falhas").append(...this._buttons.map(({ button }) => button), this._hang, clear);
  }

  refresh() {
    return this._do(() => get("/phone/faults"));
  }

  live(live) {
    this._hang.disabled = !live;
  }

  _toggle(fault, button) {
    const on = button.getAttribute("aria-pressed") === "true";
    return this._do(() => post("/phone/faults", { [fault.name]: on ? fault.off : fault.on }));
  }

  async _do(work) {
    let now;
    try {
      now = await work();
    } catch (failure) {
      this._failed(failure);
      return;
    }
    const active = this._buttons.filter(({ fault, button }) => {
      const on = now[fault.name] !== fault.off;
      button.setAttribute("aria-pressed", String(on));
      return on;
    });
    const names = active.map(({ fault }) => fault.label).join(", ");
    byId("falhas-estado").textContent = names
      ? `Ligado: ${names}. Vale também para a ligação em curso.`
      : "Tudo funciona como deve.";
  }
}
