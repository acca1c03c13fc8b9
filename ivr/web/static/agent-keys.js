// Keys of the console. No bare letters: an agent is always typing.

import { shown, usual } from "./agent-own-keys.js";
import { say, upToDate } from "./agent-panel.js";

const TWICE_MS = 2000;
const HELP = "console-tecla-ajuda";
let hangUpAt = 0;

const press = (id) => {
  const button = document.getElementById(id);
  button?.click();
  return Boolean(button);
};

function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) {
    dialog.showModal();
  }
  return Boolean(dialog);
}

// Who is free changes without word to this console: read when it is needed.
function openTransfer() {
  if (!document.getElementById("dialogo-transferir")) {
    return false;
  }
  upToDate().then(() => open("dialogo-transferir"));
  return true;
}

const KEYS = {
  "F2": () => press("atender"),
  "Shift+F2": () => open("dialogo-recusar"),
  "F4": () => {
    document.getElementById("notas")?.focus();
    return true;
  },
  "F8": () => press("mudo"),
  "Shift+F8": () => {
    if (!document.getElementById("desligar")) {
      return false;
    }
    if (Date.now() - hangUpAt < TWICE_MS) {
      hangUpAt = 0;
      return press("desligar");
    }
    hangUpAt = Date.now();
    say(`Aperte ${shown("Shift+F8")} de novo para desligar.`, "info");
    return true;
  },
  "F9": () => press("espera"),
  "Shift+F9": openTransfer,
  "Ctrl+Enter": () => press("concluir"),
};

function helpAllowed() {
  return document.getElementById("tecla-ajuda").checked;
}

function typing(target) {
  return target.matches?.("input, textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.repeat || event.isComposing) {
    return;
  }
  if (event.key === "?" && !typing(event.target) && helpAllowed()) {
    event.preventDefault();
    open("dialogo-ajuda");
    return;
  }
  if (KEYS[usual(event)]?.()) {
    event.preventDefault();
  }
});

const OPENERS = {
  "abrir-ajuda": "dialogo-ajuda",
  recusar: "dialogo-recusar",
  teclado: "dialogo-teclado",
  "pedir-prova": "dialogo-prova",
};
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) {
    return;
  }
  if (button.id === "transferir") {
    openTransfer();
  } else if (OPENERS[button.id]) {
    open(OPENERS[button.id]);
  } else if ("fechar" in button.dataset) {
    button.closest("dialog").close();
  }
});

const box = document.getElementById("tecla-ajuda");
try {
  box.checked = localStorage.getItem(HELP) !== "nao";
  box.addEventListener("change", () => localStorage.setItem(HELP, box.checked ? "" : "nao"));
} catch {
  // Storage may be closed to pages; the switch still works on this one.
}

// Tabs of the right column (WAI-ARIA tabs pattern)
const tabs = [...document.querySelectorAll("[role=tab]")];

function choose(tab) {
  for (const each of tabs) {
    const on = each === tab;
    each.setAttribute("aria-selected", String(on));
    each.tabIndex = on ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !on;
  }
  if (tab.id === "aba-chamado") {
    document.getElementById("chamado-novo").hidden = true;
  }
}

tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const next = tabs[(place + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    }
  });
});
