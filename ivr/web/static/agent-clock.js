// Stopwatches and countdowns that the server started. Times are the server's: the page only counts
// on from them, so that a wrong clock of the computer changes nothing.

let ahead = 0; // the server's clock minus this computer's, milliseconds

export function serverTime(milliseconds) {
  ahead = milliseconds - Date.now();
}

export function now() {
  return Date.now() + ahead;
}

export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 3600) {
    return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  }
  if (seconds < 86400) {
    return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))}`;
  }
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

const shown = new Set();

class Clock extends HTMLElement {
  connectedCallback() {
    shown.add(this);
    this.tick();
  }

  disconnectedCallback() {
    shown.delete(this);
  }
}

class Since extends Clock {
  tick() {
    this.textContent = span(now() - Number(this.getAttribute("inicio")));
  }
}

class Until extends Clock {
  tick() {
    this.textContent = span(Number(this.getAttribute("fim")) - now() + 999);
  }
}

customElements.define("tempo-desde", Since);
customElements.define("tempo-ate", Until);
setInterval(() => shown.forEach((clock) => clock.tick()), 500);
