// What went over the wire.

import { byId, hour, make } from "./dom.js";

const PURPOSES = {
  document: "webhook", status: "aviso de estado", recording: "aviso de gravação",
  partial: "fala parcial", media: "som", message: "aviso de SMS",
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

  other(event) {
    const { event: name, at, call, ...rest } = event;
    this._add(`${hour(at)} ${name} ${JSON.stringify(rest)}`, false);
  }

  _add(text, wrong) {
    byId("sem-registro").hidden = true;
    this._list.append(make("li", { text, class: wrong ? "wrong" : "" }));
    if (this._list.children.length > MOST) this._list.firstElementChild.remove();
    this._list.scrollTop = this._list.scrollHeight;
    byId("registro-quantos").textContent = `(${++this._count})`;
  }
}
