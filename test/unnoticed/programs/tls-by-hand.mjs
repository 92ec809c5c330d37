// Programs that open TLS by themselves and speak WebSocket on it, without a word of what it is for.
// node:http is loaded, as most programs have it: without it nothing of the preload is in place yet.
import { readFileSync } from "node:fs";
import http from "node:http";
import websocket from "faye-websocket";

export async function program({ urls, say }) {
  say("node:http is there", typeof http.request);
  const url = `${urls.secure}/socket`.replace("https", "wss");
  const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
  for (const [name, options] of Object.entries({ "its own ca": { ca }, "the usual ones": {} })) {
    say(`${name}: text`, await talk(url, options, (client) => client.send("hello")));
    say(`${name}: closed by the server`, await talk(url, options, (client) => client.send("close")));
    say(`${name}: refused`, await talk(url.replace(/socket$/, "refuse"), options));
  }
}

function talk(url, options, opened) {
  const events = [];
  return new Promise((resolve) => {
    const client = new websocket.Client(url, [], options);
    client.on("open", () => {
      events.push("open");
      opened?.(client);
    });
    client.on("message", ({ data }) => {
      events.push(["message", data]);
      client.close(1000, "done");
    });
    client.on("error", () => events.push("error"));
    client.on("close", ({ code, reason }) => resolve([...events, "close", code, reason]));
  });
}
