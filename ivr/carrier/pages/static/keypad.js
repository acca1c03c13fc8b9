// The keys on the screen, and those of the computer.

import { byId, make } from "./dom.js";

const LETTERS = {
  1: "", 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ",
  "*": "", 0: "+", "#": "",
};
const ORDER = "123456789*0#";
const NAMES = { "*": "asterisco", "#": "cerquilha" };
const DOWN = 140;

/** press(key) for each key; help() for the question mark. */
export function layKeys({ press, help }) {
  const keys = new Map();
  for (const key of ORDER) {
    const button = make("button", { type: "button", class: "key", onclick: () => press(key) },
      key, make("small", { text: LETTERS[key] }));
    button.setAttribute("aria-label", NAMES[key] ?? key);
    keys.set(key, button);
  }
  byId("teclado").append(...keys.values());
  document.addEventListener("keydown", (event) => {
    if (!wanted(event)) return;
    if (event.key === "?") return help();
    const button = keys.get(event.key);
    if (!button) return;
    event.preventDefault();
    button.classList.add("down");
    setTimeout(() => button.classList.remove("down"), DOWN);
    press(event.key);
  });
}

function wanted(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return false;
  if (!byId("teclas-do-teclado").checked || document.querySelector("dialog[open]")) return false;
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  return !field || ["checkbox", "radio"].includes(field.type);
}
