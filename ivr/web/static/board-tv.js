// The wall: one queue after another, unless somebody stops it.

import { onFresh } from "./board-fresh.js";

const EACH_MS = 8000;
const button = document.getElementById("parar");
let shown = 0;
let stopped = matchMedia("(prefers-reduced-motion: reduce)").matches;

function queues() {
  return [...document.querySelectorAll("[data-fila]")];
}

function show() {
  const all = queues();
  all.forEach((queue, number) => {
    queue.hidden = !stopped && number !== shown % all.length;
  });
}

function tell() {
  button.setAttribute("aria-pressed", String(stopped));
  button.textContent = stopped ? "Trocar de fila sozinho" : "Parar a troca de filas";
}

button.hidden = queues().length < 2;
button.addEventListener("click", () => {
  stopped = !stopped;
  tell();
  show();
});
onFresh(show);
tell();
show();
setInterval(() => {
  if (!stopped) {
    shown += 1;
    show();
  }
}, EACH_MS);
