// A request's own way to look names up: asked where names are looked up on this machine.
import dns from "node:dns";
import http from "node:http";
import https from "node:https";

export async function program({ urls, say }) {
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    for (const [name, agent] of Object.entries({ shared: undefined, own: new client.Agent(), none: false })) {
      const asked = [];
      const lookup = (host, options, callback) => {
        asked.push(host);
        dns.lookup(host, options, callback);
      };
      say(`${kind}, agent ${name}: answer`, await ask(client, `${urls[kind]}/echo`, { agent, lookup }));
      say(`${kind}, agent ${name}: asked`, asked);
    }
  }
}

function ask(client, url, options) {
  return new Promise((resolve, reject) => {
    const request = client.get(url, options, (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode));
    });
    request.on("error", reject);
  });
}
