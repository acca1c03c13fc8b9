// Requests to the carrier.

/** Thrown when the carrier does not answer at all. */
export class CarrierGone extends Error {}

/** Thrown when it refuses; the message is for the person. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", ...options });
  } catch {
    throw new CarrierGone("A operadora local não responde.");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(content.error ?? `Resposta ${answer.status}.`, answer.status);
  return content;
}

export const get = (path) => ask(path);
export const remove = (path) => ask(path, { method: "DELETE" });
export const post = (path, content) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });

/** Say µ-law on a call. */
export const speech = (sid, mulaw) =>
  ask(`/phone/calls/${sid}/speech`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: mulaw,
  });

export function socket(path) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${location.host}${path}`);
}
