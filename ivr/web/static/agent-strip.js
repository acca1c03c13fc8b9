// Queues and callbacks. They change all day for every console at once, so that each asks at most
// every 5 s, at a moment of its own, only for these few lines, and not while nobody can see them.

import { onPanel, replaceAll, settings } from "./agent-panel.js";

const BETWEEN_MS = 5000;
const SPREAD_MS = 1500;
let timer = null;
let last = -BETWEEN_MS;

export function stripChanged() {
  if (timer === null && !document.hidden) {
    const wait = Math.max(0, last + BETWEEN_MS - performance.now());
    timer = setTimeout(fetchStrip, wait + Math.random() * SPREAD_MS);
  }
}

async function fetchStrip() {
  timer = null;
  last = performance.now();
  const key = document.getElementById("r-fila").dataset.chave;
  try {
    const query = `?chave=${encodeURIComponent(key)}`;
    const answer = await fetch(settings.faixa + query, { cache: "no-store", redirect: "manual" });
    if (answer.status === 200) {
      replaceAll(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    // No network: the live line says so, and the whole panel is read when it is back.
  }
}

// A whole panel has just told the same.
onPanel(() => {
  clearTimeout(timer);
  timer = null;
  last = performance.now();
});
document.addEventListener("visibilitychange", stripChanged);
