// Programs that open TLS by themselves: to speak WebSocket on it, without a word of what it is for, and in their agents.
import { readFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import websocket from "faye-websocket";

export async function program({ urls, say }) {
  for (const connected of [false, true])
    say(
      `on a connection ${connected ? "that is there" : "to come"}`,
      await askOverTls(`${urls.secure}/echo`, connected),
    );
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

/** With an agent that makes a connection of TLS of one without, by the class and not by `connect`. */
function askOverTls(url, connected) {
  const events = [];
  const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
  const agent = new https.Agent();
  agent.createConnection = ({ host, port }, done) => {
    const raw = net.connect(port, host);
    const make = () => {
      const secure = new tls.TLSSocket(raw, { ca });
      secure.setServername(host);
      for (const event of ["secure", "error", "close"]) secure.on(event, () => events.push(event));
      return secure;
    };
    if (!connected) return make();
    raw.once("connect", () => done(null, make()));
  };
  return new Promise((resolve) => {
    const request = https.get(url, { agent }, (response) => {
      events.push(response.statusCode, response.socket.servername, response.socket.encrypted);
      response.resume();
      response.socket.once("close", () => resolve(events));
    });
    request.on("error", ({ code }) => resolve([...events, code]));
  });
}
