// Puts the page together.

import { Conversation } from "./conversation.js";
import { byId, make, phone } from "./dom.js";
import { FaultButtons } from "./faults.js";
import { Inbox } from "./inbox.js";
import { layKeys } from "./keypad.js";
import { LineSound } from "./line-sound.js";
import { Log } from "./log.js";
import { People } from "./people.js";
import { Player } from "./player.js";
import { RAMAL, beExtension } from "./ramal.js";
import { Recordings } from "./recordings.js";
import { Ringing } from "./ringing.js";
import { CarrierGone, get, post } from "./server.js";
import { Telephone } from "./telephone.js";
import { Texts } from "./texts.js";
import { Tones } from "./tones.js";
import { Voice } from "./voice.js";

const TITLE = RAMAL ? `Ramal ${RAMAL.replace(/^client:/, "")}` : document.title;
const POLL = 1500;
const NOTICE = 6000;
const NO_SERVICE = "O serviço de atendimento não responde. Num terminal, na pasta do projeto, rode “make run” e ligue de novo.";
const NO_CARRIER = "A operadora local parou. Num terminal, na pasta do projeto, rode “make run”; a página volta sozinha.";

const notices = new Map();
let unread = 0;
let people;
let ringing;

function notice(text, { stays = false, action = null } = {}) {
  if (notices.has(text)) return;
  const close = () => dismiss(text);
  const element = make("div", { class: "notice" }, make("p", { text }));
  if (action) {
    element.append(make("button", {
      type: "button", class: "button small", text: action.label,
      onclick: () => { close(); action.run(); },
    }));
  }
  element.append(make("button", { type: "button", class: "button plain small", text: "Fechar", onclick: close }));
  notices.set(text, element);
  byId("avisos").append(element);
  if (!stays) setTimeout(close, NOTICE);
}

function dismiss(text) {
  notices.get(text)?.remove();
  notices.delete(text);
}

function failed(failure) {
  if (failure instanceof CarrierGone) notice(NO_CARRIER, { stays: true });
  else notice(failure.message);
}

const texts = new Texts();
const tones = new Tones();
const held = () => notice("O navegador segurou o som.", {
  stays: true, action: { label: "Ouvir", run: () => { player.again(); sound.again(); } },
});
const player = new Player(held);
const sound = new LineSound(held);
const conversation = new Conversation(texts);
const recordings = new Recordings();
const inbox = new Inbox((count) => { unread = count; });
const faults = new FaultButtons({ hangUp: () => telephone.hangUp(), failed });
const voice = new Voice({ sound, spoke: (text) => conversation.spoke(text, null) });
const telephone = new Telephone({
  conversation, player, sound, voice, tones, texts, log: new Log(), notice,
  live: (live) => {
    people?.live(live);
    faults.live(live);
    if (!live && !RAMAL) byId("ligar").focus({ preventScroll: true });
  },
  unreachable: async () => {
    if (!await texts.load()) notice(NO_SERVICE, { stays: true });
  },
  recorded: () => recordings.refresh().catch(failed),
});

async function call() {
  if (telephone.busy || RAMAL) return;
  try {
    const from = people.number;
    if (await texts.load()) dismiss(NO_SERVICE);
    else notice(NO_SERVICE, { stays: true });
    const { call: sid } = await post("/phone/calls", { from });
    telephone.open(sid, setup.to, { from: from === "withheld" ? "número oculto" : from });
    byId("desligar").focus({ preventScroll: true });
  } catch (failure) {
    failed(failure);
  }
}

function take(sid, number, from) {
  if (telephone.busy) return false;
  telephone.open(sid, number, { from, first: { do: "pick_up" } });
  return true;
}

function help() {
  if (!byId("ajuda").open) byId("ajuda").showModal();
}

async function poll(turn = 0) {
  try {
    await inbox.refresh();
    if (turn % 5 === 0) await recordings.refresh();
    dismiss(NO_CARRIER);
  } catch (failure) {
    failed(failure);
  }
  const ring = ringing?.count ? "Toca! " : "";
  document.title = `${ring}${unread ? `(${unread}) ` : ""}${TITLE}`;
  setTimeout(() => poll(turn + 1), POLL);
}

byId("ligar").addEventListener("click", call);
byId("desligar").addEventListener("click", () => telephone.hangUp());
byId("abrir-ajuda").addEventListener("click", help);
byId("mudo").addEventListener("change", ({ target }) => {
  player.mute(target.checked);
  sound.mute(target.checked);
  tones.muted = target.checked;
});
byId("confianca").addEventListener("input", ({ target }) => {
  byId("confianca-valor").textContent = `${Math.round(target.value * 100)}%`;
});
byId("fala").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("fala-texto").value.trim();
  if (!text) return;
  telephone.speak(text, Number(byId("confianca").value));
  byId("fala-texto").value = "";
});
layKeys({ press: (key) => telephone.press(key), help });

let setup = { people: [], callers: [], to: "" };
try {
  setup = await get("/phone/setup");
} catch (failure) {
  failed(failure);
}
byId("numero").textContent = phone(setup.to);
people = new People(setup, {
  type: (digits) => telephone.press(digits),
  copied: (label) => { byId("visor-estado").textContent = `${label} copiado`; },
});
if (RAMAL) beExtension(people.name(RAMAL));
ringing = new Ringing({ take, name: (number) => people.name(number), texts, tones, only: RAMAL });
if (!await texts.load()) notice(NO_SERVICE, { stays: true });
faults.refresh();
telephone.resume();
poll();
