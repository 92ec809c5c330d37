// What a program gets under a tool that mocks some of its requests: the mock's answer, or the server's.
import http from "node:http";
import https from "node:https";

/** Asks for each by node:http, with the shared agent and one of its own, and by fetch. */
export async function askAll(urls, path, say, label) {
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    const url = `${urls[kind]}/${path}`;
    say(`${label} ${kind}: request`, await ask(client, url));
    const agent = new client.Agent({ keepAlive: true });
    say(`${label} ${kind}: own agent`, [await ask(client, url, { agent }), await ask(client, url, { agent })]);
    agent.destroy();
    say(`${label} ${kind}: POST`, await ask(client, url, { method: "POST", body: "text" }));
    say(`${label} ${kind}: fetch`, await fetched(url));
  }
}

export function ask(client, url, { body, ...options } = {}) {
  return new Promise((resolve) => {
    const request = client.request(url, options, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("error", ({ code }) => resolve(["broken off", code]));
      response.on("end", () => resolve([response.statusCode, response.headers["x-mock"], text]));
    });
    request.on("error", ({ code, message }) => resolve([code, message]));
    request.end(body);
  });
}

async function fetched(url) {
  try {
    const response = await fetch(url);
    return [response.status, response.headers.get("x-mock"), await response.text()];
  } catch ({ name, cause }) {
    return [name, cause?.code];
  }
}
