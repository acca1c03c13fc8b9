// The browser as the agent's telephone, over @twilio/voice-sdk. Commands of a call go through the
// server like those of any telephone; here are only registering, answering and the microphone.
//
// Events: "estado" with {estado, texto, registrado, microfone}.

const WORDS = {
  desligado: "não registrado",
  microfone: "testando o microfone…",
  "sem-microfone":
    "Microfone bloqueado. Clique no cadeado ao lado do endereço, permita o microfone e aperte Tentar de novo.",
  "falta-microfone": "Nenhum microfone encontrado. Ligue o fone e aperte Tentar de novo.",
  registrando: "registrando…",
  registrado: "registrado",
  perdido: "O telefone do navegador perdeu o registro. Novas chamadas não tocam aqui até voltar.",
  "ficha-vencida":
    "A ficha do telefone venceu e não pôde ser renovada. Aperte Tentar de novo; se continuar, entre de novo.",
  "sem-ficha": "O sistema não deu a ficha do telefone. Aperte Tentar de novo.",
  "em-conversa": "em conversa",
  "rede-ruim": "Rede ruim: a conversa pode falhar.",
  reconectando: "A conversa caiu da rede; reconectando…",
  "sem-sdk": "O telefone do navegador não carregou. Recarregue a página (F5).",
};
const TOKEN_EXPIRED = new Set([20104, 31205, 31204, 20101, 20103]);
const MICROPHONE = new Set([31401, 31402, 31208]);

export class Softphone extends EventTarget {
  #make;
  #fetchToken;
  #askMicrophone;
  #sound;
  #device = null;
  #calls = new Map(); // offer -> incoming call
  #wanted = new Set();
  #live = null;
  #state = "desligado";
  #microphone = "não testado";

  constructor({ fabricaDevice, buscarFicha, pedirMicrofone, som }) {
    super();
    this.#make = fabricaDevice;
    this.#fetchToken = buscarFicha;
    this.#askMicrophone = pedirMicrofone;
    this.#sound = som;
  }

  get estado() {
    return this.#state;
  }

  get registrado() {
    return this.#state === "registrado" || this.#state === "em-conversa";
  }

  get microfone() {
    return this.#microphone;
  }

  get emConversa() {
    return this.#live !== null;
  }

  #tell(state) {
    this.#state = state;
    const detail = {
      estado: state,
      texto: WORDS[state],
      registrado: this.registrado,
      microfone: this.#microphone,
    };
    this.dispatchEvent(new CustomEvent("estado", { detail }));
    return this.registrado;
  }

  // True when calls can ring here. Asks for the microphone first.
  async registrar() {
    if (this.registrado) {
      return true;
    }
    this.#tell("microfone");
    try {
      const stream = await this.#askMicrophone();
      stream?.getTracks?.().forEach((track) => track.stop());
      this.#microphone = "permitido";
    } catch (error) {
      const missing = error?.name === "NotFoundError";
      this.#microphone = missing ? "não encontrado" : "bloqueado";
      return this.#tell(missing ? "falta-microfone" : "sem-microfone");
    }
    let token;
    try {
      token = await this.#fetchToken();
    } catch {
      return this.#tell("sem-ficha");
    }
    if (this.#device) {
      this.#device.updateToken(token);
    } else {
      try {
        this.#device = this.#make(token, {
          closeProtection: true,
          appName: "atendimento-ms",
          allowIncomingWhileBusy: false,
          logLevel: "error",
          sounds: Object.fromEntries(
            ["incoming", "outgoing", "disconnect"].map((name) => [name, this.#sound]),
          ),
        });
      } catch {
        return this.#tell("sem-sdk");
      }
      this.#listen();
    }
    this.#tell("registrando");
    try {
      await this.#device.register();
    } catch (error) {
      return this.#failed(error);
    }
    return this.registrado;
  }

  #listen() {
    const device = this.#device;
    for (const kind of ["incoming", "outgoing", "disconnect"]) {
      device.audio?.[kind]?.(false); // the page rings by itself, at once
    }
    device.on("registered", () => this.#tell(this.#live ? "em-conversa" : "registrado"));
    device.on("unregistered", () => this.#tell("perdido"));
    device.on("destroyed", () => {
      this.#device = null;
      this.#tell("desligado");
    });
    device.on("error", (error) => this.#failed(error));
    device.on("tokenWillExpire", () => this.#renew());
    device.on("incoming", (call) => this.#incoming(call));
  }

  async #renew() {
    try {
      this.#device.updateToken(await this.#fetchToken());
    } catch {
      this.#tell("ficha-vencida");
    }
  }

  #failed(error) {
    const code = Number(error?.code);
    if (MICROPHONE.has(code)) {
      this.#microphone = "bloqueado";
      return this.#tell("sem-microfone");
    }
    return this.#tell(TOKEN_EXPIRED.has(code) ? "ficha-vencida" : "perdido");
  }

  #incoming(call) {
    const offer = call.customParameters?.get("oferta") ?? "";
    this.#calls.set(offer, call);
    const gone = () => {
      this.#calls.delete(offer);
      this.#wanted.delete(offer);
      if (this.#live === call) {
        this.#live = null;
        this.#tell("registrado");
      }
    };
    call.on("accept", () => {
      this.#live = call;
      this.#tell("em-conversa");
    });
    for (const end of ["disconnect", "cancel", "reject"]) {
      call.on(end, gone);
    }
    call.on("warning", () => this.#live === call && this.#tell("rede-ruim"));
    call.on("warning-cleared", () => this.#live === call && this.#tell("em-conversa"));
    call.on("reconnecting", () => this.#tell("reconectando"));
    call.on("reconnected", () => this.#tell("em-conversa"));
    call.on("error", (error) => this.#failed(error));
    if (this.#wanted.delete(offer)) {
      call.accept();
    }
  }

  // The call may ring here a moment after the key was pressed: then it is answered as it comes.
  atender(oferta) {
    const call = this.#calls.get(oferta) ?? (this.#calls.size === 1 && this.#calls.get(""));
    if (call) {
      if (this.#live !== call) {
        call.accept();
      }
      return true;
    }
    this.#wanted.add(oferta);
    return false;
  }

  desligar() {
    this.#live?.disconnect();
  }

  mudo(ligado) {
    this.#live?.mute(ligado);
  }

  digitos(teclas) {
    this.#live?.sendDigits(teclas);
  }

  sair() {
    this.#device?.destroy();
  }
}

export function browserDevice(token, options) {
  return new globalThis.Twilio.Device(token, options);
}
