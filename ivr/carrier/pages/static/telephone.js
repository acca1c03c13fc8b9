// The big telephone: one call at a time, from dialling to the end of its line.

import { byId, clock, phone } from "./dom.js";
import { DOT } from "./conversation.js";
import { Line } from "./line.js";

const STATES = {
  queued: "Chamando…", initiated: "Chamando…", ringing: "Chamando…", "in-progress": "Em ligação",
  completed: "Ligação encerrada", busy: "Ocupado", failed: "Não completou",
  "no-answer": "Não atendeu", canceled: "Cancelada",
};
const ENDED = {
  caller: "Você desligou.", called: "Você desligou.",
  application: "O atendimento desligou.", api: "O atendimento desligou.",
  carrier: "A operadora cortou a ligação.",
};
const LEFT_QUEUE = {
  bridged: "Saiu da fila: um atendente atendeu.", hangup: "Saiu da fila: desligou.",
  leave: "Saiu da fila.", redirected: "Saiu da fila para outro atendimento.",
};
const KEPT = "ligacao";
const STREAM_ENDS = new Set([31901, 31902, 31903, 31910, 31920, 31921, 31924]);
const UNDERSTOOD = "ouvi:";

export class Telephone {
  /** live(bool) when a call begins and ends; the other parts are told what they show. */
  constructor({
    conversation, player, sound, voice, tones, texts, log, live, unreachable, notice, recorded,
  }) {
    Object.assign(this, { conversation, player, sound, voice, tones, texts, log });
    this._streams = false;
    this._tell = { live, unreachable, notice, recorded };
    this._line = null;
    this._answeredAt = 0;
    this._keys = "";
    byId("esconder").addEventListener("change", () => this._shown());
    setInterval(() => this._tick(), 250);
  }

  get busy() {
    return this._line !== null;
  }

  /** Follow the call; first is what its phone does at once. */
  open(sid, number, { from = "", first = null } = {}) {
    this._close();
    this.conversation.clear();
    this.player.stop();
    sessionStorage.setItem(KEPT, JSON.stringify({ sid, number, from }));
    byId("visor-numero").textContent = phone(number);
    byId("visor-tempo").textContent = clock(0);
    byId("visor-de").textContent = from ? `de ${phone(from)}` : "";
    this._keys = "";
    this._shown();
    this._answeredAt = 0;
    this._first = first;
    this._state("Chamando…");
    this._line = new Line(sid, {
      told: (event) => this._told(event),
      refused: (why) => this.conversation.note(why, true),
      lost: () => {
        this._end("A operadora perdeu esta ligação.");
      },
    });
    this._streams = this._toldDeaf = false;
    this.sound.open(sid);
    this.voice.belong(sid);
    this._live(true);
  }

  /** The call that this browser window had before it was loaded again. */
  resume() {
    const kept = sessionStorage.getItem(KEPT);
    if (!kept) return;
    const { sid, number, from } = JSON.parse(kept);
    this.open(sid, number, { from });
  }

  press(keys) {
    if (!this.busy) {
      this._state("Aperte Ligar primeiro");
      return;
    }
    if (!this._send({ do: "press", keys })) return;
    for (const key of keys) this.conversation.pressed(key);
    this._keys = (this._keys + keys).slice(-18);
    this._shown();
    this.tones.key(keys.at(-1));
  }

  speak(text, confidence) {
    if (!this._send({ do: "speak", text, confidence })) return;
    this.conversation.spoke(text, this._streams ? null : confidence);
  }

  hangUp() {
    this._send({ do: "hang_up" });
  }

  _send(deed) {
    if (this._line?.send(deed)) return true;
    this._tell.notice("A linha ainda não está pronta. Tente de novo num instante.");
    return false;
  }

  _told(event) {
    if (this._first) {
      this._line.send(this._first);
      this._first = null;
    }
    const act = this[`_on_${event.event}`];
    if (act) act.call(this, event);
    this.log.step(event);
  }

  _on_status_changed({ status }) {
    this._state(STATES[status] ?? status);
  }

  _on_answered(event) {
    this._answeredAt = Date.now() - this._line.age(event) * 1000;
  }

  _on_play_started(event) {
    this.conversation.playStarted(event);
    const age = this._line.age(event);
    if (event.kind === "beep" && age < 1) this.tones.beep(event.seconds);
    if (event.kind !== "play") return;
    const query = new URLSearchParams({ call: this._line.sid, url: event.url });
    this.player.add(`/phone/sound?${query}`, { age, seconds: event.seconds });
  }

  _on_play_finished(event) {
    this.conversation.playFinished(event);
    if (event.stopped) this.player.stop();
  }

  _on_gather_started({ attributes }) {
    const speech = String(attributes.input ?? "").includes("speech");
    const keys = !attributes.input || String(attributes.input).includes("dtmf");
    this._waits(speech && keys ? "Escuta teclas e fala" : speech ? "Escuta a fala" : "Escuta teclas");
    if (speech && this.voice.on && !this._toldDeaf) {
      this._toldDeaf = true;
      this.conversation.note("A operadora de teste não entende voz: escreva em Fale. Com “make run SPEECH=1” o próprio atendimento entende.");
    }
  }

  _on_stream_started() {
    this._streams = true;
    this._waits("Ouve a voz e as teclas");
  }

  _on_stream_ended({ reason, code }) {
    this._streams = false;
    this._waits("");
    this.conversation.pause();
    if (code) {
      const lost = reason === "refused" ? "A voz não foi aceita" : "O som da voz caiu";
      this.conversation.note(`${lost} (erro ${code}): siga pelas teclas.`, true);
    }
  }

  _on_mark_reached({ name }) {
    if (name.startsWith(UNDERSTOOD)) this.conversation.understood(name.slice(UNDERSTOOD.length));
  }

  _on_gather_ended() {
    this._waits("");
    this._keys = "";
    this.conversation.pause();
  }

  _on_record_started(event) {
    const key = String(event.attributes.finishOnKey ?? "#");
    const hint = key ? ` Para terminar, tecle ${key.includes("#") ? "#" : key[0]}.` : "";
    byId("gravando").hidden = false;
    byId("gravando").textContent = `Gravando o que você fala.${hint}`;
  }

  _on_record_ended({ seconds }) {
    byId("gravando").hidden = true;
    this.conversation.note(seconds ? `Gravou ${clock(seconds)}.` : "Gravação vazia.");
    this._tell.recorded();
  }

  _on_enqueued({ position }) {
    this.conversation.note(`Na fila, em ${position}º lugar.`);
  }

  _on_left_queue({ result }) {
    this.conversation.note(LEFT_QUEUE[result] ?? `Saiu da fila (${result}).`);
  }

  _on_dialled({ to }) {
    if (to.startsWith("conference:")) return;
    this.conversation.note(`Chamando ${to.startsWith("queue:") ? "o próximo da fila" : phone(to)}…`);
  }

  _on_conference_joined({ participants }) {
    this.conversation.note(participants > 1 ? "Entrou na sala da conversa." : "Entrou na sala. A outra pessoa ainda não chegou.");
  }

  _on_conference_left() {
    this.conversation.note("Saiu da sala da conversa.");
  }

  _on_other_spoke({ text }) {
    if (text) this.conversation.personSpoke(text);
  }

  _on_bridged() {
    this.conversation.note("Em conversa com uma pessoa. O que você escreve em Falar, ela lê, e o que ela escreve, você lê. Com o microfone ligado, ela ouve você.");
  }

  _on_unbridged() {
    this.conversation.note("Agora vocês não se ouvem.");
  }

  _on_http_exchange(event) {
    this.log.http(event);
    if (event.purpose !== "document") return;
    if (event.status === 0) this._tell.unreachable();
    else if (event.status >= 400) this.conversation.note(`O serviço respondeu ${event.status}.`, true);
  }

  _on_warned(event) {
    this.log.warned(event);
    if (event.level === "error" && !STREAM_ENDS.has(event.code)) {
      this.conversation.note(`Erro ${event.code}. Veja o registro técnico.`, true);
    }
  }

  _on_hung_up({ by }) {
    const seconds = this._answeredAt ? (Date.now() - this._answeredAt) / 1000 : 0;
    this._end(`${ENDED[by] ?? "A ligação acabou."}${seconds ? ` Durou ${clock(seconds)}.` : ""}`);
  }

  _on_line_closed() {
    if (this._old) this._old.close();
  }

  _end(text) {
    this.conversation.note(text);
    this.player.stop();
    this._close();
    this._waits("");
    byId("gravando").hidden = true;
    sessionStorage.removeItem(KEPT);
    this._live(false);
    this._tell.recorded();
  }

  /** The old line goes on telling its last webhooks to the log. */
  _close() {
    if (this._line) this._old = this._line;
    this._line = null;
    this.sound.close();
    this.voice.belong("");
    this._answeredAt = 0;
  }

  _live(live) {
    byId("telefone").classList.toggle("live", live);
    byId("ligar").disabled = live;
    byId("desligar").disabled = !live;
    byId("fala-texto").disabled = byId("fala-enviar").disabled = !live;
    this._tell.live(live);
  }

  _shown() {
    const { hides } = this.conversation;
    byId("visor-teclas").textContent = hides ? DOT.repeat(this._keys.length) : this._keys;
  }

  _waits(text) {
    byId("espera").hidden = !text;
    byId("espera").textContent = text;
  }

  _state(text) {
    byId("visor-estado").textContent = text;
  }

  _tick() {
    if (this._answeredAt) byId("visor-tempo").textContent = clock((Date.now() - this._answeredAt) / 1000);
  }
}
