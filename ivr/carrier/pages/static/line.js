// One call's line. The carrier tells it from the beginning after each connection; what has been
// told already is left out, so that a broken connection loses nothing.

import { socket } from "./server.js";

const AGAIN = 1000;
const PATIENCE = 5;

export class Line {
  /** told(event), refused(why), lost() when the carrier no longer knows the call. */
  constructor(sid, { told, refused, lost }) {
    this.sid = sid;
    this.over = false;
    this.skew = 0;
    this._hear = { told, refused, lost };
    this._known = 0;
    this._failures = 0;
    this._connect();
  }

  /** Seconds since the event happened, by the carrier's clock. */
  age(event) {
    return (Date.now() - this.skew - Date.parse(event.at)) / 1000;
  }

  /** Whether the message could be sent. */
  send(deed) {
    if (this.over || this._socket.readyState !== WebSocket.OPEN) return false;
    this._socket.send(JSON.stringify(deed));
    return true;
  }

  close() {
    this.over = true;
    this._socket.close();
  }

  _connect() {
    let place = 0;
    this._socket = socket(`/phone/calls/${this.sid}/events`);
    this._socket.addEventListener("message", (message) => {
      const event = JSON.parse(message.data);
      if (event.event === "hello") {
        this._failures = 0;
        this.skew = Date.now() - Date.parse(event.at);
      } else if (event.event === "refused") this._hear.refused(event.why);
      else if (++place > this._known) {
        this._known = place;
        if (event.event === "line_closed") this.over = true;
        this._hear.told(event);
      }
    });
    this._socket.addEventListener("close", () => {
      if (this.over) return;
      if (++this._failures < PATIENCE) setTimeout(() => this._connect(), AGAIN);
      else {
        this.over = true;
        this._hear.lost();
      }
    });
  }
}
