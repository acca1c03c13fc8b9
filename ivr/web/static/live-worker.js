// The event stream of a browser: one connection, however many tabs are open.

import { LiveLine } from "./live-core.js";

const line = new LiveLine();

self.onconnect = (event) => {
  const port = event.ports[0];
  const post = (message) => port.postMessage(message);
  port.onmessage = ({ data }) => {
    if (data.op === "join") {
      line.join(post);
    } else if (data.op === "leave") {
      line.leave(post);
    } else if (data.op === "watch") {
      line.watch(post, data.tickets);
    }
  };
};
