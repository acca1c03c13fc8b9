// The agent's console: live events, the ring, the sign of life, the browser telephone.

import { onEvent, onPoll, onSnapshot, onStatus, watchTickets } from "./live.js";
import {
  address,
  merge,
  onPanel,
  refresh,
  say,
  send,
  settings,
  sessionEnded,
  showOffer,
  state,
  unsay,
} from "./agent-panel.js";
import { allowNotices, ring, silence, test } from "./agent-ring.js";
import { stripChanged } from "./agent-strip.js";
import { claim, isOwner, onOwner } from "./agent-tab.js";
import { Softphone, browserDevice } from "./agent-softphone.js";
import "./agent-keys.js";
import "./agent-notes.js";

const $ = (id) => document.getElementById(id);
const seen = new Set();
let wasTalking = settings.conversaAoAbrir;
let sessionOver = false;
let softphone = null;

// Offers: paint first, then tell the server that the agent can see it.
async function acknowledge(offer) {
  if (!isOwner() || seen.has(offer)) {
    return;
  }
  seen.add(offer);
  try {
    const answer = await send(address(settings.vista, offer));
    merge(await answer.text());
  } catch {
    seen.delete(offer);
    setTimeout(() => refresh(), 500);
  }
}

function follow() {
  const { tocando, emConversa } = state();
  if (tocando && isOwner()) {
    showOffer(tocando);
    ring(tocando);
    acknowledge(tocando);
  } else {
    silence();
  }
  if (emConversa && emConversa !== wasTalking) {
    showOffer(emConversa);
    unsay(); // "pick it up" is done
    const active = document.activeElement;
    if (!active || active === document.body || $("r-centro").contains(active)) {
      $("notas")?.focus({ preventScroll: true });
    }
  }
  if (!emConversa && wasTalking && $("form-pos")) {
    const active = document.activeElement;
    if (!active || active === document.body) {
      $("notas")?.focus({ preventScroll: true });
    }
  }
  wasTalking = emConversa;
  const ticket = $("nota-chamado")?.dataset.guarda.slice("nota:".length);
  if (ticket !== follow.ticket) {
    follow.ticket = ticket;
    watchTickets(ticket ? [ticket] : []);
  }
}
onPanel(follow);

onEvent("oferta.nova", ({ id }) => {
  showOffer(id);
  refresh(() => state().tocando !== id);
});
onEvent("oferta.fim", ({ id }) => refresh(() => state().tocando === id));
onEvent("agente.estado", ({ id, v }) => {
  if (id === state().agente) {
    refresh(() => Number(state().versao) < v);
  }
});
for (const topic of ["chamada.estado", "chamada.contexto", "posatendimento"]) {
  onEvent(topic, () => refresh());
}
onEvent("fila.resumo", () => {
  if (state().espera) {
    refresh(); // a colleague who was asked meanwhile may have answered: only the queue tells
  } else {
    stripChanged();
  }
});
onEvent("chamado.mudou", () => {
  $("chamado-novo").hidden = $("aba-chamado").getAttribute("aria-selected") === "true";
  refresh();
});
onEvent("sessao.fim", sessionEnded);
onSnapshot(() => refresh());
onPoll(() => refresh());

const clock = new Intl.DateTimeFormat("pt-BR", {
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "America/Campo_Grande",
});
onStatus(({ state: line, since, red }) => {
  $("ao-vivo").dataset.estado = line;
  const when = since ? clock.format(since) : "";
  $("ao-vivo-texto").textContent = {
    "ao-vivo": "ao vivo",
    reconectando: "reconectando…",
    "sem-conexao": `sem conexão desde ${when}`,
    "sessao-encerrada": "sessão encerrada",
  }[line];
  const band = $("sem-vivo");
  const lost = line === "sem-conexao";
  band.hidden = !lost;
  band.classList.toggle("faixa-vermelha", red);
  $("sem-vivo-texto").textContent = !lost ? "" : red
    ? `Sem conexão desde ${when}: você não receberá chamadas. ${talkGoesOn()}`
    : `Sem conexão desde ${when}: tentando de novo. ${talkGoesOn()}`;
});

function talkGoesOn() {
  return state().emConversa ? "A conversa em andamento continua no telefone." : "";
}

// Sign of life, from a worker's clock: a hidden page's own is slowed.
async function pulse() {
  if (!isOwner() || sessionOver) {
    return;
  }
  const began = performance.now();
  try {
    const answer = await send(settings.pulso, {
      audio: settings.audio,
      microfone: softphone?.microfone ?? "",
      aparelho: softphone?.estado ?? "",
      rede: String(pulse.took ?? ""),
    });
    if (!answer.ok) {
      return;
    }
    pulse.took = Math.round(performance.now() - began);
    $("saude-rede").textContent = `${pulse.took} ms`;
    $("saude-sinal").textContent = clock.format(new Date());
    const told = await answer.json();
    if (String(told.versao) !== state().versao || told.oferta !== state().tocando) {
      refresh();
    }
  } catch {
    $("saude-rede").textContent = "sem resposta";
  }
}
new Worker(new URL("agent-pulse.js", import.meta.url)).onmessage = pulse;
document.addEventListener("console-sessao-fim", () => {
  sessionOver = true;
  silence();
});

// The browser's telephone
function audioTrouble(words) {
  $("faixa-audio").hidden = !words;
  $("faixa-audio-texto").textContent = words;
}

const WELL = new Set(["registrado", "em-conversa", "registrando", "microfone", "desligado"]);
if (settings.audio === "navegador") {
  softphone = new Softphone({
    fabricaDevice: globalThis.fabricaDevice ?? browserDevice,
    buscarFicha: async () => {
      const answer = await send(settings.fichas);
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      return (await answer.json()).ficha;
    },
    pedirMicrofone: () => navigator.mediaDevices.getUserMedia({ audio: true }),
    som: settings.toque,
  });
  softphone.addEventListener("estado", ({ detail }) => {
    $("saude-microfone").textContent = detail.microfone;
    $("saude-aparelho").textContent = WELL.has(detail.estado) ? detail.texto : "com problema";
    audioTrouble(WELL.has(detail.estado) ? "" : detail.texto);
  });
  $("audio-de-novo").addEventListener("click", () => softphone.registrar());
  addEventListener("pagehide", () => softphone.sair());
  onOwner((owner) => {
    if (!owner) {
      softphone.sair();
    } else if (state().estado !== "offline" && state().estado !== "paused") {
      softphone.registrar();
    }
  });
  // Nobody becomes available with a telephone that cannot ring.
  document.addEventListener("htmx:confirm", (event) => {
    const form = event.detail.elt;
    const starts = form.querySelector?.("[name=estado]")?.value === "available";
    if (starts && !softphone.registrado) {
      event.preventDefault();
      softphone.registrar().then((ready) => ready && event.detail.issueRequest());
    }
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("#atender")) {
      softphone.atender(state().tocando);
    }
  });
} else if (settings.audio === "sem-chave") {
  audioTrouble(
    "O áudio pelo navegador não está configurado neste serviço. Escolha ramal ou SIP em Meu estado.",
  );
  $("audio-de-novo").hidden = true;
}

addEventListener("beforeunload", (event) => {
  if (state().emConversa && isOwner() && !sessionOver) {
    event.preventDefault(); // the browser asks: a talk goes on
  }
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("#fechar-cartao")) {
    showOffer("");
    refresh();
  }
});
$("testar-toque").addEventListener("click", async () => {
  say(
    (await test())
      ? "Você ouviu o toque? Se não, confira o volume e a saída de som."
      : "O navegador não deixou tocar. Clique na página e teste de novo.",
  );
});
$("pedir-aviso").hidden = !("Notification" in window) || Notification.permission === "granted";
$("pedir-aviso").addEventListener("click", async () => {
  const answer = await allowNotices();
  $("pedir-aviso").hidden = answer === "granted";
  say(
    answer === "granted"
      ? "Avisos do navegador permitidos."
      : "O navegador não permite avisos desta página: libere no cadeado ao lado do endereço.",
  );
});

if (settings.conversaAoAbrir) {
  say("Conversa em andamento: o painel voltou de onde estava.");
}
onOwner((owner) => {
  if (owner) {
    pulse();
    follow();
  } else {
    silence();
  }
});
claim();
