// With ?ramal=<address> the page is the telephone of one agent: it rings, answers, hangs up, and
// shows what both say. An address is client:<name>, a number, or a SIP address.

import { byId, phone } from "./dom.js";

const asked = (new URLSearchParams(location.search).get("ramal") ?? "").trim();

export const RAMAL = !asked || /[:+]/.test(asked) ? asked : `client:${asked}`;

/** Show whose telephone this is; it does not dial. */
export function beExtension(name) {
  const who = name ?? phone(RAMAL.replace(/^client:/, ""));
  document.body.classList.add("ramal");
  byId("quem-liga").hidden = true;
  byId("ligar").hidden = true;
  byId("visor-numero").textContent = `Ramal de ${who}`;
  byId("visor-estado").textContent = "À espera de ligação";
  document.title = `Ramal de ${who}`;
}
