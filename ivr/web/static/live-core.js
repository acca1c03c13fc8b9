// One event stream and everyone who listens to it: in a SharedWorker all tabs of a browser, without
// one the page itself. Listeners get {kind: "status" | "snapshot" | "poll" | "event"} messages.

export const TOPICS = [
  "oferta.nova",
  "oferta.fim",
  "chamada.estado",
  "chamada.contexto",
  "posatendimento",
  "agente.estado",
  "fila.resumo",
  "ura.resumo",
  "chamado.mudou",
  "alerta",
  "exportacao.pronta",
];
const PATH = "/eventos";
const SILENT_MS = 40000; // the server gives a sign of life every 15 s
const NO_CONNECTION_MS = 5000;
const RED_MS = 30000;
const POLL_MS = 5000;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 10000;

export class LiveLine {
  #listeners = new Map(); // post function -> tickets that its tab shows
  #sources = new Set();
  #lostAt = Date.now();
  #heardAt = 0;
  #polledAt = 0;
  #level = "reconectando";
  #retryMs = FIRST_RETRY_MS;
  #timer = null;
  #ended = false;
  #newcomers = new Set();

  constructor() {
    setInterval(() => this.#tick(), 1000);
    self.addEventListener("offline", () => this.#lose(true));
    self.addEventListener("online", () => this.#lostAt && this.#connect());
  }

  join(post) {
    if (!this.#listeners.has(post)) {
      this.#listeners.set(post, []);
    }
    post(this.#status());
    if (this.#sources.size === 0 && this.#timer === null) {
      this.#ended = false;
      this.#connect();
    } else if (this.#lostAt === null) {
      post({ kind: "snapshot" });
    }
  }

  leave(post) {
    const had = this.#tickets();
    this.#listeners.delete(post);
    this.#newcomers.delete(post);
    if (this.#listeners.size === 0) {
      this.#hangUp();
      this.#lostAt = Date.now();
      this.#level = "reconectando";
    } else if (had !== this.#tickets()) {
      this.#connect();
    }
  }

  watch(post, tickets) {
    const had = this.#tickets();
    this.#listeners.set(post, tickets);
    this.#newcomers.add(post);
    if (had !== this.#tickets()) {
      this.#connect();
    }
  }

  #tickets() {
    const all = new Set([...this.#listeners.values()].flat());
    return [...all].sort().slice(0, 20).join(" ");
  }

  // The old stream stays until the new one is open, so that nothing falls between the two.
  #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#ended || this.#listeners.size === 0) {
      return;
    }
    const query = new URLSearchParams();
    for (const ticket of this.#tickets().split(" ").filter(Boolean)) {
      query.append("chamado", ticket);
    }
    const source = new EventSource(`${PATH}?${query}`);
    this.#sources.add(source);
    this.#heardAt = Date.now();
    const mine = (handler) => (event) => {
      if (this.#sources.has(source)) {
        this.#heardAt = Date.now();
        handler(event);
      }
    };
    source.addEventListener("ao-vivo", mine(() => {
      this.#keepOnly(source);
      this.#open();
    }));
    source.addEventListener("pulso", mine(() => {}));
    source.addEventListener("ressincronizar", mine(() => this.#all({ kind: "snapshot" })));
    source.addEventListener("reconectar", mine((event) => {
      this.#hangUp();
      this.#lose(false);
      this.#retryIn(JSON.parse(event.data).ms);
    }));
    source.addEventListener("sessao.fim", mine(() => this.#end()));
    for (const topic of TOPICS) {
      source.addEventListener(topic, mine((event) => {
        this.#all({ kind: "event", topic, data: JSON.parse(event.data) });
      }));
    }
    source.onerror = mine(() => {
      if (source.readyState === EventSource.CLOSED) {
        this.#close(source);
      }
      if (![...this.#sources].some((each) => each.readyState === EventSource.OPEN)) {
        this.#lose(this.#sources.size === 0);
      }
    });
  }

  #open() {
    const again = this.#lostAt !== null;
    this.#lostAt = null;
    this.#retryMs = FIRST_RETRY_MS;
    if (again) {
      this.#setLevel("ao-vivo");
      this.#all({ kind: "snapshot" });
    } else {
      this.#newcomers.forEach((post) => post({ kind: "snapshot" }));
    }
    this.#newcomers.clear();
  }

  #lose(closed) {
    if (this.#ended) {
      return;
    }
    if (this.#lostAt === null) {
      this.#lostAt = Date.now();
      this.#setLevel("reconectando");
    }
    if (closed && this.#timer === null) {
      this.#hangUp();
      this.#askThenRetry();
    }
  }

  // A refused stream does not say why: the log-in may be over, or the server full.
  async #askThenRetry() {
    this.#retryIn(this.#retryMs * (0.75 + Math.random() / 2));
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    try {
      const answer = await fetch(`${PATH}/sessao`, { cache: "no-store" });
      if (answer.status === 401) {
        this.#end();
      }
    } catch {
      // No network: the retry is already planned.
    }
  }

  #retryIn(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), milliseconds);
  }

  #end() {
    this.#ended = true;
    this.#hangUp();
    this.#lostAt ??= Date.now();
    this.#setLevel("sessao-encerrada");
    this.#all({ kind: "event", topic: "sessao.fim", data: {} });
  }

  #close(source) {
    source.close();
    this.#sources.delete(source);
  }

  #keepOnly(source) {
    [...this.#sources].filter((each) => each !== source).forEach((each) => this.#close(each));
  }

  #hangUp() {
    [...this.#sources].forEach((each) => this.#close(each));
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tick() {
    const now = Date.now();
    if (this.#ended || this.#listeners.size === 0) {
      return;
    }
    if (this.#lostAt === null) {
      if (now - this.#heardAt > SILENT_MS) {
        this.#lose(true);
      }
      return;
    }
    const lost = now - this.#lostAt;
    if (lost > NO_CONNECTION_MS) {
      this.#setLevel(lost > RED_MS ? "sem-conexao-longa" : "sem-conexao");
      if (now - this.#polledAt >= POLL_MS) {
        this.#polledAt = now;
        this.#all({ kind: "poll" });
      }
      if (this.#sources.size > 0 && now - this.#heardAt > SILENT_MS) {
        this.#hangUp();
        this.#askThenRetry();
      }
    }
  }

  #setLevel(level) {
    if (this.#level !== level) {
      this.#level = level;
      this.#all(this.#status());
    }
  }

  #status() {
    return { kind: "status", state: this.#level, since: this.#lostAt };
  }

  #all(message) {
    this.#listeners.forEach((_, post) => post(message));
  }
}
