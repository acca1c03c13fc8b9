// Keys that an agent chose in place of the usual ones. They belong to the browser, like the
// keyboard before it. A key that types, Alt (the page's own shortcuts) and Esc cannot be chosen.

const KEPT = "console-teclas";
const FREE = /^(Ctrl\+)?(Shift\+)?(F[1-9]|F1[0-2]|Insert|Pause|ScrollLock|Enter)$/;
const OF_THE_BROWSER = new Set(["F1", "F3", "F5", "Ctrl+F5", "F6", "F7", "F11", "F12", "Ctrl+F4"]);
const WORDS = {
  espera: "Aperte agora a tecla nova, ou Esc para deixar como está.",
  presa: (name) => `${name} não pode ser usada: o navegador ou o campo de texto precisa dela.`,
  dupla: (name, what) => `${name} já serve para: ${what}. Escolha outra.`,
  pronta: (name, what) => `${name} agora serve para: ${what}.`,
  padrao: "Todas as teclas voltaram ao padrão.",
};

export const nameOf = (event) =>
  `${event.ctrlKey ? "Ctrl+" : ""}${event.shiftKey ? "Shift+" : ""}${event.key}`;

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    const usual = new Set(rows().map((row) => row.dataset.tecla));
    return Object.fromEntries(
      Object.entries(found).filter(([key, own]) => usual.has(key) && FREE.test(own)),
    );
  } catch {
    return {};
  }
}

const rows = () => [...document.querySelectorAll("#dialogo-ajuda [data-tecla]")];
let own = kept();

// The usual name of what was pressed, empty for a usual key that was given up.
export function usual(event) {
  const pressed = nameOf(event);
  const found = Object.keys(own).find((key) => own[key] === pressed);
  return found ?? (pressed in own ? "" : pressed);
}

export const shown = (key) => own[key] ?? key;

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(own));
  } catch {
    // Storage may be closed to pages; the keys hold until this one is left.
  }
  show();
}

const within = (root, what) => [
  ...(root.matches?.(what) ? [root] : []),
  ...root.querySelectorAll(what),
];

// Buttons and the table tell the key that is in force.
function show(root = document) {
  for (const mark of within(root, "kbd")) {
    mark.dataset.usual ??= mark.textContent;
    const text = shown(mark.dataset.usual);
    if (mark.textContent !== text) {
      mark.textContent = text;
    }
  }
  for (const element of within(root, "[aria-keyshortcuts]")) {
    element.dataset.usual ??= element.getAttribute("aria-keyshortcuts").replace("Control", "Ctrl");
    const text = shown(element.dataset.usual).replace("Ctrl", "Control");
    if (element.getAttribute("aria-keyshortcuts") !== text) {
      element.setAttribute("aria-keyshortcuts", text);
    }
  }
}

let waiting = null;

function tell(text) {
  document.getElementById("tecla-aviso").textContent = text;
}

function taken(name, besides) {
  return rows().find((row) => row !== besides && shown(row.dataset.tecla) === name);
}

function choose(event) {
  const row = waiting;
  const name = nameOf(event);
  if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) {
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = row.querySelector("button");
  const done = () => {
    waiting = null;
    button.setAttribute("aria-pressed", "false");
  };
  if (event.key === "Escape") {
    done();
    tell("");
    return;
  }
  const other = taken(name, row);
  if (event.altKey || event.metaKey || !FREE.test(name) || OF_THE_BROWSER.has(name) || name === "Enter") {
    tell(WORDS.presa(name));
  } else if (other) {
    tell(WORDS.dupla(name, other.dataset.serve));
  } else {
    own = { ...own, [row.dataset.tecla]: name };
    if (name === row.dataset.tecla) {
      delete own[name];
    }
    done();
    keep();
    tell(WORDS.pronta(name, row.dataset.serve));
  }
}

document.addEventListener("keydown", (event) => waiting && choose(event), true);
document.getElementById("dialogo-ajuda").addEventListener("close", () => {
  waiting?.querySelector("button").setAttribute("aria-pressed", "false");
  waiting = null;
  tell("");
});
for (const row of rows()) {
  row.querySelector("button").addEventListener("click", (event) => {
    waiting?.querySelector("button").setAttribute("aria-pressed", "false");
    waiting = row;
    event.currentTarget.setAttribute("aria-pressed", "true");
    tell(WORDS.espera);
  });
}
document.getElementById("teclas-padrao").addEventListener("click", () => {
  own = {};
  keep();
  tell(WORDS.padrao);
});
show();
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    addedNodes.forEach((node) => node.nodeType === Node.ELEMENT_NODE && show(node));
  }
}).observe(document.body, { childList: true, subtree: true });
