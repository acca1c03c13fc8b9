// The browser as a supervisor's telephone: it answers the call that was just asked for by a button
// of this page, and nothing else.

import { ask, onFresh } from "./board-fresh.js";
import { Softphone, browserDevice } from "./agent-softphone.js";

const line = document.getElementById("escuta-telefone");

function answer(phone) {
  const wanted = document.querySelector("[data-toca]")?.dataset.toca;
  if (wanted) {
    phone.atender(wanted);
  }
}

async function token() {
  const answered = await fetch(line.dataset.ficha, {
    method: "POST",
    headers: { "X-CSRFToken": line.dataset.token },
  });
  if (!answered.ok) {
    throw new Error("sem ficha");
  }
  return (await answered.json()).ficha;
}

// A page that is left ends the call: here the forms go on beside it.
async function send(form) {
  const answered = await fetch(form.action, { method: "POST", body: new FormData(form) });
  const page = new DOMParser().parseFromString(await answered.text(), "text/html");
  const told = page.querySelector("#escuta-dito > .notice");
  const failed = "Não foi feito: o sistema não respondeu como devia. Tente de novo.";
  const shown = told ? document.importNode(told, true) : answered.ok ? "" : failed;
  document.getElementById("escuta-dito").replaceChildren(shown);
  form.closest("details")?.removeAttribute("open");
  document.activeElement?.blur();
  ask();
}

if (line) {
  document.addEventListener("submit", (event) => {
    if (event.target.closest("#s-escuta")) {
      event.preventDefault();
      send(event.target).catch(() => event.target.submit());
    }
  });
  const phone = new Softphone({
    fabricaDevice: browserDevice,
    buscarFicha: token,
    pedirMicrofone: () => navigator.mediaDevices.getUserMedia({ audio: true }),
    som: line.dataset.som,
  });
  phone.addEventListener("estado", ({ detail }) => {
    document.getElementById("escuta-telefone-estado").textContent = detail.texto;
  });
  onFresh(() => answer(phone));
  await phone.registrar();
  answer(phone);
}
