// The built-in WebSocket: events in order, subprotocols, headers, text and bytes, ends of every kind.
// Node 22 has one that does not come to its end here, bare either.
import { describeError } from "../support/describe.mjs";

export const needs = { node: 24 };

export async function program({ urls, say }) {
  for (const kind of ["secure", "plain"]) {
    const url = `${urls[kind]}/socket`.replace(/^http/, "ws");
    say(`${kind} text`, await talk(url, [], (socket) => socket.send("hello")));
    say(`${kind} protocols`, await talk(url, ["one", "two"], (socket) => socket.send("hello")));
    const headers = { "x-mine": "1" };
    say(`${kind} headers`, await talk(url, { headers, protocols: ["two"] }, (socket) => socket.send("hello")));
    say(
      `${kind} bytes`,
      await talk(url, [], (socket) => {
        socket.binaryType = "arraybuffer";
        socket.send(new Uint8Array([1, 2, 3]));
      }),
    );
    say(`${kind} blob`, await talk(url, [], (socket) => socket.send(new Blob(["blob"]))));
    say(`${kind} long`, await talk(url, [], (socket) => socket.send("x".repeat(200_000))));
    say(`${kind} closed by us`, await talk(url, [], (socket) => socket.close(4001, "enough")));
    say(`${kind} closed by the server`, await talk(url, [], (socket) => socket.send("close")));
    say(`${kind} cut`, await talk(url, [], (socket) => socket.send("cut")));
    say(`${kind} closed at once`, await talk(url, [], undefined, (socket) => socket.close()));
    say(`${kind} refused`, await talk(url.replace(/socket$/, "refuse"), []));
  }
}

function talk(url, options, opened, made) {
  const events = [];
  return new Promise((resolve) => {
    let socket;
    try {
      socket = new WebSocket(url, options);
    } catch (error) {
      return resolve(describeError(error));
    }
    const state = () => [socket.readyState, socket.bufferedAmount, socket.protocol, socket.extensions];
    socket.addEventListener("open", () => {
      events.push(["open", ...state()]);
      opened?.(socket);
    });
    socket.addEventListener("message", ({ data, origin }) => {
      const shown = typeof data === "string" ? `${data.length} ${data.slice(0, 20)}` : (data.byteLength ?? data.size);
      events.push(["message", data.constructor.name, shown, origin]);
      socket.close(1000, "done");
    });
    socket.addEventListener("error", ({ constructor, type }) => events.push([constructor.name, type, ...state()]));
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      events.push(["close", code, reason, wasClean, ...state()]);
      resolve(events);
    });
    made?.(socket);
  });
}
