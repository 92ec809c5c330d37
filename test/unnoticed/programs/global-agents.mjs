// Agents that take the place of Node's global ones, and those that go by proxy variables themselves (Node 24 and later).
import http from "node:http";
import https from "node:https";
import { createRequire, syncBuiltinESMExports } from "node:module";

/** It changes what others use. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  const builtIn = createRequire(import.meta.url);
  for (const [kind, name] of Object.entries({ secure: "node:https", plain: "node:http" })) {
    const client = builtIn(name);
    const { globalAgent } = client;
    client.globalAgent = new client.Agent({ keepAlive: true });
    syncBuiltinESMExports();
    say(`${kind}, another global agent`, await ask(`${urls[kind]}/echo`));
    client.globalAgent.destroy();
    client.globalAgent = new (class extends client.Agent {})();
    say(`${kind}, one of a class of its own`, await ask(`${urls[kind]}/echo`));
    client.globalAgent = globalAgent;
    for (const [environment, proxyEnv] of Object.entries({ none: {}, "this process's": process.env })) {
      const agent = new client.Agent({ proxyEnv });
      say(`${kind}, by an environment: ${environment}`, await ask(`${urls[kind]}/echo`, { agent }));
      agent.destroy();
    }
  }
  for (const [environment, given] of Object.entries({ none: [{}], "this process's": [] })) {
    const restore = http.setGlobalProxyFromEnv?.(...given);
    for (const kind of ["secure", "plain"])
      say(`${kind}, all by an environment: ${environment}`, [
        (await fetch(`${urls[kind]}/echo`)).status,
        await ask(`${urls[kind]}/echo`),
      ]);
    restore?.();
  }
  say("and after", [(await fetch(`${urls.secure}/echo`)).status, await ask(`${urls.secure}/echo`)]);
}

function ask(url, options = {}) {
  return new Promise((resolve) => {
    (url.startsWith("https:") ? https : http)
      .get(url, options, (response) => {
        response.resume();
        response.on("close", () => resolve(response.statusCode));
      })
      .on("error", ({ code }) => resolve(code));
  });
}
