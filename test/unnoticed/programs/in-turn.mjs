// Requests one after the other, each on a new connection, and then on one that is kept: what each of them takes longer adds up.
import http from "node:http";
import https from "node:https";

const times = 8;

export async function program({ urls, say }) {
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    const url = `${urls[kind]}/echo`;
    for (const keepAlive of [false, true]) {
      const agent = new client.Agent({ keepAlive });
      say(`${kind}, ${keepAlive ? "kept" : "new"}`, await inTurn(() => ask(client, url, { agent })));
      agent.destroy();
    }
    say(`${kind}, fetch`, await inTurn(async () => (await fetch(url)).text()));
    say(`${kind}, fetch of what closes`, await inTurn(async () => (await fetch(`${urls[kind]}/close`)).text()));
  }
}

async function inTurn(act) {
  const seen = [];
  for (let time = 0; time < times; time++) seen.push(await act());
  return seen;
}

function ask(client, url, options) {
  return new Promise((resolve, reject) => {
    client
      .get(url, options, (response) => response.resume().on("end", () => resolve(response.statusCode)))
      .on("error", reject);
  });
}
