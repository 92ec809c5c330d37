/** What a PAC file's decision costs: one that is known already, and one about a host that nobody has asked for yet. */
import { createServer } from "node:http";
import { once } from "node:events";
import { PacProxyAgent } from "pac-proxy-agent";
import { createNetwork } from "../dist/index.js";
import { median, pairedRatio } from "./statistics.mjs";
import { atMost, targets } from "./targets.mjs";

/** As companies have them: some names and addresses inside, some hosts by a proxy of their own, all else by one of two. */
const script = `function FindProxyForURL(url, host) {
  var direct = [".corp.example", ".intranet.example", ".branch.example", ".lab.example"];
  for (var i = 0; i < direct.length; i++) if (dnsDomainIs(host, direct[i])) return "DIRECT";
  if (isPlainHostName(host) || host === "127.0.0.1") return "DIRECT";
  if (/^\\d+\\.\\d+\\.\\d+\\.\\d+$/.test(host) && isInNet(host, "10.0.0.0", "255.0.0.0")) return "DIRECT";
  if (shExpMatch(host, "*.partner.example") || shExpMatch(host, "*.supplier.example")) return "PROXY gate.corp.example:3128";
  if (url.substring(0, 6) === "https:") return "PROXY a.corp.example:8080; PROXY b.corp.example:8080";
  return "PROXY b.corp.example:8080; DIRECT";
}`;

/** How many hosts a program speaks to. */
const hosts = 20;

export async function measurePac({ rounds, decisions }) {
  const server = createServer((_request, response) => response.setHeader("etag", '"1"').end(script));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/proxy.pac`;
  const network = await createNetwork({ source: { variables: { SALLYPORT_PAC_URL: url } }, stores: ["bundled"] });
  try {
    // Its file is read once, here; it would ask for it at each of its decisions again.
    const resolve = await new PacProxyAgent(`pac+${url}`).getResolver();
    const contenders = { sallyport: (asked) => network.route(asked), "pac-proxy-agent": (asked) => resolve(asked) };
    const first = await measure(contenders, { rounds, decisions });
    // As with requests: a miss has to show twice.
    return first.some(({ verdict }) => verdict === "MISSED")
      ? await measure(contenders, { rounds: rounds * 2, decisions })
      : first;
  } finally {
    await network.close();
    server.closeAllConnections();
    server.close();
  }
}

let fresh = 0;
const kinds = {
  known: { name: (at) => `https://host${at % hosts}.example.com/v1/messages`, target: targets.pacKnownMicroseconds },
  fresh: { name: () => `https://host${fresh++}.fresh.example.com/v1/messages`, target: targets.pacFreshMicroseconds },
};

async function measure(contenders, { rounds, decisions }) {
  const rows = [];
  for (const [kind, { name, target }] of Object.entries(kinds)) {
    const samples = Object.fromEntries(Object.keys(contenders).map((contender) => [contender, []]));
    const count = kind === "known" ? decisions * 10 : decisions;
    for (const ask of Object.values(contenders)) await microseconds(ask, name, count);
    for (let round = 0; round < rounds; round++)
      for (const [contender, ask] of Object.entries(contenders))
        samples[contender].push(await microseconds(ask, name, count));
    for (const contender of Object.keys(contenders)) {
      const each = median(samples[contender]);
      // What others do on the machine can only make a round longer: the promise is about the least.
      const least = Math.min(...samples[contender]);
      const row = { kind, name: contender, microseconds: each, least };
      rows.push(
        contender === "sallyport"
          ? {
              ...row,
              ratio: pairedRatio(samples["pac-proxy-agent"], samples[contender]),
              verdict: atMost(least, target),
            }
          : row,
      );
    }
  }
  return rows;
}

async function microseconds(ask, name, count) {
  const urls = Array.from({ length: count }, (_, at) => name(at));
  const started = performance.now();
  for (const url of urls) await ask(url);
  return ((performance.now() - started) * 1000) / count;
}
