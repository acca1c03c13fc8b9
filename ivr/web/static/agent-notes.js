// Notes of the talk: saved two seconds after the last key, with the version they build on.

import { onPanel, send, sessionEnded } from "./agent-panel.js";

const QUIET_MS = 2000;
const RETRY_MS = 5000;
let timer = null;
let saving = false;
let last = null; // {field, url, version}

function field() {
  return document.getElementById("notas");
}

function tell(words) {
  const place = document.getElementById("notas-estado");
  if (place) {
    place.textContent = words;
  }
}

function clock() {
  return new Intl.DateTimeFormat("pt-BR", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZone: "America/Campo_Grande",
  }).format(new Date());
}

function plan(milliseconds = QUIET_MS) {
  clearTimeout(timer);
  timer = setTimeout(save, milliseconds);
}

export async function save() {
  clearTimeout(timer);
  const { field: from, url } = last ?? {};
  if (!from || saving || !last.dirty) {
    return;
  }
  saving = true;
  last.dirty = false;
  const mine = last;
  try {
    const answer = await send(url, { notas: from.value, versao: mine.version });
    if (answer.status === 409) {
      const theirs = await answer.json();
      mine.version = theirs.versao;
      if (theirs.texto && !from.value.includes(theirs.texto)) {
        from.value = `${theirs.texto}\n— ${from.value}`;
      }
      mine.dirty = true;
      tell("Outra aba tinha gravado notas: as duas foram juntadas.");
      plan();
    } else if (answer.ok) {
      mine.version = (await answer.json()).versao;
      tell(`Notas gravadas às ${clock()}.`);
    } else if (answer.status === 401) {
      mine.dirty = true;
      sessionEnded();
      tell("Notas ainda não gravadas: a sua sessão acabou.");
    } else {
      throw new Error(String(answer.status));
    }
  } catch {
    mine.dirty = true;
    tell("Notas ainda não gravadas: sem resposta. Nova tentativa em 5 s.");
    plan(RETRY_MS);
  } finally {
    saving = false;
    if (last?.dirty && last === mine) {
      plan();
    }
  }
}

function adopt() {
  const found = field();
  if (found === last?.field) {
    return;
  }
  if (last?.dirty) {
    save();
  }
  last = found && {
    field: found,
    url: found.dataset.url,
    version: Number(found.dataset.versao),
    dirty: false,
  };
}

document.addEventListener("input", ({ target }) => {
  if (target.id === "notas" && last) {
    last.dirty = true;
    tell("Gravando…");
    plan();
  }
});
// Another tab, or this page before it was loaded anew, has saved later text.
document.addEventListener("console-notas", ({ detail }) => {
  const theirs = detail.querySelector("#notas");
  if (last && theirs && !last.dirty && !saving && Number(theirs.dataset.versao) > last.version) {
    last.version = Number(theirs.dataset.versao);
    last.field.value = theirs.value;
  }
});
addEventListener("pagehide", () => {
  if (last?.dirty) {
    const body = new URLSearchParams({ notas: last.field.value, versao: last.version });
    body.set("csrf_token", document.querySelector("meta[name=csrf-token]").content);
    navigator.sendBeacon(last.url, body);
  }
});
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id === "form-pos" && field()) {
    detail.parameters.notas = field().value;
    clearTimeout(timer);
  }
});
onPanel(adopt);
adopt();
