// A ringing call: sound, colour, title and a notification without names.

import { settings } from "./agent-panel.js";

const TITLE = document.title;
const sound = new Audio(settings.toque);
sound.loop = true;
let ringing = "";
let blinker = null;
let notice = null;

export async function ring(offer) {
  if (ringing === offer) {
    return;
  }
  silence();
  ringing = offer;
  document.body.classList.add("tocando");
  let lit = false;
  const blink = () => {
    lit = !lit;
    document.title = lit ? "☎ Chamada chegando" : TITLE;
  };
  blink();
  blinker = setInterval(blink, 1000);
  notify(offer);
  try {
    await sound.play();
  } catch {
    // The browser wants a click first; colour, title and notification are there.
  }
}

export function silence() {
  if (!ringing) {
    return;
  }
  ringing = "";
  document.body.classList.remove("tocando");
  clearInterval(blinker);
  document.title = TITLE;
  sound.pause();
  sound.currentTime = 0;
  notice?.close();
  notice = null;
}

function notify(offer) {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") {
    return;
  }
  notice = new Notification("Chamada chegando", {
    body: "Abra o console para ver quem liga e atender.",
    tag: offer,
    requireInteraction: true,
  });
  notice.onclick = () => {
    window.focus();
    notice?.close();
  };
}

export async function test() {
  try {
    sound.currentTime = 0;
    sound.loop = false;
    await sound.play();
    return true;
  } catch {
    return false;
  } finally {
    sound.loop = true;
    setTimeout(() => !ringing && sound.pause(), 1900);
  }
}

export async function allowNotices() {
  return "Notification" in window ? Notification.requestPermission() : "denied";
}
