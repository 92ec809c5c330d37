// Certificate pinning with agents that go by the proxy of the variables: what one of them connected to is no word for another.
import { readFileSync } from "node:fs";
import https from "node:https";
import { HttpsProxyAgent } from "https-proxy-agent7";

export async function program({ urls, say }) {
  const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
  const proxy = process.env.HTTPS_PROXY;
  const agent = () =>
    proxy === undefined ? new https.Agent({ keepAlive: true }) : new HttpsProxyAgent(proxy, { keepAlive: true });
  const checkServerIdentity = () => new Error("not the pinned certificate");
  for (const [name, options] of Object.entries({ "its own ca": { ca }, "the usual ones": {} })) {
    const [trusting, pinning] = [agent(), agent()];
    say(`${name}: without a pin`, await ask(urls.secure, { ...options, agent: trusting }));
    say(`${name}: with one`, await ask(urls.secure, { ...options, agent: pinning, checkServerIdentity }));
    say(`${name}: and again`, await ask(urls.secure, { ...options, agent: trusting }));
    for (const each of [trusting, pinning]) each.destroy();
  }
}

function ask(url, options) {
  return new Promise((resolve) => {
    const request = https.get(`${url}/echo`, options, (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode));
    });
    request.on("error", ({ message }) => resolve(message));
  });
}
