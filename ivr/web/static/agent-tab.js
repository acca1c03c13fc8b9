// One tab owns the console: it rings, answers and gives the sign of life. Others say so.

const NAME = "console-agente";
const changed = new Set();
let owner = false;
let release = null;

export function isOwner() {
  return owner;
}

export function onOwner(handler) {
  changed.add(handler);
  handler(owner);
}

function set(value) {
  owner = value;
  document.getElementById("outra-aba").hidden = owner || !navigator.locks;
  changed.forEach((handler) => handler(owner));
}

function held() {
  set(true);
  return new Promise((resolve) => {
    release = resolve;
  });
}

async function wait() {
  try {
    await navigator.locks.request(NAME, held);
  } catch {
    set(false); // another tab took it over
    wait();
  }
}

async function take() {
  try {
    await navigator.locks.request(NAME, { steal: true }, held);
  } catch {
    set(false);
    wait();
  }
}

export async function claim() {
  if (!navigator.locks) {
    set(true); // without locks (plain http elsewhere than localhost) nobody can tell
    return;
  }
  const first = await new Promise((resolve) => {
    navigator.locks
      .request(NAME, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock ? held() : undefined;
      })
      .catch(() => {
        set(false);
        wait();
      });
  });
  if (!first) {
    set(false);
    wait();
  }
}

document.getElementById("usar-aqui").addEventListener("click", take);
addEventListener("pagehide", () => release?.());
