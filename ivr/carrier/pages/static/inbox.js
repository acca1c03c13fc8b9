// The text messages of the invented people.

import { byId, hour, make, phone } from "./dom.js";
import { get } from "./server.js";

const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g;
const STATUS = {
  queued: "na fila", sent: "enviado", delivered: "entregue",
  undelivered: "não entregue", failed: "não enviado",
};

export class Inbox {
  /** counted(unread) after each change. */
  constructor(counted) {
    this._items = new Map();
    this._counted = counted;
    this._first = true;
    byId("marcar-lidas").addEventListener("click", () => this._readAll());
  }

  async refresh() {
    const messages = await get("/phone/messages");
    for (const message of messages.toReversed()) this._put(message);
    this._first = false;
    byId("sem-mensagens").hidden = messages.length > 0;
    this._count();
  }

  _put(message) {
    const known = this._items.get(message.sid);
    const status = STATUS[message.status] ?? message.status;
    if (known) {
      known.status.textContent = status;
      return;
    }
    const who = message.name ?? phone(message.to);
    const tag = make("span", { class: "tag", text: "nova", hidden: this._first });
    const state = make("span", { class: "sms-status", text: status });
    const element = make("li", { class: this._first ? "sms" : "sms new" },
      make("p", { class: "sms-head" }, make("strong", { text: who }), tag, state,
        make("time", { text: hour(message.at), dateTime: message.at })),
      make("p", { class: "sms-body" }, ...linked(message.body)));
    const item = { element, tag, status: state };
    element.addEventListener("click", () => {
      this._read(item);
      this._count();
    });
    byId("lista-mensagens").prepend(element);
    this._items.set(message.sid, item);
    if (!this._first) byId("chegou").textContent = `SMS novo para ${who}`;
  }

  _read({ element, tag }) {
    element.classList.remove("new");
    tag.hidden = true;
  }

  _readAll() {
    for (const item of this._items.values()) this._read(item);
    this._count();
    byId("lista-mensagens").focus();
  }

  _count() {
    const unread = [...this._items.values()].filter((item) => !item.tag.hidden).length;
    byId("nao-lidas").textContent = unread === 1 ? "1 nova" : `${unread} novas`;
    byId("nao-lidas").hidden = byId("marcar-lidas").hidden = unread === 0;
    this._counted(unread);
  }
}

/** The text with its addresses as links. */
function linked(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(at, found.index), make("a", {
      href: found[0], text: found[0], target: "_blank", rel: "noopener noreferrer",
    }));
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}
