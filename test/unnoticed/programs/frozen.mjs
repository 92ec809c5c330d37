// The built-in objects are frozen, as `--frozen-intrinsics` has it: whoever writes to one of them fails.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { askedOn } from "../support/http2.mjs";
import { askInWorker } from "../support/in-worker.mjs";

export const needs = { flags: ["--frozen-intrinsics", "--no-warnings"], starts: 2 };

export async function program({ urls, say }) {
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    for (const path of ["echo", "hang-up"])
      say(`${kind}, fetch: ${path}`, await tell(fetch(`${urls[kind]}/${path}`, { method: "POST", body: "text" })));
    const agent = new client.Agent({ keepAlive: true });
    for (const path of ["echo", "hang-up"])
      say(`${kind}, request: ${path}`, [
        await ask(client, `${urls[kind]}/${path}`),
        await ask(client, `${urls[kind]}/${path}`, { agent }),
      ]);
    agent.destroy();
  }
  say("session", await askedOn(http2.connect(urls.both), urls.both));
  for (const [name, options] of Object.entries({ "a thread": {}, "a thread with an environment": { env: {} } }))
    say(name, await askInWorker(`${urls.secure}/echo`, options));
}

async function tell(answer) {
  try {
    const response = await answer;
    return [response.status, await response.text()];
  } catch ({ name, message, cause }) {
    return [name, message, cause?.name, cause?.code];
  }
}

function ask(client, url, options = {}) {
  return new Promise((resolve) => {
    const request = client.get(url, options, (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode));
    });
    request.on("error", ({ name, code }) => resolve([name, code]));
  });
}
