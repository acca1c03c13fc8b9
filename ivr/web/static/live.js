// Live events for a page of the desk.
//
//   onEvent(topic, ({id, v}) => …)  a change; "*" hears every topic, as (data, topic)
//   onSnapshot(() => …)             read everything anew: connected (again), or something was missed
//   onStatus(({state, since, red}) => …)  at once, then at every change. state: "ao-vivo",
//                                   "reconectando", "sem-conexao" (5 s and more; red from 30 s),
//                                   "sessao-encerrada"; since: a Date, null while live
//   onPoll(() => …)                 every 5 s while there has been no connection for 5 s
//   watchTickets([protocol, …])     tickets on the screen, whose changes are wanted
// Each of the first four returns a function that ends it.

import { LiveLine } from "./live-core.js";

const handlers = { event: new Set(), snapshot: new Set(), status: new Set(), poll: new Set() };
let status = { state: "reconectando", since: new Date(), red: false };
let tickets = [];

function add(kind, handler) {
  handlers[kind].add(handler);
  return () => handlers[kind].delete(handler);
}

export function onEvent(topic, handler) {
  return add("event", (got, data) => {
    if (topic === "*" || topic === got) {
      handler(data, got);
    }
  });
}

export function onSnapshot(handler) {
  return add("snapshot", handler);
}

export function onStatus(handler) {
  handler(status);
  return add("status", handler);
}

export function onPoll(handler) {
  return add("poll", handler);
}

export function watchTickets(protocols) {
  tickets = [...protocols];
  send({ op: "watch", tickets });
}

function call(kind, ...values) {
  for (const handler of [...handlers[kind]]) {
    try {
      handler(...values);
    } catch (error) {
      reportError(error); // one part of a page that fails must not silence the others
    }
  }
}

function receive(message) {
  if (message.kind === "status") {
    const red = message.state === "sem-conexao-longa";
    const state = red ? "sem-conexao" : message.state;
    status = { state, since: message.since === null ? null : new Date(message.since), red };
    call("status", status);
  } else if (message.kind === "event") {
    call("event", message.topic, message.data);
  } else {
    call(message.kind);
  }
}

function connectShared() {
  const address = new URL("live-worker.js", import.meta.url);
  const worker = new SharedWorker(address, { type: "module", name: "ivr-live" });
  worker.port.onmessage = ({ data }) => receive(data);
  return (message) => worker.port.postMessage(message);
}

function connectAlone() {
  const line = new LiveLine();
  return (message) => {
    if (message.op === "join") {
      line.join(receive);
    } else if (message.op === "leave") {
      line.leave(receive);
    } else {
      line.watch(receive, message.tickets);
    }
  };
}

const send = typeof SharedWorker === "function" ? connectShared() : connectAlone();
send({ op: "join" });
addEventListener("pagehide", () => send({ op: "leave" }));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) {
    send({ op: "join" });
    send({ op: "watch", tickets });
  }
});
