// The panel: regions that the server draws. A region is replaced only when its key changed, so
// that nothing that is being typed or pointed at is lost.

import { serverTime } from "./agent-clock.js";

const FADE_MS = 12000;
const TOGETHER_MS = 10; // events of one change come in one piece of the stream
const panel = document.getElementById("painel");
const after = new Set();
const drafts = new Map(); // what is typed into a field that belongs to one ticket
let newest = 0;
let shownOffer = "";
let pending = false;
const asked = []; // what each caller of refresh() misses

export const settings = panel.dataset;
export const token = document.querySelector("meta[name=csrf-token]").content;

export function onPanel(handler) {
  after.add(handler);
}

export function state() {
  return document.getElementById("r-estado").dataset;
}

export function showOffer(id) {
  shownOffer = id;
}

export function address(template, offer) {
  return template.replace("OFERTA", encodeURIComponent(offer));
}

document.addEventListener("input", ({ target }) => {
  if (target.dataset?.guarda) {
    drafts.set(target.dataset.guarda, target.value);
  }
});

export function dropDraft(name) {
  drafts.delete(name);
}

export function merge(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const told = fresh.getElementById("r-estado");
  if (!told || Number(told.dataset.agora) < newest) {
    return false; // a log-in page, or an answer that a newer one has overtaken
  }
  newest = Number(told.dataset.agora);
  serverTime(newest);
  replaceAll(fresh);
  after.forEach((handler) => handler());
  return true;
}

export function replaceAll(fresh) {
  for (const region of fresh.querySelectorAll("[data-regiao]")) {
    replace(document.getElementById(region.id), region);
  }
}

function replace(old, region) {
  if (!old) {
    return;
  }
  if (region.id === "r-mensagem" && !region.dataset.chave) {
    return; // nothing new to say; what was said stays until its time is over
  }
  if (old.dataset.chave === region.dataset.chave) {
    Object.assign(old.dataset, region.dataset);
    if (region.id === "r-notas") {
      document.dispatchEvent(new CustomEvent("console-notas", { detail: region }));
    }
    return;
  }
  if (old.dataset.chave.startsWith(`${region.dataset.chave}#`)) {
    return; // the same form with its mistakes marked
  }
  const open = old.querySelector("dialog[open]");
  if (open && region.querySelector(`#${open.id}`)) {
    return; // somebody is choosing; the list may be a little old meanwhile
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const node = document.importNode(region, true);
  old.replaceWith(node);
  globalThis.htmx?.process(node);
  for (const field of node.querySelectorAll("[data-guarda]")) {
    field.value = drafts.get(field.dataset.guarda) ?? field.value;
  }
  if (focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

// Whoever asks says by what the panel would show it already: of the events of one change, and of
// those that an answer has overtaken, only the first costs a request. One request at a time.
export function refresh(missing = () => true) {
  asked.push(missing);
  if (!pending && asked.length === 1) {
    setTimeout(fetchPanel, TOGETHER_MS);
  }
}

// The panel as it is now, or what there is after half a second.
export function upToDate() {
  asked.push(() => true);
  const late = new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  return Promise.race([pending ? late : fetchPanel(), late]);
}

async function fetchPanel() {
  const wanted = asked.splice(0).some((missing) => missing());
  if (!wanted) {
    return;
  }
  pending = true;
  try {
    const query = shownOffer ? `?oferta=${encodeURIComponent(shownOffer)}` : "";
    const answer = await fetch(settings.painel + query, { cache: "no-store", redirect: "manual" });
    if (answer.status === 401 || answer.type === "opaqueredirect") {
      sessionEnded();
    } else if (answer.ok) {
      merge(await answer.text());
    }
  } catch {
    // No network: the live line says so, and asks again.
  } finally {
    pending = false;
    if (asked.length) {
      fetchPanel();
    }
  }
}

export async function send(url, fields = {}) {
  const body = new URLSearchParams(fields);
  const headers = { "X-CSRFToken": token, "HX-Request": "true" };
  const answer = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
  if (answer.status === 401) {
    sessionEnded();
  }
  return answer;
}

export function sessionEnded() {
  document.getElementById("sessao-fim").hidden = false;
  document.getElementById("sessao-conversa").hidden = !state().emConversa;
  document.dispatchEvent(new CustomEvent("console-sessao-fim"));
}

// Buttons are htmx forms; each answer is the panel as it is afterwards.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { xhr, elt } = detail;
  if (xhr.status === 401) {
    sessionEnded();
    return;
  }
  if (xhr.status === 0 || (xhr.status >= 500 && !xhr.responseText.includes("data-regiao"))) {
    say("Sem resposta do sistema. Nada mudou; tente de novo.", "erro");
    return;
  }
  merge(xhr.responseText);
  if (xhr.status < 400 || xhr.status === 409) {
    elt.closest("dialog")?.close(); // what was refused is told above the panel
  }
  if (xhr.status < 400 && elt.id === "form-nota") {
    elt.reset();
    dropDraft(elt.querySelector("[data-guarda]").dataset.guarda);
  }
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  event.preventDefault(); // the merge above does it, of every status
});

let fading = null;

// What was said goes after a while, what failed after twice as long.
function fade() {
  clearTimeout(fading);
  const place = document.getElementById("r-mensagem");
  const slow = place.querySelector(".faixa-erro") ? 2 : 1;
  fading = setTimeout(unsay, slow * FADE_MS);
}
onPanel(() => {
  const key = document.getElementById("r-mensagem").dataset.chave;
  if (key && key !== fade.key) {
    fade.key = key;
    fade();
  }
});

export function unsay() {
  const place = document.getElementById("r-mensagem");
  place.replaceChildren();
  place.dataset.chave = "";
}

export function say(words, kind = "info") {
  const place = document.getElementById("r-mensagem");
  const line = document.createElement("p");
  line.className = `faixa faixa-mensagem faixa-${kind}`;
  line.textContent = words;
  place.replaceChildren(line);
  place.dataset.chave = `pagina:${words}`;
  fade();
}
