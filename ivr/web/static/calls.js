// The call log: keys, the side panel. Everything works without it, only slower.
const KEYS = "chamadas.teclas";
const REMEMBERED = (() => {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
})();

function keysOn() {
  const box = document.querySelector("[data-keys]");
  return box === null || box.checked;
}

for (const box of document.querySelectorAll("[data-keys]")) {
  box.checked = REMEMBERED?.getItem(KEYS) !== "nao";
  box.addEventListener("change", () => REMEMBERED?.setItem(KEYS, box.checked ? "sim" : "nao"));
}

const FIELDS = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";

function typing(event) {
  const at = event.target;
  return at instanceof Element && at.closest(FIELDS) !== null;
}

if (window.matchMedia("(max-width: 75rem)").matches) {
  if (document.querySelector(".log-main .rows")) {
    document.querySelector(".side-fold")?.removeAttribute("open");
  }
}

const panel = document.querySelector("[data-panel]");

async function openPanel(link) {
  const answer = await fetch(link.dataset.open, { headers: { "X-Panel": "1" } });
  if (!answer.ok) {
    window.location.assign(link.href);
    return;
  }
  // Our own page, made on the server with everything escaped.
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  panel.replaceChildren(...made.body.childNodes);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-plain button-small";
  close.textContent = "Fechar";
  close.addEventListener("click", () => {
    panel.hidden = true;
    link.focus();
  });
  panel.append(close);
  panel.hidden = false;
  for (const row of document.querySelectorAll("[data-row][aria-current]")) {
    row.removeAttribute("aria-current");
  }
  link.closest("[data-row]")?.setAttribute("aria-current", "true");
}

if (panel) {
  for (const link of document.querySelectorAll("[data-open]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) {
        return;
      }
      event.preventDefault();
      openPanel(link).catch(() => window.location.assign(link.href));
    });
  }
}

function step(by) {
  const links = [...document.querySelectorAll("[data-row] [data-open]")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(links.length - 1, Math.max(0, at + by))];
  next?.focus();
}

document.addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.altKey || event.metaKey || !keysOn()) {
    return;
  }
  if (event.key === "/") {
    document.querySelector("#procurar")?.focus();
  } else if (event.key === "j" || event.key === "k") {
    if (!document.querySelector("[data-row]")) {
      return;
    }
    step(event.key === "j" ? 1 : -1);
  } else if (event.key === "e") {
    const there = document.querySelector('a[href*="/chamadas/exportar"]');
    if (!there) {
      return;
    }
    window.location.assign(there.href);
  } else {
    return;
  }
  event.preventDefault();
});

if (document.querySelector("[data-tl]")) {
  import("./calls-timeline.js");
}
