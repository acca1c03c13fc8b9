// The computer's microphone, as the sound of a telephone.

const ASKS = {
  audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
};
const KEYS = "As teclas e o campo “Fale” continuam a funcionar.";
const WHY = {
  insecure: `O navegador só empresta o microfone a um endereço seguro: abra esta página por https, ou nesta máquina por http://127.0.0.1. ${KEYS}`,
  NotAllowedError: `O navegador não tem permissão para usar o microfone. Permita ao lado do endereço da página e tente de novo. ${KEYS}`,
  NotFoundError: `Nenhum microfone foi encontrado neste computador. ${KEYS}`,
  NotReadableError: `O microfone está em uso por outro programa. Feche-o e tente de novo. ${KEYS}`,
};
const OTHER = `O microfone não pôde ser ligado. ${KEYS}`;

/** message is for the person. */
export class NoMicrophone extends Error {}

export class Microphone {
  /** frame(bytes, peak) for each 20 ms; gone() when the device is taken away. */
  constructor({ frame, gone }) {
    this._frame = frame;
    this._gone = gone;
    this._stream = this._context = null;
  }

  get on() {
    return this._context !== null;
  }

  /** Throws NoMicrophone. */
  async start() {
    if (!window.isSecureContext || !navigator.mediaDevices || !window.AudioWorkletNode) {
      throw new NoMicrophone(WHY.insecure);
    }
    try {
      this._stream = await navigator.mediaDevices.getUserMedia(ASKS);
      const context = new AudioContext();
      await context.audioWorklet.addModule("/phone/static/capture-worklet.js");
      const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
      capture.port.onmessage = ({ data }) => this._frame(data.frame, data.peak);
      context.createMediaStreamSource(this._stream).connect(capture);
      await context.resume();
      this._context = context;
    } catch (failure) {
      this.stop();
      throw new NoMicrophone(WHY[failure.name] ?? OTHER);
    }
    for (const track of this._stream.getTracks()) {
      track.addEventListener("ended", () => {
        this.stop();
        this._gone(WHY.NotFoundError);
      });
    }
  }

  stop() {
    this._stream?.getTracks().forEach((track) => track.stop());
    this._context?.close();
    this._stream = this._context = null;
  }
}
