// What went over the wire.

import { byId, hour, make } from "./dom.js";

const PURPOSES = {
  document: "webhook", status: "aviso de estado", recording: "aviso de gravação",
  partial: "fala parcial", media: "som", message: "aviso de SMS",
};
const STEPS = {
  status_changed: ({ status }) => `estado: ${status}`,
  gather_started: ({ attributes }) => `Gather começa: ${attributes.input}, ${attributes.timeout} s`,
  gather_ended: ({ reason, keys }) => `Gather acaba: ${reason}${keys ? `, ${keys} teclas` : ""}`,
  record_started: () => "Record começa",
  record_ended: ({ reason, seconds }) => `Record acaba: ${reason}, ${Math.round(seconds)} s`,
  enqueued: ({ queue, position }) => `fila ${queue}: entra, posição ${position}`,
  left_queue: ({ queue, result }) => `fila ${queue}: sai, ${result}`,
  dialled: ({ to }) => `Dial: ${to}`,
  dial_ended: ({ status }) => `Dial acaba: ${status}`,
  hung_up: ({ by }) => `desligou: ${by}`,
};
const MOST = 300;

export class Log {
  constructor() {
    this._list = byId("registro");
    this._count = 0;
  }

  http(event) {
    const { pathname } = new URL(event.url, location.href);
    const path = pathname.replace(/\/audio\/secret\/.*/, "/audio/secret/••••.wav");
    const answer = event.status || "sem resposta";
    this._add(
      `${hour(event.at)} ${PURPOSES[event.purpose] ?? event.purpose}: ${event.method} ${path} → ` +
        `${answer}, ${event.milliseconds} ms`,
      event.status === 0 || event.status >= 400);
  }

  warned(event) {
    const level = event.level === "error" ? "ERRO" : "aviso";
    this._add(`${hour(event.at)} ${level} ${event.code}: ${event.text}`, event.level === "error");
  }

  /** Steps of the call that are neither a request nor a warning. */
  step(event) {
    const text = STEPS[event.event]?.(event);
    if (text) this._add(`${hour(event.at)} ${text}`, false);
  }

  _add(text, wrong) {
    byId("sem-registro").hidden = true;
    this._list.append(make("li", { text, class: wrong ? "wrong" : "" }));
    if (this._list.children.length > MOST) this._list.firstElementChild.remove();
    this._list.scrollTop = this._list.scrollHeight;
    byId("registro-quantos").textContent = `(${++this._count})`;
  }
}
