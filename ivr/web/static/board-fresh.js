// Keeps the parts of a board new: live events and a tick every 5 s ask for them, never more than
// once a second; data older than 10 s goes grey with its hour.

import { onEvent, onPoll, onSnapshot, onStatus } from "./live.js";

const EVERY_MS = 5000;
const AT_MOST_EVERY_MS = 1000;
const STALE_MS = 10000;
const TOPICS = ["fila.resumo", "agente.estado", "chamada.estado", "alerta", "ura.resumo", "oferta.fim"];

const frame = document.getElementById("quadro");
const after = new Set();
let newest = 0;
let got = performance.now();
let asked = 0;
let waiting = null;
let running = false;
let again = false;
let held = false;

export function onFresh(handler) {
  after.add(handler);
}

export function hold(on) {
  held = on;
  if (!on) {
    ask();
  }
}

function busy(part) {
  return part.querySelector("details[open]") !== null || part.matches(":focus-within");
}

function merge(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const told = fresh.getElementById("s-hora");
  if (!told || Number(told.dataset.agora) < newest) {
    return;
  }
  newest = Number(told.dataset.agora);
  got = performance.now();
  document.getElementById("dados-hora").textContent = told.dataset.hora;
  for (const part of fresh.querySelectorAll("[data-parte]")) {
    const old = document.getElementById(part.id);
    if (old && !busy(old) && old.innerHTML !== part.innerHTML) {
      old.replaceWith(document.importNode(part, true));
    }
  }
  after.forEach((handler) => handler());
}

async function load() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  asked = performance.now();
  try {
    const answer = await fetch(frame.dataset.painel, { signal: AbortSignal.timeout(4000) });
    if (answer.status === 401 || answer.status === 403) {
      location.reload();
    } else if (answer.ok && !held) {
      merge(await answer.text());
    }
  } catch {
    // the numbers stay, and grow grey
  } finally {
    running = false;
  }
  if (again) {
    again = false;
    ask();
  }
}

export function ask() {
  if (held || waiting !== null) {
    return;
  }
  const wait = Math.max(0, asked + AT_MOST_EVERY_MS - performance.now());
  waiting = setTimeout(() => {
    waiting = null;
    load();
  }, wait);
}

function age() {
  const stale = performance.now() - got > STALE_MS;
  document.body.classList.toggle("stale", stale);
  const word = document.getElementById("parado");
  const text = held ? "Listas congeladas por você" : stale ? "Parado: estes números são velhos" : "";
  if (word.textContent !== text) {
    word.textContent = text;
  }
}

TOPICS.forEach((topic) => onEvent(topic, ask));
onSnapshot(ask);
onPoll(ask);
onStatus(({ state }) => {
  const dot = document.getElementById("vivo");
  if (dot) {
    const words = { "ao-vivo": "ao vivo", reconectando: "reconectando", "sem-conexao": "sem conexão ao vivo", "sessao-encerrada": "sessão encerrada" };
    dot.dataset.estado = state;
    dot.textContent = words[state] ?? state;
  }
});
setInterval(() => {
  if (performance.now() - asked >= EVERY_MS) {
    ask();
  }
}, 500);
setInterval(age, 500);
