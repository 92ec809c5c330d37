// Tools that mock a program's requests, each in its turn: what is mocked never reaches the network, and what is not does.
import { WebSocket as MockSocket, Server } from "mock-socket";
import { useMsw } from "../support/msw.mjs";
import { useNock } from "../support/nock.mjs";

/** They put functions in the place of Node's. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  // To load it is to set it to work.
  for (const [name, load] of Object.entries({ nock13: () => import("nock13"), nock14: () => import("nock14") })) {
    const { default: nock } = await load();
    await useNock(nock, { urls, say: (label, value) => say(`${name} ${label}`, value) });
  }
  const [msw, node] = await Promise.all([import("msw"), import("msw/node")]);
  await useMsw({ ...msw, ...node }, urls, say);
  say("mock-socket", await useMockSocket(urls.secure.replace("https", "wss")));
}

async function useMockSocket(url) {
  const server = new Server(url);
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  const client = new MockSocket(url);
  const data = await new Promise((resolve) => {
    client.addEventListener("open", () => client.send("hello"));
    client.addEventListener("message", (event) => resolve(event.data));
  });
  server.stop();
  return data;
}
