// The lists of call-backs, read anew when one changes. Without this script the page is as it was
// when it was opened.

import { onEvent, onPoll, onSnapshot } from "./live.js";

let asked = 0;

async function refresh() {
  const mine = ++asked;
  const address = new URL(window.location.href);
  address.searchParams.delete("feito");
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || mine !== asked) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("listas");
  const old = document.getElementById("listas");
  if (!fresh || !old || old.innerHTML === fresh.innerHTML || old.contains(document.activeElement)) {
    return;
  }
  old.replaceWith(fresh);
}

function soon() {
  refresh().catch(() => undefined);
}

onEvent("fila.resumo", soon);
onSnapshot(soon);
onPoll(soon);
document.addEventListener("focusout", () => setTimeout(soon, 0));
